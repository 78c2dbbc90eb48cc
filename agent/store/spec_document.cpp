#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "agent/store/document_parts.hpp"
#include "agent/store/enum_words.hpp"

namespace longshore::store {
namespace {

using nlohmann::json;

json optional_strings(const std::optional<std::vector<std::string>>& values) {
  return values ? json(*values) : json();
}

std::optional<std::vector<std::string>> read_optional_strings(const JsonReader& r,
                                                              std::string_view member) {
  return r.get(member) ? std::optional(r.strings(member)) : std::nullopt;
}

json optional_seconds(const std::optional<std::chrono::seconds>& value) {
  return value ? json(value->count()) : json();
}

std::optional<std::chrono::seconds> read_seconds(const JsonReader& r, std::string_view member) {
  const auto value = r.get(member);
  return value ? std::optional(std::chrono::seconds{read_amount(*value)}) : std::nullopt;
}

json container_json(const core::ContainerSpec& c) {
  json ports = json::array();
  for (const auto& p : c.ports) {
    ports.push_back({{"container", p.container_port},
                     {"host", p.host_port},
                     {"protocol", p.protocol},
                     {"containerLast", p.container_port_last}});
  }
  json mounts = json::array();
  for (const auto& m : c.mounts) {
    mounts.push_back({{"source", m.source},
                      {"path", m.container_path},
                      {"readOnly", m.read_only},
                      {"volume", m.volume}});
  }
  json volumes_from = json::array();
  for (const auto& v : c.volumes_from) {
    volumes_from.push_back({{"source", v.source.str()}, {"readOnly", v.read_only}});
  }
  json links = json::array();
  for (const auto& l : c.links) links.push_back({{"target", l.target.str()}, {"alias", l.alias}});
  json depends_on = json::array();
  for (const auto& d : c.depends_on) {
    depends_on.push_back(
        {{"container", d.container.str()}, {"condition", kConditionWords.word(d.condition)}});
  }
  json document{{"name", c.name.str()},
                {"image", c.image},
                {"essential", c.essential},
                {"cpu", c.cpu_units},
                {"memory", c.memory_mib},
                {"memoryReservation", c.memory_reservation_mib},
                {"kind", kKindWords.word(c.kind)},
                {"command", optional_strings(c.command)},
                {"entryPoint", optional_strings(c.entry_point)},
                {"environment", c.environment},
                {"ports", std::move(ports)},
                {"mounts", std::move(mounts)},
                {"volumesFrom", std::move(volumes_from)},
                {"links", std::move(links)},
                {"dependsOn", std::move(depends_on)},
                {"stopTimeout", optional_seconds(c.stop_timeout)},
                {"startTimeout", optional_seconds(c.start_timeout)},
                {"healthCheck", c.has_health_check},
                {"config", c.config_patch},
                {"hostConfig", c.host_config_patch},
                {"apiVersion", c.min_api_version}};
  if (c.ecr_auth) {
    document["ecr"] = {{"registryId", c.ecr_auth->registry_id},
                       {"region", c.ecr_auth->region},
                       {"endpoint", c.ecr_auth->endpoint_override},
                       {"useExecutionRole", c.ecr_auth->use_execution_role}};
  }
  if (c.restart_policy) {
    document["restartPolicy"] = {{"ignoredExitCodes", c.restart_policy->ignored_exit_codes},
                                 {"attemptPeriod", c.restart_policy->attempt_period.count()}};
  }
  if (c.flaw) document["flaw"] = {{"name", c.flaw->name}, {"text", c.flaw->text}};
  return document;
}

double read_vcpus(const JsonReader& value) {
  constexpr double kMost = 1 << 20;
  const double vcpus = value.as_double();
  if (!(vcpus >= 0 && vcpus <= kMost)) {
    value.reject(fmt::format("expected 0 to {} vCPUs, got {}", kMost, vcpus));
  }
  return vcpus;
}

core::RestartPolicy read_restart_policy(const JsonReader& r) {
  core::RestartPolicy policy{.attempt_period =
                                 std::chrono::seconds{read_amount(r.require("attemptPeriod"))}};
  for (const JsonReader& code : r.list("ignoredExitCodes")) {
    policy.ignored_exit_codes.push_back(read_int(code));
  }
  return policy;
}

json volume_json(const core::Volume& v) {
  return {{"name", v.name},
          {"scope", kScopeWords.word(v.scope)},
          {"autoprovision", v.autoprovision},
          {"driver", v.driver},
          {"driverOptions", v.driver_options},
          {"labels", v.labels}};
}

core::Volume read_volume(const JsonReader& r) {
  return {.name = r.require("name").as_string(),
          .scope = kScopeWords.value(r.require("scope")),
          .autoprovision = r.require("autoprovision").as_bool(),
          .driver = r.require("driver").as_string(),
          .driver_options = read_string_map(r, "driverOptions"),
          .labels = read_string_map(r, "labels")};
}

core::ContainerSpec read_container(const JsonReader& r) {
  core::ContainerSpec c;
  c.name = ContainerName(r.require("name").as_string());
  c.image = r.require("image").as_string();
  c.essential = r.require("essential").as_bool();
  c.cpu_units = read_amount(r.require("cpu"));
  c.memory_mib = read_amount(r.require("memory"));
  c.memory_reservation_mib = read_amount(r.require("memoryReservation"));
  c.kind = kKindWords.value(r.require("kind"));
  c.command = read_optional_strings(r, "command");
  c.entry_point = read_optional_strings(r, "entryPoint");
  c.environment = read_string_map(r, "environment");
  for (const JsonReader& p : r.list("ports")) {
    c.ports.push_back({read_port(p, "container"), read_port(p, "host"),
                       p.require("protocol").as_string(), read_port(p, "containerLast")});
  }
  for (const JsonReader& m : r.list("mounts")) {
    c.mounts.push_back({m.require("source").as_string(), m.require("path").as_string(),
                        m.require("readOnly").as_bool(), m.require("volume").as_string()});
  }
  for (const JsonReader& v : r.list("volumesFrom")) {
    c.volumes_from.push_back(
        {ContainerName(v.require("source").as_string()), v.require("readOnly").as_bool()});
  }
  for (const JsonReader& l : r.list("links")) {
    c.links.push_back(
        {ContainerName(l.require("target").as_string()), l.require("alias").as_string()});
  }
  for (const JsonReader& d : r.list("dependsOn")) {
    c.depends_on.push_back({ContainerName(d.require("container").as_string()),
                            kConditionWords.value(d.require("condition"))});
  }
  c.stop_timeout = read_seconds(r, "stopTimeout");
  c.start_timeout = read_seconds(r, "startTimeout");
  c.has_health_check = r.require("healthCheck").as_bool();
  c.config_patch = r.require("config").as_string();
  c.host_config_patch = r.require("hostConfig").as_string();
  c.min_api_version = r.require("apiVersion").as_string();
  if (const auto ecr = r.get("ecr")) {
    c.ecr_auth = core::EcrAuth{
        ecr->require("registryId").as_string(), ecr->require("region").as_string(),
        ecr->require("endpoint").as_string(), ecr->require("useExecutionRole").as_bool()};
  }
  if (const auto policy = r.get("restartPolicy")) c.restart_policy = read_restart_policy(*policy);
  if (const auto flaw = r.get("flaw")) {
    c.flaw = core::Flaw{flaw->require("name").as_string(), flaw->require("text").as_string()};
  }
  return c;
}

}  // namespace

json spec_json(const core::TaskSpec& spec) {
  json containers = json::array();
  for (const auto& c : spec.containers) containers.push_back(container_json(c));
  json volumes = json::array();
  for (const auto& v : spec.volumes) volumes.push_back(volume_json(v));
  return {{"arn", spec.arn.str()},
          {"family", spec.family},
          {"version", spec.version},
          {"cpu", spec.cpu_vcpus},
          {"memory", spec.memory_mib},
          {"networkMode", spec.network_mode},
          {"pidMode", spec.pid_mode},
          {"ipcMode", spec.ipc_mode},
          {"taskRole", spec.task_role_credentials_id},
          {"executionRole", spec.execution_role_credentials_id},
          {"containers", std::move(containers)},
          {"volumes", std::move(volumes)}};
}

core::TaskSpec read_spec(const JsonReader& r) {
  core::TaskSpec spec;
  spec.arn = TaskArn(r.require("arn").as_string());
  spec.family = r.require("family").as_string();
  spec.version = r.require("version").as_string();
  spec.cpu_vcpus = read_vcpus(r.require("cpu"));
  spec.memory_mib = read_amount(r.require("memory"));
  spec.network_mode = r.require("networkMode").as_string();
  spec.pid_mode = r.require("pidMode").as_string();
  spec.ipc_mode = r.require("ipcMode").as_string();
  spec.task_role_credentials_id = r.require("taskRole").as_string();
  spec.execution_role_credentials_id = r.require("executionRole").as_string();
  for (const JsonReader& c : r.require("containers").items()) {
    spec.containers.push_back(read_container(c));
  }
  for (const JsonReader& v : r.require("volumes").items()) spec.volumes.push_back(read_volume(v));
  return spec;
}

}  // namespace longshore::store
