#include "runtime/docker/create_body.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace longshore::runtime::docker {
namespace {

using nlohmann::json;

json body_of(const ContainerSpec& spec) {
  const auto body = create_body(spec);
  REQUIRE(body);
  return *body;
}

json patched(const std::string& config, const std::string& host_config) {
  return body_of({.image = "i",
                  .labels = {{"ours", "1"}},
                  .environment = {"A=1"},
                  .command = std::vector<std::string>{"run"},
                  .cpu_shares = 10,
                  .memory_bytes = 64 << 20,
                  .ports = {{.container_port = 80, .host_port = 8080}},
                  .config_patch = config,
                  .host_config_patch = host_config});
}

TEST_CASE("a spec becomes the create call's body", "[unit][docker]") {
  const json body =
      body_of({.image = "web:1",
               .labels = {{"k", "v"}},
               .environment = {"A=1", "EMPTY="},
               .command = std::vector<std::string>{"exit 0"},
               .entry_point = std::vector<std::string>{"sh", "-c"},
               .cpu_shares = 10,
               .memory_bytes = 33'554'432,
               .ports = {{.container_port = 80, .host_port = 0},
                         {.container_port = 53, .host_port = 15'353, .protocol = "udp"}},
               .links = {"db:db"},
               .volumes_from = {"w:ro"},
               .binds = {"/a:/b:ro"},
               .cgroup_parent = "/ecs/1",
               .network_mode = "none",
               .pid_mode = "host",
               .ipc_mode = "none"});
  CHECK(body == json::parse(R"({
    "Image": "web:1", "Env": ["A=1", "EMPTY="], "Labels": {"k": "v"},
    "Cmd": ["exit 0"], "Entrypoint": ["sh", "-c"],
    "ExposedPorts": {"80/tcp": {}, "53/udp": {}},
    "HostConfig": {
      "Binds": ["/a:/b:ro"], "Links": ["db:db"], "VolumesFrom": ["w:ro"],
      "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": ""}],
                       "53/udp": [{"HostIp": "", "HostPort": "15353"}]},
      "Memory": 33554432, "CpuShares": 10,
      "CgroupParent": "/ecs/1", "NetworkMode": "none", "PidMode": "host", "IpcMode": "none"}})"));
}

TEST_CASE("the image's own command and the engine's own modes are left alone", "[unit][docker]") {
  const json body = body_of({.image = "i"});
  CHECK_FALSE(body.contains("Cmd"));
  CHECK_FALSE(body.contains("Entrypoint"));
  for (const auto* name : {"CgroupParent", "NetworkMode", "PidMode", "IpcMode"}) {
    CHECK_FALSE(body["HostConfig"].contains(name));
  }
  CHECK(body["Labels"] == json::object());
}

TEST_CASE("one container port may be bound to several host ports", "[unit][docker]") {
  const json body = body_of(
      {.image = "i",
       .ports = {{.container_port = 80, .host_port = 1}, {.container_port = 80, .host_port = 2}}});
  CHECK(body["HostConfig"]["PortBindings"]["80/tcp"].size() == 2);
}

TEST_CASE("patches add what this agent does not know", "[unit][docker]") {
  const json body = patched(R"({"User": "1000"})", R"({"Sysctls": {"a": "1"}, "New": {"x": [1]}})");
  CHECK(body["User"] == "1000");
  CHECK(body["HostConfig"]["Sysctls"] == json{{"a", "1"}});
  CHECK(body["HostConfig"]["New"] == json{{"x", {1}}});
  CHECK(body["HostConfig"]["Memory"] == 64 << 20);
}

TEST_CASE("patched values and lists replace, and names match in any case", "[unit][docker]") {
  const json body = patched(R"({"env": ["B=2"], "CMD": ["other"]})", R"({"memory": 2048})");
  CHECK(body["Env"] == json{"B=2"});
  CHECK(body["Cmd"] == json{"other"});
  CHECK_FALSE(body.contains("env"));
  CHECK(body["HostConfig"]["Memory"] == 2048);
  CHECK_FALSE(body["HostConfig"].contains("memory"));
}

TEST_CASE("one member in two spellings is sent once", "[unit][docker]") {
  const json host = patched("", R"({"shmsize": 1, "ShmSize": 2})")["HostConfig"];
  CHECK(host.contains("ShmSize") != host.contains("shmsize"));
}

TEST_CASE("patched objects add entries, and their keys keep their case", "[unit][docker]") {
  const json body = patched(R"({"Labels": {"a": "b", "A": "c"}, "ExposedPorts": {"81/tcp": {}}})",
                            R"({"PortBindings": {"80/tcp": [{"HostPort": "9"}]}})");
  CHECK(body["Labels"] == json{{"a", "b"}, {"A", "c"}, {"ours", "1"}});
  CHECK(body["ExposedPorts"].size() == 2);
  CHECK(body["HostConfig"]["PortBindings"]["80/tcp"] == json::parse(R"([{"HostPort": "9"}])"));
}

TEST_CASE("null empties lists and objects and leaves other values alone", "[unit][docker]") {
  const json body = patched(R"({"Image": null, "Env": null, "User": null})",
                            R"({"Memory": null, "Binds": null})");
  CHECK(body["Image"] == "i");
  CHECK(body["Env"].is_null());
  CHECK_FALSE(body.contains("User"));
  CHECK(body["HostConfig"]["Memory"] == 64 << 20);
  CHECK(body["HostConfig"]["Binds"].is_null());
}

TEST_CASE("the spec's labels, cgroup and namespaces win over patches", "[unit][docker]") {
  ContainerSpec spec{
      .image = "i",
      .labels = {{"ours", "1"}},
      .cgroup_parent = "/ecs/1",
      .network_mode = "none",
      .pid_mode = "container:a",
      .ipc_mode = "container:b",
      .config_patch = R"({"labels": {"ours": "2", "theirs": "3"}})",
      .host_config_patch = R"({"cgroupparent": "/", "networkMode": "bridge", "PidMode": "host",
                               "IpcMode": "host"})"};
  const json body = body_of(spec);
  CHECK(body["Labels"] == json{{"ours", "1"}, {"theirs", "3"}});
  CHECK(body["HostConfig"]["cgroupparent"] == "/ecs/1");
  CHECK_FALSE(body["HostConfig"].contains("CgroupParent"));
  CHECK(body["HostConfig"]["networkMode"] == "none");
  CHECK_FALSE(body["HostConfig"].contains("NetworkMode"));
  CHECK(body["HostConfig"]["PidMode"] == "container:a");
  CHECK(body["HostConfig"]["IpcMode"] == "container:b");
  spec.config_patch = R"({"Labels": null})";
  CHECK(body_of(spec)["Labels"] == json{{"ours", "1"}});
}

TEST_CASE("modes of the patch count where the spec has none", "[unit][docker]") {
  CHECK(patched("", R"({"PidMode": "host"})")["HostConfig"]["PidMode"] == "host");
  CHECK(patched("", R"({"NetworkMode": "host"})")["HostConfig"]["NetworkMode"] == "host");
}

TEST_CASE("CPU shares are held to what the kernel takes", "[unit][docker]") {
  const auto [wanted, sent] = GENERATE(table<std::int64_t, std::int64_t>({{-1, 2},
                                                                          {0, 2},
                                                                          {1, 2},
                                                                          {2, 2},
                                                                          {3, 3},
                                                                          {262'143, 262'143},
                                                                          {262'144, 262'144},
                                                                          {262'145, 262'144},
                                                                          {1'000'000, 262'144}}));
  CHECK(body_of({.image = "i", .cpu_shares = wanted})["HostConfig"]["CpuShares"] == sent);
}

TEST_CASE("a memory limit is none or at least 4 MiB", "[unit][docker]") {
  constexpr std::int64_t kMib = 1'048'576;
  const auto [wanted, sent] =
      GENERATE(table<std::int64_t, std::int64_t>({{0, 0},
                                                  {1, 4 * kMib},
                                                  {3 * kMib, 4 * kMib},
                                                  {4 * kMib, 4 * kMib},
                                                  {4 * kMib + 1, 4 * kMib + 1},
                                                  {16'384 * kMib, 16'384 * kMib}}));
  CHECK(body_of({.image = "i", .memory_bytes = wanted})["HostConfig"]["Memory"] == sent);
}

TEST_CASE("a patch may set what the spec's own values are held to", "[unit][docker]") {
  const json host = patched("", R"({"CpuShares": 0, "Memory": 1})")["HostConfig"];
  CHECK(host["CpuShares"] == 0);
  CHECK(host["Memory"] == 1);
}

TEST_CASE("a log that may drop lines gets a buffer of 10 MB unless it names one",
          "[unit][docker]") {
  const auto [log, options] = GENERATE(table<std::string, std::string>(
      {{R"({"LogConfig": {"Type": "awslogs", "Config": {"mode": "non-blocking", "a": "b"}}})",
        R"({"mode": "non-blocking", "a": "b", "max-buffer-size": "10m"})"},
       {R"({"logconfig": {"type": "awslogs", "config": {"mode": "non-blocking"}}})",
        R"({"mode": "non-blocking", "max-buffer-size": "10m"})"},
       {R"({"LogConfig": {"Config": {"mode": "non-blocking", "max-buffer-size": "1m"}}})",
        R"({"mode": "non-blocking", "max-buffer-size": "1m"})"},
       {R"({"LogConfig": {"Config": {"mode": "blocking"}}})", R"({"mode": "blocking"})"},
       {R"({"LogConfig": {"Config": {"Mode": "non-blocking"}}})", R"({"Mode": "non-blocking"})"},
       {R"({"LogConfig": {"Config": {}}})", "{}"},
       {R"({"LogConfig": {"Config": null}})", "null"}}));
  INFO(log);
  const json host = patched("", log)["HostConfig"];
  const bool lower = host.contains("logconfig");
  CHECK(host[lower ? "logconfig" : "LogConfig"][lower ? "config" : "Config"] ==
        json::parse(options));
}

TEST_CASE("an awslogs driver is told where its service is, whatever the patch says",
          "[unit][docker]") {
  const auto told = [](const std::string& log) {
    return body_of({.image = "i",
                    .host_config_patch = R"({"LogConfig": )" + log + "}",
                    .awslogs_endpoint = "https://logs"})["HostConfig"]["LogConfig"];
  };
  const json endpoint{{"awslogs-endpoint", "https://logs"}};
  CHECK(told(R"({"Type": "awslogs", "Config": {"awslogs-endpoint": "x"}})")["Config"] == endpoint);
  CHECK(told(R"({"type": "awslogs", "config": null})")["config"] == endpoint);
  CHECK(told(R"({"Type": "awslogs"})")["Config"] == endpoint);
  for (const char* other : {R"({"Type": "json-file", "Config": {}})", R"({"Config": {}})",
                            R"("awslogs")", R"({"Type": "awslogs", "Config": "x"})"}) {
    INFO(other);
    CHECK(told(other) == json::parse(other));
  }
  CHECK(patched("", R"({"LogConfig": {"Type": "awslogs", "Config": {}}})")["HostConfig"]
                                                                          ["LogConfig"]["Config"] ==
        json::object());
}

TEST_CASE("a log configuration that is none is the engine's to refuse", "[unit][docker]") {
  CHECK(patched("", R"({"LogConfig": "x"})")["HostConfig"]["LogConfig"] == "x");
  CHECK_FALSE(patched("", R"({"LogConfig": null})")["HostConfig"].contains("LogConfig"));
}

TEST_CASE("in another container's network a container has nothing of its own", "[unit][docker]") {
  ContainerSpec spec{.image = "i",
                     .ports = {{.container_port = 80, .host_port = 8080}},
                     .links = {"db:db"},
                     .binds = {"/a:/b"},
                     .config_patch = R"({"hostname": "h", "MacAddress": "m", "User": "u"})",
                     .host_config_patch = R"({"Dns": ["d"], "dnssearch": ["s"], "DnsOptions": ["o"],
                               "ExtraHosts": ["h:1.2.3.4"], "PublishAllPorts": true,
                               "ShmSize": 1})"};
  const json own = body_of(spec);
  CHECK(own["ExposedPorts"].size() == 1);
  CHECK(own["hostname"] == "h");
  CHECK(own["HostConfig"].contains("ExtraHosts"));

  SECTION("as the spec has it") { spec.network_mode = "container:abc"; }
  SECTION("as the patch has it") {
    spec.host_config_patch.insert(1, R"("networkmode": "container:abc", )");
  }
  const json body = body_of(spec);
  CHECK(body["User"] == "u");
  CHECK(body["HostConfig"]["Binds"] == json{"/a:/b"});
  CHECK(body["HostConfig"]["ShmSize"] == 1);
  for (const auto* name : {"ExposedPorts", "Hostname", "hostname", "MacAddress"}) {
    INFO(name);
    CHECK_FALSE(body.contains(name));
  }
  for (const auto* name : {"PortBindings", "Links", "Dns", "DnsSearch", "dnssearch", "DnsOptions",
                           "ExtraHosts", "PublishAllPorts"}) {
    INFO(name);
    CHECK_FALSE(body["HostConfig"].contains(name));
  }
}

TEST_CASE("a config patch cannot reach host settings", "[unit][docker]") {
  const json body = patched(
      R"({"HostConfig": {"Privileged": true}, "hostconfig": {"Privileged": true},
          "NetworkingConfig": {}, "Memory": 1, "memoryswap": 1, "VolumeDriver": "x"})",
      "{}");
  CHECK_FALSE(body["HostConfig"].contains("Privileged"));
  for (const auto* name :
       {"hostconfig", "NetworkingConfig", "Memory", "memoryswap", "VolumeDriver"}) {
    CHECK_FALSE(body.contains(name));
  }
}

TEST_CASE("patches that are no objects are refused by name", "[unit][docker]") {
  for (const auto* text : {"[]", "7", "\"x\"", "{", "{\"a\": 1e999}"}) {
    const auto config = create_body({.config_patch = text});
    REQUIRE_FALSE(config);
    CHECK(config.error().code == ErrorCode::InvalidInput);
    CHECK(config.error().message.starts_with("dockerConfig.config: "));
    const auto host = create_body({.host_config_patch = text});
    REQUIRE_FALSE(host);
    CHECK(host.error().message.starts_with("dockerConfig.hostConfig: "));
  }
  const auto labels = create_body({.config_patch = R"({"Labels": ["a"]})"});
  REQUIRE_FALSE(labels);
  CHECK(labels.error().message == "dockerConfig.config.Labels: expected an object");
}

TEST_CASE("empty patches and null change nothing", "[unit][docker]") {
  CHECK(patched("", "") == patched("{}", "null"));
}

}  // namespace
}  // namespace longshore::runtime::docker
