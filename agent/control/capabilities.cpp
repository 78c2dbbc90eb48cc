#include "agent/control/capabilities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace longshore::control {
namespace {

/// A Docker API version 1.<minor>; every version that exists has major 1.
int minor_of(std::string_view version, int fallback) {
  if (!version.starts_with("1.")) return fallback;
  version.remove_prefix(2);
  int minor = 0;
  const auto [end, error] = std::from_chars(version.data(), version.data() + version.size(), minor);
  return error == std::errc{} ? minor : fallback;
}

/// Engines that no longer speak the old versions (25 and later) still have what those could do.
constexpr int kFirstDroppingMinimum = 24;

/// The engine's API versions as a range of minors.
struct ApiRange {
  int lowest = 0;
  int highest = 0;
  bool has(int minor) const { return minor >= lowest && minor <= highest; }
};

ApiRange api_range(const CapabilityInputs& inputs) {
  ApiRange range{.lowest = minor_of(inputs.engine_min_api_version, 0),
                 .highest = minor_of(inputs.engine_api_version, -1)};
  if (range.lowest >= kFirstDroppingMinimum) range.lowest = 0;
  return range;
}

/// The versions with an attribute; 1.26, 1.27, 1.31 and everything newer never had one.
constexpr std::array kAdvertisedMinors{17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 29, 30, 32};

/// Since when the engine has each logging driver.
constexpr std::array<std::pair<std::string_view, int>, 10> kLoggingDrivers{{{"json-file", 18},
                                                                            {"syslog", 18},
                                                                            {"journald", 19},
                                                                            {"none", 19},
                                                                            {"gelf", 20},
                                                                            {"fluentd", 20},
                                                                            {"awslogs", 21},
                                                                            {"splunk", 22},
                                                                            {"logentries", 25},
                                                                            {"sumologic", 29}}};

class Names {
 public:
  /// A capability from the agent's first years.
  void add_old(std::string_view name) { add("com.amazonaws.ecs.capability.", name); }
  void add_new(std::string_view name) { add("ecs.capability.", name); }
  void add_value(std::string name, std::string value) {
    attributes_.push_back({.name = std::move(name), .value = std::move(value)});
  }
  std::vector<protocol::Attribute> take() { return std::move(attributes_); }

 private:
  void add(std::string_view prefix, std::string_view name) {
    attributes_.push_back({.name = fmt::format("{}{}", prefix, name)});
  }
  std::vector<protocol::Attribute> attributes_{};
};

void add_engine(Names& names, const CapabilityInputs& inputs, const ApiRange& api) {
  for (const int minor : kAdvertisedMinors) {
    if (api.has(minor)) names.add_old(fmt::format("docker-remote-api.1.{}", minor));
  }
  for (const std::string& driver : inputs.logging_drivers) {
    for (const auto& [known, since] : kLoggingDrivers) {
      if (known == driver && api.highest >= since) names.add_old("logging-driver." + driver);
    }
  }
  if (!inputs.privileged_disabled) names.add_old("privileged-container");
  if (inputs.selinux_capable) names.add_old("selinux");
  if (inputs.apparmor_capable) names.add_old("apparmor");
}

void add_tasks(Names& names, const CapabilityInputs& inputs, const ApiRange& api) {
  names.add_new("container-ordering");
  names.add_new("container-restart-policy");
  names.add_new("full-sync");
  names.add_new("network.container-port-range");
  // The pause container's image is a part of this program: no host lacks it.
  names.add_new("pid-ipc-namespace-sharing");
  if (api.highest >= 24 && !inputs.health_check_disabled) names.add_new("container-health-check");
  if (inputs.task_cpu_mem_limit && api.highest >= 22) {
    names.add_new("task-cpu-mem-limit");
    names.add_new("increased-task-cpu-limit");
  }
}

/// "name:tag" as attributes spell it. A plugin's default tag may be left out where it is named.
void add_volumes(Names& names, const CapabilityInputs& inputs) {
  constexpr std::string_view kDefaultTag = ":latest";
  std::set<std::string> drivers{"local"};
  for (const std::string& plugin : inputs.volume_drivers) {
    drivers.insert(plugin);
    if (plugin.ends_with(kDefaultTag)) {
      drivers.insert(plugin.substr(0, plugin.size() - kDefaultTag.size()));
    }
  }
  for (std::string driver : drivers) {
    std::replace(driver.begin(), driver.end(), ':', '.');
    names.add_new("docker-plugin." + driver);
  }
}

void add_images(Names& names, const ApiRange& api) {
  names.add_new("ecr-endpoint");
  if (api.highest < 19) return;
  names.add_old("ecr-auth");
  names.add_new("execution-role-ecr-pull");
}

void add_host(Names& names, const CapabilityInputs& inputs) {
  if (inputs.external) names.add_new("external");
  names.add_value("ecs.os-type", "linux");
  names.add_value("ecs.os-family", "LINUX");
  if (!inputs.detailed_os_family.empty()) {
    names.add_value("ecs.os-type-detailed", inputs.detailed_os_family);
  }
  if (inputs.external && !inputs.cpu_architecture.empty()) {
    names.add_value("ecs.cpu-architecture", inputs.cpu_architecture);
  }
}

}  // namespace

std::vector<protocol::Attribute> capability_attributes(const CapabilityInputs& inputs) {
  Names names;
  const ApiRange api = api_range(inputs);
  add_engine(names, inputs, api);
  add_tasks(names, inputs, api);
  add_volumes(names, inputs);
  add_images(names, api);
  add_host(names, inputs);
  return names.take();
}

}  // namespace longshore::control
