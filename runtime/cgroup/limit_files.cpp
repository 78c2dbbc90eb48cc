#include "runtime/cgroup/limit_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace longshore::runtime::cgroup {
namespace {

constexpr std::int64_t kMinShares = 2;
constexpr std::int64_t kMaxShares = 262'144;
constexpr std::int64_t kMinWeight = 1;
constexpr std::int64_t kMaxWeight = 10'000;
constexpr std::int64_t kMicrosPerSecond = 1'000'000;
/// systemd, which the official agent asks, keeps quotas in this step.
constexpr std::int64_t kQuotaStep = 10'000;
/// Far above what the kernel takes (2^44), so that it refuses and nothing overflows here.
constexpr double kMaxMicros = 1e15;

/// CPU time of `vcpus` within `window` microseconds.
std::int64_t cpu_micros(double vcpus, std::int64_t window) {
  return std::llround(std::min(vcpus * static_cast<double>(window), kMaxMicros));
}

std::int64_t clamped_shares(const TaskLimits& limits) {
  return std::clamp(limits.cpu_shares, kMinShares, kMaxShares);
}

std::vector<LimitFile> v1_files(const TaskLimits& limits) {
  std::vector<LimitFile> files;
  if (limits.cpu_vcpus > 0) {
    const std::int64_t period = limits.cpu_period.count();
    files.push_back({"cpu", "cpu.cfs_period_us", std::to_string(period)});
    files.push_back(
        {"cpu", "cpu.cfs_quota_us", std::to_string(cpu_micros(limits.cpu_vcpus, period))});
  } else {
    files.push_back({"cpu", "cpu.shares", std::to_string(clamped_shares(limits))});
  }
  if (limits.memory_bytes > 0) {
    files.push_back({"memory", "memory.use_hierarchy", "1"});
    files.push_back({"memory", "memory.limit_in_bytes", std::to_string(limits.memory_bytes)});
  }
  return files;
}

std::string cpu_max(const TaskLimits& limits) {
  const std::int64_t per_second = cpu_micros(limits.cpu_vcpus, kMicrosPerSecond);
  const std::int64_t rounded = (per_second + kQuotaStep - 1) / kQuotaStep * kQuotaStep;
  const std::int64_t period = limits.cpu_period.count();
  const double vcpus = static_cast<double>(rounded) / static_cast<double>(kMicrosPerSecond);
  return fmt::format("{} {}", cpu_micros(vcpus, period), period);
}

std::vector<LimitFile> v2_files(const TaskLimits& limits) {
  std::vector<LimitFile> files;
  if (limits.cpu_vcpus > 0) {
    files.push_back({"cpu", "cpu.max", cpu_max(limits)});
  } else {
    const std::int64_t weight = kMinWeight + (clamped_shares(limits) - kMinShares) *
                                                 (kMaxWeight - kMinWeight) /
                                                 (kMaxShares - kMinShares);
    files.push_back({"cpu", "cpu.weight", std::to_string(weight)});
  }
  if (limits.memory_bytes > 0) {
    files.push_back({"memory", "memory.max", std::to_string(limits.memory_bytes)});
  }
  return files;
}

}  // namespace

std::vector<LimitFile> limit_files(const TaskLimits& limits, int version) {
  auto files = version == 2 ? v2_files(limits) : v1_files(limits);
  if (limits.pids > 0) files.push_back({"pids", "pids.max", std::to_string(limits.pids)});
  return files;
}

}  // namespace longshore::runtime::cgroup
