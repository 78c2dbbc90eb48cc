#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "agent/base/json_reader.hpp"
#include "agent/net/unix_http_client.hpp"
#include "tests/integration/runtime/docker/engine_under_test.hpp"

namespace longshore::runtime::docker {
namespace {

using nlohmann::json;

json recorded(const std::string& scenario) {
  std::ifstream file(std::string(LONGSHORE_TEST_DATA) + "/golden/" + scenario + ".json");
  std::stringstream text;
  text << file.rdbuf();
  auto parsed = parse_json(text.str());
  INFO(scenario);
  REQUIRE(parsed);
  return *parsed;
}

/// The payload's first container as the engine is asked for it. What the agent derives from the
/// task (environment, labels, name) is taken from the record: here the engine's answer counts.
ContainerSpec spec_of(const json& record) {
  const json& wanted = record.at("payload_task").at("containers").at(0);
  const json& shown = record.at("containers").at(0);
  ContainerSpec spec{.image = EngineUnderTest::kImage,
                     .labels = shown.at("Config").at("Labels"),
                     .environment = shown.at("Config").at("Env"),
                     .command = wanted.at("command").get<std::vector<std::string>>(),
                     .cpu_shares = wanted.at("cpu"),
                     .memory_bytes = wanted.at("memory").get<std::int64_t>() << 20,
                     .cgroup_parent = shown.at("HostConfig").at("CgroupParent"),
                     .config_patch = wanted.at("dockerConfig").at("config"),
                     .host_config_patch = wanted.at("dockerConfig").at("hostConfig"),
                     .min_api_version = wanted.at("dockerConfig").at("version")};
  if (wanted.contains("entryPoint")) {
    spec.entry_point = wanted.at("entryPoint").get<std::vector<std::string>>();
  }
  for (const json& port : wanted.at("portMappings")) {
    spec.ports.push_back({.container_port = port.at("containerPort"),
                          .host_port = port.at("hostPort"),
                          .protocol = port.at("protocol")});
  }
  return spec;
}

json inspect_raw(EngineUnderTest& engine, const ContainerId& id) {
  net::UnixHttpClient http(from_runner("LONGSHORE_TEST_DOCKER_SOCKET"));
  const auto answer = engine.run(http.call({.url = "/v1.41/containers/" + id.str() + "/json"}));
  REQUIRE(answer);
  REQUIRE(answer->status == 200);
  return *parse_json(answer->body);
}

/// Leaves the environment that the image brings along out: the recorded one's image had none.
void drop_image_environment(EngineUnderTest& engine, json& config) {
  const auto image = engine.run(engine.docker.inspect_image(EngineUnderTest::kImage));
  REQUIRE(image);
  for (const std::string& variable : image->environment) {
    json& all = config["Env"];
    all.erase(std::remove(all.begin(), all.end(), json(variable)), all.end());
  }
}

void compare(const json& expected, const json& shown) {
  for (const auto& [field, value] : expected.items()) {
    INFO(field);
    REQUIRE(shown.contains(field));
    json actual = shown.at(field);
    json wanted = value;
    if (field == "Env") {  // Order means nothing.
      std::sort(actual.begin(), actual.end());
      std::sort(wanted.begin(), wanted.end());
    }
    CHECK(actual == wanted);
  }
}

/// Recorded values that depend on the run, not on what the engine was asked.
void replace_run_dependent(json& record) {
  json& config = record["containers"][0]["Config"];
  config["Image"] = EngineUnderTest::kImage;
  json& host = record["containers"][0]["HostConfig"];
  host["CgroupParent"] = "/longshore-golden";
  for (auto& [port, bindings] : host["PortBindings"].items()) {
    for (json& binding : bindings) {
      // The agent chose this one; the engine is asked to choose here.
      if (binding["HostPort"] == "DYN") binding["HostPort"] = "";
    }
  }
}

TEST_CASE("containers are created as the official agent creates them", "[integration][docker]") {
  const std::string scenario =
      GENERATE("exit_zero", "env_vars", "run_and_stop", "host_config", "ports");
  INFO(scenario);
  json record = recorded(scenario);
  replace_run_dependent(record);
  EngineUnderTest engine;
  ContainerSpec spec = spec_of(record);
  spec.name = engine.prefix + scenario;
  const auto id = engine.create(spec);
  REQUIRE(id);
  json shown = inspect_raw(engine, *id);
  drop_image_environment(engine, shown["Config"]);
  CHECK(engine.run(engine.docker.remove(*id)));
  const json& expected = record.at("containers").at(0);
  compare(expected.at("HostConfig"), shown.at("HostConfig"));
  compare(expected.at("Config"), shown.at("Config"));
  // Nothing was added either. Hostname differs from run to run and was left out of the record.
  CHECK(shown.at("HostConfig").size() == expected.at("HostConfig").size());
  CHECK(shown.at("Config").size() ==
        expected.at("Config").size() + (expected.at("Config").contains("Hostname") ? 0 : 1));
}

}  // namespace
}  // namespace longshore::runtime::docker
