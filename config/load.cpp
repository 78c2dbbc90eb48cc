#include "config/load.hpp"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <optional>
#include <set>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"
#include "config/ecs_config_file.hpp"
#include "config/known_names.hpp"
#include "config/setting.hpp"
#include "config/text_file.hpp"
#include "config/yaml_file.hpp"

namespace longshore::config {
namespace {

constexpr std::size_t kMaxShownBytes = 128;
constexpr std::string_view kJsonFileSetting = "files.ecs_config_json";

/// One source's values by setting name.
using Layer = std::map<std::string_view, RawValue>;

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string shown_value(const Setting& setting, const nlohmann::json& value) {
  if (setting.secret) return "***";
  return truncate_utf8(dump_json(value), kMaxShownBytes);
}

/// Gathers the layers, then merges them.
class Loader {
 public:
  explicit Loader(const Sources& sources) : sources_(sources) {
    loaded_.environment = sources.environment;
    loaded_.config.json_file = sources.json_file;
  }

  Result<LoadedConfig> run() {
    layers_.push_back(read_flags());
    layers_.push_back(read_environment());
    layers_.push_back(read_yaml());
    for (const std::string& path : sources_.ecs_config_files)
      layers_.push_back(read_ecs_config(path));
    // What has been read so far says where the JSON file is.
    for (const Setting& setting : settings()) {
      if (setting.name == kJsonFileSetting) merge(setting);
    }
    layers_.push_back(read_json_file(loaded_.config.json_file));
    for (const Setting& setting : settings()) {
      if (setting.name != kJsonFileSetting) merge(setting);
    }
    record_origins();
    check_together();
    if (errors_.empty()) return std::move(loaded_);
    std::string all;
    for (const std::string& error : errors_) all += (all.empty() ? "" : "\n") + error;
    return fail(ErrorCode::InvalidInput, "{}", all);
  }

 private:
  Layer read_flags() {
    Layer layer;
    for (const auto& [flag, text] : sources_.flags) {
      const auto found = std::find_if(settings().begin(), settings().end(),
                                      [&](const Setting& s) { return flag_name(s) == flag; });
      if (found == settings().end()) {
        errors_.push_back(fmt::format("--{}: unknown setting", flag));
        continue;
      }
      layer[found->name] = text_value(text, "--" + flag, "command line");
    }
    return layer;
  }

  Layer read_environment() {
    Layer layer;
    for (const auto& [key, text] : sources_.environment) {
      add_variable(layer, key, text, "environment");
    }
    return layer;
  }

  Layer read_ecs_config(const std::string& path) {
    Layer layer;
    const auto text = read_file(path);
    if (!text) return layer;
    const EcsConfigFile file = parse_ecs_config(*text);
    for (const int line : file.unreadable_lines) {
      warn(fmt::format("{}:{}: ignored: expected KEY=VALUE", path, line));
    }
    Environment beside;
    for (const Assignment& assignment : file.assignments) {
      const std::string place = fmt::format("{}:{}", path, assignment.line);
      const bool is_setting = add_variable(layer, assignment.key, assignment.value, place);
      if (!is_setting && !assignment.key.starts_with("ECS_")) {
        beside.insert_or_assign(assignment.key, assignment.value);
      }
    }
    loaded_.environment.merge(beside);
    return layer;
  }

  Layer read_yaml() {
    Layer layer;
    const auto text = read_file(sources_.yaml_file);
    if (!text) {
      if (sources_.yaml_must_exist && !last_read_failed_) {
        errors_.push_back(fmt::format("{}: no such file", sources_.yaml_file));
      }
      return layer;
    }
    YamlFile file = parse_yaml(*text);
    for (const std::string& error : file.errors) {
      errors_.push_back(fmt::format("{}: {}", sources_.yaml_file, error));
    }
    for (YamlEntry& entry : file.entries) {
      for (const Setting& setting : settings()) {
        if (setting.name != entry.name) continue;
        layer[setting.name] = {.value = std::move(entry.value),
                               .key = entry.name,
                               .source = fmt::format("{}:{}", sources_.yaml_file, entry.line)};
      }
    }
    return layer;
  }

  Layer read_json_file(const std::string& path) {
    Layer layer;
    const auto text = read_file(path);
    if (!text) {
      if (path != sources_.json_file && !last_read_failed_) {
        warn(fmt::format("{} ({}): no such file", kJsonFileSetting, path));
      }
      return layer;
    }
    if (trim(*text).empty()) return layer;
    const auto document = parse_json(*text);
    if (!document || !document->is_object()) {
      errors_.push_back(fmt::format(
          "{}: {}", path, document ? "expected a JSON object" : document.error().message));
      return layer;
    }
    for (const auto& [key, value] : document->items()) add_json(layer, key, value, path);
    return layer;
  }

  /// Adds what is a setting and warns about what could be meant as one. Returns whether it was
  /// either of ours or the official agent's.
  bool add_variable(Layer& layer, const std::string& key, const std::string& text,
                    const std::string& source) {
    for (const Setting& setting : settings()) {
      if (setting.variable.empty() || setting.variable != key) continue;
      layer[setting.name] = text_value(text, key, source);
      return true;
    }
    for (const UnimplementedName& name : unimplemented_names()) {
      if (name.variable.empty() || name.variable != key) continue;
      if (!is_harmless(name, text)) warn_unimplemented(key, source);
      return true;
    }
    const bool meant_for_us = key.starts_with("ECS_") || key.starts_with("LONGSHORE_");
    if (meant_for_us) warn_unknown(key, nearest_variable(key), source);
    return false;
  }

  /// Go's decoder, which the official agent uses, matches keys in any case.
  void add_json(Layer& layer, const std::string& key, const nlohmann::json& value,
                const std::string& path) {
    // The older name of Cluster counts only where that one says nothing.
    const std::string_view name = same_name(key, "ClusterArn") ? "Cluster" : std::string_view(key);
    for (const Setting& setting : settings()) {
      if (setting.json_key.empty() || !same_name(setting.json_key, name)) continue;
      const bool is_older = name.data() != key.data();
      const auto held = layer.find(setting.name);
      const bool is_known = held != layer.end();
      if (is_known && (is_older ? !says_nothing(held->second.value) : says_nothing(value))) return;
      layer[setting.name] = {.value = value, .dialect = Dialect::Json, .key = key, .source = path};
      return;
    }
    for (const UnimplementedName& known : unimplemented_names()) {
      if (known.json_key.empty() || !same_name(known.json_key, key)) continue;
      const std::string text = value.is_null()     ? std::string{}
                               : value.is_string() ? value.get<std::string>()
                                                   : dump_json(value);
      if (!is_harmless(known, text)) warn_unimplemented(key, path);
      return;
    }
    warn_unknown(key, nearest_json_key(key), path);
  }

  static RawValue text_value(std::string_view text, std::string key, std::string source) {
    return {.value = std::string(trim(text)), .key = std::move(key), .source = std::move(source)};
  }

  /// Takes the highest layer's value. A bad one does not fall through to a lower layer.
  void merge(const Setting& setting) {
    for (const Layer& layer : layers_) {
      const auto found = layer.find(setting.name);
      if (found == layer.end()) continue;
      const RawValue& raw = found->second;
      const auto applied = setting.apply(loaded_.config, raw);
      if (!applied) {
        errors_.push_back(fmt::format("{} = {} ({}): expected {}", raw.key,
                                      shown_value(setting, raw.value), raw.source,
                                      applied.error().message));
        refused_.insert(setting.name);
        return;
      }
      if (!applied->is_set) continue;
      if (!applied->warning.empty()) {
        warn(fmt::format("{} = {} ({}): {}", raw.key, shown_value(setting, raw.value), raw.source,
                         applied->warning));
      }
      origins_[setting.name] = raw.source == "command line" ? raw.key : raw.source;
      return;
    }
  }

  void record_origins() {
    for (const Setting& setting : settings()) {
      const auto origin = origins_.find(setting.name);
      loaded_.origins.push_back({.name = std::string(setting.name),
                                 .variable = std::string(setting.variable),
                                 .value = setting.show(loaded_.config),
                                 .origin = origin == origins_.end() ? "default" : origin->second});
    }
  }

  /// What no single value shows.
  void check_together() {
    const Config& config = loaded_.config;
    if (sources_.region_required && config.region.empty() && !refused_.contains("region")) {
      errors_.push_back(fmt::format(
          "region is not set: set AWS_DEFAULT_REGION, or region in {}; this version does not ask "
          "the instance metadata service for it",
          sources_.yaml_file));
    }
    if (config.registry_auth_type.empty() != config.registry_auth_data.empty()) {
      warn(
          "registry_auth.type (ECS_ENGINE_AUTH_TYPE) and registry_auth.data "
          "(ECS_ENGINE_AUTH_DATA) have an effect only together");
    }
  }

  /// nullopt: no such file, or it cannot be read, which is then an error of its own.
  std::optional<std::string> read_file(const std::string& path) {
    auto text = read_text_file(path);
    last_read_failed_ = !text;
    if (text) return std::move(*text);
    errors_.push_back(text.error().message);
    return std::nullopt;
  }

  void warn(std::string text) { loaded_.warnings.push_back(std::move(text)); }

  void warn_unimplemented(std::string_view key, std::string_view source) {
    warn(fmt::format("{} ({}): known, but this version does not act on it", key, source));
  }

  void warn_unknown(std::string_view key, std::string_view nearest, std::string_view source) {
    warn(fmt::format("{} ({}): unknown{}", key, source,
                     nearest.empty() ? std::string{} : fmt::format("; did you mean {}?", nearest)));
  }

  const Sources& sources_;
  LoadedConfig loaded_{};
  std::vector<Layer> layers_{};  ///< Highest first.
  std::map<std::string_view, std::string> origins_{};
  std::set<std::string_view> refused_{};  ///< Settings with a bad value.
  std::vector<std::string> errors_{};
  bool last_read_failed_ = false;
};

}  // namespace

Result<LoadedConfig> load(const Sources& sources) { return Loader(sources).run(); }

}  // namespace longshore::config
