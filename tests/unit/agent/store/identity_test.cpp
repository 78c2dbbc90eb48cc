#include "agent/store/identity.hpp"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "agent/store/seal.hpp"

namespace longshore::store {
namespace {

const Identity kFile{.instance = ContainerInstanceArn("arn:file"), .cluster = "c"};
const Identity kCopy{.instance = ContainerInstanceArn("arn:copy"), .cluster = "c"};
const Machine kHere{.ec2_instance_id = "i-00000000000000001",
                    .product_uuid = "ec2a1b2c-3d4e-5f60-7182-93a4b5c6d7e8"};
const Machine kElsewhere{.ec2_instance_id = "i-00000000000000002"};
const IdentityRecord kRecord{
    .identity = kFile, .machine = kHere, .containers_since = "2026-01-01T00:00:00.000Z"};

std::optional<IdentityRecord> file_of(const Machine& machine) {
  return IdentityRecord{.identity = kFile, .machine = machine};
}

TEST_CASE("an identity comes back from its text", "[unit][store]") {
  const std::string text = to_text(kRecord);
  CHECK(text.ends_with("}\n"));
  const auto parsed = parse_identity(text);
  REQUIRE(parsed);
  CHECK(*parsed == kRecord);
}

TEST_CASE("the release before reads an identity, and is read", "[unit][store]") {
  // Its members are there under their names, and nothing else is said of schema 1.
  const std::string text = to_text(kRecord);
  CHECK(text.find(R"("schema":1)") != std::string::npos);
  CHECK(text.find(R"("containerInstance":"arn:file")") != std::string::npos);
  CHECK(text.find(R"("cluster":"c")") != std::string::npos);
  const auto parsed =
      parse_identity(seal(R"({"cluster":"c","containerInstance":"arn:file","schema":1})") + "\n");
  REQUIRE(parsed);
  CHECK(*parsed == IdentityRecord{.identity = kFile});
  // Nothing that is not known is written.
  CHECK(to_text({.identity = kFile}) ==
        seal(R"({"cluster":"c","containerInstance":"arn:file","schema":1})") + "\n");
}

TEST_CASE("no changed bit of an identity's text gives another identity", "[unit][store]") {
  const std::string text = to_text(kRecord);
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string changed = text;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    const auto parsed = parse_identity(changed);
    INFO("bit " << bit << ": " << changed);
    CHECK((!parsed || *parsed == kRecord));
  }
}

TEST_CASE("a text that is no identity is refused", "[unit][store]") {
  CHECK_FALSE(parse_identity(""));
  CHECK_FALSE(parse_identity("{}"));
  CHECK_FALSE(parse_identity(R"({"schema":1,"containerInstance":"arn:x","cluster":"c"})"));
  CHECK_FALSE(parse_identity(seal(R"({"schema":1,"containerInstance":"","cluster":"c"})")));
  CHECK_FALSE(parse_identity(seal(R"({"schema":2,"containerInstance":"arn:x","cluster":"c"})")));
  CHECK_FALSE(parse_identity(seal(R"({"schema":1,"cluster":"c"})")));
  const std::string text = to_text(kRecord);
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

TEST_CASE("what another machine wrote is told from this one's", "[unit][store]") {
  const IdentityCopy copy{kFile, true};
  const auto found = [&](const Machine& file, const Machine& database) {
    return find_foreign(file_of(file), copy, database, kHere);
  };
  CHECK(found(kHere, kHere) == Foreign{});
  CHECK(found(kElsewhere, kElsewhere) == Foreign{.file = true, .database = true});
  // Interrupted on the way, or one of the two was brought here by somebody.
  CHECK(found(kElsewhere, kHere) == Foreign{.file = true});
  CHECK(found(kHere, kElsewhere) == Foreign{.database = true});
  // One speaks for both: the other was damaged, lost, or written by the release before.
  CHECK(found(kElsewhere, {}) == Foreign{.file = true, .database = true});
  CHECK(found({}, kElsewhere) == Foreign{.file = true, .database = true});
  CHECK(found({}, kHere) == Foreign{});
  CHECK(found(kHere, {}) == Foreign{});
  CHECK(find_foreign({}, copy, kElsewhere, kHere).database);
  CHECK(find_foreign({}, {}, kElsewhere, kHere).database);
}

TEST_CASE("what no fact speaks against is this machine's", "[unit][store]") {
  const IdentityCopy copy{kFile, true};
  CHECK(find_foreign({}, {}, {}, kHere) == Foreign{});
  CHECK(find_foreign(file_of({}), copy, {}, kHere) == Foreign{});
  CHECK(find_foreign(file_of(kElsewhere), copy, kElsewhere, {}) == Foreign{});
}

TEST_CASE("a file that is out of date says nothing of whose state it is", "[unit][store]") {
  CHECK(find_foreign(file_of(kElsewhere), IdentityCopy{kCopy, false}, {}, kHere) == Foreign{});
}

}  // namespace
}  // namespace longshore::store
