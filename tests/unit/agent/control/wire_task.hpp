#pragma once

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/protocol/acs_task.hpp"
#include "agent/protocol/decode.hpp"

namespace longshore::testing {

/// A task of one container `web` that can be read and run.
inline nlohmann::json plain_task() {
  return nlohmann::json::parse(R"({
    "arn": "arn:aws:ecs:us-west-2:123456789012:task/bench/0f1e", "desiredStatus": "RUNNING",
    "family": "shop", "version": "3", "overrides": "{}", "volumes": [],
    "containers": [{"name": "web", "image": "shop:3", "essential": true, "cpu": 10, "memory": 32,
                    "overrides": "{}", "environment": {}, "links": [], "mountPoints": [],
                    "portMappings": [], "volumesFrom": [],
                    "dockerConfig": {"version": "1.17", "config": "{}", "hostConfig": "{}"}}]})");
}

/// The plain task with `patch` merged over it (RFC 7396).
inline nlohmann::json task_with(const std::string& patch) {
  nlohmann::json task = plain_task();
  task.merge_patch(nlohmann::json::parse(patch));
  return task;
}

/// The plain task with `patch` merged over its container.
inline nlohmann::json container_with(const std::string& patch) {
  nlohmann::json task = plain_task();
  task["containers"][0].merge_patch(nlohmann::json::parse(patch));
  return task;
}

inline protocol::AcsTask read_task(const nlohmann::json& json) {
  const auto task = protocol::decode<protocol::AcsTask>(json);
  REQUIRE(task);
  return *task;
}

}  // namespace longshore::testing
