#include "config/load.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

#include "config/print.hpp"
#include "config/setting.hpp"
#include "tests/unit/config/temporary_folder.hpp"

using namespace longshore;
using namespace longshore::config;
using namespace std::chrono_literals;
using testing::TemporaryFolder;

namespace {

/// Sources that find nothing on the host that runs the test.
Sources sources_in(const TemporaryFolder& folder) {
  return {.environment = {{"AWS_DEFAULT_REGION", "us-west-2"}},
          .yaml_file = folder.path("longshore.yaml"),
          .ecs_config_files = {folder.path("etc.config"), folder.path("var.config")},
          .json_file = folder.path("ecs.config.json")};
}

LoadedConfig load_good(const Sources& sources) {
  auto loaded = load(sources);
  INFO((loaded ? std::string{} : loaded.error().message));
  REQUIRE(loaded);
  return std::move(*loaded);
}

std::string load_bad(const Sources& sources) {
  const auto loaded = load(sources);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == ErrorCode::InvalidInput);
  return loaded.error().message;
}

const SettingOrigin& origin(const LoadedConfig& loaded, std::string_view name) {
  const auto found = std::find_if(loaded.origins.begin(), loaded.origins.end(),
                                  [&](const SettingOrigin& o) { return o.name == name; });
  REQUIRE(found != loaded.origins.end());
  return *found;
}

}  // namespace

TEST_CASE("without any file the defaults stand", "[unit][config]") {
  const TemporaryFolder folder;
  const auto loaded = load_good(sources_in(folder));
  Config expected;
  expected.region = "us-west-2";
  expected.json_file = folder.path("ecs.config.json");
  CHECK(loaded.config == expected);
  CHECK(loaded.warnings.empty());
  CHECK(loaded.origins.size() == settings().size());
  CHECK(origin(loaded, "cluster").origin == "default");
  CHECK(origin(loaded, "region").origin == "environment");
  CHECK(origin(loaded, "region").value == "us-west-2");
}

TEST_CASE("a higher source wins, step by step", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  const auto cluster = [&] {
    const auto loaded = load_good(sources);
    return loaded.config.cluster + " from " + origin(loaded, "cluster").origin;
  };
  folder.write("ecs.config.json", R"({"Cluster":"json"})");
  CHECK(cluster() == "json from " + folder.path("ecs.config.json"));
  folder.write("var.config", "\nECS_CLUSTER=var\n");
  CHECK(cluster() == "var from " + folder.path("var.config:2"));
  folder.write("etc.config", "ECS_CLUSTER=etc\n");
  CHECK(cluster() == "etc from " + folder.path("etc.config:1"));
  folder.write("longshore.yaml", "# ours\n\ncluster: yaml\n");
  CHECK(cluster() == "yaml from " + folder.path("longshore.yaml:3"));
  sources.environment["ECS_CLUSTER"] = " variable ";
  CHECK(cluster() == "variable from environment");
  sources.flags = {{"cluster", "first"}, {"cluster", "flag"}};
  CHECK(cluster() == "flag from --cluster");
}

TEST_CASE("an empty value, or a zero timeout, lets the next source speak", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  folder.write("etc.config", "ECS_CLUSTER=etc\nECS_CONTAINER_STOP_TIMEOUT=10s\n");
  folder.write("longshore.yaml", "cluster:\n");
  sources.environment["ECS_CLUSTER"] = "";
  sources.environment["ECS_CONTAINER_STOP_TIMEOUT"] = "0s";
  const auto loaded = load_good(sources);
  CHECK(loaded.config.cluster == "etc");
  CHECK(loaded.config.stop_timeout == 10s);
}

TEST_CASE("an empty list or map lets the next source speak, but for one in the YAML file",
          "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  using Ports = std::vector<std::uint16_t>;
  sources.environment["ECS_RESERVED_PORTS"] = "[]";
  folder.write("etc.config", "ECS_RESERVED_PORTS=[]\nECS_INSTANCE_ATTRIBUTES={}\n");
  CHECK(load_good(sources).config.reserved_ports_tcp == Config{}.reserved_ports_tcp);
  CHECK(origin(load_good(sources), "reserved.ports_tcp").origin == "default");
  folder.write("ecs.config.json", R"({"ReservedPorts":[],"AvailableLoggingDrivers":[]})");
  CHECK(load_good(sources).config.reserved_ports_tcp == Config{}.reserved_ports_tcp);
  CHECK(load_good(sources).config.logging_drivers == Config{}.logging_drivers);
  folder.write("ecs.config.json", R"({"ReservedPorts":[80],"InstanceAttributes":{"rack":"r1"}})");
  CHECK(load_good(sources).config.reserved_ports_tcp == Ports{80});
  CHECK(load_good(sources).config.instance_attributes.at("rack") == "r1");
  folder.write("longshore.yaml", "reserved: {ports_tcp: []}\n");
  CHECK(load_good(sources).config.reserved_ports_tcp.empty());
}

TEST_CASE("an explicit false and an explicit zero override a lower source", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  folder.write("ecs.config.json", R"({"External":true,"ReservedMemory":32,"DisableMetrics":true})");
  sources.environment["ECS_EXTERNAL"] = "false";
  sources.environment["ECS_RESERVED_MEMORY"] = "0";
  sources.environment["ECS_DISABLE_METRICS"] = "0";
  const auto loaded = load_good(sources);
  CHECK_FALSE(loaded.config.external);
  CHECK(loaded.config.reserved_memory_mib == 0);
  CHECK_FALSE(loaded.config.disable_metrics);
}

TEST_CASE("every bad value is told at once, with key, value, source and form", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  sources.environment["ECS_CONTAINER_STOP_TIMEOUT"] = "30";
  sources.environment["AWS_DEFAULT_REGION"] = "US WEST";
  sources.flags = {{"docker-host", "tcp://x"}, {"no-such", "1"}};
  folder.write("etc.config", "#\nECS_RESERVED_MEMORY=lots\n");
  folder.write("longshore.yaml", "log:\n  level: loud\nclusterr: x\n");
  folder.write("ecs.config.json", R"({"TaskPidsLimit":"5"})");
  CHECK(load_bad(sources) ==
        "--no-such: unknown setting\n" + folder.path("longshore.yaml") +
            ": line 3: clusterr: unknown key; did you mean cluster?\n"
            "AWS_DEFAULT_REGION = \"US WEST\" (environment): expected a region such as us-west-2\n"
            "--docker-host = \"tcp://x\" (command line): expected unix:// and an absolute path\n"
            "ECS_RESERVED_MEMORY = \"lots\" (" +
            folder.path("etc.config:2") +
            "): expected MiB, a number from 0 to 65535\n"
            "ECS_CONTAINER_STOP_TIMEOUT = \"30\" (environment): expected a duration such as 30s, "
            "5m or 1h30m\n"
            "TaskPidsLimit = \"5\" (" +
            folder.path("ecs.config.json") +
            "): expected a number from 1 to 4194304\n"
            "log.level = \"loud\" (" +
            folder.path("longshore.yaml:2") + "): expected debug, info, warn, error, crit or none");
}

TEST_CASE("a bad value does not fall through to a good one below it", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  sources.environment["ECS_RESERVED_MEMORY"] = "x";
  folder.write("etc.config", "ECS_RESERVED_MEMORY=32\n");
  CHECK(load_bad(sources).find("ECS_RESERVED_MEMORY = \"x\"") == 0);
}

TEST_CASE("a missing region says how to set it", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  sources.environment.clear();
  CHECK(load_bad(sources).find("region is not set: set AWS_DEFAULT_REGION, or region in " +
                               folder.path("longshore.yaml")) == 0);
  sources.region_required = false;
  CHECK(load_good(sources).config.region.empty());
}

TEST_CASE("values that are brought into their limits are warned about", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  sources.environment["ECS_CONTAINER_START_TIMEOUT"] = "1s";
  const auto loaded = load_good(sources);
  CHECK(loaded.config.start_timeout == 45s);
  CHECK(loaded.warnings ==
        std::vector<std::string>{"ECS_CONTAINER_START_TIMEOUT = \"1s\" (environment): below the "
                                 "least, 45s; using 45s"});
}

TEST_CASE("official settings without effect here are named, unless harmless", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  sources.environment["ECS_ENABLE_TASK_ENI"] = "true";
  sources.environment["ECS_ENABLE_GPU_SUPPORT"] = "false";
  folder.write("etc.config", "ECS_UPDATES_ENABLED=true\n");
  folder.write("ecs.config.json",
               R"({"noiid":true,"PollMetrics":false,"ImageCleanupExclusionList":["a:b"]})");
  CHECK(load_good(sources).warnings ==
        std::vector<std::string>{
            "ECS_ENABLE_TASK_ENI (environment): known, but this version does not act on it",
            "ECS_UPDATES_ENABLED (" + folder.path("etc.config:1") +
                "): known, but this version does not act on it",
            "ImageCleanupExclusionList (" + folder.path("ecs.config.json") +
                "): known, but this version does not act on it",
            "noiid (" + folder.path("ecs.config.json") +
                "): known, but this version does not act on it"});
}

TEST_CASE("what is ours alone is read from the YAML file and the environment", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  folder.write("longshore.yaml",
               "longshore:\n"
               "  admission: {head_patience: 5m}\n"
               "  orphans:\n"
               "    policy: remove\n"
               "    dry_run: true\n");
  sources.environment["LONGSHORE_ORPHANS_POLICY"] = "keep";
  sources.environment["LONGSHORE_ORPHAN_POLICY"] = "remove";
  const auto loaded = load_good(sources);
  CHECK(loaded.config.head_patience == 5min);
  CHECK(loaded.config.orphan_policy == OrphanPolicy::Keep);
  CHECK(loaded.config.orphan_dry_run);
  CHECK(loaded.warnings ==
        std::vector<std::string>{"LONGSHORE_ORPHAN_POLICY (environment): unknown; did you mean "
                                 "LONGSHORE_ORPHANS_POLICY?"});

  folder.write("longshore.yaml", "longshore:\n  orphans: {policy: delete}\n");
  sources.environment.erase("LONGSHORE_ORPHANS_POLICY");
  CHECK(load_bad(sources) == "longshore.orphans.policy = \"delete\" (" +
                                 folder.path("longshore.yaml:2") + "): expected keep or remove");
}

TEST_CASE("unknown ECS names and unreadable lines are warned about", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  sources.environment["ECS_CLUSTRE"] = "x";
  sources.environment["PATH"] = "/bin";
  folder.write("etc.config", "ECS_QQQQQQQQQQQ=1\nnonsense\n");
  folder.write("ecs.config.json", R"({"Clusterr":"x"})");
  CHECK(load_good(sources).warnings ==
        std::vector<std::string>{
            "ECS_CLUSTRE (environment): unknown; did you mean ECS_CLUSTER?",
            folder.path("etc.config:2") + ": ignored: expected KEY=VALUE",
            "ECS_QQQQQQQQQQQ (" + folder.path("etc.config:1") + "): unknown",
            "Clusterr (" + folder.path("ecs.config.json") + "): unknown; did you mean Cluster?"});
}

TEST_CASE("the JSON file's keys match in any case, and ClusterArn stands in for Cluster",
          "[unit][config]") {
  const TemporaryFolder folder;
  const Sources sources = sources_in(folder);
  folder.write("ecs.config.json", R"({"ClusterArn":"arn","reservedmemory":7})");
  CHECK(load_good(sources).config.cluster == "arn");
  CHECK(load_good(sources).config.reserved_memory_mib == 7);
  folder.write("ecs.config.json", R"({"Cluster":"name","ClusterArn":"arn"})");
  CHECK(load_good(sources).config.cluster == "name");
}

TEST_CASE("an empty text in the JSON file is no value: ClusterArn counts, and so do defaults",
          "[unit][config]") {
  const TemporaryFolder folder;
  const Sources sources = sources_in(folder);
  // "cluster" comes after "ClusterArn" in the order of bytes, "Cluster" before it.
  const std::string key = GENERATE(as<std::string>{}, "Cluster", "cluster");
  folder.write("ecs.config.json", "{\"" + key + R"(":" ","ClusterArn":" arn ",
      "APIEndpoint":"","EngineAuthType":"","DataDir":"","DockerEndpoint":""})");
  const auto loaded = load_good(sources);
  CHECK(loaded.config.cluster == "arn");
  CHECK(loaded.config.data_dir == Config{}.data_dir);
  CHECK(loaded.config.docker_host == Config{}.docker_host);
  CHECK(origin(loaded, "endpoint").origin == "default");
  folder.write("ecs.config.json", "{\"" + key + R"(":"name","ClusterArn":""})");
  CHECK(load_good(sources).config.cluster == "name");
}

TEST_CASE("a JSON file that is broken is an error, a blank one is not", "[unit][config]") {
  const TemporaryFolder folder;
  const Sources sources = sources_in(folder);
  folder.write("ecs.config.json", " \n");
  CHECK(load_good(sources).config.cluster.empty());
  folder.write("ecs.config.json", "{\"Cluster\":");
  CHECK(load_bad(sources).find(folder.path("ecs.config.json") + ": broken JSON at byte") == 0);
  folder.write("ecs.config.json", "[]");
  CHECK(load_bad(sources) == folder.path("ecs.config.json") + ": expected a JSON object");
}

TEST_CASE("the JSON file's place is a setting too", "[unit][config]") {
  const TemporaryFolder folder;
  const Sources sources = sources_in(folder);
  folder.write("other.json", R"({"Cluster":"other"})");
  folder.write("etc.config", "ECS_AGENT_CONFIG_FILE_PATH=" + folder.path("other.json") + "\n");
  CHECK(load_good(sources).config.cluster == "other");
  folder.write("etc.config", "ECS_AGENT_CONFIG_FILE_PATH=/nowhere/at/all.json\n");
  CHECK(load_good(sources).warnings ==
        std::vector<std::string>{"files.ecs_config_json (/nowhere/at/all.json): no such file"});
}

TEST_CASE("a YAML file that the user named must exist", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  sources.yaml_must_exist = true;
  CHECK(load_bad(sources) == folder.path("longshore.yaml") + ": no such file");
}

TEST_CASE("registry logins never show, neither in errors nor in print", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  sources.environment["ECS_ENGINE_AUTH_TYPE"] = "docker";
  sources.environment["ECS_ENGINE_AUTH_DATA"] = R"({"r":{"password":"hush"}})";
  const auto loaded = load_good(sources);
  CHECK(loaded.config.registry_auth_data.reveal() == R"({"r":{"password":"hush"}})");
  CHECK(origin(loaded, "registry_auth.data").value == "***");
  CHECK(print_settings(loaded).find("hush") == std::string::npos);
  CHECK(print_settings_json(loaded).find("hush") == std::string::npos);
  sources.environment["ECS_ENGINE_AUTH_DATA"] = "hush";
  CHECK(load_bad(sources) == "ECS_ENGINE_AUTH_DATA = *** (environment): expected a JSON object");
}

TEST_CASE("a login type without data, or data without type, is warned about", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  sources.environment["ECS_ENGINE_AUTH_TYPE"] = "docker";
  REQUIRE(load_good(sources).warnings.size() == 1);
  CHECK(load_good(sources).warnings[0].find("only together") != std::string::npos);
}

TEST_CASE("what an ecs.config holds beside settings completes the environment", "[unit][config]") {
  const TemporaryFolder folder;
  Sources sources = sources_in(folder);
  sources.environment["HTTP_PROXY"] = "mine";
  folder.write("etc.config", "HTTP_PROXY=file\nAWS_PROFILE=p\nECS_CLUSTER=c\nAWS_PROFILE=q\n");
  folder.write("var.config", "AWS_PROFILE=lower\nNO_PROXY='n'\n");
  const auto environment = load_good(sources).environment;
  CHECK(environment.at("HTTP_PROXY") == "mine");
  CHECK(environment.at("AWS_PROFILE") == "q");
  CHECK(environment.at("NO_PROXY") == "n");
  CHECK_FALSE(environment.contains("ECS_CLUSTER"));
}
