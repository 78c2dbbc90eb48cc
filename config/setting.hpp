#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"
#include "config/config.hpp"

namespace longshore::config {

/// How a source writes values.
enum class Dialect {
  Text,  ///< Flags, environment, ecs.config and YAML: text ("30s"); YAML also lists and maps.
  Json,  ///< ecs.config.json: numbers, durations in nanoseconds, enumerations as numbers.
};

/// One value as a source has it. In Dialect::Text a JSON string holds the text. Blanks around a
/// text do not count.
struct RawValue {
  nlohmann::json value{};
  Dialect dialect = Dialect::Text;
  std::string key{};     ///< As the source names it: "ECS_CLUSTER", "docker.host", "--region".
  std::string source{};  ///< "environment", "/etc/ecs/ecs.config:3".
};

/// Whether `value` is null or a text of blanks alone, which leaves the setting to lower sources.
bool says_nothing(const nlohmann::json& value);

/// What came of applying a value.
struct Applied {
  bool is_set = true;     ///< false: the value means "unset"; look further down.
  std::string warning{};  ///< Empty, or what was done in place of what was asked.
};

/// One row of the table of settings: it drives parsing, printing and the documentation.
struct Setting {
  std::string_view name{};      ///< The path in longshore.yaml: "docker.host".
  std::string_view variable{};  ///< "DOCKER_HOST"; empty: none.
  std::string_view json_key{};  ///< In ecs.config.json: "DockerEndpoint"; empty: none.
  std::string_view accepted{};  ///< Ends a sentence: "expected …".
  std::string_view help{};      ///< One line.
  bool secret = false;          ///< Its value is printed as "***", also in errors.
  /// Puts a value into the config. Errors: InvalidInput whose message is the accepted form alone.
  std::function<Result<Applied>(Config&, const RawValue&)> apply{};
  std::function<nlohmann::json(const Config&)> show{};
};

/// Every setting, in the order in which it is printed.
const std::vector<Setting>& settings();

/// "docker.host" as a command line flag without its dashes: "docker-host".
std::string flag_name(const Setting& setting);

}  // namespace longshore::config
