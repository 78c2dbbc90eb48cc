#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"
#include "runtime/container_runtime.hpp"
#include "runtime/docker/api_version.hpp"

namespace longshore::runtime::docker {

/// Answers of the engine about itself, images and volumes. All return InvalidInput for broken JSON
/// and wrong types. Source: Docker Engine API 1.41.

/// GET /version.
struct EngineVersion {
  std::string version{};
  EngineVersions api{};
};
Result<EngineVersion> parse_version(std::string_view body);

/// GET /info, laid over what GET /version gave.
struct EngineInfo {
  int cgroup_version = 1;       ///< Engines before API 1.41 do not say and have only 1.
  std::string cgroup_driver{};  ///< "cgroupfs", "systemd" or "none".
  std::vector<std::string> volume_drivers{};  ///< "local", "rexray/ebs:latest".
};
Result<EngineInfo> parse_info(std::string_view body);

/// GET /images/{name}/json.
Result<ImageState> parse_image(std::string_view body);

/// GET /volumes/{name}.
Result<VolumeState> parse_volume(std::string_view body);

/// GET /distribution/{name}/json: the digest to pull by. Empty for a manifest of schema 1, whose
/// digest no engine can pull by.
Result<std::string> parse_distribution(std::string_view body);

/// The engine's reason in an answer with an error status: its "message", or the plain text of old
/// and foreign engines; at most 4 KiB of it.
std::string parse_error_text(std::string_view body);

/// One line of the progress that POST /images/create and POST /images/load stream. The error text,
/// or empty.
Result<std::string> parse_progress_error(std::string_view line);

}  // namespace longshore::runtime::docker
