#include "acs_fixture.hpp"
#include "broken_api.hpp"

namespace longshore::control {
namespace {

using nlohmann::json;
using testing::AcsFixture;
using testing::LoopbackCluster;
using namespace std::chrono_literals;

net::HttpResponse refusal(std::string body) { return {.status = 400, .body = std::move(body)}; }

}  // namespace

TEST_CASE("the upgrade is signed and says who connects", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  CHECK(server.target ==
        "/ws?agentHash=a8b3e7d3&agentVersion=1.105.1&clusterArn=bench"
        "&containerInstanceArn=instance-arn&dockerVersion=DockerVersion%3A+20.10.24"
        "&protocolVersion=2&sendCredentials=true&seqNum=1");
  CHECK(net::find_header(server.headers, "X-Amz-Date") == "20260101T000000Z");
  CHECK(net::find_header(server.headers, "User-Agent") == "test agent");
  CHECK_FALSE(net::find_header(server.headers, "Sec-WebSocket-Extensions"));
  CHECK_THAT(std::string(net::find_header(server.headers, "Authorization").value_or("")),
             Catch::Contains("SignedHeaders=host;x-amz-date,"));
  CHECK(acs.session.link().since == acs.cluster.clock.steady_now());
}

TEST_CASE("credentials are asked for until the first connection only", "[component][control]") {
  AcsFixture acs;
  acs.refuse({refusal(R"({"type":"ServerException","message":{"message":"x"}})")});
  acs.disconnected();
  acs.cluster.clock.advance(250ms);
  auto& first = acs.connected(1);
  CHECK_THAT(first.target, Catch::Contains("sendCredentials=true"));
  acs.cluster.clock.advance(2s);
  acs.cluster.close(first, 1000);
  CHECK_THAT(acs.connected(2).target, Catch::Contains("sendCredentials=false"));
}

TEST_CASE("after a clean close it connects at once", "[component][control]") {
  for (const int code : {1000, 1001, 1011}) {
    AcsFixture acs;
    auto& first = acs.connected(1);
    acs.cluster.clock.advance(1s);
    acs.cluster.close(first, static_cast<std::uint16_t>(code));
    acs.cluster.run_until([&] { return acs.cluster.sessions.size() == 2; });
  }
}

TEST_CASE("a lost connection is made again at once", "[component][control]") {
  AcsFixture acs;
  auto& first = acs.connected(1);
  acs.cluster.clock.advance(1s);
  first.socket->abort();
  acs.cluster.run_until([&] { return acs.cluster.sessions.size() == 2; });
}

TEST_CASE("after any other close it backs off", "[component][control]") {
  AcsFixture acs;
  auto& first = acs.connected(1);
  acs.attempts = 1;
  acs.cluster.clock.advance(1s);
  acs.cluster.close(first, 1008);
  acs.disconnected();
  CHECK(acs.tries_again_after(250ms));
}

TEST_CASE("a server that hangs up at once is not called in a tight loop", "[component][control]") {
  AcsFixture acs;
  acs.cluster.hang_up_code = 1001;
  for (std::size_t round = 1; round <= 4; ++round) {
    acs.cluster.run_until([&] { return acs.cluster.sessions.size() == round; });
    acs.disconnected();
    acs.attempts = round;
    CHECK(acs.tries_again_after(250ms));
  }
}

TEST_CASE("refused upgrades are tried again ever more slowly", "[component][control]") {
  AcsFixture acs;
  acs.refuse({refusal(R"({"type":"AccessDeniedException","message":{"message":"x"}})"),
              refusal("not JSON"), refusal("")});
  acs.disconnected();
  acs.attempts = 1;
  CHECK(acs.tries_again_after(250ms));
  acs.disconnected();
  CHECK(acs.tries_again_after(375ms));
  acs.disconnected();
  CHECK(acs.tries_again_after(562ms));
  CHECK(acs.cluster.sessions.size() == 1);
  CHECK(acs.inactive_calls == 0);
}

TEST_CASE("an inactive instance is told so, and tries again in an hour", "[component][control]") {
  for (const char* body : {R"({"type":"InactiveInstanceException","message":{"message":"x"}})",
                           R"({"InactiveInstanceException":"x"})"}) {
    AcsFixture acs;
    acs.refuse({refusal(body)});
    acs.disconnected();
    CHECK(acs.inactive_calls == 1);
    CHECK(acs.session.link().instance_inactive);
    acs.attempts = 1;
    CHECK(acs.tries_again_after(1h));
    acs.connected(1);
    CHECK_FALSE(acs.session.link().instance_inactive);
  }
}

TEST_CASE("an inactive instance is also recognised by the poll endpoint's refusal",
          "[component][control]") {
  AcsFixture acs;
  acs.cluster.answer("DiscoverPollEndpoint",
                     {LoopbackCluster::error("InactiveInstanceException", "gone")});
  acs.disconnected();
  CHECK(acs.inactive_calls == 1);
  CHECK(acs.tries_again_after(1h));
}

TEST_CASE("after an attempt that failed, address and credentials are looked up again",
          "[component][control]") {
  AcsFixture acs;
  acs.refuse({refusal(""), refusal("")});
  for (std::size_t attempts = 1; attempts <= 2; ++attempts) {
    acs.disconnected();
    CHECK(acs.cluster.calls("DiscoverPollEndpoint").size() == attempts);
    CHECK(acs.cluster.credential_reads == static_cast<int>(attempts));
    acs.cluster.clock.advance(1s);
    acs.cluster.settle();
  }
  auto& first = acs.connected(1);
  CHECK(acs.cluster.calls("DiscoverPollEndpoint").size() == 3);
  // What worked is not asked for again.
  acs.cluster.clock.advance(2s);
  acs.cluster.close(first, 1000);
  acs.connected(2);
  CHECK(acs.cluster.calls("DiscoverPollEndpoint").size() == 3);
}

TEST_CASE("after the wall clock has stepped by a day it signs with the service's time",
          "[component][control]") {
  AcsFixture acs;
  auto& first = acs.connected(1);
  acs.cluster.clock.advance(2s);
  acs.cluster.clock.step_wall(24h);
  auto blamed = LoopbackCluster::error("InvalidSignatureException", "Signature expired");
  blamed.headers = {{"Date", "Thu, 01 Jan 2026 00:00:02 GMT"}};
  acs.cluster.answer("DiscoverPollEndpoint", {std::move(blamed)});
  acs.refuse({refusal(R"({"type":"AccessDeniedException","message":{"message":"x"}})")});
  acs.cluster.close(first, 1001);
  acs.disconnected();
  acs.cluster.clock.advance(250ms);
  auto& second = acs.connected(2);
  CHECK(net::find_header(second.headers, "X-Amz-Date") == "20260101T000002Z");
}

TEST_CASE("where nobody is reached it tries again within three seconds, however long it takes",
          "[component][control]") {
  AcsFixture acs;
  acs.cluster.random = 0.999;
  acs.cluster.acs_url = "http://127.0.0.1:1";  // Nobody listens on tcpmux's port.
  acs.disconnected();
  for (int attempt = 0; attempt < 30; ++attempt) {
    const auto calls = acs.cluster.calls("DiscoverPollEndpoint").size();
    acs.cluster.clock.advance(3s);
    acs.cluster.settle();
    acs.disconnected();
    CHECK(acs.cluster.calls("DiscoverPollEndpoint").size() == calls + 1);
  }
  acs.cluster.acs_url.clear();
  CHECK(acs.link_returns == 0);
  acs.cluster.clock.advance(3s);
  acs.connected(1);
  CHECK(acs.link_returns == 1);
}

TEST_CASE("an API that is reached and fails is asked ever more slowly", "[component][control]") {
  testing::BrokenApi api;
  AcsFixture acs(api.url());
  for (int calls = 1; calls <= 8; ++calls) {
    acs.cluster.run_until([&] { return api.calls() == calls; });
    acs.disconnected();
    acs.cluster.clock.advance(5s);
  }
  acs.cluster.run_until([&] { return api.calls() == 9; });
  acs.disconnected();
  acs.cluster.clock.advance(3s);  // Longer than any wait for one that is not reached.
  acs.cluster.settle();
  CHECK(api.calls() == 9);
}

TEST_CASE("a connection that is simply made anew is no return of the link",
          "[component][control]") {
  AcsFixture acs;
  auto& first = acs.connected(1);
  CHECK(acs.link_returns == 0);
  acs.cluster.clock.advance(2s);
  acs.cluster.close(first, 1001);
  acs.connected(2);
  CHECK(acs.link_returns == 0);
}

TEST_CASE("a connection after a long silence is a return of the link", "[component][control]") {
  AcsFixture acs;
  auto& first = acs.connected(1);
  acs.heartbeat(first);
  acs.cluster.clock.advance(10s);
  acs.heartbeat(first);
  acs.cluster.clock.advance(20s);
  CHECK(control::is_cut_off(acs.session.link(), acs.cluster.clock.steady_now()));
  first.socket->abort();
  acs.connected(2);
  CHECK(acs.link_returns == 1);
}

TEST_CASE("a silent server is left after 60 to 120 s, with back-off", "[component][control]") {
  AcsFixture acs;
  acs.cluster.random = 0.5;
  auto& first = acs.connected(1);
  acs.cluster.clock.advance(89999ms);
  acs.cluster.settle();
  CHECK(acs.session.link().connected);
  acs.cluster.clock.advance(1ms);
  acs.disconnected();
  acs.cluster.run_until([&] { return first.ended; });
  acs.attempts = 1;
  CHECK(acs.tries_again_after(275ms));
}

TEST_CASE("only messages that ACS has keep a connection", "[component][control]") {
  AcsFixture acs;
  auto& server = acs.connected(1);
  acs.cluster.clock.advance(59s);
  acs.heartbeat(server);
  acs.cluster.clock.advance(59s);
  acs.cluster.send(server, "CloseMessage", {{"message", "x"}});
  acs.cluster.settle();
  acs.heartbeat(server);
  CHECK(acs.session.link().connected);
  acs.cluster.clock.advance(59s);
  acs.cluster.send(server, "NewMessage", json::object());
  acs.cluster.send_raw(server, "no JSON");
  acs.cluster.send(server, "PayloadMessage", {{"tasks", 1}});
  acs.cluster.settle();
  acs.cluster.clock.advance(1s);
  acs.disconnected();
}

TEST_CASE("a new limit of silence may be earlier than the old one", "[component][control]") {
  AcsFixture acs;
  acs.cluster.random = 0.9;  // 114 s
  auto& server = acs.connected(1);
  acs.cluster.clock.advance(1s);
  acs.cluster.random = 0;  // 60 s from now on
  acs.heartbeat(server);
  acs.cluster.clock.advance(59s);
  acs.cluster.settle();
  CHECK(acs.session.link().connected);
  acs.cluster.clock.advance(1s);
  acs.disconnected();
}

TEST_CASE("an old connection is closed with 1000 and made anew", "[component][control]") {
  AcsFixture acs;
  auto& first = acs.connected(1);
  for (int minute = 0; minute < 29; ++minute) {
    acs.cluster.clock.advance(1min - 1ms);
    acs.heartbeat(first);
  }
  acs.cluster.clock.advance(59s);
  acs.heartbeat(first);
  acs.cluster.clock.advance(1s);
  acs.heartbeat(first);
  CHECK(acs.cluster.sessions.size() == 1);
  acs.cluster.clock.advance(29ms);
  acs.cluster.run_until([&] { return acs.cluster.sessions.size() == 2; });
  REQUIRE(first.ended);
  REQUIRE(first.socket->closed());
  CHECK(first.socket->closed()->code == 1000);
  CHECK(first.socket->closed()->reason == "ConnectionExpired: Reconnect to continue");
}

TEST_CASE("a message too large ends the connection, not the agent", "[component][control]") {
  AcsFixture acs;
  auto& first = acs.connected(1);
  acs.attempts = 1;
  spawn(acs.cluster.io.get_executor(), "large",
        [](LoopbackCluster::Session& to) -> boost::asio::awaitable<void> {
          static_cast<void>(co_await to.socket->write(std::string((16U << 20U) + 1, ' '), 10s));
        }(first));
  acs.disconnected();
  CHECK(acs.tries_again_after(250ms));
}

TEST_CASE("ending the session unwinds as cancellation", "[component][control]") {
  AcsFixture acs;
  acs.connected(1);
  acs.stop();
  REQUIRE(acs.failure);
  try {
    std::rethrow_exception(acs.failure);
  } catch (const boost::system::system_error& e) {
    CHECK(e.code() == boost::asio::error::operation_aborted);
  }
}

}  // namespace longshore::control
