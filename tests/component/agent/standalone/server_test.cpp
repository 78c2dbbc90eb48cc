#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "agent/base/text.hpp"
#include "tests/component/agent/standalone/hand_made_agent.hpp"

namespace longshore::standalone {
namespace {

/// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("longshore-" + random_hex(8))) {
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string start_error(StandaloneSettings settings) {
  boost::asio::io_context io;
  testing::FakeClock clock;
  settings.listen_port = 0;
  const auto started = StandaloneServer::start(io.get_executor(), std::move(settings), clock);
  return started ? "" : started.error().message;
}

TEST_CASE("settings that cannot work are named with what they take", "[component][standalone]") {
  CHECK(start_error({.listen_address = "0.0.0.0"})
            .starts_with("--listen 0.0.0.0: not a loopback address. Whoever reaches this"));
  CHECK(start_error({.listen_address = "here"}) ==
        "--listen here: expected an IP address, as in 127.0.0.1:51800");
  CHECK(start_error({.cluster = "a b"}).starts_with("--cluster a b: expected"));
  CHECK(start_error({.region = "EU"}).starts_with("--region EU: expected"));
  CHECK(start_error({.account = "12"}) == "--account 12: expected twelve digits");
  CHECK(start_error({.ecr_user = "a:b"}).starts_with("--ecr-user a:b: expected"));
  CHECK(start_error({.ecr_registries = {"a/b"}}).starts_with("--ecr-registry a/b: expected"));
  CHECK(start_error({.heartbeat = 60s}) == "--heartbeat-seconds 60: expected 1..59");
  CHECK(start_error({.resend_after = 0s}) == "--resend-seconds 0: expected 1..3600");
  CHECK(start_error({.ecr_password_file = "/no/such/file"}) ==
        "--ecr-password-file /no/such/file: No such file or directory");
  CHECK(start_error({.record_file = "/no/such/file"}) ==
        "--record /no/such/file: No such file or directory");
}

TEST_CASE("the port file gets the port once the server listens", "[component][standalone]") {
  const Folder folder;
  const std::string path = folder.file("port");
  Loopback loopback({.port_file = path});
  CHECK(content_of(path) == std::to_string(loopback.server->port()) + "\n");
}

TEST_CASE("the record file gets a JSON line a message, for its owner's eyes",
          "[component][standalone]") {
  const Folder folder;
  const std::string path = folder.file("record");
  Loopback loopback({.record_file = path});
  loopback.api("ListTasks", json::object());
  std::istringstream lines(content_of(path));
  std::string line;
  std::vector<json> records;
  while (std::getline(lines, line)) records.push_back(json::parse(line));
  REQUIRE(records.size() == 2);
  CHECK(records[1]["type"] == "ListTasks");
  struct stat status{};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("the password comes from the file's first line", "[component][standalone]") {
  const Folder folder;
  const std::string path = folder.file("password");
  std::ofstream(path) << "secret\nnot this\n";
  Loopback loopback({.ecr_password_file = path});
  const auto response = loopback.post_api(
      "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken", json::object());
  CHECK(json::parse(response->body)["authorizationData"][0]["authorizationToken"] ==
        "QVdTOnNlY3JldA==");  // AWS:secret
}

TEST_CASE("calls within the process have the same answers, effects and record",
          "[component][standalone]") {
  Loopback loopback({.manifest_on_connect = false});
  AgentEnd agent = loopback.connect_acs(loopback.register_host());
  REQUIRE(loopback.server->call(
      "RegisterTaskDefinition",
      {{"family", "web"},
       {"containerDefinitions", {{{"name", "web"}, {"image", "busybox"}, {"memory", 64}}}}}));
  const auto ran = loopback.server->call("RunTask", {{"taskDefinition", "web"}});
  REQUIRE(ran);
  CHECK(agent.receive("PayloadMessage")["message"]["tasks"][0]["arn"] ==
        (*ran)["tasks"][0]["taskArn"]);
  CHECK(loopback.recorded("api", "in", "RunTask") == 1);

  const auto wrong = loopback.server->call("RegisterTaskDefinition", {{"famly", "web"}});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == ErrorCode::InvalidInput);
  CHECK(wrong.error().message == "ClientException: famly: no such member; did you mean family?");
  const auto missing = loopback.server->call("ListTasks", {{"cluster", "no"}});
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::NotFound);
}

TEST_CASE("an observer hears of a report when the state has it already",
          "[component][standalone]") {
  Loopback loopback({.manifest_on_connect = false});
  AgentEnd agent = loopback.connect_acs(loopback.register_host());
  const std::string task = loopback.run_task();
  std::string seen;
  loopback.server->on_record([&](const Record& record) {
    if (record.type != "SubmitTaskStateChange" || record.direction != "in") return;
    const auto described = loopback.server->call("DescribeTasks", {{"tasks", {task}}});
    seen = (*described)["tasks"][0]["lastStatus"];
  });
  loopback.api("SubmitTaskStateChange", {{"task", task}, {"status", "RUNNING"}});
  CHECK(loopback.eventually([&] { return seen == "RUNNING"; }));
  loopback.server->on_record({});
}

TEST_CASE("a server that goes takes its connections along", "[component][standalone]") {
  Loopback loopback({.manifest_on_connect = false});
  AgentEnd agent = loopback.connect_acs(loopback.register_host());
  loopback.server.reset();
  CHECK(agent.ends());
  CHECK(loopback.eventually([&] { return loopback.clock.sleepers() == 0; }));
}

}  // namespace
}  // namespace longshore::standalone
