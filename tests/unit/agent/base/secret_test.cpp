#include "agent/base/secret.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <type_traits>
#include <utility>

using longshore::Secret;

TEST_CASE("a secret prints as stars and is revealed only on demand", "[unit][base]") {
  const Secret secret("hunter2");
  CHECK(fmt::format("{}", secret) == "***");
  CHECK(fmt::format("{:>5}", secret) == "  ***");
  CHECK(secret.reveal() == "hunter2");
  CHECK(!std::is_convertible_v<Secret, std::string>);
}

TEST_CASE("a moved secret leaves nothing behind", "[unit][base]") {
  const std::string text = GENERATE(as<std::string>{}, "short", std::string(100, 'x'));
  Secret from(text);
  Secret to(std::move(from));
  CHECK(to.reveal() == text);
  CHECK(from.empty());  // NOLINT(bugprone-use-after-move): what is left is the question.
  Secret assigned("old");
  assigned = std::move(to);
  CHECK(assigned.reveal() == text);
  CHECK(to.empty());  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("copies are equal and independent, assigning to oneself changes nothing",
          "[unit][base]") {
  Secret first("hunter2");
  Secret second;
  CHECK(second.empty());
  second = first;
  CHECK(second == first);
  const Secret& same = first;
  first = same;
  CHECK(first.reveal() == "hunter2");
  first = Secret("other");
  CHECK(second.reveal() == "hunter2");
}

TEST_CASE("the memory of a secret is overwritten when another takes its place", "[unit][base]") {
  Secret secret(
      "hunter2-in-the-small-string-buffer"
      "-and-beyond");
  const char* const memory = secret.reveal().data();
  const std::size_t size = secret.reveal().size();
  secret = Secret();
  // The string keeps its memory, so that this still looks at what it holds.
  REQUIRE(secret.reveal().data() == memory);
  REQUIRE(secret.reveal().capacity() >= size);
  CHECK(std::string(memory, size) == std::string(size, '\0'));
}
