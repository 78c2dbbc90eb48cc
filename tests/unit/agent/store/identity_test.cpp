#include "agent/store/identity.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "agent/store/seal.hpp"

namespace longshore::store {
namespace {

const Identity kFile{.instance = ContainerInstanceArn("arn:file"), .cluster = "c"};
const Identity kCopy{.instance = ContainerInstanceArn("arn:copy"), .cluster = "c"};

TEST_CASE("an identity comes back from its text", "[unit][store]") {
  const std::string text = to_text(kFile);
  CHECK(text.ends_with("}\n"));
  const auto parsed = parse_identity(text);
  REQUIRE(parsed);
  CHECK(*parsed == kFile);
}

TEST_CASE("no changed bit of an identity's text gives another identity", "[unit][store]") {
  const std::string text = to_text(kFile);
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string changed = text;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto parsed = parse_identity(changed);
    INFO("bit " << bit << ": " << changed);
    CHECK((!parsed || *parsed == kFile));
  }
}

TEST_CASE("a text that is no identity is refused", "[unit][store]") {
  CHECK_FALSE(parse_identity(""));
  CHECK_FALSE(parse_identity("{}"));
  CHECK_FALSE(parse_identity(R"({"schema":1,"containerInstance":"arn:x","cluster":"c"})"));
  CHECK_FALSE(parse_identity(seal(R"({"schema":1,"containerInstance":"","cluster":"c"})")));
  CHECK_FALSE(parse_identity(seal(R"({"schema":2,"containerInstance":"arn:x","cluster":"c"})")));
  CHECK_FALSE(parse_identity(seal(R"({"schema":1,"cluster":"c"})")));
  const std::string text = to_text(kFile);
  CHECK_FALSE(parse_identity(text.substr(0, text.size() / 2)));
}

TEST_CASE("the file is the truth, and the database's copy where there is no file",
          "[unit][store]") {
  CHECK_FALSE(choose_identity({}, {}));
  CHECK(choose_identity(kFile, {}) == kFile);
  CHECK(choose_identity({}, IdentityCopy{kCopy, true}) == kCopy);
  CHECK(choose_identity({}, IdentityCopy{kCopy, false}) == kCopy);
  CHECK(choose_identity(kFile, IdentityCopy{kCopy, true}) == kFile);
}

TEST_CASE("a copy that the release before wrote alone is newer than the file", "[unit][store]") {
  CHECK(choose_identity(kFile, IdentityCopy{kCopy, false}) == kCopy);
}

}  // namespace
}  // namespace longshore::store
