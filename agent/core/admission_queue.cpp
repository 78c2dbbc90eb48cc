#include "agent/core/admission_queue.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace longshore::core {

void AdmissionQueue::hold(const TaskArn& task, const ResourceNeed& need) {
  leave_line(task);
  ledger_.take(task, bounded(need));
}

void AdmissionQueue::enqueue(const TaskArn& task, const ResourceNeed& need, SteadyTime now) {
  if (ledger_.holds(task) || waiters_.contains(task)) return;
  auto waiter = std::make_unique<Waiter>(
      Waiter{.task = task, .need = bounded(need), .since = now, .place = next_place_++});
  waiter->hopeless = !ledger_.never_there(waiter->need).empty();
  if (!waiter->hopeless) line_.push_back(waiter.get());
  waiters_.emplace(task, std::move(waiter));
}

void AdmissionQueue::release(const TaskArn& task) {
  leave_line(task);
  ledger_.give_back(task);
  looked_at_ = 0;
}

void AdmissionQueue::leave_line(const TaskArn& task) {
  const auto found = waiters_.find(task);
  if (found == waiters_.end()) return;
  const Waiter& waiter = *found->second;
  if (!waiter.hopeless) {
    line_.erase(line_.begin() + static_cast<std::ptrdiff_t>(position(waiter)));
    looked_at_ = 0;
  }
  waiters_.erase(found);
}

std::vector<TaskArn> AdmissionQueue::admit(SteadyTime now) {
  std::vector<TaskArn> admitted;
  const Waiter* head = looked_at_ > 0 ? line_.front() : nullptr;
  std::size_t kept = looked_at_;
  for (std::size_t next = looked_at_; next < line_.size(); ++next) {
    const Waiter& waiter = *line_[next];
    if (!may_start(waiter, head, now)) {
      if (head == nullptr) head = &waiter;
      line_[kept++] = &waiter;
      continue;
    }
    ledger_.take(waiter.task, waiter.need);
    admitted.push_back(waiter.task);
  }
  line_.resize(kept);
  looked_at_ = kept;
  for (const TaskArn& task : admitted) waiters_.erase(task);
  return admitted;
}

bool AdmissionQueue::may_start(const Waiter& waiter, const Waiter* head, SteadyTime now) const {
  if (!ledger_.fits(waiter.need)) return false;
  if (head == nullptr) return true;
  return now - head->since < head_patience_ || !ledger_.harms(waiter.need, head->need);
}

std::size_t AdmissionQueue::position(const Waiter& waiter) const {
  const auto found = std::lower_bound(
      line_.begin(), line_.end(), waiter.place,
      [](const Waiter* other, std::uint64_t place) { return other->place < place; });
  return static_cast<std::size_t>(found - line_.begin());
}

std::optional<std::string> AdmissionQueue::waits_for(const TaskArn& task) const {
  const auto found = waiters_.find(task);
  if (found == waiters_.end()) return std::nullopt;
  const Waiter& waiter = *found->second;
  if (waiter.hopeless) {
    return fmt::format("can never start here: {}",
                       fmt::join(ledger_.never_there(waiter.need), "; "));
  }
  const std::size_t ahead = position(waiter);
  std::vector<std::string> parts = ledger_.lacking(waiter.need);
  if (parts.empty()) {
    const Waiter& head = *line_.front();
    const bool held_back = ahead > 0 && ledger_.harms(waiter.need, head.need);
    parts.push_back(held_back ? fmt::format("would put off task {}, which has waited longer",
                                            task_id(head.task))
                              : "begins with the next look at the host");
  }
  if (ahead > 0) parts.push_back(fmt::format("behind {} task{}", ahead, ahead == 1 ? "" : "s"));
  return fmt::format("{}", fmt::join(parts, "; "));
}

}  // namespace longshore::core
