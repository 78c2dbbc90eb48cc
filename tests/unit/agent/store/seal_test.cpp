#include "agent/store/seal.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/store/task_document.hpp"
#include "tests/unit/agent/store/random_tasks.hpp"

namespace longshore::store {
namespace {

TEST_CASE("a sum is FNV-1a of 64 bits", "[unit][store]") {
  // Source: the test vectors of draft-eastlake-fnv.
  CHECK(sum_of("") == "cbf29ce484222325");
  CHECK(sum_of("a") == "af63dc4c8601ec8c");
  CHECK(sum_of("foobar") == "85944171f73967e8");
}

TEST_CASE("a sealed text is sound, and its members are what they were", "[unit][store]") {
  const std::string sealed = seal(R"({"a":1,"b":"x"})");
  CHECK(is_sealed(sealed));
  CHECK(check_seal(sealed));
  auto json = nlohmann::json::parse(sealed);
  json.erase("check");
  CHECK(json == nlohmann::json::parse(R"({"a":1,"b":"x"})"));
}

TEST_CASE("a text without a sum passes as one of the release before", "[unit][store]") {
  CHECK_FALSE(is_sealed(R"({"a":1})"));
  CHECK(check_seal(R"({"a":1})"));
  CHECK(check_seal(""));
}

TEST_CASE("no changed bit of a task is taken for the task", "[unit][store]") {
  CHECK(rc::check([] {
    const core::TaskState task = random_task();
    std::string text = seal(to_document(task));
    const auto place = *rc::gen::inRange<std::size_t>(0, text.size());
    text[place] = static_cast<char>(text[place] ^ (1 << *rc::gen::inRange(0, 8)));
    const auto parsed = check_seal(text) ? parse_task(text) : fail(ErrorCode::InvalidInput, "no");
    // In its own head alone a changed bit does no harm.
    RC_ASSERT((!parsed || place < 29));
    if (parsed) RC_ASSERT(*parsed->spec == *task.spec);
  }));
}

}  // namespace
}  // namespace longshore::store
