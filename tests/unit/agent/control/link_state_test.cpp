#include "agent/control/link_state.hpp"

#include <catch2/catch.hpp>

namespace longshore::control {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1h};

LinkState connected_at(SteadyTime now) {
  LinkState link{.last_heard = now};
  note_connected(link, now);
  return link;
}

}  // namespace

TEST_CASE("a link is cut off when two heartbeats' time brings nothing", "[unit][control]") {
  LinkState link = connected_at(kStart);
  CHECK_FALSE(is_cut_off(link, kStart + 120s - 1ms));
  CHECK(is_cut_off(link, kStart + 120s));
  note_heartbeat(link, kStart + 10s);
  note_heartbeat(link, kStart + 40s);
  CHECK(link.heartbeat_interval == 30s);
  CHECK_FALSE(is_cut_off(link, kStart + 100s - 1ms));
  CHECK(is_cut_off(link, kStart + 100s));
}

TEST_CASE("a lost connection counts as cut off only when it stays away", "[unit][control]") {
  LinkState link = connected_at(kStart);
  note_heartbeat(link, kStart + 1s);
  note_heartbeat(link, kStart + 11s);
  note_disconnected(link, kStart + 12s);
  CHECK_FALSE(link.connected);
  CHECK(link.since == kStart + 12s);
  CHECK_FALSE(is_cut_off(link, kStart + 30s));
  CHECK(is_cut_off(link, kStart + 31s));
  note_connected(link, kStart + 33s);
  CHECK_FALSE(is_cut_off(link, kStart + 33s));
}

TEST_CASE("the time between two connections is no interval of heartbeats", "[unit][control]") {
  LinkState link = connected_at(kStart);
  note_heartbeat(link, kStart + 1s);
  note_heartbeat(link, kStart + 11s);
  note_disconnected(link, kStart + 12s);
  note_connected(link, kStart + 45s);
  note_heartbeat(link, kStart + 46s);
  CHECK(link.heartbeat_interval == 10s);
}

TEST_CASE("where nothing is read for want of room, silence tells nothing", "[unit][control]") {
  LinkState link = connected_at(kStart);
  link.held_back = true;
  CHECK_FALSE(is_cut_off(link, kStart + 24h));
  note_disconnected(link, kStart + 24h);
  CHECK_FALSE(link.held_back);
  CHECK(is_cut_off(link, kStart + 24h));
}

TEST_CASE("heartbeats in a row or very far apart do not turn the watch mad", "[unit][control]") {
  LinkState link = connected_at(kStart);
  note_heartbeat(link, kStart);
  note_heartbeat(link, kStart);
  CHECK(link.heartbeat_interval == 1s);
  note_heartbeat(link, kStart + 110s);
  CHECK(link.heartbeat_interval == 60s);
}

TEST_CASE("heartbeats that were held up do not shorten the patience", "[unit][control]") {
  LinkState link = connected_at(kStart);
  for (const auto at : {1s, 61s, 180s}) note_heartbeat(link, kStart + at);
  note_heartbeat(link, kStart + 180s + 10ms);
  CHECK(link.heartbeat_interval == 60s);
  for (const auto at : {190s, 200s}) note_heartbeat(link, kStart + at);
  CHECK(link.heartbeat_interval == 10s);
}

TEST_CASE("a connection shows that the instance is not inactive", "[unit][control]") {
  LinkState link{.instance_inactive = true};
  note_connected(link, kStart);
  CHECK_FALSE(link.instance_inactive);
}

}  // namespace longshore::control
