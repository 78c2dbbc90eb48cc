#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/result.hpp"
#include "config/config.hpp"

namespace longshore::config {

/// Variables by name.
using Environment = std::map<std::string, std::string, std::less<>>;

/// Where settings come from, highest first: flags, environment, YAML, ecs.config files in order,
/// the JSON file, defaults.
struct Sources {
  /// Command line: names as flag_name() gives them, without dashes. A later one of a name counts.
  std::vector<std::pair<std::string, std::string>> flags{};
  Environment environment{};
  std::string yaml_file = "/etc/longshore/longshore.yaml";
  bool yaml_must_exist = false;  ///< The user named it.
  std::vector<std::string> ecs_config_files{"/etc/ecs/ecs.config", "/var/lib/ecs/ecs.config"};
  std::string json_file = "/etc/ecs/ecs.config.json";  ///< Unless files.ecs_config_json says other.
  bool region_required = true;
};

/// A setting as it came out.
struct SettingOrigin {
  std::string name{};      ///< "docker.host"
  std::string variable{};  ///< "DOCKER_HOST", or empty.
  nlohmann::json value{};  ///< A secret is "***".
  std::string origin{};    ///< "default", "environment", "/etc/ecs/ecs.config:3", "--docker-host".
};

struct LoadedConfig {
  Config config{};
  std::vector<SettingOrigin> origins{};  ///< One for every setting, in the table's order.
  std::vector<std::string> warnings{};   ///< For the log; never secrets.
  /// The process environment, completed by what ecs.config files hold beside settings (AWS_…
  /// keys, HTTPS_PROXY): what credentials and proxies are to be taken from.
  Environment environment{};
};

/// Reads, validates and merges all sources. An empty value means unset: the next source counts.
/// Errors: InvalidInput whose message has one line for each bad value, not only the first: key,
/// value, source, accepted form. Such an agent must not be restarted until someone mends it: the
/// caller exits with 5.
Result<LoadedConfig> load(const Sources& sources);

}  // namespace longshore::config
