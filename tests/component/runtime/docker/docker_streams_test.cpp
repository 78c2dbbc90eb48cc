#include <catch2/catch.hpp>

#include "tests/component/runtime/docker/scripted.hpp"

namespace longshore::runtime::docker {
namespace {

using Request = ScriptedEngine::Request;

const ContainerId kId{"0123456789abcdef"};

TEST_CASE("events are asked for by label and time, and a broken one is left out",
          "[component][docker]") {
  Scripted test;
  test.engine.script = [](const Request&) {
    return ScriptedEngine::stream(
        "{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{\"ID\":\"a\"},\"timeNano\":5}\n"
        "{\"Type\":\"container\",\"Action\":\"start\"}\nnonsense\n"
        "{\"Type\":\"container\",\"Action\":\"rename\",\"Actor\":{\"ID\":\"b\"},\"timeNano\":6}\n"
        "{\"Type\":\"container\",\"Action\":\"oom\",\"Actor\":{\"ID\":\"c\"},\"timeNano\":7}\n",
        false);
  };
  std::vector<std::string> ids;
  bool opened = false;
  const auto ended = test.run(test.docker.watch(
      "k", 1'700'000'000'000'000'042, [&] { opened = true; },
      [&](RuntimeEvent event) { ids.push_back(event.id.str()); }));
  CHECK(opened);
  CHECK(ids == std::vector<std::string>{"a", "c"});
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == ErrorCode::Unavailable);
  CHECK(test.last().line.ends_with("&since=1700000000.000000042"));
  CHECK(test.last().line.find("%22label%22%3A%5B%22k%22%5D") != std::string::npos);
}

TEST_CASE("every watch asks anew which version the engine speaks", "[component][docker]") {
  Scripted test;
  test.engine.script = [](const Request&) { return ScriptedEngine::stream("", false); };
  (void)test.run(test.docker.watch("k", 0, {}, [](RuntimeEvent) {}));
  CHECK(test.last().line.starts_with("GET /v1.41/events?"));
  test.engine.version = R"({"ApiVersion": "1.45", "MinAPIVersion": "1.24"})";
  (void)test.run(test.docker.watch("k", 0, {}, [](RuntimeEvent) {}));
  CHECK(test.last().line.starts_with("GET /v1.45/events?"));
  CHECK(test.last().line.find("since") == std::string::npos);
}

TEST_CASE("a refused stream gives the engine's reason", "[component][docker]") {
  Scripted test;
  test.answer_all(400, R"({"message": "bad filter"})");
  bool opened = false;
  const auto ended =
      test.run(test.docker.watch("k", 0, [&] { opened = true; }, [](RuntimeEvent) {}));
  CHECK_FALSE(opened);
  REQUIRE_FALSE(ended);
  CHECK(ended.error() == Error{ErrorCode::InvalidInput, "Error response from daemon: bad filter"});
}

TEST_CASE("a log stream that breaks off inside a frame is an error", "[component][docker]") {
  Scripted test;
  test.engine.script = [](const Request& request) {
    if (request.line.ends_with("/json")) {
      return ScriptedEngine::reply(200, R"({"Id": "x", "State": {"Status": "running"}})");
    }
    return ScriptedEngine::stream(std::string("\1\0\0\0\0\0\0\7one\nt", 13), false);
  };
  std::vector<std::string> lines;
  const auto ended = test.run(
      test.docker.follow_logs(kId, [&](LogLine line) { lines.push_back(std::move(line.text)); }));
  CHECK(lines == std::vector<std::string>{"one", "t"});
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == ErrorCode::InvalidInput);
}

TEST_CASE("what the follow of a log misses at its end is read once more", "[component][docker]") {
  const std::string followed("\1\0\0\0\0\0\0\6one\ntw", 14);
  const std::string rest("\1\0\0\0\0\0\0\1o\2\0\0\0\0\0\0\4oops", 21);
  Scripted test;
  test.engine.script = [&](const Request& request) {
    if (request.line.ends_with("/json")) {
      return ScriptedEngine::reply(200, R"({"Id": "x", "State": {"Status": "running"}})");
    }
    const bool whole = request.line.ends_with("&follow=0");
    return ScriptedEngine::stream(whole ? followed + rest : followed, false);
  };
  std::vector<std::string> lines;
  REQUIRE(test.run(
      test.docker.follow_logs(kId, [&](LogLine line) { lines.push_back(std::move(line.text)); })));
  CHECK(lines == std::vector<std::string>{"one", "two", "oops"});
}

TEST_CASE("a log that cannot be read again is given out as far as it came, and the failure told",
          "[component][docker]") {
  Scripted test;
  test.engine.script = [](const Request& request) {
    if (request.line.ends_with("/json")) {
      return ScriptedEngine::reply(200, R"({"Id": "x", "State": {"Status": "running"}})");
    }
    if (request.line.ends_with("&follow=0")) {
      return ScriptedEngine::reply(500, R"({"message": "oops"})");
    }
    return ScriptedEngine::stream(std::string("\1\0\0\0\0\0\0\3end", 11), false);
  };
  std::vector<std::string> lines;
  CHECK_FALSE(test.run(
      test.docker.follow_logs(kId, [&](LogLine line) { lines.push_back(std::move(line.text)); })));
  CHECK(lines == std::vector<std::string>{"end"});
}

TEST_CASE("the log of a container that is removed at its end is what was followed",
          "[component][docker]") {
  const int status = GENERATE(404, 409);
  Scripted test;
  test.engine.script = [status](const Request& request) {
    if (request.line.ends_with("/json")) {
      return ScriptedEngine::reply(200, R"({"Id": "x", "State": {"Status": "running"}})");
    }
    if (request.line.ends_with("&follow=0")) {
      return ScriptedEngine::reply(status, R"({"message": "is no more"})");
    }
    return ScriptedEngine::stream(std::string("\1\0\0\0\0\0\0\3end", 11), false);
  };
  std::vector<std::string> lines;
  REQUIRE(test.run(
      test.docker.follow_logs(kId, [&](LogLine line) { lines.push_back(std::move(line.text)); })));
  CHECK(lines == std::vector<std::string>{"end"});
}

}  // namespace
}  // namespace longshore::runtime::docker
