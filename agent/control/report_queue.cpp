#include "agent/control/report_queue.hpp"

#include <algorithm>
#include <utility>

namespace longshore::control {
namespace {

using core::ContainerChange;
using core::TaskChange;

/// Of several words about the same state of the same container only the last counts, where it was
/// said last. This bounds the list: a container has three states.
std::vector<ContainerChange> join(std::vector<ContainerChange> earlier,
                                  std::vector<ContainerChange> later) {
  for (ContainerChange& change : later) {
    std::erase_if(earlier, [&](const ContainerChange& old) {
      return old.name == change.name && old.status == change.status;
    });
    earlier.push_back(std::move(change));
  }
  return earlier;
}

TaskChange join(TaskChange earlier, TaskChange later) {
  auto containers = join(std::move(earlier.containers), std::move(later.containers));
  // A task never comes back from STOPPED, so the higher status is the true one.
  TaskChange joined = later.status >= earlier.status ? std::move(later) : std::move(earlier);
  joined.containers = std::move(containers);
  return joined;
}

}  // namespace

void ReportQueue::push(ReportId id, TaskChange change) {
  reports_.push_back({.ids = {id}, .change = std::move(change)});
  if (reports_.size() <= kMaxReports) return;
  PendingReport& earlier = reports_[1];
  PendingReport& later = reports_[2];
  later.ids.insert(later.ids.begin(), earlier.ids.begin(), earlier.ids.end());
  later.change = join(std::move(earlier.change), std::move(later.change));
  reports_.erase(reports_.begin() + 1);
}

PendingReport ReportQueue::pop() {
  PendingReport front = std::move(reports_.front());
  reports_.pop_front();
  return front;
}

}  // namespace longshore::control
