#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "agent/endpoints/status_client.hpp"
#include "agent/endpoints/status_server.hpp"
#include "agent/net/unix_http_client.hpp"
#include "tests/component/agent/net/loopback.hpp"
#include "tests/support/core_builders.hpp"

using namespace longshore;
using namespace longshore::endpoints;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

core::TaskState task_named(const std::string& id, std::uint64_t arrival) {
  core::TaskState task = test::task_of({test::container("web")});
  core::TaskSpec spec = *task.spec;
  spec.arn = TaskArn("arn:aws:ecs:us-west-2:123456789012:task/a b&c/" + id);
  task.spec = std::make_shared<const core::TaskSpec>(std::move(spec));
  task.arrival = arrival;
  return task;
}

struct Fixture {
  Fixture() {
    StatusSources sources{.tasks = [this] { return started ? &table : nullptr; },
                          .health = [this] { return health; }};
    sources.waits_for = [](const TaskArn& task) {
      return task_id(task) == "waits" ? std::optional<std::string>("behind 1 task") : std::nullopt;
    };
    auto listening = StatusServer::listen(io.get_executor(), path, std::move(sources));
    REQUIRE(listening);
    server = std::move(*listening);
  }
  net::HttpResponse call(std::string method, std::string target) {
    net::UnixHttpClient client(path);
    auto response = testing::run(
        io, client.call({.method = std::move(method), .url = std::move(target), .timeout = 5s}));
    REQUIRE(response);
    return std::move(*response);
  }

  testing::TemporaryFolder folder;
  asio::io_context io;
  std::string path = folder.file("longshore.sock");
  engine::TaskTable table;
  bool started = true;
  Health health{.registered = true, .connected = true, .free_bytes = 1U << 30U};
  std::unique_ptr<StatusServer> server;
};

/// What a stranger at the socket answers, whatever is asked.
Result<std::vector<ListedTask>> ask_stranger(const std::string& body, int status = 200) {
  const testing::TemporaryFolder folder;
  asio::io_context io;
  const std::string text =
      fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
  const testing::UnixPeer peer(
      io, folder.file("s"), [text](testing::UnixPeer::Connection& c, int) -> asio::awaitable<void> {
        while (!(co_await c.read_until("\r\n\r\n")).empty()) co_await c.write(text);
      });
  return testing::run(io, fetch_tasks(folder.file("s")));
}

}  // namespace

TEST_CASE("the tasks of the agent are fetched over its socket, in order of arrival",
          "[component][endpoints]") {
  Fixture f;
  f.table.insert(task_named("waits", 2));
  f.table.insert(task_named("zzz", 1));
  const auto tasks = testing::run(f.io, fetch_tasks(f.path));
  REQUIRE(tasks);
  REQUIRE(tasks->size() == 2);
  CHECK(tasks->at(0).arn.ends_with("/zzz"));
  CHECK(tasks->at(0).waits_for.empty());
  CHECK(tasks->at(1).arn.ends_with("/waits"));
  CHECK(tasks->at(1).waits_for == "behind 1 task");
}

TEST_CASE("a table of many pages is fetched whole", "[component][endpoints]") {
  Fixture f;
  for (std::uint64_t i = 0; i < 600; ++i) f.table.insert(task_named(fmt::format("{}", i), i));
  const auto tasks = testing::run(f.io, fetch_tasks(f.path));
  REQUIRE(tasks);
  REQUIRE(tasks->size() == 600);
  for (std::uint64_t i = 0; i < 600; ++i) REQUIRE(tasks->at(i).arrival == i);
}

TEST_CASE("the socket answers what it serves and refuses the rest", "[component][endpoints]") {
  Fixture f;
  f.table.insert(task_named("a", 1));
  const auto listed = f.call("GET", "/v1/tasks");
  CHECK(listed.status == 200);
  CHECK(net::find_header(listed.headers, "content-type") == "application/json");
  CHECK(listed.body.starts_with(R"({"Tasks":[{"Arn":"arn:aws:ecs:)"));
  CHECK(f.call("GET", "/v1/tasks?after=zzz").body == "{\"Tasks\":[]}\n");
  CHECK(f.call("GET", "/v1/tasks?before=a").status == 400);
  CHECK(f.call("GET", "/v1/task").status == 404);
  CHECK(f.call("GET", "/").status == 404);
  const auto refused = f.call("POST", "/v1/tasks");
  CHECK(refused.status == 405);
  CHECK(net::find_header(refused.headers, "Allow") == "GET");
}

TEST_CASE("how the agent is is fetched over its socket", "[component][endpoints]") {
  Fixture f;
  f.health.unsent_reports = 3;
  CHECK(testing::run(f.io, fetch_health(f.path)) == f.health);
  f.health.engine_answers = false;
  CHECK(testing::run(f.io, fetch_health(f.path)) == f.health);
  CHECK(f.call("GET", "/v1/health?after=a").status == 400);
  CHECK(f.call("POST", "/v1/health").status == 405);
}

TEST_CASE("an agent that starts says how it is, and that it has no tasks to show yet",
          "[component][endpoints]") {
  Fixture f;
  f.started = false;
  CHECK(testing::run(f.io, fetch_health(f.path)) == f.health);
  const auto tasks = testing::run(f.io, fetch_tasks(f.path));
  REQUIRE_FALSE(tasks);
  CHECK(tasks.error().code == ErrorCode::Conflict);
  CHECK(f.call("GET", "/v1/tasks").status == 503);
}

TEST_CASE("no agent at the socket is told", "[component][endpoints]") {
  Fixture f;
  f.server.reset();
  const auto tasks = testing::run(f.io, fetch_tasks(f.path));
  REQUIRE_FALSE(tasks);
  CHECK(tasks.error().code == ErrorCode::Unavailable);
}

TEST_CASE("a stranger at the socket is told from an agent", "[component][endpoints]") {
  const auto refused = [](const std::string& body, int status = 200) {
    const auto tasks = ask_stranger(body, status);
    REQUIRE_FALSE(tasks);
    CHECK(tasks.error().code == ErrorCode::InvalidInput);
    return tasks.error().message;
  };
  CHECK(refused("{}", 404).ends_with("expected status 200, got 404"));
  CHECK(refused("hello").find("/s: ") != std::string::npos);
  CHECK(refused(R"({"Tasks":[],"Next":"same"})").ends_with("the pages go round in a circle"));
  CHECK(ask_stranger(R"({"Tasks":[]})")->empty());
}
