#include "metrics/collector.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "agent/base/log.hpp"

namespace longshore::metrics {
namespace {

/// Others have the host's interfaces, those of another container, or none.
bool has_own_network(const WatchedContainer& container) {
  const std::string& mode = container.network_mode;
  return mode != "host" && mode != "none" && !mode.starts_with("container:");
}

ContainerHealthStatus to_health_status(runtime::HealthStatus health) {
  switch (health) {
    case runtime::HealthStatus::Healthy:
      return ContainerHealthStatus::Healthy;
    case runtime::HealthStatus::Unhealthy:
      return ContainerHealthStatus::Unhealthy;
    case runtime::HealthStatus::None:
    case runtime::HealthStatus::Starting:
      break;
  }
  return ContainerHealthStatus::Unknown;
}

/// Reports by task, tasks and their containers in a fixed order.
template <typename TaskReport, typename ContainerReport>
void add_to_task(std::map<TaskIdentity, TaskReport>& tasks, const TaskIdentity& task,
                 ContainerReport report) {
  TaskReport& entry = tasks[task];
  entry.task = task;
  entry.containers.push_back(std::move(report));
}

template <typename TaskReport>
std::vector<TaskReport> in_order(std::map<TaskIdentity, TaskReport> tasks) {
  std::vector<TaskReport> list;
  for (auto& [identity, report] : tasks) {
    std::sort(report.containers.begin(), report.containers.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    list.push_back(std::move(report));
  }
  return list;
}

}  // namespace

Collector::Collector(Clock& clock, runtime::CgroupMounts mounts, CollectorSettings settings)
    : clock_(clock), mounts_(std::move(mounts)), settings_(std::move(settings)) {}

void Collector::add(WatchedContainer container) {
  const auto [at, is_new] =
      watches_.try_emplace(container.id, Watch{.queue = SampleQueue(settings_.cpu_count)});
  Watch& watch = at->second;
  bool has_begun = is_new;
  if (!is_new && watch.container.pid != container.pid && settings_.metrics) {
    has_begun = begin_run(watch, container);
    // Of a process that has ended, this is late news, or a run too short to be measured: what is
    // open now stays so, and its counters are not taken for those of an earlier run.
    if (!has_begun) {
      container.pid = watch.container.pid;
      container.restart_count = std::max(container.restart_count, watch.container.restart_count);
    }
  }
  watch.container = std::move(container);
  // A sample out of turn would be a rate over a short time, for which any peak is a high one.
  if (has_begun && settings_.metrics) sample(watch);
}

bool Collector::begin_run(Watch& watch, const WatchedContainer& container) const {
  auto opened = open(container);
  if (!opened && opened.error().code == ErrorCode::NotFound) return false;
  if (const ContainerSample* newest = watch.queue.newest()) watch.base = *newest;
  watch.reader.reset();
  if (opened) watch.reader = std::move(*opened);
  watch.ended = false;
  watch.complained = false;
  return true;
}

Result<ContainerReader> Collector::open(const WatchedContainer& container) const {
  return ContainerReader::open(settings_.proc, container.pid, has_own_network(container),
                               container.id, mounts_);
}

void Collector::remove(const ContainerId& id) { watches_.erase(id); }

void Collector::set_health(const ContainerId& id, runtime::HealthStatus health) {
  const auto at = watches_.find(id);
  if (at == watches_.end()) return;
  const ContainerHealthStatus status = to_health_status(health);
  if (at->second.health == status) return;
  at->second.health = status;
  at->second.health_since = clock_.wall_now();
  if (at->second.container.health_check) health_changed_.set();
}

void Collector::sample() {
  if (!settings_.metrics) return;
  for (auto& [id, watch] : watches_) sample(watch);
}

void Collector::sample(Watch& watch) {
  if (watch.ended) return;
  const Status status = read_into_queue(watch);
  if (status) return;
  if (status.error().code == ErrorCode::NotFound) {
    watch.ended = true;
    watch.reader.reset();
    log_debug("a container's metrics ended", {{"task", task_id(watch.container.task.arn)},
                                              {"container", watch.container.name},
                                              {"reason", status.error().message}});
  } else if (!std::exchange(watch.complained, true)) {
    log_warn("cannot read a container's metrics", {{"task", task_id(watch.container.task.arn)},
                                                   {"container", watch.container.name},
                                                   {"error", status.error().message}});
  }
}

Status Collector::read_into_queue(Watch& watch) {
  if (!watch.reader) {
    auto opened = open(watch.container);
    if (!opened) return fail(opened.error());
    watch.reader = std::move(*opened);
  }
  const auto read = watch.reader->read(clock_.steady_now());
  if (!read) return fail(read.error());
  watch.queue.add(watch.base ? with_base(*watch.base, *read) : *read,
                  watch.container.restart_count);
  return {};
}

boost::asio::awaitable<void> Collector::run() {
  SteadyTime next = clock_.steady_now();
  while (true) {
    sample();
    // A tick that was missed (the host slept, the loop was busy) is not made up for.
    next = std::max(next + settings_.interval, clock_.steady_now());
    co_await clock_.sleep_until(next);
  }
}

std::optional<MetricsReport> Collector::collect() {
  if (!settings_.metrics) return MetricsReport{.idle = true};
  if (watches_.empty()) {
    if (settings_.are_tasks_live && settings_.are_tasks_live()) return std::nullopt;
    return MetricsReport{.idle = true};
  }
  std::map<TaskIdentity, TaskMetrics> tasks;
  for (auto& [id, watch] : watches_) {
    const auto stats = watch.queue.stats();
    if (!stats) continue;
    watch.queue.mark_collected();
    add_to_task(tasks, watch.container.task,
                ContainerMetrics{.name = watch.container.name, .stats = *stats});
  }
  if (tasks.empty()) return std::nullopt;
  return MetricsReport{.tasks = in_order(std::move(tasks))};
}

std::vector<TaskHealth> Collector::collect_health() const {
  std::map<TaskIdentity, TaskHealth> tasks;
  for (const auto& [id, watch] : watches_) {
    if (!watch.container.health_check) continue;
    add_to_task(tasks, watch.container.task,
                ContainerHealth{.name = watch.container.name,
                                .status = watch.health,
                                .since = watch.health_since.value_or(clock_.wall_now())});
  }
  return in_order(std::move(tasks));
}

}  // namespace longshore::metrics
