#include "tests/unit/agent/core/admission_model.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

namespace longshore::test {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kFirstTcp = 2;
constexpr std::size_t kFirstUdp = 12;
constexpr std::size_t kFirstGpu = 16;
constexpr std::size_t kEnd = 19;

}  // namespace

const AdmissionModel::Amounts& AdmissionModel::total() {
  static const Amounts amounts = [] {
    Amounts all{};
    all.fill(1);
    all[0] = 8 * 1024;
    all[1] = 16 * 1024;
    all[kFirstUdp - 1] = 0;
    all[kEnd - 1] = 0;
    return all;
  }();
  return amounts;
}

core::HostResources AdmissionModel::host() {
  return {.cpu_units = total()[0],
          .memory_mib = total()[1],
          .reserved_tcp_ports = {8009},
          .gpus = {"gpu-0", "gpu-1"}};
}

core::ResourceNeed AdmissionModel::need(const Amounts& amounts) {
  core::ResourceNeed need{.cpu_units = amounts[0], .memory_mib = amounts[1]};
  for (std::size_t i = kFirstTcp; i < kFirstUdp; ++i) {
    if (amounts[i] > 0) need.tcp_ports.insert(static_cast<std::uint16_t>(8000 + i - kFirstTcp));
  }
  for (std::size_t i = kFirstUdp; i < kFirstGpu; ++i) {
    if (amounts[i] > 0) need.udp_ports.insert(static_cast<std::uint16_t>(8000 + i - kFirstUdp));
  }
  for (std::size_t i = kFirstGpu; i < kEnd; ++i) {
    if (amounts[i] > 0) need.gpus.insert("gpu-" + std::to_string(i - kFirstGpu));
  }
  return need;
}

bool AdmissionModel::possible(const Amounts& amounts) {
  for (std::size_t i = 0; i < kEnd; ++i) {
    if (amounts[i] > total()[i]) return false;
  }
  return true;
}

bool AdmissionModel::fits(const Amounts& amounts) const {
  for (std::size_t i = 0; i < kEnd; ++i) {
    if (used_[i] + amounts[i] > total()[i]) return false;
  }
  return true;
}

bool AdmissionModel::harms(const Amounts& later, const Amounts& head) const {
  for (std::size_t i = 0; i < kEnd; ++i) {
    const bool head_lacks_it = used_[i] + head[i] > total()[i];
    const bool enough_is_left = used_[i] + later[i] + head[i] <= total()[i];
    if (head_lacks_it ? later[i] > 0 : !enough_is_left) return true;
  }
  return false;
}

const AdmissionModel::Waiter* AdmissionModel::head() const {
  const auto found =
      std::find_if(line_.begin(), line_.end(), [](const Waiter& w) { return possible(w.amounts); });
  return found == line_.end() ? nullptr : &*found;
}

void AdmissionModel::arrive(const TaskArn& task, const Amounts& amounts, SteadyTime now) {
  line_.push_back({.task = task, .amounts = amounts, .since = now});
}

void AdmissionModel::leave(const TaskArn& task) {
  std::erase_if(line_, [&](const Waiter& w) { return w.task == task; });
  const auto holder = holders_.find(task);
  if (holder == holders_.end()) return;
  for (std::size_t i = 0; i < kEnd; ++i) used_[i] -= holder->second[i];
  holders_.erase(holder);
}

void AdmissionModel::admit(const std::vector<TaskArn>& admitted, SteadyTime now) {
  for (const TaskArn& task : admitted) {
    const auto waiter =
        std::find_if(line_.begin(), line_.end(), [&](const Waiter& w) { return w.task == task; });
    REQUIRE(waiter != line_.end());
    REQUIRE(fits(waiter->amounts));
    const Waiter& first = *head();
    if (first.task != task) {
      REQUIRE_FALSE(fits(first.amounts));
      if (now - first.since >= patience_) REQUIRE_FALSE(harms(waiter->amounts, first.amounts));
    }
    for (std::size_t i = 0; i < kEnd; ++i) used_[i] += waiter->amounts[i];
    holders_.emplace(task, waiter->amounts);
    line_.erase(waiter);
  }
}

milliseconds AdmissionModel::longest_due(SteadyTime now) {
  milliseconds longest{0};
  const Waiter* first = head();
  const bool head_fits = first != nullptr && fits(first->amounts);
  for (Waiter& waiter : line_) {
    const bool due = &waiter == first ? head_fits
                                      : !head_fits && fits(waiter.amounts) &&
                                            !harms(waiter.amounts, first->amounts);
    if (!due) {
      waiter.due_since.reset();
      continue;
    }
    if (!waiter.due_since) waiter.due_since = now;
    longest = std::max(longest, duration_cast<milliseconds>(now - *waiter.due_since));
  }
  return longest;
}

milliseconds AdmissionModel::head_for(SteadyTime now) {
  const Waiter* first = head();
  const TaskArn task = first ? first->task : TaskArn{};
  if (task != last_head_) head_since_ = now;
  last_head_ = task;
  return first ? duration_cast<milliseconds>(now - head_since_) : milliseconds{0};
}

bool AdmissionModel::leaves_room_unused(SteadyTime now) const {
  const Waiter* first = head();
  if (first == nullptr || now - first->since >= patience_) return false;
  return std::any_of(line_.begin(), line_.end(), [&](const Waiter& w) { return fits(w.amounts); });
}

}  // namespace longshore::test
