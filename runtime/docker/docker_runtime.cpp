#include "runtime/docker/docker_runtime.hpp"

#include <utility>

#include "runtime/docker/engine_errors.hpp"

namespace longshore::runtime::docker {

namespace asio = boost::asio;

DockerRuntime::DockerRuntime(DockerSettings settings)
    : settings_(std::move(settings)), engine_(settings_.socket_path) {}

asio::awaitable<Result<RuntimeInfo>> DockerRuntime::info() {
  auto engine = co_await engine_.negotiate();
  if (!engine) co_return fail(std::move(engine).error());
  EngineCall call{.path = "/info", .timeout = kVersionTimeout};
  auto answer = co_await engine_.ask(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  auto info = parse_info(*answer);
  if (!info) co_return fail("Docker: info", std::move(info).error());
  co_return RuntimeInfo{.version = engine->version,
                        .api_version = to_string(engine->api.newest),
                        .min_api_version = to_string(engine->api.oldest),
                        .cgroup_version = info->cgroup_version,
                        .cgroup_driver = std::move(info->cgroup_driver),
                        .volume_drivers = std::move(info->volume_drivers)};
}

asio::awaitable<Status> DockerRuntime::ping() {
  EngineCall call{.path = "/_ping", .timeout = kPingTimeout};
  auto answer = co_await engine_.call_unversioned(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  if (answer->status != 200) co_return fail(to_error(answer->status, answer->body));
  co_return Status{};
}

}  // namespace longshore::runtime::docker
