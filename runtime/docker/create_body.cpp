#include "runtime/docker/create_body.hpp"

#include <strings.h>

#include <algorithm>
#include <array>
#include <cstdint>
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

/// Bounds of the kernel's cpu.shares; 0 would mean 1024 to the engine.
constexpr std::int64_t kMinCpuShares = 2;
constexpr std::int64_t kMaxCpuShares = 262'144;
/// What the official agent raises smaller limits to.
constexpr std::int64_t kMinMemoryBytes = 4 << 20;

/// What a container cannot have of its own in the network of another.
constexpr std::array<const char*, 3> kConfigOfNetwork = {"ExposedPorts", "Hostname", "MacAddress"};
constexpr std::array<const char*, 7> kHostConfigOfNetwork = {
    "PortBindings", "PublishAllPorts", "Links", "Dns", "DnsOptions", "DnsSearch", "ExtraHosts"};

bool same_name(const std::string& a, const char* b) { return strcasecmp(a.c_str(), b) == 0; }

/// The member of `object` that `name` means, or `name` itself when there is none.
std::string member_named(const json& object, const std::string& name) {
  for (const auto& [key, value] : object.items()) {
    if (same_name(key, name.c_str())) return key;
  }
  return name;
}

/// Takes the member away in every spelling.
void drop(json& object, const char* name) {
  while (object.erase(member_named(object, name)) > 0) {
  }
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
          {"Memory", spec.memory_bytes == 0 ? 0 : std::max(spec.memory_bytes, kMinMemoryBytes)},
          {"CpuShares", std::clamp(spec.cpu_shares, kMinCpuShares, kMaxCpuShares)}};
}

/// Sets a member whatever case a patch spelled it in; an empty value sets nothing.
void override_text(json& object, const std::string& name, const std::string& value) {
  if (!value.empty()) object[member_named(object, name)] = value;
}

/// The log driver and its options; nullptr when the patch names none.
json* log_config(json& host) {
  const auto log = host.find(member_named(host, "LogConfig"));
  return log == host.end() || !log->is_object() ? nullptr : &*log;
}

void set_awslogs_endpoint(json& host, const std::string& endpoint) {
  json* const log = log_config(host);
  if (endpoint.empty() || log == nullptr) return;
  const auto driver = log->find(member_named(*log, "Type"));
  if (driver == log->end() || *driver != "awslogs") return;
  json& options = (*log)[member_named(*log, "Config")];
  if (options.is_null()) options = json::object();
  if (options.is_object()) options["awslogs-endpoint"] = endpoint;
}

/// The engine's own buffer of 1 MB would lose lines at the first burst.
void widen_log_buffer(json& host) {
  json* const log = log_config(host);
  if (log == nullptr) return;
  const auto options = log->find(member_named(*log, "Config"));
  if (options == log->end() || !options->is_object()) return;
  const auto mode = options->find("mode");
  if (mode == options->end() || *mode != "non-blocking") return;
  options->emplace("max-buffer-size", "10m");  // Nothing happens where there is one.
}

void leave_network_to_its_owner(json& body, json& host) {
  const auto mode = host.find(member_named(host, "NetworkMode"));
  if (mode == host.end() || !mode->is_string()) return;
  if (!mode->get_ref<const std::string&>().starts_with("container:")) return;
  for (const char* name : kConfigOfNetwork) drop(body, name);
  for (const char* name : kHostConfigOfNetwork) drop(host, name);
}

}  // namespace

Result<json> create_body(const ContainerSpec& spec) {
  auto config_patch = parse_patch("dockerConfig.config", spec.config_patch);
  if (!config_patch) return config_patch;
  auto host_patch = parse_patch("dockerConfig.hostConfig", spec.host_config_patch);
  if (!host_patch) return host_patch;

  for (const char* name : kNotInConfig) drop(*config_patch, name);
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
  override_text(host, "NetworkMode", spec.network_mode);
  override_text(host, "PidMode", spec.pid_mode);
  override_text(host, "IpcMode", spec.ipc_mode);
  set_awslogs_endpoint(host, spec.awslogs_endpoint);
  widen_log_buffer(host);
  leave_network_to_its_owner(body, host);
  body["HostConfig"] = std::move(host);
  return body;
}

}  // namespace longshore::runtime::docker
