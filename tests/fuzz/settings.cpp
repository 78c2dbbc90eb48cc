// All sources of settings together. Parts: environment (KEY=VALUE lines), ecs.config,
// longshore.yaml, ecs.config.json.
#include <fcntl.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"
#include "config/ecs_config_file.hpp"
#include "config/load.hpp"
#include "config/print.hpp"
#include "config/setting.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/planted_secret.hpp"

namespace longshore::fuzz {
namespace {

constexpr std::string_view kSecretVariable = "ECS_ENGINE_AUTH_DATA";

/// A folder of this process, which goes with it.
const std::filesystem::path& folder() {
  static const struct Folder {
    Folder() {
      std::string name = std::filesystem::temp_directory_path() / "longshore-fuzz-XXXXXX";
      require(mkdtemp(name.data()) != nullptr, "there is a temporary folder");
      path = name;
    }
    ~Folder() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path{};
  } folder;
  return folder.path;
}

std::string write(const char* name, std::string_view text) {
  const std::string path = folder() / name;
  std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
  return path;
}

config::Environment to_environment(const std::vector<config::Assignment>& assignments) {
  config::Environment environment;
  for (const auto& assignment : assignments) environment[assignment.key] = assignment.value;
  return environment;
}

/// ECS_ENGINE_AUTH_DATA with the planted text in its passwords; in its middle where that leaves no
/// JSON, which is then refused.
void plant_login(config::Environment& environment) {
  const auto login = environment.find(kSecretVariable);
  if (login == environment.end()) return;
  std::string planted = plant_secrets(login->second, {"password", "auth"});
  if (planted.empty()) {
    planted = login->second;
    planted.insert(planted.size() / 2, kPlantedText);
  }
  login->second = std::move(planted);
}

void require_hidden(std::string_view text) {
  require(!reveals_planted(text), "logins of registries are shown nowhere");
}

/// Each setting's value is shown in a form that means the same when it is given.
void check_shown_values(const config::Config& config) {
  for (const config::Setting& setting : config::settings()) {
    if (setting.secret) continue;
    const nlohmann::json shown = setting.show(config);
    if (shown == "") continue;  // An empty text means that the setting is not set.
    config::Config again;
    const auto applied = setting.apply(again, {.value = shown, .key = std::string(setting.name)});
    // Zero means for some that they are not set, which is their default.
    require(applied && applied->warning.empty(),
            fmt::format("{}: what is shown is accepted", setting.name));
    require(setting.show(again) == shown,
            fmt::format("{}: what is shown means the same", setting.name));
  }
}

void check_errors(const std::string& message, const config::Sources& sources) {
  require(!message.empty() && !message.ends_with('\n'), "each error has a line of its own");
  for (const std::string_view line : split(message, '\n')) {
    const bool names_source = contains(line, sources.yaml_file) ||
                              contains(line, sources.json_file) ||
                              contains(line, sources.ecs_config_files.front()) ||
                              contains(line, "(environment)") || line.starts_with("region ");
    require(names_source, "an error names its source");
  }
}

}  // namespace

void run(std::string_view input) {
  if (reveals_planted(input)) return;
  const auto all = parts(input, 4);
  config::Environment environment = to_environment(config::parse_ecs_config(all[0]).assignments);
  plant_login(environment);
  const std::string json = plant_secrets(all[3], {"engineauthdata"});
  const config::Sources sources{
      .environment = std::move(environment),
      .yaml_file = write("longshore.yaml", all[2]),
      .ecs_config_files = {write("ecs.config", all[1])},
      .json_file = write("ecs.config.json", json.empty() ? all[3] : std::string_view(json))};
  const auto loaded = config::load(sources);
  if (!loaded) {
    require_refusal(loaded.error());
    require_hidden(loaded.error().message);
    return check_errors(loaded.error().message, sources);
  }
  for (const std::string& warning : loaded->warnings) require_hidden(warning);
  require_hidden(config::print_settings(*loaded));
  const std::string printed = config::print_settings_json(*loaded);
  require_hidden(printed);
  require(parse_json(printed).has_value(), "settings are printed as JSON");
  check_shown_values(loaded->config);
}

}  // namespace longshore::fuzz
