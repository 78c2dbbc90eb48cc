#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace longshore::runtime::docker {

/// A version of the Docker Engine API: "1.41".
struct ApiVersion {
  int major = 0;
  int minor = 0;
  friend auto operator<=>(const ApiVersion&, const ApiVersion&) = default;
};

std::string to_string(ApiVersion version);
/// Errors: InvalidInput ("1.x", "v1.41", "1.41.0").
Result<ApiVersion> parse_api_version(std::string_view text);

/// What an engine speaks: GET /version's ApiVersion and MinAPIVersion.
struct EngineVersions {
  ApiVersion newest{};
  ApiVersion oldest{};
};

/// The newest version whose answers this agent has been written for.
constexpr ApiVersion kNewestKnown{1, 47};
/// The oldest one whose answers have every field that is read.
constexpr ApiVersion kOldestKnown{1, 24};
/// What the official agent asks for at least when it creates a container. Defaults differ between
/// versions (below 1.40 an empty IpcMode is shareable), so containers equal to its own need its
/// choice. Source: amazon-ecs-agent:agent/dockerclient/versions_unix.go.
constexpr ApiVersion kOldestForContainers{1, 21};

/// The version for everything but create and start: the newest both sides know.
/// Errors: Unavailable (none in common).
Result<ApiVersion> common_version(EngineVersions engine);

/// The version for create and start of one container: the task's own wish (empty: none), raised
/// to 1.21 and to what the engine accepts. A wish above what the engine speaks is left to the
/// engine's answer. Errors: InvalidInput (the wish is no version).
Result<ApiVersion> container_version(std::string_view wanted, EngineVersions engine);

}  // namespace longshore::runtime::docker
