// More messages than the agent deals with at once: they wait where they are, and none is lost.
#include <fmt/format.h>

#include "acs_fixture.hpp"

namespace longshore::control {
namespace {

using nlohmann::json;
using testing::AcsFixture;
using testing::FakeAcsHandler;
using testing::LoopbackCluster;
using namespace std::chrono_literals;

json payload(const std::string& id, std::size_t padding = 0) {
  return {{"clusterArn", "cluster-arn"},
          {"containerInstanceArn", "instance-arn"},
          {"messageId", id},
          {"tasks",
           {{{"arn", id},
             {"desiredStatus", "RUNNING"},
             {"containers", {{{"name", "c"}, {"image", "i"}, {"overrides", "{}"}}}}}}},
          {"nobody reads this", std::string(padding, 'x')}};
}

json keys(int number) {
  return {{"messageId", fmt::format("m{}", number)},
          {"taskArn", "first"},
          {"roleType", "TaskExecution"},
          {"roleCredentials", {{"credentialsId", fmt::format("{}", number)}}}};
}

void release(AcsFixture& acs) {
  acs.handler.slow = false;
  acs.handler.released.set();
}

/// Sends a payload that is not dealt with before release(), and keys behind it.
void send_burst(AcsFixture& acs, LoopbackCluster::Session& server, int count) {
  acs.handler.slow = true;
  acs.cluster.send(server, "PayloadMessage", payload("first"));
  acs.cluster.run_until([&] { return acs.handler.told.size() == 1; });
  for (int i = 0; i < count; ++i) {
    acs.cluster.send(server, "IAMRoleCredentialsMessage", keys(i));
  }
}

/// As send_burst(), with one message more than may wait.
void hold_back(AcsFixture& acs, LoopbackCluster::Session& server) {
  send_burst(acs, server, 100);
  acs.cluster.run_until([&] { return acs.session.link().held_back; });
}

std::vector<std::string> all_of_the_burst() {
  std::vector<std::string> told{"run first"};
  for (int i = 0; i < 100; ++i) told.push_back(fmt::format("execution keys first {}", i));
  return told;
}

}  // namespace

TEST_CASE("64 messages of any size may wait, and 32 MiB of them", "[component][control]") {
  FakeAcsHandler handler;
  AcsDispatcher dispatcher(handler);
  const auto answers = std::make_shared<Outbox>();
  constexpr std::size_t kMost = AcsDispatcher::kMaxWaitingBytes;
  CHECK(dispatcher.has_room(kMost + 1));
  dispatcher.push({}, 10, answers);
  CHECK(dispatcher.has_room(kMost - 10));
  CHECK_FALSE(dispatcher.has_room(kMost - 9));
  for (int i = 1; i < 64; ++i) dispatcher.push({}, 0, answers);
  CHECK_FALSE(dispatcher.has_room(0));
}

TEST_CASE("keys that come in a burst behind a slow payload are all taken, after it",
          "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  hold_back(acs, server);
  acs.cluster.send(server, "HeartbeatMessage", {{"messageId", "h"}});
  acs.cluster.settle();
  CHECK(acs.handler.told.size() == 1);
  CHECK(server.received.empty());
  release(acs);
  acs.answers(server, 102);  // To the payload, a hundred keys and the heartbeat.
  CHECK(acs.handler.told == all_of_the_burst());
  CHECK_FALSE(acs.session.link().held_back);
}

TEST_CASE("heartbeats are answered for as long as there is room", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  send_burst(acs, server, 64);
  acs.heartbeat(server);
  CHECK_FALSE(acs.session.link().held_back);
  CHECK(server.received.empty());
  release(acs);
  acs.answers(server, 65);
}

TEST_CASE("large payloads wait for one another, and none is lost", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  send_burst(acs, server, 0);
  spawn(acs.cluster.io.get_executor(), "large payloads",
        [](LoopbackCluster::Session& to) -> boost::asio::awaitable<void> {
          for (int i = 0; i < 5; ++i) {
            const json message{{"type", "PayloadMessage"},
                               {"message", payload(fmt::format("{}", i), 10U << 20U)}};
            REQUIRE(co_await to.socket->write(message.dump(), 60s));
          }
        }(server));
  acs.cluster.run_until([&] { return acs.session.link().held_back; });
  release(acs);
  acs.answers(server, 6);
  CHECK(acs.handler.told ==
        std::vector<std::string>{"run first", "run 0", "run 1", "run 2", "run 3", "run 4"});
}

TEST_CASE("while nothing is read, silence is not the server's", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  hold_back(acs, server);
  for (int minute = 0; minute < 10; ++minute) {
    acs.cluster.clock.advance(1min);
    acs.cluster.settle();
  }
  CHECK(acs.session.link().connected);
  CHECK_FALSE(control::is_cut_off(acs.session.link(), acs.cluster.clock.steady_now()));
  release(acs);
  acs.answers(server, 101);
  CHECK(acs.cluster.sessions.size() == 1);
  // From then on it is again.
  acs.cluster.clock.advance(60s - 1ms);
  acs.cluster.settle();
  CHECK(acs.session.link().connected);
  acs.cluster.clock.advance(1ms);
  acs.disconnected();
}

TEST_CASE("what came before a close is taken, although it was not read yet",
          "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  hold_back(acs, server);
  acs.cluster.clock.advance(1s);
  acs.cluster.close(server, 1001);
  acs.cluster.settle();
  CHECK(acs.session.link().connected);
  release(acs);
  acs.cluster.run_until([&] { return acs.handler.told.size() == 101; });
  CHECK(acs.handler.told == all_of_the_burst());
  acs.connected(2);
}

TEST_CASE("a connection that breaks while nothing is read is made anew", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  hold_back(acs, server);
  acs.cluster.clock.advance(1s);
  server.socket->abort();
  acs.cluster.settle();
  release(acs);
  acs.disconnected();
  acs.cluster.clock.advance(250ms);
  acs.connected(2);
  CHECK_FALSE(acs.session.link().held_back);
  // Of what had been read nothing is lost: 64 that waited, and the one that found no room.
  CHECK(acs.handler.told.size() >= 66);
}

TEST_CASE("a connection that grows old is not closed over messages that were not read",
          "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  hold_back(acs, server);
  acs.cluster.clock.advance(31min);
  acs.cluster.settle();
  acs.cluster.clock.advance(59s);
  acs.cluster.settle();
  release(acs);
  acs.answers(server, 101);
  CHECK(acs.handler.told == all_of_the_burst());
  server.received.clear();
  // Nor is it right after that: the rest may still be on its way through.
  for (int i = 0; i < 2; ++i) {
    acs.cluster.clock.advance(30s);
    acs.cluster.settle();
    acs.heartbeat(server);
  }
  CHECK(acs.cluster.sessions.size() == 1);
  acs.cluster.clock.advance(31s);
  acs.connected(2);
  acs.cluster.run_until([&] { return server.ended; });
  REQUIRE(server.socket->closed());
  CHECK(server.socket->closed()->code == 1000);
}

TEST_CASE("a session that waits for room ends when it is told to", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  hold_back(acs, server);
  acs.stop();
  CHECK(acs.failure);
}

}  // namespace longshore::control
