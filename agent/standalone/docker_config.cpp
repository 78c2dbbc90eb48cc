#include "agent/standalone/docker_config.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "agent/base/json_reader.hpp"
#include "agent/standalone/json_access.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

constexpr std::int64_t kBytesPerMib = 1'048'576;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
/// The least Docker API version with everything written here; agents raise it as they need.
constexpr const char* kDockerApiVersion = "1.25";

struct Renamed {
  const char* ours;
  const char* docker;
};

void copy_renamed(json& to, const json& from, std::span<const Renamed> names) {
  for (const Renamed& name : names) {
    if (const json* value = find_member(from, name.ours)) to[name.docker] = *value;
  }
}

/// ECS documents interval 30 s, timeout 5 s and 3 retries for what is left out.
json health_check(const json& health) {
  return {{"Test", health["command"]},
          {"Interval", whole_of(health, "interval", 30) * kNanosecondsPerSecond},
          {"Timeout", whole_of(health, "timeout", 5) * kNanosecondsPerSecond},
          {"Retries", whole_of(health, "retries", 3)},
          {"StartPeriod", whole_of(health, "startPeriod") * kNanosecondsPerSecond}};
}

json config_of(const json& container) {
  static constexpr std::array<Renamed, 7> kNames = {{{"user", "User"},
                                                     {"workingDirectory", "WorkingDir"},
                                                     {"hostname", "Hostname"},
                                                     {"dockerLabels", "Labels"},
                                                     {"pseudoTerminal", "Tty"},
                                                     {"interactive", "OpenStdin"},
                                                     {"disableNetworking", "NetworkDisabled"}}};
  json config = json::object();
  copy_renamed(config, container, kNames);
  if (const json* health = find_member(container, "healthCheck")) {
    config["Healthcheck"] = health_check(*health);
  }
  return config;
}

json devices_of(const json& devices) {
  json all = json::array();
  for (const json& device : devices) {
    std::string permissions;
    for (const json& permission : list_of(device, "permissions")) {
      permissions += permission.get<std::string>()[0];  // read, write, mknod: r, w, m
    }
    const std::string host_path = text_of(device, "hostPath");
    all.push_back({{"PathOnHost", host_path},
                   {"PathInContainer", text_of(device, "containerPath", host_path)},
                   {"CgroupPermissions", permissions.empty() ? "rwm" : permissions}});
  }
  return all;
}

json tmpfs_of(const json& mounts) {
  json all = json::object();
  for (const json& mount : mounts) {
    std::string options = fmt::format("size={}m", whole_of(mount, "size"));
    for (const json& option : list_of(mount, "mountOptions")) {
      options += "," + option.get<std::string>();
    }
    all[text_of(mount, "containerPath")] = options;
  }
  return all;
}

void add_linux_parameters(json& host, const json& container) {
  const json& parameters = object_of(container, "linuxParameters");
  const json& capabilities = object_of(parameters, "capabilities");
  host["CapAdd"] = list_of(capabilities, "add");
  host["CapDrop"] = list_of(capabilities, "drop");
  static constexpr std::array<Renamed, 2> kNames = {
      {{"initProcessEnabled", "Init"}, {"swappiness", "MemorySwappiness"}}};
  copy_renamed(host, parameters, kNames);
  if (has_member(parameters, "devices")) host["Devices"] = devices_of(parameters["devices"]);
  if (has_member(parameters, "tmpfs")) host["Tmpfs"] = tmpfs_of(parameters["tmpfs"]);
  if (has_member(parameters, "sharedMemorySize")) {
    host["ShmSize"] = whole_of(parameters, "sharedMemorySize") * kBytesPerMib;
  }
  if (has_member(parameters, "maxSwap")) {
    // Docker's MemorySwap is memory and swap together.
    host["MemorySwap"] =
        (whole_of(container, "memory") + whole_of(parameters, "maxSwap")) * kBytesPerMib;
  }
}

json host_config_of(const json& container, const std::string& network_mode) {
  static constexpr std::array<Renamed, 5> kNames = {{{"privileged", "Privileged"},
                                                     {"readonlyRootFilesystem", "ReadonlyRootfs"},
                                                     {"dnsServers", "Dns"},
                                                     {"dnsSearchDomains", "DnsSearch"},
                                                     {"dockerSecurityOptions", "SecurityOpt"}}};
  json host = {{"NetworkMode", network_mode}};
  add_linux_parameters(host, container);
  copy_renamed(host, container, kNames);
  for (const json& entry : list_of(container, "extraHosts")) {
    host["ExtraHosts"].push_back(text_of(entry, "hostname") + ":" + text_of(entry, "ipAddress"));
  }
  for (const json& limit : list_of(container, "ulimits")) {
    host["Ulimits"].push_back(
        {{"Name", limit["name"]}, {"Soft", limit["softLimit"]}, {"Hard", limit["hardLimit"]}});
  }
  for (const json& control : list_of(container, "systemControls")) {
    host["Sysctls"][text_of(control, "namespace")] = control["value"];
  }
  if (const json* log = find_member(container, "logConfiguration")) {
    host["LogConfig"] = {{"Type", (*log)["logDriver"]}, {"Config", object_of(*log, "options")}};
  }
  if (has_member(container, "memoryReservation")) {
    host["MemoryReservation"] = whole_of(container, "memoryReservation") * kBytesPerMib;
  }
  return host;
}

}  // namespace

json docker_config(const json& container, const std::string& network_mode) {
  return {{"version", kDockerApiVersion},
          {"config", dump_json(config_of(container))},
          {"hostConfig", dump_json(host_config_of(container, network_mode))}};
}

}  // namespace longshore::standalone
