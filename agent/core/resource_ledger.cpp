#include "agent/core/resource_ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace longshore::core {

namespace {

template <typename Held, typename Names>
void add(Held& held, const Names& names, const TaskArn& task) {
  for (const auto& name : names) held[name].insert(task);
}

template <typename Held, typename Names>
void remove(Held& held, const Names& names, const TaskArn& task) {
  for (const auto& name : names) {
    const auto found = held.find(name);
    if (found == held.end()) continue;
    found->second.erase(task);
    if (found->second.empty()) held.erase(found);
  }
}

template <typename Names, typename Others>
bool meet(const Names& names, const Others& others) {
  return std::any_of(names.begin(), names.end(),
                     [&](const auto& name) { return others.contains(name); });
}

template <typename Name>
std::set<Name> names(const std::map<Name, std::set<TaskArn>>& held) {
  std::set<Name> all;
  for (const auto& [name, tasks] : held) all.insert(name);
  return all;
}

/// `later` takes of what `head` lacks, or leaves too little of what it would get.
bool amount_harms(std::int64_t later, std::int64_t head, std::int64_t free) {
  return head > free ? later > 0 : later > free - head;
}

/// One sentence for each of `wanted` that somebody holds. `form` has a place for the name.
template <typename Names, typename Held>
void say_held(const Names& wanted, const Held& held, std::string_view form,
              std::vector<std::string>& sentences) {
  for (const auto& name : wanted) {
    const auto found = held.find(name);
    if (found == held.end()) continue;
    sentences.push_back(fmt::format("{} is held by task {}", fmt::format(fmt::runtime(form), name),
                                    task_id(*found->second.begin())));
  }
}

template <typename Names>
void say_reserved(const Names& wanted, const Names& reserved, std::string_view protocol,
                  std::vector<std::string>& sentences) {
  for (const auto& port : wanted) {
    if (!reserved.contains(port)) continue;
    sentences.push_back(fmt::format("host port {}/{} is reserved on this host", port, protocol));
  }
}

}  // namespace

void ResourceLedger::take(const TaskArn& task, const ResourceNeed& need) {
  if (!holders_.emplace(task, need).second) return;
  cpu_units_ += need.cpu_units;
  memory_mib_ += need.memory_mib;
  add(tcp_ports_, need.tcp_ports, task);
  add(udp_ports_, need.udp_ports, task);
  add(gpus_, need.gpus, task);
}

void ResourceLedger::give_back(const TaskArn& task) {
  const auto found = holders_.find(task);
  if (found == holders_.end()) return;
  const ResourceNeed& need = found->second;
  cpu_units_ -= need.cpu_units;
  memory_mib_ -= need.memory_mib;
  remove(tcp_ports_, need.tcp_ports, task);
  remove(udp_ports_, need.udp_ports, task);
  remove(gpus_, need.gpus, task);
  holders_.erase(found);
}

std::vector<TaskArn> ResourceLedger::holders() const {
  std::vector<TaskArn> all;
  all.reserve(holders_.size());
  for (const auto& [task, need] : holders_) all.push_back(task);
  return all;
}

ResourceNeed ResourceLedger::used() const {
  return {.cpu_units = cpu_units_,
          .memory_mib = memory_mib_,
          .tcp_ports = names(tcp_ports_),
          .udp_ports = names(udp_ports_),
          .gpus = names(gpus_)};
}

std::int64_t ResourceLedger::free_cpu_units() const {
  return std::max<std::int64_t>(0, host_.cpu_units - cpu_units_);
}

std::int64_t ResourceLedger::free_memory_mib() const {
  return std::max<std::int64_t>(0, host_.memory_mib - memory_mib_);
}

bool ResourceLedger::fits(const ResourceNeed& need) const {
  return need.cpu_units <= free_cpu_units() && need.memory_mib <= free_memory_mib() &&
         !meet(need.tcp_ports, tcp_ports_) && !meet(need.udp_ports, udp_ports_) &&
         !meet(need.gpus, gpus_);
}

bool ResourceLedger::harms(const ResourceNeed& later, const ResourceNeed& head) const {
  return amount_harms(later.cpu_units, head.cpu_units, free_cpu_units()) ||
         amount_harms(later.memory_mib, head.memory_mib, free_memory_mib()) ||
         meet(later.tcp_ports, head.tcp_ports) || meet(later.udp_ports, head.udp_ports) ||
         meet(later.gpus, head.gpus);
}

std::vector<std::string> ResourceLedger::never_there(const ResourceNeed& need) const {
  std::vector<std::string> sentences;
  if (need.cpu_units > host_.cpu_units) {
    sentences.push_back(fmt::format("needs {} CPU units, this host has {} for tasks",
                                    need.cpu_units, host_.cpu_units));
  }
  if (need.memory_mib > host_.memory_mib) {
    sentences.push_back(fmt::format("needs {} MiB of memory, this host has {} MiB for tasks",
                                    need.memory_mib, host_.memory_mib));
  }
  say_reserved(need.tcp_ports, host_.reserved_tcp_ports, "tcp", sentences);
  say_reserved(need.udp_ports, host_.reserved_udp_ports, "udp", sentences);
  for (const std::string& gpu : need.gpus) {
    if (!host_.gpus.contains(gpu)) {
      sentences.push_back(fmt::format("needs GPU {}, this host has none of that id", gpu));
    }
  }
  return sentences;
}

std::vector<std::string> ResourceLedger::lacking(const ResourceNeed& need) const {
  std::vector<std::string> sentences;
  if (need.cpu_units > free_cpu_units()) {
    sentences.push_back(
        fmt::format("needs {} CPU units, {} are free", need.cpu_units, free_cpu_units()));
  }
  if (need.memory_mib > free_memory_mib()) {
    sentences.push_back(
        fmt::format("needs {} MiB of memory, {} MiB are free", need.memory_mib, free_memory_mib()));
  }
  say_held(need.tcp_ports, tcp_ports_, "host port {}/tcp", sentences);
  say_held(need.udp_ports, udp_ports_, "host port {}/udp", sentences);
  say_held(need.gpus, gpus_, "GPU {}", sentences);
  return sentences;
}

}  // namespace longshore::core
