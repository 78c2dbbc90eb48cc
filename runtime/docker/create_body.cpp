#include "runtime/docker/create_body.hpp"

#include <strings.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "agent/base/json_reader.hpp"

namespace longshore::runtime::docker {
namespace {

using nlohmann::json;

/// The create call reads these beside the container's own members, so they must not come from
/// `config_patch`, where the official agent drops them as unknown.
/// Source: moby:runconfig/config.go, ContainerConfigWrapper.
constexpr std::array<const char*, 8> kNotInConfig = {"HostConfig", "NetworkingConfig", "Memory",
                                                     "MemorySwap", "CpuShares",        "CpusetCpus",
                                                     "Cpuset",     "VolumeDriver"};

bool same_name(const std::string& a, const char* b) { return strcasecmp(a.c_str(), b) == 0; }

/// The member of `object` that `name` means, or `name` itself when there is none.
std::string member_named(const json& object, const std::string& name) {
  for (const auto& [key, value] : object.items()) {
    if (same_name(key, name.c_str())) return key;
  }
  return name;
}

void merge(json& base, const json& patch) {
  for (const auto& [name, value] : patch.items()) {
    const std::string key = member_named(base, name);
    const auto place = base.find(key);
    if (value.is_null()) {
      if (place != base.end() && place->is_structured()) *place = nullptr;
    } else if (place != base.end() && place->is_object() && value.is_object()) {
      // What is an object in `base` is a map (labels, ports): its keys are data and keep their
      // case, and an entry replaces.
      place->update(value);
    } else {
      base[key] = value;
    }
  }
}

Result<json> parse_patch(std::string_view field, const std::string& text) {
  if (text.empty()) return json::object();
  auto patch = parse_json(text);
  if (!patch) return fail(field, std::move(patch).error());
  if (patch->is_null()) return json::object();
  if (!patch->is_object()) {
    return fail(ErrorCode::InvalidInput, "{}: expected a JSON object", field);
  }
  return patch;
}

std::string port_key(const PortBinding& port) {
  return fmt::format("{}/{}", port.container_port, port.protocol);
}

json container_members(const ContainerSpec& spec) {
  json config = {{"Image", spec.image}, {"Env", spec.environment}, {"Labels", json::object()}};
  if (spec.command) config["Cmd"] = *spec.command;
  if (spec.entry_point) config["Entrypoint"] = *spec.entry_point;
  json exposed = json::object();
  for (const PortBinding& port : spec.ports) exposed[port_key(port)] = json::object();
  config["ExposedPorts"] = std::move(exposed);
  return config;
}

json host_members(const ContainerSpec& spec) {
  json bindings = json::object();
  for (const PortBinding& port : spec.ports) {
    // An empty host port lets the engine choose.
    const std::string host_port = port.host_port == 0 ? "" : std::to_string(port.host_port);
    bindings[port_key(port)].push_back({{"HostIp", port.bind_ip}, {"HostPort", host_port}});
  }
  return {{"Binds", spec.binds},
          {"Links", spec.links},
          {"VolumesFrom", spec.volumes_from},
          {"PortBindings", std::move(bindings)},
          {"Memory", spec.memory_bytes},
          {"CpuShares", spec.cpu_shares}};
}

/// Sets a member whatever case a patch spelled it in; an empty value sets nothing.
void override_text(json& object, const std::string& name, const std::string& value) {
  if (!value.empty()) object[member_named(object, name)] = value;
}

}  // namespace

Result<json> create_body(const ContainerSpec& spec) {
  auto config_patch = parse_patch("dockerConfig.config", spec.config_patch);
  if (!config_patch) return config_patch;
  auto host_patch = parse_patch("dockerConfig.hostConfig", spec.host_config_patch);
  if (!host_patch) return host_patch;

  for (const char* name : kNotInConfig) {
    while (config_patch->erase(member_named(*config_patch, name)) > 0) {
    }
  }
  json body = container_members(spec);
  merge(body, *config_patch);
  json& labels = body["Labels"];
  if (labels.is_null()) labels = json::object();
  if (!labels.is_object()) {
    return fail(ErrorCode::InvalidInput, "dockerConfig.config.Labels: expected an object");
  }
  for (const auto& [key, value] : spec.labels) labels[key] = value;

  json host = host_members(spec);
  merge(host, *host_patch);
  override_text(host, "CgroupParent", spec.cgroup_parent);
  override_text(host, "PidMode", spec.pid_mode);
  override_text(host, "IpcMode", spec.ipc_mode);
  body["HostConfig"] = std::move(host);
  return body;
}

}  // namespace longshore::runtime::docker
