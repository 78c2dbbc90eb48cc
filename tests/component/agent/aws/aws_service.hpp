#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/aws/json_client.hpp"
#include "agent/base/lane.hpp"
#include "agent/net/http_server.hpp"
#include "agent/net/https_client.hpp"
#include "tests/support/fake_clock.hpp"

namespace longshore::testing {

/// A loopback service that answers with what a test has scripted, and a client to call it. Real
/// sockets, a clock that only the test moves.
class AwsService {
 public:
  AwsService() {
    auto listening = net::HttpServer::listen(
        io.get_executor(), {},
        {.request = [this](net::ServerRequest request) { return answer(std::move(request)); }});
    REQUIRE(listening);
    server_ = std::move(*listening);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

  void will_answer(int status, std::string body, net::Headers headers = {}) {
    script_.push_back({.status = status, .headers = std::move(headers), .body = std::move(body)});
  }

  void close() { server_.reset(); }

  /// Runs the loop until `is_done`, moving the clock on by 100 ms whenever something sleeps.
  template <typename Predicate>
  void run_until(Predicate is_done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!is_done()) {
      REQUIRE(std::chrono::steady_clock::now() < limit);
      if (clock.sleepers() > 0) {
        clock.advance(kStep);
        slept += kStep;
      }
      io.restart();
      io.run_one_for(std::chrono::milliseconds{20});
    }
  }

  template <typename T>
  T run(boost::asio::awaitable<T> coroutine) {
    std::optional<T> result;
    boost::asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr error, T value) {
      REQUIRE_FALSE(error);
      result = std::move(value);
    });
    run_until([&] { return result.has_value(); });
    return std::move(*result);
  }

  boost::asio::io_context io;
  FakeClock clock;
  std::vector<net::ServerRequest> requests{};
  std::chrono::milliseconds slept{0};
  bool holds_answers = false;  ///< Requests wait until this is false.

 private:
  static constexpr std::chrono::milliseconds kStep{100};

  boost::asio::awaitable<net::HttpResponse> answer(net::ServerRequest request) {
    requests.push_back(std::move(request));
    while (holds_answers) {
      boost::asio::steady_timer pause(io, std::chrono::milliseconds{1});
      co_await pause.async_wait(boost::asio::use_awaitable);
    }
    if (script_.empty()) co_return net::HttpResponse{.status = 404, .body = "unscripted"};
    auto next = std::move(script_.front());
    script_.pop_front();
    co_return next;
  }

  std::unique_ptr<net::HttpServer> server_;
  std::deque<net::HttpResponse> script_{};
  Lane lane_{2};

 public:
  net::HttpsClient http{lane_};
  aws::JsonClient client{http, clock, [] { return 0.5; }};
};

}  // namespace longshore::testing
