#include "tests/support/fake_store.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <stdexcept>
#include <utility>

#include "agent/store/task_document.hpp"

namespace longshore::testing {
namespace {

namespace asio = boost::asio;

template <typename T>
T readable(Result<T> parsed) {
  if (!parsed) throw std::logic_error("a document cannot be read back: " + parsed.error().message);
  return std::move(*parsed);
}

/// A full disk takes these: there is nothing to write.
bool is_empty(const store::Changes& changes) {
  return changes.tasks.empty() && changes.forgotten.empty() && changes.new_reports.empty() &&
         changes.finished_reports.empty() && changes.metadata.empty() && !changes.identity;
}

}  // namespace

asio::awaitable<Gate::Pass> FakeStore::enter() {
  Gate::Pass pass = co_await one_at_a_time_.enter();
  // The real one never answers within the call itself: it goes over a lane.
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  while (held_) co_await released_.wait();
  co_return pass;
}

void FakeStore::release() {
  held_ = false;
  released_.set();
}

void FakeStore::forget() {
  tasks_.clear();
  reports_.clear();
  metadata_.clear();
  identity_.reset();
}

store::Contents FakeStore::contents() const {
  store::Contents all{.metadata = metadata_, .identity = identity_};
  for (const auto& [arn, document] : tasks_) {
    all.tasks.push_back(readable(store::parse_task(document)));
  }
  for (const auto& [id, document] : reports_) {
    all.reports.push_back({id, readable(store::parse_change(document))});
  }
  return all;
}

asio::awaitable<Result<store::Contents>> FakeStore::load() {
  const auto pass = co_await enter();
  co_return contents();
}

asio::awaitable<Result<std::vector<store::ReportId>>> FakeStore::save(store::Changes changes) {
  const auto pass = co_await enter();
  if (broken && !is_empty(changes)) co_return fail(*broken);
  if (std::exchange(damaged, false)) {
    tasks_.clear();
    metadata_.clear();
    co_return fail(ErrorCode::InvalidInput, "it was replaced");
  }
  std::vector<store::ReportId> ids;
  for (const auto& task : changes.tasks) tasks_[task.spec->arn] = store::to_document(task);
  for (const auto& arn : changes.forgotten) tasks_.erase(arn);
  for (const auto& change : changes.new_reports) {
    reports_[++last_report_] = store::to_document(change);
    ids.push_back(last_report_);
  }
  for (const auto id : changes.finished_reports) reports_.erase(id);
  for (const auto& [key, value] : changes.metadata) metadata_[key] = value;
  if (changes.identity) identity_ = changes.identity;
  saved_.push_back(std::move(changes));
  co_return ids;
}

}  // namespace longshore::testing
