#include <nlohmann/json.hpp>
#include <utility>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"
#include "runtime/docker/create_body.hpp"
#include "runtime/docker/docker_runtime.hpp"
#include "runtime/docker/engine_errors.hpp"

namespace longshore::runtime::docker {
namespace {

namespace asio = boost::asio;

/// Both together name one container of one task, for as long as the host lives.
/// Source: amazon-ecs-agent:agent/engine/docker_task_engine.go, labels.
constexpr const char* kTaskArnLabel = "com.amazonaws.ecs.task-arn";
constexpr const char* kContainerNameLabel = "com.amazonaws.ecs.container-name";

bool same_label(const ContainerSpec& spec, const ContainerState& found, const char* key) {
  const auto wanted = spec.labels.find(key);
  const auto present = found.labels.find(key);
  return wanted != spec.labels.end() && present != found.labels.end() &&
         wanted->second == present->second;
}

std::string container_path(std::string_view id_or_name, std::string_view rest) {
  return "/containers/" + percent_encode(id_or_name) + std::string(rest);
}

}  // namespace

asio::awaitable<Result<ContainerId>> DockerRuntime::find_own(ContainerSpec spec) {
  const auto found = co_await inspect_by(spec.name);
  if (!found) {
    // The engine reserves a name before it shows the container.
    co_return fail(ErrorCode::Unavailable, "the container of the name {} cannot be seen yet: {}",
                   spec.name, found.error().message);
  }
  if (!same_label(spec, found->state, kTaskArnLabel) ||
      !same_label(spec, found->state, kContainerNameLabel)) {
    co_return fail(ErrorCode::Conflict, "it is another's");
  }
  co_return found->state.id;
}

asio::awaitable<Result<CreatedContainer>> DockerRuntime::create(ContainerSpec spec) {
  auto body = create_body(spec);
  if (!body) co_return fail(std::move(body).error());
  auto engine = co_await engine_.engine();
  if (!engine) co_return fail(std::move(engine).error());
  const auto version = container_version(spec.min_api_version, engine->api);
  if (!version) co_return fail("dockerConfig.version", version.error());

  EngineCall call{.method = "POST",
                  .path = "/containers/create?name=" + form_encode(spec.name),
                  .body = dump_json(*body),
                  .timeout = settings_.create_timeout,
                  .version = *version};
  auto answer = co_await engine_.call(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  if (answer->status == 409) {
    // An earlier call of ours may have been cut short after the engine had done it.
    auto own = co_await find_own(std::move(spec));
    if (own) co_return CreatedContainer{.id = *std::move(own), .existed = true};
    // That the name is taken is the usual conflict, not the only one.
    if (own.error().code != ErrorCode::Conflict) {
      co_return fail(own.error().code, "{} ({})", to_error(answer->status, answer->body).message,
                     own.error().message);
    }
  }
  if (answer->status >= 300) co_return fail(to_error(answer->status, answer->body));
  auto id = parse_created(answer->body);
  if (!id) co_return fail("Docker: create", std::move(id).error());
  co_return CreatedContainer{.id = *std::move(id)};
}

asio::awaitable<Status> DockerRuntime::start(ContainerId id, std::string min_api_version) {
  auto engine = co_await engine_.engine();
  if (!engine) co_return fail(std::move(engine).error());
  const auto version = container_version(min_api_version, engine->api);
  if (!version) co_return fail("dockerConfig.version", version.error());
  EngineCall call{.method = "POST",
                  .path = container_path(id.str(), "/start"),
                  .timeout = settings_.start_timeout,
                  .version = *version};
  auto answer = co_await engine_.call(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  // 304: it runs already.
  if (answer->status >= 400) co_return fail(to_start_error(answer->status, answer->body));
  co_return Status{};
}

asio::awaitable<Status> DockerRuntime::stop(ContainerId id, std::chrono::seconds grace) {
  EngineCall call{
      .method = "POST",
      .path = container_path(id.str(), fmt::format("/stop?t={}", grace.count())),
      .timeout = std::chrono::duration_cast<std::chrono::milliseconds>(grace) + kStopExtraTimeout};
  auto answer = co_await engine_.call(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  // 304: it is stopped already.
  if (answer->status >= 400 && answer->status != 404) {
    co_return fail(to_error(answer->status, answer->body));
  }
  co_return Status{};
}

asio::awaitable<Status> DockerRuntime::kill(ContainerId id) {
  EngineCall call{.method = "POST",
                  .path = container_path(id.str(), "/kill?signal=SIGKILL"),
                  .timeout = kKillTimeout};
  auto answer = co_await engine_.call(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  // 409 says that it is not running. Source: Docker Engine API 1.41, POST /containers/{id}/kill.
  if (answer->status >= 300 && answer->status != 404 && answer->status != 409) {
    co_return fail(to_error(answer->status, answer->body));
  }
  co_return Status{};
}

asio::awaitable<Status> DockerRuntime::remove(ContainerId id) {
  EngineCall call{.method = "DELETE",
                  .path = container_path(id.str(), "?v=1&force=0"),
                  .timeout = kRemoveTimeout};
  auto answer = co_await engine_.call(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  if (answer->status >= 300 && answer->status != 404) {
    co_return fail(to_error(answer->status, answer->body));
  }
  co_return Status{};
}

asio::awaitable<Result<InspectedContainer>> DockerRuntime::inspect_by(std::string id_or_name) {
  EngineCall call{.path = container_path(id_or_name, "/json"), .timeout = kInspectTimeout};
  auto answer = co_await engine_.ask(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  auto found = parse_inspected(*answer);
  if (!found) co_return fail("Docker: inspect", std::move(found).error());
  co_return found;
}

asio::awaitable<Result<ContainerState>> DockerRuntime::inspect(ContainerId id) {
  auto found = co_await inspect_by(id.str());
  if (!found) co_return fail(std::move(found).error());
  co_return std::move(found->state);
}

asio::awaitable<Result<std::vector<ContainerState>>> DockerRuntime::list(std::string label_key,
                                                                         std::string value) {
  const std::string label = value.empty() ? label_key : label_key + "=" + value;
  const nlohmann::json filters = {{"label", nlohmann::json::array({label})}};
  EngineCall call{.path = "/containers/json?all=1&filters=" + form_encode(dump_json(filters)),
                  .timeout = kListTimeout,
                  .max_bytes = kMaxListBytes};
  auto answer = co_await engine_.ask(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  auto containers = parse_list(*answer);
  if (!containers) co_return fail("Docker: list", std::move(containers).error());
  co_return containers;
}

}  // namespace longshore::runtime::docker
