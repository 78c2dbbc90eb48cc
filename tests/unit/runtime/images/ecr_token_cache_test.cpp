#include "runtime/images/ecr_token_cache.hpp"

#include <catch2/catch.hpp>

using namespace longshore;
using namespace longshore::runtime;
using namespace longshore::runtime::images;
using namespace std::chrono_literals;

namespace {

constexpr Moment kNow{.steady = SteadyTime{1h}, .wall = WallTime{1'800'000'000s}};

/// Both clocks later by the same.
constexpr Moment after(std::chrono::milliseconds by) { return {kNow.steady + by, kNow.wall + by}; }

EcrTokenKey key(std::string registry) {
  return {.credentials_identity = "instance",
          .region = "us-west-2",
          .registry_id = std::move(registry)};
}

RegistryAuth login(std::string user) { return {.username = std::move(user)}; }

bool has(EcrTokenCache& cache, const EcrTokenKey& wanted, Moment now) {
  return cache.find(wanted, now).has_value();
}

}  // namespace

TEST_CASE("a token is good until a margin that was drawn once", "[unit][images]") {
  EcrTokenCache cache;
  cache.store(key("early"), login("AWS"), 3h, kNow, 0.0);
  cache.store(key("late"), login("AWS"), 3h, kNow, 0.5);
  CHECK(has(cache, key("early"), after(2h + 30min - 1ms)));
  CHECK_FALSE(has(cache, key("early"), after(2h + 30min)));
  CHECK_FALSE(has(cache, key("early"), kNow));  // Gone for good, whatever the clock does.
  CHECK(has(cache, key("late"), after(2h + 15min - 1ms)));
  CHECK_FALSE(has(cache, key("late"), after(2h + 15min)));
}

TEST_CASE("a token is kept twelve hours at most, and none without an expiry", "[unit][images]") {
  EcrTokenCache cache;
  cache.store(key("long"), login("AWS"), 48h, kNow, 0.0);
  CHECK(has(cache, key("long"), after(12h - 1ms)));
  CHECK_FALSE(has(cache, key("long"), after(12h)));
  cache.store(key("unknown"), login("AWS"), std::nullopt, kNow, 0.0);
  CHECK_FALSE(has(cache, key("unknown"), kNow));
}

TEST_CASE("a token is over when either clock says so", "[unit][images]") {
  EcrTokenCache cache;
  const auto keep = [&] { cache.store(key("1"), login("AWS"), 12h, kNow, 0.0); };
  keep();
  // The wall clock was set back by a day, and the token's time is over.
  CHECK_FALSE(has(cache, key("1"), {kNow.steady + 12h, kNow.wall - 12h}));
  keep();
  // The machine was suspended.
  CHECK_FALSE(has(cache, key("1"), {kNow.steady + 1min, kNow.wall + 12h}));
  keep();
  CHECK(has(cache, key("1"), {kNow.steady + 1min, kNow.wall - 24h}));
}

TEST_CASE("whose credentials, where and which registry tell tokens apart", "[unit][images]") {
  EcrTokenCache cache;
  cache.store(key("1"), login("one"), 12h, kNow, 0.0);
  EcrTokenKey other = key("1");
  other.credentials_identity = "role";
  CHECK_FALSE(has(cache, other, kNow));
  other = key("1");
  other.region = "eu-west-1";
  CHECK_FALSE(has(cache, other, kNow));
  other = key("1");
  other.endpoint_override = "http://localhost";
  CHECK_FALSE(has(cache, other, kNow));
  CHECK_FALSE(has(cache, key("2"), kNow));
  CHECK(cache.find(key("1"), kNow)->username == "one");
  cache.store(key("1"), login("renewed"), 12h, kNow, 0.0);
  CHECK(cache.find(key("1"), kNow)->username == "renewed");
}

TEST_CASE("the token unused for longest leaves when there are too many", "[unit][images]") {
  EcrTokenCache cache;
  for (int i = 0; i < 100; ++i) {
    cache.store(key(std::to_string(i)), login("AWS"), 12h, kNow, 0.0);
  }
  CHECK(has(cache, key("0"), kNow));  // Used: "1" is the oldest now.
  cache.store(key("100"), login("AWS"), 12h, kNow, 0.0);
  CHECK(has(cache, key("0"), kNow));
  CHECK_FALSE(has(cache, key("1"), kNow));
  CHECK(has(cache, key("2"), kNow));
}
