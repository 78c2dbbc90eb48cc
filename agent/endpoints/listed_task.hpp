#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/json_reader.hpp"
#include "agent/core/task_state.hpp"

namespace longshore::endpoints {

/// A container as operators see it. Statuses are the control plane's words, PENDING, RUNNING and
/// STOPPED; times are RFC 3339; what is empty or absent is not known or does not apply.
struct ListedContainer {
  std::string name{};
  std::string known_status{};
  std::string phase{};         ///< The agent's finer steps: "pulling"; "restarting" by its policy.
  std::string runtime_id{};    ///< The engine's: 64 hex digits.
  std::string runtime_name{};  ///< What `docker ps` shows.
  std::string image{};
  std::string health{};  ///< UNKNOWN, HEALTHY or UNHEALTHY; only with a health check.
  std::optional<std::int64_t> exit_code{};
  std::string reason{};
  std::string waits_for{};  ///< Conditions of other containers: "HEALTHY of db".
  std::int64_t restart_count = 0;
  std::string started_at{};
  friend bool operator==(const ListedContainer&, const ListedContainer&) = default;
};

/// A task as operators see it.
struct ListedTask {
  std::string arn{};
  std::string family{};
  std::string version{};
  std::string desired_status{};
  std::string known_status{};
  std::uint64_t arrival = 0;  ///< Its place in the order in which tasks came.
  std::string waits_for{};    ///< Why it was not begun.
  std::string reason{};       ///< Of the task as a whole.
  std::string stopped_at{};
  std::vector<ListedContainer> containers{};  ///< Those of the task definition.
  friend bool operator==(const ListedTask&, const ListedTask&) = default;
};

/// Texts of the engine in reasons are cut after 1 KiB.
ListedTask listed_task(const core::TaskState& task, std::optional<std::string> waits_for);

/// The names are those of the official agent's introspection (`GET /v1/tasks`) where it has the
/// same fact: Arn, DesiredStatus, KnownStatus, Family, Version, Containers; DockerId, DockerName,
/// Name, Image, StartedAt, RestartCount. Empty texts are left out.
/// Source: aws/amazon-ecs-agent agent/handlers/v1/response.go.
nlohmann::ordered_json to_json(const ListedTask& task);

/// Throws JsonTypeError; for read_json.
ListedTask read_listed_task(const JsonReader& json);

}  // namespace longshore::endpoints
