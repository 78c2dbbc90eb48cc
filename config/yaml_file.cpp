#include "config/yaml_file.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <sstream>

#include "config/known_names.hpp"
#include "config/setting.hpp"

namespace longshore::config {
namespace {

int line_of(const YAML::Node& node) { return node.Mark().line + 1; }

bool is_setting(std::string_view path) {
  return std::any_of(settings().begin(), settings().end(),
                     [&](const Setting& setting) { return setting.name == path; });
}

bool is_group(std::string_view path) {
  return std::any_of(settings().begin(), settings().end(), [&](const Setting& setting) {
    return setting.name.size() > path.size() && setting.name.starts_with(path) &&
           setting.name[path.size()] == '.';
  });
}

/// A plain 22 is a number; a quoted "22" is text.
nlohmann::json scalar_in_list(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_plain = node.Tag() == "?";
  if (is_plain && error == std::errc{} && end == text.data() + text.size()) return number;
  return text;
}

/// nullopt: a list or map inside a list or map.
std::optional<nlohmann::json> to_json(const YAML::Node& node) {
  if (node.IsNull()) return nlohmann::json(nullptr);
  if (node.IsScalar()) return nlohmann::json(node.Scalar());
  nlohmann::json out = node.IsMap() ? nlohmann::json::object() : nlohmann::json::array();
  for (const auto& item : node) {
    const YAML::Node value = node.IsMap() ? item.second : YAML::Node(item);
    if (!value.IsScalar() || (node.IsMap() && !item.first.IsScalar())) return std::nullopt;
    if (node.IsMap()) {
      out[item.first.Scalar()] = value.Scalar();
    } else {
      out.push_back(scalar_in_list(value));
    }
  }
  return out;
}

void walk(const YAML::Node& map, const std::string& prefix, YamlFile& file) {
  std::set<std::string> seen;
  for (const auto& item : map) {
    const int line = line_of(item.first);
    const std::string path = prefix + (item.first.IsScalar() ? item.first.Scalar() : "?");
    const auto report = [&](std::string_view what) {
      file.errors.push_back(fmt::format("line {}: {}: {}", line, path, what));
    };
    if (!seen.insert(path).second) {
      report("given twice");
    } else if (is_setting(path)) {
      if (auto value = to_json(item.second)) {
        file.entries.push_back({.name = path, .value = std::move(*value), .line = line});
      } else {
        report("expected a value, a list of values or a map of values");
      }
    } else if (!is_group(path)) {
      const auto nearest = nearest_setting_name(path);
      report(nearest.empty() ? "unknown key"
                             : fmt::format("unknown key; did you mean {}?", nearest));
    } else if (item.second.IsMap()) {
      walk(item.second, path + ".", file);
    } else if (!item.second.IsNull()) {
      report("expected a map");
    }
  }
}

/// Sees where documents begin, and nothing of what is in them.
class DocumentStarts final : public YAML::EventHandler {
 public:
  [[nodiscard]] int last_line() const { return last_line_; }  ///< From 1.
  void OnDocumentStart(const YAML::Mark& mark) override { last_line_ = mark.line + 1; }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

 private:
  int last_line_ = 0;
};

/// The line of the second document, if there is one. The library's own LoadAll() takes a comma
/// outside of a list for ever more empty documents.
std::optional<int> second_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentStarts starts;
  const bool has_second = parser.HandleNextDocument(starts) && parser.HandleNextDocument(starts);
  return has_second ? std::optional(starts.last_line()) : std::nullopt;
}

}  // namespace

YamlFile parse_yaml(const std::string& text) {
  YamlFile file;
  try {
    if (const auto line = second_document(text)) {
      file.errors.push_back(fmt::format("line {}: expected one document", *line));
      return file;
    }
    const YAML::Node document = YAML::Load(text);
    if (document.IsMap()) {
      walk(document, "", file);
    } else if (!document.IsNull()) {
      file.errors.push_back("line 1: expected a map of settings");
    }
  } catch (const YAML::Exception& e) {
    file.errors.push_back(fmt::format("line {}: {}", e.mark.line + 1, e.msg));
  }
  return file;
}

}  // namespace longshore::config
