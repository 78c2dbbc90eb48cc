#include "agent/store/enum_words.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace longshore::store {
namespace {

using Words = std::vector<std::string>;

/// The words in the order of the enumerators; `last` is the highest of them.
template <typename Enum, std::size_t N>
Words words_up_to(const EnumWords<Enum, N>& words, Enum last) {
  Words found;
  for (int i = 0; i <= static_cast<int>(last); ++i) {
    const auto value = static_cast<Enum>(i);
    found.emplace_back(words.word(value));
    const nlohmann::json document(found.back());
    CHECK(words.value(JsonReader(document)) == value);
  }
  CHECK(found.size() == N);
  return found;
}

TEST_CASE("the words of stored documents are those that older files hold", "[unit][store]") {
  CHECK(words_up_to(kPhaseWords, core::Phase::Stopped) ==
        Words{"waiting", "resolving", "resolved", "pulling", "pulled", "creating", "starting",
              "running", "stopping", "stopped"});
  CHECK(words_up_to(kHealthWords, core::Health::Unhealthy) ==
        Words{"unknown", "healthy", "unhealthy"});
  CHECK(words_up_to(kResourcesWords, core::Resources::Failed) ==
        Words{"none", "creating", "ready", "failed"});
  CHECK(words_up_to(kCleanupWords, core::Cleanup::Done) ==
        Words{"none", "waiting", "due", "removing", "done"});
  CHECK(words_up_to(kStatusWords, core::ReportedStatus::Stopped) ==
        Words{"PENDING", "RUNNING", "STOPPED"});
  CHECK(words_up_to(kConditionWords, core::DependencyCondition::Healthy) ==
        Words{"CREATE", "START", "COMPLETE", "SUCCESS", "HEALTHY"});
  CHECK(words_up_to(kKindWords, core::ContainerKind::NamespacePause) ==
        Words{"normal", "namespacePause"});
  CHECK(words_up_to(kScopeWords, core::VolumeScope::Shared) == Words{"task", "shared"});
}

TEST_CASE("a word that stands for nothing is refused by name and place", "[unit][store]") {
  const auto read = read_json(R"({"phase":"Running"})", [](const JsonReader& r) {
    return kPhaseWords.value(r.require("phase"));
  });
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::InvalidInput);
  CHECK(read.error().message == "phase: unknown word \"Running\"");
}

}  // namespace
}  // namespace longshore::store
