#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

#include "tests/component/agent/net/loopback.hpp"

namespace longshore::testing {

/// An ECS API that takes each call and resets its connection in place of an answer. It has a loop
/// and a thread of its own, so that its port is known before there is a cluster.
class BrokenApi {
 public:
  BrokenApi() : thread_([this] { io_.run(); }) {}
  ~BrokenApi() {
    io_.stop();
    thread_.join();
  }
  BrokenApi(const BrokenApi&) = delete;
  BrokenApi& operator=(const BrokenApi&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(peer_.endpoint().port()); }
  int calls() const { return calls_; }

 private:
  boost::asio::io_context io_{};
  std::atomic<int> calls_{0};
  TcpPeer peer_{io_, any_loopback_port(),
                [this](TcpPeer::Connection& c, int) -> boost::asio::awaitable<void> {
                  co_await c.read_until("}");
                  ++calls_;
                  c.reset();
                }};
  std::thread thread_;
};

}  // namespace longshore::testing
