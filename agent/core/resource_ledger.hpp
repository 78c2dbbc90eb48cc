#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/base/ids.hpp"
#include "agent/core/host_resources.hpp"

namespace longshore::core {

/// Who has what of the host. Ports and GPUs are single things with a name, CPU and memory amounts.
/// Pure; every need passed in is `bounded`.
class ResourceLedger {
 public:
  explicit ResourceLedger(HostResources host) : host_(std::move(host)) {}

  /// Books `need`, also beyond what the host has: the caller says what may start. A task that holds
  /// something already keeps just that.
  void take(const TaskArn& task, const ResourceNeed& need);
  /// Frees just what the task took; nothing for a task that holds nothing.
  void give_back(const TaskArn& task);

  [[nodiscard]] bool holds(const TaskArn& task) const { return holders_.contains(task); }
  /// In no order.
  [[nodiscard]] std::vector<TaskArn> holders() const;
  /// The sum of what is held; a port or GPU held twice (only `take` beyond the host does so) is in
  /// it once.
  [[nodiscard]] ResourceNeed used() const;

  /// All of `need` is free now.
  [[nodiscard]] bool fits(const ResourceNeed& need) const;
  /// Starting `later`, which fits, would put off `head`: it takes of something that `head` lacks
  /// now, or leaves too little of something that `head` would get now.
  [[nodiscard]] bool harms(const ResourceNeed& later, const ResourceNeed& head) const;

  /// For people: what of `need` even the empty host has not. Empty: it fits at some time.
  [[nodiscard]] std::vector<std::string> never_there(const ResourceNeed& need) const;
  /// For people: what of `need` is not free now, and who has it. Empty: it fits.
  [[nodiscard]] std::vector<std::string> lacking(const ResourceNeed& need) const;

 private:
  template <typename Name>
  using Held = std::map<Name, std::set<TaskArn>>;

  [[nodiscard]] std::int64_t free_cpu_units() const;
  [[nodiscard]] std::int64_t free_memory_mib() const;

  HostResources host_;
  std::unordered_map<TaskArn, ResourceNeed> holders_;
  std::int64_t cpu_units_ = 0;
  std::int64_t memory_mib_ = 0;
  Held<std::uint16_t> tcp_ports_;
  Held<std::uint16_t> udp_ports_;
  Held<std::string> gpus_;
};

}  // namespace longshore::core
