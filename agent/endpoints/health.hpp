#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"

namespace longshore::endpoints {

/// How the agent itself is, at one moment. Ages are in whole seconds.
struct Health {
  bool registered = false;  ///< This run has joined the cluster; else the next four mean nothing.
  bool connected = false;   ///< To the control plane (ACS).
  bool cut_off = false;     ///< Nothing was heard for two heartbeats' time.
  std::int64_t heard_age = 0;  ///< Of the latest word from the control plane.
  std::optional<std::int64_t> heartbeat_age{};
  bool instance_inactive = false;  ///< The control plane says that this host is no member.
  bool engine_answers = true;
  std::int64_t engine_answer_age = 0;  ///< Of its latest answer to the probe.
  std::string engine_error{};
  std::int64_t comparison_age = 0;  ///< Of the latest comparison of all tasks with the engine.
  std::uint64_t unsent_reports = 0;
  std::string save_error{};                   ///< Why the latest state is not on disk.
  std::optional<std::uint64_t> free_bytes{};  ///< Left where the state is kept.
  friend bool operator==(const Health&, const Health&) = default;
};

/// What is wrong, a sentence each, with what can be done; empty: healthy.
std::vector<std::string> problems_of(const Health& health);

/// {"Healthy": bool, "Problems": […], "ControlPlane": {…}, "Engine": {…}, …}, one line.
std::string write_health(const Health& health);
/// Errors: InvalidInput (not such a text).
Result<Health> read_health(std::string_view text);

/// For people: "healthy" or the problems, and then the facts, a line each. Control characters in
/// texts of others are shown as '?'.
std::string health_text(const Health& health);

}  // namespace longshore::endpoints
