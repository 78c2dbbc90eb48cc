#include "tests/support/fake_control_plane.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace longshore::testing {

boost::asio::awaitable<Status> FakeControlPlane::submit(core::TaskChange change) {
  submitted_.push_back(change);
  most_running_ = std::max(most_running_, ++running_);
  if (const auto held = held_.find(change.task); held != held_.end()) {
    const auto signal = held->second;
    co_await signal->wait();
  }
  --running_;
  auto& answers = answers_[change.task];
  if (answers.empty()) co_return Status{};
  Status answer = std::move(answers.front());
  answers.pop_front();
  co_return answer;
}

void FakeControlPlane::answer(const TaskArn& task, std::vector<Status> answers) {
  auto& queue = answers_[task];
  std::move(answers.begin(), answers.end(), std::back_inserter(queue));
}

void FakeControlPlane::hold(const TaskArn& task) { held_[task] = std::make_shared<Signal>(); }

void FakeControlPlane::release(const TaskArn& task) {
  const auto held = held_.find(task);
  if (held == held_.end()) return;
  held->second->set();
  held_.erase(held);
}

std::vector<core::TaskChange> FakeControlPlane::submitted_for(const TaskArn& task) const {
  std::vector<core::TaskChange> changes;
  std::copy_if(submitted_.begin(), submitted_.end(), std::back_inserter(changes),
               [&](const core::TaskChange& change) { return change.task == task; });
  return changes;
}

}  // namespace longshore::testing
