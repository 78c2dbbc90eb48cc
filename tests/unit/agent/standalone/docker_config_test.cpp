#include "agent/standalone/docker_config.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace longshore::standalone {
namespace {

using nlohmann::json;

json host_config(const json& container) {
  return json::parse(docker_config(container, "bridge")["hostConfig"].get<std::string>());
}

json config(const json& container) {
  return json::parse(docker_config(container, "bridge")["config"].get<std::string>());
}

TEST_CASE("a plain container has a network mode and no capabilities changed",
          "[unit][standalone]") {
  CHECK(host_config(json::object()) ==
        json{{"NetworkMode", "bridge"}, {"CapAdd", json::array()}, {"CapDrop", json::array()}});
  CHECK(config(json::object()) == json::object());
}

TEST_CASE("health checks go over in nanoseconds, with ECS's defaults", "[unit][standalone]") {
  const json health = config({{"healthCheck", {{"command", {"CMD", "true"}}, {"interval", 7}}}});
  CHECK(health["Healthcheck"] == json{{"Test", {"CMD", "true"}},
                                      {"Interval", 7'000'000'000},
                                      {"Timeout", 5'000'000'000},
                                      {"Retries", 3},
                                      {"StartPeriod", 0}});
}

TEST_CASE("members of the task definition take Docker's names", "[unit][standalone]") {
  CHECK(config({{"user", "1:2"},
                {"workingDirectory", "/w"},
                {"hostname", "h"},
                {"dockerLabels", {{"a", "b"}}},
                {"pseudoTerminal", true},
                {"interactive", true},
                {"disableNetworking", true}}) == json{{"User", "1:2"},
                                                      {"WorkingDir", "/w"},
                                                      {"Hostname", "h"},
                                                      {"Labels", {{"a", "b"}}},
                                                      {"Tty", true},
                                                      {"OpenStdin", true},
                                                      {"NetworkDisabled", true}});
  const json host = host_config(
      {{"privileged", true},
       {"readonlyRootFilesystem", true},
       {"dnsServers", {"9.9.9.9"}},
       {"dnsSearchDomains", {"x"}},
       {"dockerSecurityOptions", {"no-new-privileges"}},
       {"extraHosts", {{{"hostname", "db"}, {"ipAddress", "10.0.0.1"}}}},
       {"ulimits", {{{"name", "nofile"}, {"softLimit", 1}, {"hardLimit", 2}}}},
       {"systemControls", {{{"namespace", "net.core.somaxconn"}, {"value", "9"}}}},
       {"logConfiguration", {{"logDriver", "json-file"}, {"options", {{"max-size", "1m"}}}}},
       {"memoryReservation", 2}});
  CHECK(host["Privileged"] == true);
  CHECK(host["ReadonlyRootfs"] == true);
  CHECK(host["Dns"] == json{"9.9.9.9"});
  CHECK(host["DnsSearch"] == json{"x"});
  CHECK(host["SecurityOpt"] == json{"no-new-privileges"});
  CHECK(host["ExtraHosts"] == json{"db:10.0.0.1"});
  CHECK(host["Ulimits"] == json::array({{{"Name", "nofile"}, {"Soft", 1}, {"Hard", 2}}}));
  CHECK(host["Sysctls"] == json{{"net.core.somaxconn", "9"}});
  CHECK(host["LogConfig"] == json{{"Type", "json-file"}, {"Config", {{"max-size", "1m"}}}});
  CHECK(host["MemoryReservation"] == 2'097'152);
}

TEST_CASE("linuxParameters become Docker's host options", "[unit][standalone]") {
  const json host = host_config(
      {{"memory", 10},
       {"linuxParameters",
        {{"capabilities", {{"add", {"NET_ADMIN"}}, {"drop", {"MKNOD"}}}},
         {"devices",
          {{{"hostPath", "/dev/a"}, {"permissions", {"read", "mknod"}}},
           {{"hostPath", "/dev/b"}, {"containerPath", "/dev/c"}}}},
         {"initProcessEnabled", true},
         {"sharedMemorySize", 3},
         {"tmpfs", {{{"containerPath", "/t"}, {"size", 4}, {"mountOptions", {"noexec"}}}}},
         {"maxSwap", 5},
         {"swappiness", 60}}}});
  CHECK(host["CapAdd"] == json{"NET_ADMIN"});
  CHECK(host["CapDrop"] == json{"MKNOD"});
  CHECK(host["Devices"] ==
        json::array(
            {{{"PathOnHost", "/dev/a"}, {"PathInContainer", "/dev/a"}, {"CgroupPermissions", "rm"}},
             {{"PathOnHost", "/dev/b"},
              {"PathInContainer", "/dev/c"},
              {"CgroupPermissions", "rwm"}}}));
  CHECK(host["Init"] == true);
  CHECK(host["ShmSize"] == 3'145'728);
  CHECK(host["Tmpfs"] == json{{"/t", "size=4m,noexec"}});
  CHECK(host["MemorySwap"] == 15 * 1'048'576);
  CHECK(host["MemorySwappiness"] == 60);
}

}  // namespace
}  // namespace longshore::standalone
