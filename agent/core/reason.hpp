#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/core/event.hpp"

namespace longshore::core {

/// "<name>: <text>", or "DockerTimeoutError: Could not transition to <step>; timed out after
/// waiting 4m0s" when a deadline passed. The names are what ECS users know and search for.
std::string named_reason(std::string_view name, std::string_view step, const Failure& failure);

/// Of a container that could not be created. A field of its dockerConfig whose type the engine
/// refuses is told as the official agent does, which reads that block itself: "HostConfigError:
/// Unable to decode given host config: json: cannot unmarshal string into Go struct field
/// HostConfig.Memory of type int64". Anything else is a named_reason().
/// Source: amazon-ecs-agent:agent/api/task/task.go (dockerHostConfig, dockerConfig).
std::string create_reason(std::string_view name, const Failure& failure);

/// Of a container that was started and could not be looked at, which keeps its name where the
/// deadline passed: "CannotInspectContainerError: Could not transition to inspecting; timed out
/// after waiting 30s". Source: amazon-ecs-agent:agent/dockerclient/dockerapi (containerMetadata).
std::string inspect_reason(const Failure& failure);

/// Why a process that ended was worth a word: out of memory, or the engine's own error; else "".
std::string exit_reason(const Exit& exit);

/// Whether a create failed for its image: the engine's own words, "No such image: …" or "invalid
/// reference format: …".
bool blames_image(const Error& error);

/// Whether a start failed because a host port was another's: the engine's own words, "Bind for
/// 0.0.0.0:80 failed: port is already allocated" or "listen tcp4 0.0.0.0:80: bind: address already
/// in use".
bool names_taken_port(const Error& error);

/// Whether memory was what a process died of: it left 137 (128 + SIGKILL), and the kernel counted a
/// kill for memory in its cgroup. The engine's own flag is asked only where the kernel was not: on
/// cgroup v2 it misses many, and it is also set when a child was killed and the process lived on.
bool died_of_memory(std::optional<int> exit_code, std::optional<std::uint64_t> kernel_kills,
                    bool engine_says);

/// The end of a process that its exit code and the kernel's count explain; nullopt: the engine has
/// to be asked.
std::optional<Exit> explained_exit(std::optional<int> exit_code,
                                   std::optional<std::uint64_t> kernel_kills);

/// Go's way of writing durations, as in the official agent's texts: "1m30s", "4m0s", "30s".
std::string go_duration(std::chrono::seconds duration);

}  // namespace longshore::core
