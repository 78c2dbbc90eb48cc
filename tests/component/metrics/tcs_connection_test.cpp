#include "metrics/tcs_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "tests/component/metrics/fake_websocket.hpp"
#include "tests/support/fake_clock.hpp"

using namespace longshore;
using namespace longshore::metrics;
using namespace std::chrono_literals;
using nlohmann::json;
using testing::FakeClock;
using testing::FakePeer;
using testing::FakeWebsocket;

namespace {

const std::string kHeartbeat = R"({"type":"HeartbeatMessage","message":{"healthy":true}})";

MetricsReport one_task() {
  return {.tasks = {{.task = {.arn = TaskArn{"arn:task"}},
                     .containers = {{.name = ContainerName{"web"}}}}}};
}

std::vector<TaskHealth> health_of_one_task() {
  return {{.task = {.arn = TaskArn{"arn:task"}}, .containers = {{.name = ContainerName{"web"}}}}};
}

/// One connection to a peer that the test plays.
struct Session {
  boost::asio::io_context io{};
  FakeClock clock{};
  TcsOutbox outbox{io.get_executor(), clock.wall_now()};
  FakePeer peer{io.get_executor()};
  Result<aws::Credentials> keys{
      aws::Credentials{.access_key_id = "AKID", .secret_access_key = Secret("secret")}};
  std::chrono::milliseconds clock_is_off{0};
  SigningSource signing{.credentials = [this] { return give(keys); },
                        .service_now = [this] { return clock.wall_now() + clock_is_off; }};
  TcsConnection connection{clock,
                           outbox,
                           signing,
                           std::make_unique<FakeWebsocket>(peer),
                           {.session_url = "https://tcs/ws?cluster=c",
                            .region = "eu-west-1",
                            .source = {.cluster = "c"}}};
  std::optional<Status> ended{};

  static boost::asio::awaitable<Result<aws::Credentials>> give(Result<aws::Credentials> value) {
    co_return value;
  }

  Session() {
    boost::asio::co_spawn(io, connection.run(), [this](std::exception_ptr thrown, Status status) {
      if (!thrown) ended = std::move(status);
    });
  }

  void settle() { clock.advance(io, 0s); }

  /// Types of the messages received since the last call.
  std::vector<std::string> types() {
    std::vector<std::string> names;
    for (const std::string& frame : std::exchange(peer.received, {})) {
      const auto body = frame.find("\r\n\r\n");
      REQUIRE(body != std::string::npos);
      REQUIRE(frame.starts_with("Authorization: AWS4-HMAC-SHA256 Credential=AKID/"));
      names.push_back(json::parse(frame.substr(body + 4)).at("type").get<std::string>());
    }
    return names;
  }
};

using Types = std::vector<std::string>;

}  // namespace

TEST_CASE("what waits is sent when the session opens, and later news when it comes",
          "[component][metrics]") {
  Session session;
  session.outbox.push(MetricsReport{.idle = true}, session.clock.steady_now());
  session.outbox.push(health_of_one_task(), session.clock.steady_now());
  session.settle();
  CHECK(session.types() ==
        Types{"PublishMetricsRequest", "PublishHealthRequest", "PublishInstanceStatusRequest"});
  session.outbox.notify();
  session.settle();
  CHECK(session.types().empty());  // No news, nothing sent.
  session.outbox.push(one_task(), session.clock.steady_now());
  session.outbox.set_instance_health(InstanceHealth::Ok, session.clock.wall_now());
  session.outbox.notify();
  session.settle();
  CHECK(session.types() == Types{"PublishMetricsRequest", "PublishInstanceStatusRequest"});
  CHECK_FALSE(session.ended);
}

TEST_CASE("messages carry the time of sending", "[component][metrics]") {
  Session session;
  session.outbox.mark_reported(*session.outbox.unreported_status());
  session.outbox.push(one_task(), session.clock.steady_now());
  session.clock.advance(10s);
  session.settle();
  REQUIRE(session.peer.received.size() == 1);
  CHECK(session.peer.received[0].find("\"timestamp\":1767225610}") != std::string::npos);
  CHECK(session.peer.received[0].find("X-Amz-Date: 20260101T000010Z\r\n") != std::string::npos);
}

TEST_CASE("reports wait for credentials", "[component][metrics]") {
  Session session;
  const auto keys = std::exchange(session.keys, fail(ErrorCode::NotFound, "no keys"));
  session.outbox.push(one_task(), session.clock.steady_now());
  session.settle();
  CHECK(session.types().empty());
  CHECK_FALSE(session.ended);
  session.keys = keys;
  session.outbox.notify();
  session.settle();
  CHECK(session.types() == Types{"PublishMetricsRequest", "PublishInstanceStatusRequest"});
}

TEST_CASE("a session without heartbeats is closed in good order after one to two minutes",
          "[component][metrics]") {
  Session session;
  session.clock.advance(session.io, 59s);
  CHECK_FALSE(session.peer.close_code);
  session.clock.advance(session.io, 61s);
  CHECK(session.peer.close_code == 1000);
  CHECK(session.peer.close_reason == "ConnectionExpired: Reconnect to continue");
  REQUIRE(session.ended);
  CHECK(session.ended->has_value());
}

TEST_CASE("heartbeats and acknowledgements keep a session open, other messages do not",
          "[component][metrics]") {
  const auto [message, keeps] = GENERATE(table<std::string, bool>({
      {kHeartbeat, true},
      {R"({"type":"AckPublishMetric","message":{}})", true},
      {R"({"type":"AckPublishHealth","message":{}})", true},
      {R"({"type":"AckPublishInstanceStatus","message":{}})", true},
      {R"({"type":"ServerException","message":{"message":"x"}})", false},
      {R"({"type":"StopTelemetrySessionMessage","message":{}})", false},
      {"no JSON", false},
  }));
  CAPTURE(message);
  Session session;
  for (int i = 0; i < 10; ++i) {
    session.clock.advance(session.io, 30s);
    session.peer.say(message);
    session.settle();
  }
  CHECK(session.peer.close_code.has_value() == !keeps);
}

TEST_CASE("a session is closed after 30 to 35 minutes, however lively", "[component][metrics]") {
  Session session;
  const auto live_for = [&](int minutes) {
    for (int i = 0; i < 2 * minutes; ++i) {
      session.peer.say(kHeartbeat);
      session.clock.advance(session.io, 30s);
    }
  };
  live_for(29);
  CHECK_FALSE(session.peer.close_code);
  live_for(6);
  CHECK(session.peer.close_code == 1000);
}

TEST_CASE("a peer that does not answer the close is left", "[component][metrics]") {
  Session session;
  session.peer.echoes_close = false;
  session.clock.advance(session.io, 120s);
  CHECK(session.peer.close_code == 1000);
  session.clock.advance(session.io, 10s);
  REQUIRE(session.ended);
  CHECK(session.ended->has_value());
}

TEST_CASE("how the peer ends a session decides whether it was in good order",
          "[component][metrics]") {
  const auto [code, clean] = GENERATE(table<std::uint16_t, bool>({{std::uint16_t{1000}, true},
                                                                  {std::uint16_t{1001}, true},
                                                                  {std::uint16_t{1006}, true},
                                                                  {std::uint16_t{1011}, true},
                                                                  {std::uint16_t{1008}, false},
                                                                  {std::uint16_t{4000}, false}}));
  CAPTURE(code);
  Session session;
  session.settle();
  session.peer.close(code);
  session.settle();
  REQUIRE(session.ended);
  CHECK(session.ended->has_value() == clean);
}

TEST_CASE("an instance status that could not be sent is sent by the next session",
          "[component][metrics]") {
  Session session;
  session.peer.close(1006);
  session.settle();
  REQUIRE(session.ended);
  CHECK(session.outbox.unreported_status());
}

TEST_CASE("a session whose connection breaks has failed", "[component][metrics]") {
  Session session;
  session.settle();
  session.peer.break_off();
  session.settle();
  REQUIRE(session.ended);
  CHECK_FALSE(session.ended->has_value());
}
