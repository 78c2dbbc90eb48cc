#include "runtime/cgroup/limit_files.hpp"

#include <fmt/format.h>

#include <algorithm>
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
/// 0.29 of 100,000 is a hair below 29,000.
constexpr double kHair = 1e-6;

/// Whole microseconds: what is left of one is cut off, as the official agent does.
std::int64_t whole_micros(double micros) {
  return static_cast<std::int64_t>(std::min(micros + kHair, kMaxMicros));
}

/// CPU time of a task within one period.
std::int64_t cpu_quota(const TaskLimits& limits) {
  return whole_micros(limits.cpu_vcpus * static_cast<double>(limits.cpu_period.count()));
}

std::int64_t clamped_shares(const TaskLimits& limits) {
  return std::clamp(limits.cpu_shares, kMinShares, kMaxShares);
}

std::vector<LimitFile> v1_files(const TaskLimits& limits) {
  std::vector<LimitFile> files;
  if (limits.cpu_vcpus > 0) {
    files.push_back({"cpu", "cpu.cfs_period_us", std::to_string(limits.cpu_period.count())});
    files.push_back({"cpu", "cpu.cfs_quota_us", std::to_string(cpu_quota(limits))});
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
  const std::int64_t period = limits.cpu_period.count();
  const double periods_per_second =
      static_cast<double>(kMicrosPerSecond) / static_cast<double>(period);
  const std::int64_t per_second =
      whole_micros(static_cast<double>(cpu_quota(limits)) * periods_per_second);
  const std::int64_t rounded = (per_second + kQuotaStep - 1) / kQuotaStep * kQuotaStep;
  return fmt::format("{} {}", whole_micros(static_cast<double>(rounded) / periods_per_second),
                     period);
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
