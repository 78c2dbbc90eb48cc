#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>

#include "runtime/docker/docker_runtime.hpp"
#include "tests/component/runtime/docker/scripted_engine.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::runtime::docker {

/// A DockerRuntime before an engine that answers what the test tells it to.
struct Scripted {
  using Answer = ScriptedEngine::Answer;
  using Request = ScriptedEngine::Request;

  template <typename T>
  T run(boost::asio::awaitable<T> call) {
    return testing::run_on(io, std::move(call));
  }
  void answer_all(int status, std::string body) {
    engine.script = [=](const Request&) { return ScriptedEngine::reply(status, body); };
  }
  const Request& last() const { return engine.requests().back(); }

  boost::asio::io_context io;
  ScriptedEngine engine{io};
  DockerRuntime docker{DockerSettings{.socket_path = engine.path()}};
};

}  // namespace longshore::runtime::docker
