#include <catch2/catch.hpp>

#include "tests/component/runtime/docker/scripted.hpp"

namespace longshore::runtime::docker {
namespace {

using namespace std::chrono_literals;
using Answer = ScriptedEngine::Answer;
using Request = ScriptedEngine::Request;

TEST_CASE("images are loaded from the bytes of an archive", "[component][docker]") {
  Scripted test;
  test.answer_all(200, "{\"stream\": \"Loaded image: a:1\"}\r\n");
  const std::string tar("t\0r\xff", 4);
  REQUIRE(test.run(test.docker.load_image(tar)));
  CHECK(test.last().line == "POST /v1.41/images/load?quiet=1");
  CHECK(test.last().head.find("application/x-tar") != std::string::npos);
  CHECK(test.last().head.find("application/json") == std::string::npos);
  CHECK(test.last().body == tar);
}

TEST_CASE("a load fails with the error in its progress, which comes with a good status",
          "[component][docker]") {
  const auto* ending = GENERATE("\r\n", "");
  Scripted test;
  test.answer_all(200,
                  std::string("{\"stream\": \"a\"}\r\n{\"error\": \"no space left\"}") + ending);
  const auto loaded = test.run(test.docker.load_image("tar"));
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error() == Error{ErrorCode::Internal, "Error response from daemon: no space left"});
  test.answer_all(500, R"({"message": "broken"})");
  CHECK(test.run(test.docker.load_image("tar")).error().message ==
        "Error response from daemon: broken");
}

TEST_CASE("an error inside the progress fails the pull with its text", "[component][docker]") {
  Scripted test;
  test.engine.script = [](const Request&) {
    return ScriptedEngine::stream(
        "{\"status\": \"Pulling from app\"}\r\n"
        "{\"errorDetail\": {\"message\": \"no space left on device\"},"
        "\"error\": \"no space left on device\"}\r\n",
        true);
  };
  const auto pulled = test.run(test.docker.pull("r:1/app:2", {}, {}));
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error() == Error{ErrorCode::Unavailable, "no space left on device"});
  CHECK(test.last().line == "POST /v1.41/images/create?fromImage=r%3A1%2Fapp&tag=2");
  CHECK(test.last().head.find("X-Registry-Auth: e30=\r\n") != std::string::npos);
}

TEST_CASE("a pull succeeds when its progress ends without an error", "[component][docker]") {
  Scripted test;
  test.engine.script = [](const Request&) {
    return ScriptedEngine::stream("{\"status\": \"a\"}\r\n\r\n{\"status\": \"b\"}", false);
  };
  CHECK(test.run(test.docker.pull("app", {}, {})));
  CHECK(test.last().line == "POST /v1.41/images/create?fromImage=app&tag=latest");
}

TEST_CASE("a pull ends at each of its three limits", "[component][docker]") {
  Scripted test;
  const auto progress = [](const Request&) {
    return ScriptedEngine::stream("{\"status\": \"a\"}\r\n", true);
  };
  const auto silence = [](const Request&) { return Answer{"", true}; };
  const auto pull = [&](ScriptedEngine::Script script, PullTimeouts timeouts) {
    test.engine.script = std::move(script);
    return test.run(test.docker.pull("app:1", {}, timeouts));
  };
  const auto no_first_byte = pull(silence, {.first_byte = 50ms});
  REQUIRE_FALSE(no_first_byte);
  CHECK(no_first_byte.error() ==
        Error{ErrorCode::Unavailable, "pull of app:1: no first byte for 0.05 s"});
  const auto inactive = pull(progress, {.inactivity = 50ms});
  REQUIRE_FALSE(inactive);
  CHECK(inactive.error() == Error{ErrorCode::Unavailable, "pull of app:1: no progress for 0.05 s"});
  // Whatever it is that was waited for when the total was over.
  for (const ScriptedEngine::Script& script :
       {ScriptedEngine::Script(silence), ScriptedEngine::Script(progress)}) {
    const auto too_long = pull(script, {.total = 50ms});
    REQUIRE_FALSE(too_long);
    CHECK(too_long.error().code == ErrorCode::Timeout);
  }
}

TEST_CASE("no failure of a pull shows where ECR's layers can be had", "[component][docker]") {
  const std::string said =
      R"(Get \"https://prod-us-west-2-starport-layer-bucket.s3.amazonaws.com/x?X-Amz-Signature=8f\": EOF)";
  Scripted test;
  const bool refused = GENERATE(true, false);
  if (refused) {
    test.answer_all(500, R"({"message": ")" + said + "\"}");
  } else {
    test.engine.script = [&](const Request&) {
      return ScriptedEngine::stream(R"({"error": ")" + said + "\"}\r\n", false);
    };
  }
  const auto pulled = test.run(test.docker.pull("app:1", {}, {}));
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().message == (refused ? std::string("Error response from daemon: ") : "") +
                                      R"(Get "REDACTED ECR URL related to app:1": EOF)");
}

TEST_CASE("an error that ends the progress without a line end is seen", "[component][docker]") {
  Scripted test;
  test.engine.script = [](const Request&) {
    return ScriptedEngine::stream("{\"status\": \"a\"}\r\n{\"error\": \"last\"}", false);
  };
  const auto pulled = test.run(test.docker.pull("app:1", {}, {}));
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().message == "last");
}

TEST_CASE("progress without an end does not outlast a pull's total", "[component][docker]") {
  Scripted test;
  test.engine.script = [](const Request&) {
    Answer answer = ScriptedEngine::stream("", false);
    answer.forever = "{\"status\": \"Downloading\"}\r\n";
    return answer;
  };
  const auto pulled = testing::run_on(test.io, test.docker.pull("app:1", {}, {.total = 50ms}), 10s);
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code == ErrorCode::Timeout);
}

TEST_CASE("progress that is no progress is refused", "[component][docker]") {
  Scripted test;
  test.engine.script = [](const Request&) { return ScriptedEngine::stream("<html>\n", true); };
  const auto pulled = test.run(test.docker.pull("app:1", {}, {}));
  REQUIRE_FALSE(pulled);
  CHECK(pulled.error().code == ErrorCode::InvalidInput);
}

TEST_CASE("of an engine too old to look up digests none is asked", "[component][docker]") {
  Scripted test;
  test.engine.version = R"({"ApiVersion": "1.29", "MinAPIVersion": "1.12"})";
  CHECK(test.run(test.docker.resolve_digest("app:1", {})) == "");
  CHECK(test.engine.requests().size() == 1);  // GET /version
}

}  // namespace
}  // namespace longshore::runtime::docker
