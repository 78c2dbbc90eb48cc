#include "runtime/docker/log_frames.hpp"

#include <catch2/catch.hpp>

namespace longshore::runtime::docker {
namespace {

std::string frame(char stream, const std::string& text) {
  std::string bytes(8, '\0');
  bytes[0] = stream;
  bytes[6] = static_cast<char>(text.size() >> 8U);
  bytes[7] = static_cast<char>(text.size());
  return bytes + text;
}

struct Collected {
  std::vector<std::string> out{};
  std::vector<std::string> err{};
  std::function<void(LogLine)> keep = [this](LogLine line) {
    (line.is_stderr ? err : out).push_back(std::move(line.text));
  };
};

TEST_CASE("frames of two streams become lines of each", "[unit][docker]") {
  LogFrames frames(LogFrames::Form::Framed);
  Collected got;
  const std::string stream =
      frame(1, "one\ntw") + frame(2, "bad\n") + frame(1, "o\n") + frame(1, "") + frame(1, "end");
  for (const char byte : stream) REQUIRE(frames.add(std::string_view(&byte, 1), got.keep));
  REQUIRE(frames.finish(got.keep));
  CHECK(got.out == std::vector<std::string>{"one", "two", "end"});
  CHECK(got.err == std::vector<std::string>{"bad"});
}

TEST_CASE("a frame longer than a line may be is given out in pieces", "[unit][docker]") {
  LogFrames frames(LogFrames::Form::Framed);
  Collected got;
  std::string header("\1\0\0\0\0\2\0\0", 8);
  REQUIRE(frames.add(header + std::string(128U << 10U, 'x'), got.keep));
  REQUIRE(frames.finish(got.keep));
  REQUIRE(got.out.size() == 2);
  CHECK(got.out[0].size() == LogFrames::kMaxLineBytes);
  CHECK(got.out[1].size() == LogFrames::kMaxLineBytes);
}

TEST_CASE("a log that is read again goes on where its text had ended", "[unit][docker]") {
  const std::string whole = frame(1, "one\ntwo") + frame(2, "bad") + frame(1, "\nend");
  // Cut anywhere: between frames, inside of a header, inside of a frame.
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    LogFrames frames(LogFrames::Form::Framed);
    Collected got;
    REQUIRE(frames.add(whole.substr(0, cut), got.keep));
    frames.read_again();
    REQUIRE(frames.add(whole, got.keep));
    REQUIRE(frames.finish(got.keep));
    CHECK(got.out == std::vector<std::string>{"one", "two", "end"});
    CHECK(got.err == std::vector<std::string>{"bad"});
  }
}

TEST_CASE("a terminal's text is plain", "[unit][docker]") {
  LogFrames frames(LogFrames::Form::Plain);
  Collected got;
  REQUIRE(frames.add("one\r\n\1two", got.keep));
  REQUIRE(frames.finish(got.keep));
  CHECK(got.out == std::vector<std::string>{"one", "\1two"});
  CHECK(got.err.empty());
}

TEST_CASE("a stream without frames where they must be is refused", "[unit][docker]") {
  for (const std::string& bytes : {std::string("plain text"), std::string("\4\0\0\0\0\0\0\1x", 9),
                                   std::string("\1\0\0\1\0\0\0\1x", 9)}) {
    LogFrames frames(LogFrames::Form::Framed);
    Collected got;
    const auto status = frames.add(bytes, got.keep);
    REQUIRE_FALSE(status);
    CHECK(status.error().code == ErrorCode::InvalidInput);
    CHECK(got.out.empty());
  }
}

TEST_CASE("a stream that ends inside a frame or a header is refused", "[unit][docker]") {
  for (const std::string& bytes : {frame(1, "one").substr(0, 9), frame(1, "one").substr(0, 3)}) {
    LogFrames frames(LogFrames::Form::Framed);
    Collected got;
    REQUIRE(frames.add(bytes, got.keep));
    CHECK_FALSE(frames.finish(got.keep));
  }
}

}  // namespace
}  // namespace longshore::runtime::docker
