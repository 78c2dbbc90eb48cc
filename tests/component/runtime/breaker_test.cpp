#include "runtime/breaker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include "agent/base/gate.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::runtime {
namespace {

namespace asio = boost::asio;

/// A call that answers once `answered` is set, and tells how it ended.
struct Call {
  Signal answered{};
  bool begun = false;
  bool finished = false;

  asio::awaitable<Result<int>> run() {
    begun = true;
    co_await answered.wait();
    finished = true;
    co_return 7;
  }
};

struct Guarded {
  asio::io_context io{};
  Breaker breaker{};
  std::optional<Result<int>> outcome{};

  void start(Call& call) {
    asio::co_spawn(io, breaker.guard(call.run()),
                   [this](std::exception_ptr failure, Result<int> result) {
                     REQUIRE_FALSE(failure);
                     outcome = std::move(result);
                   });
    poll();
  }
  void poll() {
    io.restart();
    io.poll();
  }
};

TEST_CASE("a closed breaker lets a call have its answer", "[component][runtime]") {
  Guarded guarded;
  Call call;
  guarded.start(call);
  CHECK_FALSE(guarded.outcome);
  call.answered.set();
  guarded.poll();
  REQUIRE(guarded.outcome);
  CHECK(*guarded.outcome == 7);
}

TEST_CASE("an open breaker does not even begin a call", "[component][runtime]") {
  Guarded guarded;
  guarded.breaker.open("it hangs");
  Call call;
  guarded.start(call);
  REQUIRE(guarded.outcome);
  CHECK(guarded.outcome->error().code == ErrorCode::Unavailable);
  CHECK(guarded.outcome->error().message == "it hangs");
  CHECK_FALSE(call.begun);

  guarded.breaker.close();
  guarded.start(call);
  CHECK(call.begun);
}

TEST_CASE("calls under way are given up when the breaker opens", "[component][runtime]") {
  Guarded guarded;
  Call call;
  guarded.start(call);
  guarded.breaker.open("it hangs");
  guarded.poll();
  REQUIRE(guarded.outcome);
  CHECK(guarded.outcome->error().message == "it hangs");
  CHECK_FALSE(call.finished);
  call.answered.set();
  guarded.poll();
  CHECK_FALSE(call.finished);
}

}  // namespace
}  // namespace longshore::runtime
