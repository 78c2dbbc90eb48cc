#include "agent/store/task_document.hpp"

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>

#include "agent/store/document_parts.hpp"
#include "agent/store/document_upgrade.hpp"
#include "agent/store/enum_words.hpp"

namespace longshore::store {
namespace {

using nlohmann::json;

json container_json(const core::ContainerState& c) {
  return {{"phase", kPhaseWords.word(c.phase)},
          {"stopRequested", c.stop_requested},
          {"startTimedOut", c.start_timed_out},
          {"runtimeName", c.runtime_name},
          {"endpointId", c.endpoint_id},
          {"runtimeId", c.runtime_id.str()},
          {"digest", c.image_digest},
          {"exitCode", c.exit_code ? json(*c.exit_code) : json()},
          {"reason", c.reason},
          {"softReason", c.soft_reason},
          {"bindings", bindings_json(c.network_bindings)},
          {"health", kHealthWords.word(c.health)},
          {"startedAt", time_json(c.started_at)},
          {"portConflicts", c.port_conflicts},
          {"restarting", c.restarting},
          {"restartCount", c.restart_count}};
}

core::ContainerState read_container(const JsonReader& r) {
  core::ContainerState c;
  c.phase = kPhaseWords.value(r.require("phase"));
  c.stop_requested = r.require("stopRequested").as_bool();
  c.start_timed_out = r.require("startTimedOut").as_bool();
  c.runtime_name = r.require("runtimeName").as_string();
  c.endpoint_id = r.require("endpointId").as_string();
  c.runtime_id = ContainerId(r.require("runtimeId").as_string());
  c.image_digest = r.require("digest").as_string();
  if (const auto code = r.get("exitCode")) c.exit_code = read_int(*code);
  c.reason = r.require("reason").as_string();
  c.soft_reason = r.require("softReason").as_string();
  c.network_bindings = read_bindings(r, "bindings");
  c.health = kHealthWords.value(r.require("health"));
  c.started_at = read_time(r, "startedAt");
  // The release before does not write it.
  if (const auto conflicts = r.get("portConflicts")) c.port_conflicts = read_int(*conflicts);
  c.restarting = r.require("restarting").as_bool();
  c.restart_count = read_int(r.require("restartCount"));
  return c;
}

std::uint64_t read_arrival(const JsonReader& value) {
  if (value.as_int() < 0) value.reject("expected 0 or more");
  return static_cast<std::uint64_t>(value.as_int());
}

std::int64_t read_schema(const JsonReader& r) {
  const JsonReader schema = r.require("schema");
  if (schema.as_int() > kDocumentSchema) {
    schema.reject("written by a newer longshore (this one reads up to " +
                  std::to_string(kDocumentSchema) + ")");
  }
  return schema.as_int();
}

core::TaskState read_task(const JsonReader& r) {
  core::TaskState task;
  auto spec = std::make_shared<const core::TaskSpec>(read_spec(r.require("spec")));
  for (const JsonReader& c : r.require("containers").items()) {
    task.containers.push_back(read_container(c));
  }
  if (task.containers.size() != spec->containers.size()) {
    r.require("containers").reject("not as many as in the specification");
  }
  static_cast<void>(r.require("volumeNames"));
  task.volume_names = r.strings("volumeNames");
  if (task.volume_names.size() != spec->volumes.size()) {
    r.require("volumeNames").reject("not as many as volumes in the specification");
  }
  task.spec = std::move(spec);
  task.arrival = read_arrival(r.require("arrival"));
  task.admitted = r.require("admitted").as_bool();
  task.stop_requested = r.require("stopRequested").as_bool();
  task.resources = kResourcesWords.value(r.require("resources"));
  task.reason = r.require("reason").as_string();
  if (const auto reported = r.get("reported")) task.reported = kStatusWords.value(*reported);
  for (const JsonReader& c : r.list("unreported")) {
    task.unreported.push_back(read_container_change(c));
  }
  task.pull_started_at = read_time(r, "pullStartedAt");
  task.pull_stopped_at = read_time(r, "pullStoppedAt");
  task.execution_stopped_at = read_time(r, "executionStoppedAt");
  task.stopped_at = read_time(r, "stoppedAt");
  task.stop_accepted = r.require("stopAccepted").as_bool();
  task.cleanup = kCleanupWords.value(r.require("cleanup"));
  return task;
}

}  // namespace

std::string to_document(const core::TaskState& task) {
  json containers = json::array();
  for (const auto& c : task.containers) containers.push_back(container_json(c));
  json unreported = json::array();
  for (const auto& c : task.unreported) unreported.push_back(change_json(c));
  return dump_json({{"schema", kDocumentSchema},
                    {"spec", spec_json(*task.spec)},
                    {"containers", std::move(containers)},
                    {"volumeNames", task.volume_names},
                    {"arrival", task.arrival},
                    {"admitted", task.admitted},
                    {"stopRequested", task.stop_requested},
                    {"resources", kResourcesWords.word(task.resources)},
                    {"reason", task.reason},
                    {"reported", task.reported ? json(kStatusWords.word(*task.reported)) : json()},
                    {"unreported", std::move(unreported)},
                    {"pullStartedAt", time_json(task.pull_started_at)},
                    {"pullStoppedAt", time_json(task.pull_stopped_at)},
                    {"executionStoppedAt", time_json(task.execution_stopped_at)},
                    {"stoppedAt", time_json(task.stopped_at)},
                    {"stopAccepted", task.stop_accepted},
                    {"cleanup", kCleanupWords.word(task.cleanup)}});
}

Result<core::TaskState> parse_task(std::string_view document) {
  auto parsed = parse_json(document);
  if (!parsed) return fail(std::move(parsed).error());
  const auto schema = read_json(*parsed, read_schema);
  if (!schema) return fail(schema.error());
  upgrade_document(*parsed, *schema);
  return read_json(*parsed, read_task);
}

}  // namespace longshore::store
