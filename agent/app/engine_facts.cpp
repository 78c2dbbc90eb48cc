#include "agent/app/engine_facts.hpp"

#include <nlohmann/json.hpp>
#include <string_view>
#include <tuple>

#include "agent/base/json_reader.hpp"
#include "agent/base/log.hpp"
#include "agent/store/data_directory.hpp"

namespace longshore::app {
namespace {

std::string path_in(const std::string& data_dir) { return data_dir + "/engine.json"; }

runtime::RuntimeInfo read_facts(const JsonReader& reader) {
  return {.version = reader.require("version").as_string(),
          .api_version = reader.require("apiVersion").as_string(),
          .min_api_version = reader.require("minApiVersion").as_string(),
          .cgroup_version = static_cast<int>(reader.require("cgroupVersion").as_int()),
          .cgroup_driver = reader.require("cgroupDriver").as_string(),
          .volume_drivers = reader.strings("volumeDrivers")};
}

}  // namespace

std::string to_text(const runtime::RuntimeInfo& info) {
  return dump_json({{"version", info.version},
                    {"apiVersion", info.api_version},
                    {"minApiVersion", info.min_api_version},
                    {"cgroupVersion", info.cgroup_version},
                    {"cgroupDriver", info.cgroup_driver},
                    {"volumeDrivers", info.volume_drivers}});
}

Result<runtime::RuntimeInfo> parse_engine_facts(const std::string& text) {
  return read_json(std::string_view(text), read_facts);
}

std::optional<runtime::RuntimeInfo> remembered_engine(const std::string& data_dir) {
  const auto text = store::read_small_file(path_in(data_dir));
  if (text && !*text) return std::nullopt;
  const auto facts = text ? parse_engine_facts(**text) : fail(text.error());
  if (facts) return *facts;
  log_warn("what is remembered of the container engine cannot be used",
           {{"file", path_in(data_dir)}, {"error", facts.error().message}});
  return std::nullopt;
}

bool is_same_engine(const runtime::RuntimeInfo& a, const runtime::RuntimeInfo& b) {
  const auto facts = [](const runtime::RuntimeInfo& info) {
    return std::tie(info.version, info.api_version, info.min_api_version, info.cgroup_version,
                    info.cgroup_driver);
  };
  return facts(a) == facts(b);
}

Status remember_engine(const std::string& data_dir, const runtime::RuntimeInfo& info) {
  const std::string text = to_text(info);
  const auto before = store::read_small_file(path_in(data_dir));
  if (before && *before == text) return {};
  return store::write_small_file(path_in(data_dir), text);
}

}  // namespace longshore::app
