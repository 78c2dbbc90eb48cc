#include "agent/core/reason.hpp"

#include <fmt/format.h>

namespace longshore::core {

std::string go_duration(std::chrono::seconds duration) {
  const auto total = duration.count();
  const auto hours = total / 3600;
  const auto minutes = total / 60 % 60;
  const auto seconds = total % 60;
  if (hours > 0) return fmt::format("{}h{}m{}s", hours, minutes, seconds);
  if (minutes > 0) return fmt::format("{}m{}s", minutes, seconds);
  return fmt::format("{}s", seconds);
}

namespace {

std::string timeout_text(std::string_view step, const Failure& failure) {
  return fmt::format("Could not transition to {}; timed out after waiting {}", step,
                     go_duration(failure.waited));
}

/// The engine's words name the field by its place in the create body, "<struct>.HostConfig.<path>"
/// or "<struct>.<path>"; here, by its place in the block that it came from.
std::optional<std::string> mistyped_config_reason(std::string_view text) {
  constexpr std::string_view kFieldFollows = "Go struct field ";
  constexpr std::string_view kHostConfig = "HostConfig.";
  constexpr std::string_view kBody = "ContainerConfigWrapper";
  constexpr std::string_view kBegin = "Error response from daemon: json: cannot unmarshal ";
  if (!text.starts_with(kBegin)) return std::nullopt;
  text.remove_prefix(text.find("json: "));
  const auto field = text.find(kFieldFollows);
  const auto dot = text.find('.', field == std::string_view::npos ? text.size() : field);
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view what = text.substr(0, field + kFieldFollows.size());
  const std::string_view in = text.substr(what.size(), dot - what.size());
  const std::string_view path = text.substr(dot + 1);
  if (path.starts_with(kHostConfig)) {
    return fmt::format("HostConfigError: Unable to decode given host config: {}{}.{}", what, in,
                       path.substr(kHostConfig.size()));
  }
  return fmt::format("DockerClientConfigError: Unable decode given docker config: {}{}.{}", what,
                     in == kBody ? "Config" : in, path);
}

}  // namespace

std::string named_reason(std::string_view name, std::string_view step, const Failure& failure) {
  if (failure.error.code == ErrorCode::Timeout) {
    return "DockerTimeoutError: " + timeout_text(step, failure);
  }
  return fmt::format("{}: {}", name, failure.error.message);
}

std::string create_reason(std::string_view name, const Failure& failure) {
  const auto mistyped = mistyped_config_reason(failure.error.message);
  return mistyped ? *mistyped : named_reason(name, "created", failure);
}

std::string inspect_reason(const Failure& failure) {
  const bool in_time = failure.error.code != ErrorCode::Timeout;
  return "CannotInspectContainerError: " +
         (in_time ? failure.error.message : timeout_text("inspecting", failure));
}

bool blames_image(const Error& error) {
  // Podman begins the first with a small letter.
  return (error.code == ErrorCode::NotFound &&
          error.message.find("o such image") != std::string::npos) ||
         error.message.find("invalid reference format") != std::string::npos;
}

bool names_taken_port(const Error& error) {
  return error.message.find("port is already allocated") != std::string::npos ||
         error.message.find("address already in use") != std::string::npos;
}

bool died_of_memory(std::optional<int> exit_code, std::optional<std::uint64_t> kernel_kills,
                    bool engine_says) {
  constexpr int kKilled = 137;
  return exit_code == kKilled && (kernel_kills ? *kernel_kills > 0 : engine_says);
}

std::optional<Exit> explained_exit(std::optional<int> exit_code,
                                   std::optional<std::uint64_t> kernel_kills) {
  const bool cause_is_known = kernel_kills || !died_of_memory(exit_code, {}, true);
  if (!exit_code || !cause_is_known) return std::nullopt;
  return Exit{.code = exit_code, .out_of_memory = died_of_memory(exit_code, kernel_kills, false)};
}

std::string exit_reason(const Exit& exit) {
  if (exit.out_of_memory) return "OutOfMemoryError: Container killed due to memory usage";
  if (!exit.error.empty()) return "DockerStateError: " + exit.error;
  return {};
}

}  // namespace longshore::core
