#pragma once

#include <string>
#include <utility>
#include <vector>

#include "agent/core/decide.hpp"

namespace longshore::test {

/// A fixed moment, so that states that differ in nothing else are equal.
inline constexpr WallTime kNoon{std::chrono::hours{480'000}};

inline core::ContainerSpec container(std::string name, bool essential = true) {
  core::ContainerSpec c;
  c.name = ContainerName(std::move(name));
  c.image = "busybox:test";
  c.essential = essential;
  return c;
}

/// With a port on the host; 0: one that is picked.
inline core::ContainerSpec container_on_port(std::string name, std::uint16_t host_port = 0) {
  core::ContainerSpec c = container(std::move(name));
  c.ports.push_back({.container_port = 80, .host_port = host_port});
  return c;
}

inline core::ContainerSpec container_after(std::string name, std::string other,
                                           core::DependencyCondition condition,
                                           bool essential = true) {
  core::ContainerSpec c = container(std::move(name), essential);
  c.depends_on.push_back({ContainerName(std::move(other)), condition});
  return c;
}

/// Admitted already: what waiting for room means has tests of its own.
inline core::TaskState task_of(std::vector<core::ContainerSpec> containers,
                               std::string execution_role = {}) {
  core::TaskSpec spec;
  spec.arn = TaskArn("arn:aws:ecs:us-west-2:123456789012:task/test/0123456789abcdef");
  spec.family = "family";
  spec.version = "3";
  spec.execution_role_credentials_id = std::move(execution_role);
  std::vector<core::ContainerSeed> seeds;
  for (const auto& c : containers) {
    seeds.push_back({"ecs-family-3-" + c.name.str(), "endpoint-" + c.name.str()});
  }
  spec.containers = std::move(containers);
  core::TaskState task = core::make_task(std::move(spec), seeds);
  task.admitted = true;
  return task;
}

template <typename What>
core::Event at_noon(What what) {
  return {.at = kNoon, .what = std::move(what)};
}

inline core::Failure broken(std::string text, ErrorCode code = ErrorCode::Internal) {
  return {.error = {code, std::move(text)}, .waited = std::chrono::seconds{180}};
}

/// What a start fails with whose port is another's.
inline core::Failure port_taken() { return broken("port is already allocated"); }

inline core::Observation alive() {
  core::Observation seen;
  seen.alive = seen.has_run = true;
  seen.started_at = kNoon;
  return seen;
}

inline core::Observation exited(int code, bool out_of_memory = false) {
  core::Observation seen;
  seen.has_run = true;
  seen.started_at = kNoon;
  seen.exit = {.code = code, .out_of_memory = out_of_memory};
  return seen;
}

inline core::Observation never_started() { return {}; }

}  // namespace longshore::test
