#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <string>
#include <utility>

#include "agent/base/text.hpp"
#include "runtime/docker/docker_runtime.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::runtime::docker {

/// The value of an environment variable that tests/run sets, or empty.
inline std::string from_runner(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// A DockerRuntime over the runner's engine, with a loop of its own. Removes its containers.
class EngineUnderTest {
 public:
  static constexpr const char* kImage = "busybox:test";
  static constexpr const char* kLabel = "longshore.test";

  EngineUnderTest() = default;
  ~EngineUnderTest() {
    const auto left = run(docker.list(kLabel, prefix));
    if (!left) return;
    for (const ContainerState& state : *left) {
      // Best effort: the next test must not suffer from what this one left.
      (void)run(docker.stop(state.id, std::chrono::seconds{0}));
      (void)run(docker.remove(state.id));
    }
  }
  EngineUnderTest(const EngineUnderTest&) = delete;
  EngineUnderTest& operator=(const EngineUnderTest&) = delete;

  template <typename T>
  T run(boost::asio::awaitable<T> call) {
    return testing::run_on(io, std::move(call));
  }

  ContainerSpec spec(const std::string& name, std::vector<std::string> command) const {
    return {.name = prefix + name,
            .image = kImage,
            .labels = {{kLabel, prefix}},
            .command = std::move(command)};
  }

  Result<ContainerId> create(ContainerSpec wanted) {
    return run(docker.create(std::move(wanted))).map(&CreatedContainer::id);
  }

  boost::asio::io_context io;
  DockerRuntime docker{DockerSettings{.socket_path = from_runner("LONGSHORE_TEST_DOCKER_SOCKET")}};
  std::string prefix = "t" + random_hex(4) + "-";
};

}  // namespace longshore::runtime::docker
