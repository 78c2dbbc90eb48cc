#include "runtime/docker/engine_messages.hpp"

#include <utility>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"
#include "runtime/docker/string_map.hpp"

namespace longshore::runtime::docker {
namespace {

constexpr std::size_t kMaxErrorBytes = 4096;

ApiVersion read_version(const JsonReader& from) {
  auto version = parse_api_version(from.as_string());
  if (!version) from.reject(version.error().message);
  return *version;
}

}  // namespace

Result<EngineVersion> parse_version(std::string_view body) {
  return read_json(body, [](const JsonReader& answer) {
    EngineVersion found;
    found.version = answer.string("Version").value_or("");
    found.api.newest = read_version(answer.require("ApiVersion"));
    const auto oldest = answer.get("MinAPIVersion");
    found.api.oldest = oldest ? read_version(*oldest) : found.api.newest;
    return found;
  });
}

Result<EngineInfo> parse_info(std::string_view body) {
  return read_json(body, [](const JsonReader& answer) {
    EngineInfo info;
    info.cgroup_driver = answer.string("CgroupDriver").value_or("");
    if (const auto plugins = answer.get("Plugins")) {
      info.volume_drivers = plugins->strings("Volume");
    }
    const auto version = answer.get("CgroupVersion");
    if (!version) return info;
    const std::string text = version->as_string();
    if (text != "1" && text != "2") version->reject("expected \"1\" or \"2\"");
    info.cgroup_version = text == "2" ? 2 : 1;
    return info;
  });
}

Result<ImageState> parse_image(std::string_view body) {
  return read_json(body, [](const JsonReader& answer) {
    ImageState image;
    image.id = answer.require("Id").as_string();
    image.repo_digests = answer.strings("RepoDigests");
    if (const auto config = answer.get("Config")) image.environment = config->strings("Env");
    return image;
  });
}

Result<VolumeState> parse_volume(std::string_view body) {
  return read_json(body, [](const JsonReader& answer) {
    return VolumeState{.name = answer.require("Name").as_string(),
                       .driver = answer.require("Driver").as_string(),
                       .driver_options = read_string_map(answer, "Options"),
                       .labels = read_string_map(answer, "Labels")};
  });
}

Result<std::string> parse_distribution(std::string_view body) {
  return read_json(body, [](const JsonReader& answer) {
    const JsonReader descriptor = answer.require("Descriptor");
    const std::string media_type = descriptor.string("mediaType").value_or("");
    if (media_type.starts_with("application/vnd.docker.distribution.manifest.v1+")) {
      return std::string{};
    }
    const JsonReader digest = descriptor.require("digest");
    if (digest.as_string().find(':') == std::string::npos) {
      digest.reject("expected <algorithm>:<hex>");
    }
    return digest.as_string();
  });
}

std::string parse_error_text(std::string_view body) {
  const auto message = read_json(
      body, [](const JsonReader& answer) { return answer.string("message").value_or(""); });
  return truncate_utf8(message && !message->empty() ? *message : trim(body), kMaxErrorBytes);
}

Result<std::string> parse_progress_error(std::string_view line) {
  return read_json(line, [](const JsonReader& message) {
    std::string text = message.string("error").value_or("");
    if (const auto detail = message.get("errorDetail"); detail && text.empty()) {
      text = detail->string("message").value_or("unknown error");
    }
    return truncate_utf8(text, kMaxErrorBytes);
  });
}

}  // namespace longshore::runtime::docker
