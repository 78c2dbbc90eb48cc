#include <nlohmann/json.hpp>
#include <utility>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"
#include "runtime/docker/docker_runtime.hpp"
#include "runtime/docker/engine_errors.hpp"

namespace longshore::runtime::docker {
namespace {

namespace asio = boost::asio;

std::string volume_path(std::string_view name) { return "/volumes/" + percent_encode(name); }

}  // namespace

asio::awaitable<Status> DockerRuntime::create_volume(VolumeSpec spec) {
  nlohmann::json body = {{"Name", spec.name}};
  if (!spec.driver_options.empty()) body["DriverOpts"] = spec.driver_options;
  if (!spec.labels.empty()) body["Labels"] = spec.labels;
  if (!spec.driver.empty()) body["Driver"] = spec.driver;
  EngineCall call{.method = "POST",
                  .path = "/volumes/create",
                  .body = dump_json(body),
                  .timeout = kVolumeTimeout};
  auto answer = co_await engine_.ask(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  co_return Status{};
}

asio::awaitable<Result<VolumeState>> DockerRuntime::inspect_volume(std::string name) {
  EngineCall call{.path = volume_path(name), .timeout = kVolumeTimeout};
  auto answer = co_await engine_.ask(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  auto found = parse_volume(*answer);
  if (!found) co_return fail("Docker: inspect volume", std::move(found).error());
  co_return found;
}

asio::awaitable<Status> DockerRuntime::remove_volume(std::string name) {
  EngineCall call{.method = "DELETE", .path = volume_path(name), .timeout = kVolumeTimeout};
  auto answer = co_await engine_.call(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  if (answer->status >= 300 && answer->status != 404) {
    co_return fail(to_error(answer->status, answer->body));
  }
  co_return Status{};
}

}  // namespace longshore::runtime::docker
