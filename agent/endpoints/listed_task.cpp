#include "agent/endpoints/listed_task.hpp"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "agent/base/text.hpp"
#include "agent/base/time_text.hpp"
#include "agent/core/dependency.hpp"

namespace longshore::endpoints {
namespace {

using core::ContainerState;
using core::Phase;
using core::ReportedStatus;
using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxReasonBytes = 1024;

std::string_view status_word(ReportedStatus status) {
  switch (status) {
    case ReportedStatus::Pending:
      return "PENDING";
    case ReportedStatus::Running:
      return "RUNNING";
    case ReportedStatus::Stopped:
      return "STOPPED";
  }
  return "";
}

std::string_view phase_word(Phase phase) {
  switch (phase) {
    case Phase::Waiting:
      return "waiting";
    case Phase::Resolving:
      return "resolving";
    case Phase::Resolved:
      return "resolved";
    case Phase::Pulling:
      return "pulling";
    case Phase::Pulled:
      return "pulled";
    case Phase::Creating:
      return "creating";
    case Phase::Starting:
      return "starting";
    case Phase::Running:
      return "running";
    case Phase::Stopping:
      return "stopping";
    case Phase::Stopped:
      return "stopped";
  }
  return "";
}

std::string_view health_word(core::Health health) {
  switch (health) {
    case core::Health::Unknown:
      return "UNKNOWN";
    case core::Health::Healthy:
      return "HEALTHY";
    case core::Health::Unhealthy:
      return "UNHEALTHY";
  }
  return "";
}

ReportedStatus container_status(Phase phase) {
  if (phase == Phase::Stopped) return ReportedStatus::Stopped;
  return phase >= Phase::Running ? ReportedStatus::Running : ReportedStatus::Pending;
}

std::string time_text(const std::optional<WallTime>& time) {
  return time ? to_rfc3339(*time) : std::string();
}

ListedContainer listed_container(const core::TaskState& task, core::ContainerIndex i) {
  const core::ContainerSpec& spec = task.spec->containers[i];
  const ContainerState& state = task.containers[i];
  return {.name = spec.name.str(),
          .known_status = std::string(status_word(container_status(state.phase))),
          .phase = std::string(state.restarting ? "restarting" : phase_word(state.phase)),
          .runtime_id = state.runtime_id.str(),
          .runtime_name = state.runtime_name,
          .image = spec.image,
          .health = std::string(spec.has_health_check ? health_word(state.health) : ""),
          .exit_code = state.exit_code,
          .reason = truncate_utf8(state.reason.empty() ? state.soft_reason : state.reason,
                                  kMaxReasonBytes),
          .waits_for = task.admitted ? core::awaited_conditions(task, i) : std::string(),
          .restart_count = state.restart_count,
          .started_at = time_text(state.started_at)};
}

void put(Json& json, const char* name, const std::string& text) {
  if (!text.empty()) json[name] = text;
}

Json to_json(const ListedContainer& container) {
  Json json;
  json["Name"] = container.name;
  json["KnownStatus"] = container.known_status;
  json["Phase"] = container.phase;
  put(json, "DockerId", container.runtime_id);
  put(json, "DockerName", container.runtime_name);
  put(json, "Image", container.image);
  put(json, "Health", container.health);
  if (container.exit_code) json["ExitCode"] = *container.exit_code;
  put(json, "Reason", container.reason);
  put(json, "WaitsFor", container.waits_for);
  json["RestartCount"] = container.restart_count;
  put(json, "StartedAt", container.started_at);
  return json;
}

std::string text(const JsonReader& json, std::string_view name) {
  return json.string(name).value_or(std::string());
}

ListedContainer read_listed_container(const JsonReader& json) {
  return {.name = json.require("Name").as_string(),
          .known_status = json.require("KnownStatus").as_string(),
          .phase = json.require("Phase").as_string(),
          .runtime_id = text(json, "DockerId"),
          .runtime_name = text(json, "DockerName"),
          .image = text(json, "Image"),
          .health = text(json, "Health"),
          .exit_code = json.integer("ExitCode"),
          .reason = text(json, "Reason"),
          .waits_for = text(json, "WaitsFor"),
          .restart_count = json.integer("RestartCount").value_or(0),
          .started_at = text(json, "StartedAt")};
}

}  // namespace

ListedTask listed_task(const core::TaskState& task, std::optional<std::string> waits_for) {
  const ReportedStatus known = core::task_status(task);
  const bool shall_stop = task.stop_requested || known == ReportedStatus::Stopped;
  ListedTask listed{
      .arn = task.spec->arn.str(),
      .family = task.spec->family,
      .version = task.spec->version,
      .desired_status =
          std::string(status_word(shall_stop ? ReportedStatus::Stopped : ReportedStatus::Running)),
      .known_status = std::string(status_word(known)),
      .arrival = task.arrival,
      .waits_for = std::move(waits_for).value_or(std::string()),
      .reason = truncate_utf8(task.reason, kMaxReasonBytes),
      .stopped_at = time_text(task.stopped_at)};
  for (std::size_t i = 0; i < task.containers.size(); ++i) {
    if (task.spec->containers[i].kind != core::ContainerKind::Normal) continue;
    listed.containers.push_back(listed_container(task, i));
  }
  return listed;
}

Json to_json(const ListedTask& task) {
  Json json;
  json["Arn"] = task.arn;
  json["Family"] = task.family;
  json["Version"] = task.version;
  json["DesiredStatus"] = task.desired_status;
  json["KnownStatus"] = task.known_status;
  json["Arrival"] = task.arrival;
  put(json, "WaitsFor", task.waits_for);
  put(json, "Reason", task.reason);
  put(json, "StoppedAt", task.stopped_at);
  json["Containers"] = Json::array();
  for (const ListedContainer& container : task.containers) {
    json["Containers"].push_back(to_json(container));
  }
  return json;
}

ListedTask read_listed_task(const JsonReader& json) {
  ListedTask task{.arn = json.require("Arn").as_string(),
                  .family = text(json, "Family"),
                  .version = text(json, "Version"),
                  .desired_status = json.require("DesiredStatus").as_string(),
                  .known_status = json.require("KnownStatus").as_string(),
                  .waits_for = text(json, "WaitsFor"),
                  .reason = text(json, "Reason"),
                  .stopped_at = text(json, "StoppedAt")};
  const std::int64_t arrival = json.integer("Arrival").value_or(0);
  if (arrival < 0) json.require("Arrival").reject("expected 0 or more");
  task.arrival = static_cast<std::uint64_t>(arrival);
  for (const JsonReader& container : json.list("Containers")) {
    task.containers.push_back(read_listed_container(container));
  }
  return task;
}

}  // namespace longshore::endpoints
