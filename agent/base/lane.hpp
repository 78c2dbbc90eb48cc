#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <utility>

namespace longshore {

/// A few threads for calls that block (libcurl, SQLite, libcgroup). Jobs take and return values
/// only; all state stays on the loop. Destruction waits for the running jobs, so each job must
/// carry its own deadline.
class Lane {
 public:
  explicit Lane(std::size_t threads) : pool_(threads) {}
  ~Lane() { pool_.join(); }
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  boost::asio::thread_pool& pool() { return pool_; }

 private:
  boost::asio::thread_pool pool_;
};

/// Runs `job` on the lane and resumes the caller, on its own executor, with what it returned.
/// Cancelling the caller does not cut the job short.
template <typename Job>
auto run_blocking(Lane& lane, Job job) -> boost::asio::awaitable<decltype(job())> {
  using Value = decltype(job());
  return boost::asio::co_spawn(
      lane.pool(),
      [](Job work) -> boost::asio::awaitable<Value> { co_return work(); }(std::move(job)),
      boost::asio::use_awaitable);
}

}  // namespace longshore
