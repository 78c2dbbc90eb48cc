#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>
#include <vector>

#include "tests/component/agent/engine/host.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::testing {

/// A host whose disk is empty when the agent comes back; its engine's containers are there.
struct HostThatForgot : Host {
  void forget() {
    kill();
    store.forget();
  }
};

/// An agent whose start takes time. The host's clock stands still while it waits: it is moved on
/// beside it.
struct SlowStart {
  explicit SlowStart(Host& h) : host(h) {
    boost::asio::co_spawn(io, engine.load(), [this](const std::exception_ptr& thrown, Status s) {
      if (thrown) std::rethrow_exception(thrown);
      loaded = std::move(s);
    });
    advance({});
  }
  void advance(FakeClock::Duration by) { host.clock.advance(io, by); }
  Status accept(control::PayloadTask task) {
    std::vector<control::PayloadTask> tasks;
    tasks.push_back(std::move(task));
    Status taken = run_on(io, engine.on_tasks(std::move(tasks), {}));
    advance({});
    return taken;
  }

  Host& host;
  boost::asio::io_context io{};
  engine::TaskEngine engine{io.get_executor(), host.clock,    host.store,  host.runtime,
                            host.limiter,      host.settings, host.links()};
  std::optional<Status> loaded{};
};

}  // namespace longshore::testing
