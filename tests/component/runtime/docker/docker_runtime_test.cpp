#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/base/json_reader.hpp"
#include "tests/component/runtime/docker/scripted.hpp"

namespace longshore::runtime::docker {
namespace {

using namespace std::chrono_literals;
using Answer = ScriptedEngine::Answer;
using Request = ScriptedEngine::Request;

const ContainerId kId{"0123456789abcdef"};

TEST_CASE("the newest version both sides know is spoken, and asked for once",
          "[component][docker]") {
  Scripted test;
  test.answer_all(200, "[]");
  CHECK(test.run(test.docker.list("k", "v")));
  CHECK(test.run(test.docker.list("k", "v")));
  REQUIRE(test.engine.requests().size() == 3);
  CHECK(test.engine.requests()[0].line == "GET /version");
  CHECK(test.last().line ==
        "GET /v1.41/containers/json?all=1&filters=%7B%22label%22%3A%5B%22k%3Dv%22%5D%7D");
}

TEST_CASE("an engine without a common version is unavailable and nothing else is asked",
          "[component][docker]") {
  Scripted test;
  test.engine.version = R"({"ApiVersion": "9.1", "MinAPIVersion": "9.0"})";
  const auto listed = test.run(test.docker.list("k", ""));
  REQUIRE_FALSE(listed);
  CHECK(listed.error().code == ErrorCode::Unavailable);
  CHECK(test.engine.requests().size() == 1);
}

TEST_CASE("create and start use the container's version and the rest the engine's",
          "[component][docker]") {
  const auto [asked, used] = GENERATE(table<std::string, std::string>(
      {{"1.17", "1.21"}, {"", "1.21"}, {"1.30", "1.30"}, {"1.44", "1.44"}}));
  Scripted test;
  test.answer_all(201, R"({"Id": "abc"})");
  const auto made =
      test.run(test.docker.create({.name = "a b", .image = "i", .min_api_version = asked}));
  REQUIRE(made);
  CHECK(made->id.str() == "abc");
  CHECK(test.last().line == "POST /v" + used + "/containers/create?name=a+b");
  CHECK(test.last().head.find("application/json") != std::string::npos);
  CHECK(parse_json(test.last().body)->at("Image") == "i");
  test.answer_all(204, "");
  REQUIRE(test.run(test.docker.start(kId, asked)));
  CHECK(test.last().line == "POST /v" + used + "/containers/0123456789abcdef/start");
  REQUIRE(test.run(test.docker.stop(kId, 7s)));
  CHECK(test.last().line == "POST /v1.41/containers/0123456789abcdef/stop?t=7");
}

TEST_CASE("a taken name is ours only with the labels of the same container",
          "[component][docker]") {
  const ContainerSpec spec{
      .name = "web",
      .image = "i",
      .labels = {{"com.amazonaws.ecs.task-arn", "T"}, {"com.amazonaws.ecs.container-name", "C"}}};
  const auto [labels, adopted] = GENERATE(table<std::string, bool>(
      {{R"({"com.amazonaws.ecs.task-arn": "T", "com.amazonaws.ecs.container-name": "C"})", true},
       {R"({"com.amazonaws.ecs.task-arn": "T", "com.amazonaws.ecs.container-name": "D"})", false},
       {R"({"com.amazonaws.ecs.task-arn": "U", "com.amazonaws.ecs.container-name": "C"})", false},
       {R"({"com.amazonaws.ecs.task-arn": "T"})", false},
       {"null", false}}));
  Scripted test;
  test.engine.script = [&container_labels = labels](const Request& request) {
    if (request.line.starts_with("POST")) {
      return ScriptedEngine::reply(409, R"({"message": "Conflict. The name is in use."})");
    }
    return ScriptedEngine::reply(
        200, R"({"Id": "old", "State": {"Status": "running"}, "Config": {"Labels": )" +
                 container_labels + "}}");
  };
  const auto made = test.run(test.docker.create(spec));
  CHECK(test.last().line == "GET /v1.41/containers/web/json");
  if (adopted) {
    REQUIRE(made);
    CHECK(made->id.str() == "old");
    CHECK(made->existed);
  } else {
    REQUIRE_FALSE(made);
    CHECK(made.error() ==
          Error{ErrorCode::Conflict, "Error response from daemon: Conflict. The name is in use."});
  }
}

TEST_CASE("a name that is taken by what cannot be seen yet may be that of our own call",
          "[component][docker]") {
  Scripted test;
  const int status = GENERATE(404, 500);
  test.engine.script = [status](const Request& request) {
    if (request.line.starts_with("POST")) {
      return ScriptedEngine::reply(409, R"({"message": "The volume is in use."})");
    }
    return ScriptedEngine::reply(status, R"({"message": "No such container: web"})");
  };
  const auto made = test.run(test.docker.create({.name = "web", .image = "i"}));
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::Unavailable);
  CHECK(made.error().message.starts_with("Error response from daemon: The volume is in use. ("));
}

TEST_CASE("a container without ECS labels is never adopted", "[component][docker]") {
  Scripted test;
  test.engine.script = [](const Request& request) {
    if (request.line.starts_with("POST")) return ScriptedEngine::reply(409, "{}");
    return ScriptedEngine::reply(200, R"({"Id": "old", "State": {"Status": "created"}})");
  };
  const auto made = test.run(test.docker.create({.name = "web", .image = "i"}));
  REQUIRE_FALSE(made);
  CHECK(made.error().code == ErrorCode::Conflict);
}

TEST_CASE("what is done already is success", "[component][docker]") {
  Scripted test;
  test.answer_all(304, "");
  CHECK(test.run(test.docker.start(kId, "")));
  CHECK(test.run(test.docker.stop(kId, 1s)));
  test.answer_all(404, R"({"message": "No such container: x"})");
  CHECK(test.run(test.docker.stop(kId, 1s)));
  CHECK(test.run(test.docker.remove(kId)));
  CHECK(test.last().line == "DELETE /v1.41/containers/0123456789abcdef?v=1&force=0");
  CHECK(test.run(test.docker.start(kId, "")).error().code == ErrorCode::NotFound);
}

TEST_CASE("a kill is a SIGKILL, and what does not run is killed already", "[component][docker]") {
  Scripted test;
  const auto [status, succeeds] =
      GENERATE(table<int, bool>({{204, true}, {404, true}, {409, true}, {500, false}}));
  test.answer_all(status, R"({"message": "Cannot kill container: x"})");
  const auto killed = test.run(test.docker.kill(kId));
  CHECK(test.last().line == "POST /v1.41/containers/0123456789abcdef/kill?signal=SIGKILL");
  CHECK(killed.has_value() == succeeds);
  if (!killed) {
    CHECK(killed.error() ==
          Error{ErrorCode::Internal, "Error response from daemon: Cannot kill container: x"});
  }
}

TEST_CASE("a volume is asked for with all it was given", "[component][docker]") {
  Scripted test;
  test.answer_all(201, R"({"Name": "data", "Driver": "local"})");
  REQUIRE(test.run(test.docker.create_volume({.name = "data",
                                              .driver = "rexray",
                                              .driver_options = {{"size", "5"}},
                                              .labels = {{"k", "v"}}})));
  CHECK(test.last().line == "POST /v1.41/volumes/create");
  CHECK(*parse_json(test.last().body) == nlohmann::json::parse(R"({
    "Name": "data", "Driver": "rexray", "DriverOpts": {"size": "5"}, "Labels": {"k": "v"}})"));
  REQUIRE(test.run(test.docker.create_volume({.name = "data"})));
  CHECK(*parse_json(test.last().body) == nlohmann::json::parse(R"({"Name": "data"})"));
}

TEST_CASE("a volume's name cannot lead to another call", "[component][docker]") {
  Scripted test;
  test.answer_all(200, R"({"Name": "a", "Driver": "local"})");
  REQUIRE(test.run(test.docker.inspect_volume("../info?x")));
  CHECK(test.last().line == "GET /v1.41/volumes/..%2Finfo%3Fx");
  REQUIRE(test.run(test.docker.remove_volume("a/b")));
  CHECK(test.last().line == "DELETE /v1.41/volumes/a%2Fb");
}

TEST_CASE("a volume that is gone is removed, and one in use is not", "[component][docker]") {
  Scripted test;
  test.answer_all(404, R"({"message": "get data: no such volume"})");
  CHECK(test.run(test.docker.remove_volume("data")));
  CHECK(test.run(test.docker.inspect_volume("data")).error() ==
        Error{ErrorCode::NotFound, "Error response from daemon: get data: no such volume"});
  test.answer_all(409, R"({"message": "volume is in use"})");
  CHECK(test.run(test.docker.remove_volume("data")).error().code == ErrorCode::Conflict);
  CHECK(test.run(test.docker.create_volume({.name = "data"})).error().code == ErrorCode::Conflict);
}

TEST_CASE("a start that fails for want of a command does not read as a lost container",
          "[component][docker]") {
  Scripted test;
  test.answer_all(404, R"({"message": "exec: \"x\": executable file not found in $PATH"})");
  CHECK(test.run(test.docker.start(kId, "")).error().code == ErrorCode::InvalidInput);
}

TEST_CASE("hostile answers become errors that say where", "[component][docker]") {
  const auto body = GENERATE(as<std::string>{}, "", "{", "null", "[]", "\xff\xfe", R"({"Id": 7})",
                             R"({"Id": "x", "State": {"Status": "flying"}})",
                             R"({"Id": "x", "State": {"Status": "running", "Pid": "1"}})",
                             R"({"Id": "x", "State": {"Status": "running", "Pid": 1e400}})",
                             R"({"Id": "x", "State": []})");
  Scripted test;
  test.answer_all(200, body);
  INFO(body);
  const auto state = test.run(test.docker.inspect(kId));
  REQUIRE_FALSE(state);
  CHECK(state.error().code == ErrorCode::InvalidInput);
  CHECK(state.error().message.starts_with("Docker: inspect: "));
}

TEST_CASE("an endless answer is cut off", "[component][docker]") {
  Scripted test;
  test.answer_all(200,
                  R"({"Id": "x", "State": {"Status": "created"}})" + std::string(16U << 20U, ' '));
  const auto state = test.run(test.docker.inspect(kId));
  REQUIRE_FALSE(state);
  CHECK(state.error().code == ErrorCode::InvalidInput);
}

TEST_CASE("a call that is not answered in time ends", "[component][docker]") {
  boost::asio::io_context io;
  ScriptedEngine engine(io);
  engine.script = [](const Request&) { return Answer{"", true}; };
  DockerRuntime docker({.socket_path = engine.path(),
                        .create_timeout = 50ms,
                        .start_timeout = 50ms,
                        .manifest_timeout = 50ms});
  const auto created = testing::run_on(io, docker.create({.name = "n", .image = "i"}), 10s);
  REQUIRE_FALSE(created);
  CHECK(created.error().code == ErrorCode::Timeout);
  CHECK(testing::run_on(io, docker.start(kId, ""), 10s).error().code == ErrorCode::Timeout);
  CHECK(testing::run_on(io, docker.resolve_digest("i", {}), 10s).error().code ==
        ErrorCode::Timeout);
}

}  // namespace
}  // namespace longshore::runtime::docker
