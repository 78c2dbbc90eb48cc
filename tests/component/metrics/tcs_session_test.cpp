#include "metrics/tcs_session.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/net/http_server.hpp"
#include "tests/component/metrics/fake_host.hpp"
#include "tests/support/fake_clock.hpp"

using namespace longshore;
using namespace longshore::metrics;
using namespace std::chrono_literals;
using nlohmann::json;
using testing::FakeClock;
using testing::FakeHost;

namespace {

boost::asio::awaitable<Result<aws::Credentials>> keys() {
  co_return aws::Credentials{.access_key_id = "AKID",
                             .secret_access_key = Secret("secret"),
                             .session_token = Secret("token")};
}

/// A telemetry service on loopback.
class Service {
 public:
  explicit Service(boost::asio::io_context& io) {
    net::HttpHandlers handlers;
    handlers.check_upgrade =
        [this](const net::ServerRequest& request) -> std::optional<net::HttpResponse> {
      upgrades.push_back(request);
      return refusal;
    };
    handlers.websocket = [this](net::ServerRequest, std::unique_ptr<net::Websocket> socket) {
      return serve(std::move(socket));
    };
    auto listening = net::HttpServer::listen(io.get_executor(), {}, std::move(handlers));
    REQUIRE(listening);
    server_ = std::move(*listening);
  }

  std::string endpoint() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

  std::vector<net::ServerRequest> upgrades{};
  std::vector<std::string> frames{};
  std::optional<net::HttpResponse> refusal{};
  std::size_t close_after = 1000;  ///< Frames of one session.
  int sessions_ended = 0;          ///< By close_after.

 private:
  boost::asio::awaitable<void> serve(std::unique_ptr<net::Websocket> socket) {
    for (std::size_t i = 0; i < close_after; ++i) {
      auto frame = co_await socket->read(60s);
      if (!frame) co_return;
      frames.push_back(std::move(*frame));
      co_await socket->write(R"({"type":"AckPublishMetric","message":{}})", 5s);
    }
    co_await socket->close(1001, "going away");
    co_await socket->read(5s);
    ++sessions_ended;
  }

  std::unique_ptr<net::HttpServer> server_{};
};

struct Agent {
  boost::asio::io_context io{};
  FakeClock clock{};
  FakeHost host{1};
  Collector collector{clock, host.mounts(), {.proc = host.proc(), .cpu_count = 2}};
  Service service{io};
  int endpoint_questions = 0;
  bool endpoint_known = true;
  std::vector<bool> asked_anew{};
  Bell link_back{};
  std::chrono::milliseconds clock_is_off{0};
  TcsSession session{
      io.get_executor(),
      clock,
      collector,
      link_back,
      [this](bool anew) {
        asked_anew.push_back(anew);
        return find_endpoint();
      },
      {.credentials = keys, .service_now = [this] { return clock.wall_now() + clock_is_off; }},
      {.source = {.cluster = "edge", .container_instance = ContainerInstanceArn{"arn:ci"}},
       .client = {.agent_version = "1.2.3", .agent_hash = "0a1b2c3d", .docker_version = "25.0.8"},
       .region = "eu-west-1"}};
  boost::asio::cancellation_signal stop{};
  bool stopped = false;

  void start() {
    boost::asio::co_spawn(io, session.run(),
                          boost::asio::bind_cancellation_slot(
                              stop.slot(), [this](std::exception_ptr) { stopped = true; }));
  }

  boost::asio::awaitable<Result<std::string>> find_endpoint() {
    ++endpoint_questions;
    if (!endpoint_known) co_return fail(ErrorCode::Unavailable, "not today");
    co_return service.endpoint();
  }

  /// Lets sockets do their work; time stands still.
  bool wait_until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + 20s;
    io.restart();
    while (!done() && io.run_one_until(limit) > 0) {
    }
    return done();
  }
  /// Until the session waits to connect again after a failure: collection and reconnect sleep.
  bool wait_for_pause() {
    return wait_until([&] { return clock.sleepers() == 2; });
  }

  std::vector<std::string> types() const {
    std::vector<std::string> names;
    for (const std::string& frame : service.frames) {
      names.push_back(
          json::parse(frame.substr(frame.find("\r\n\r\n") + 4)).at("type").get<std::string>());
    }
    return names;
  }
};

using Types = std::vector<std::string>;

}  // namespace

TEST_CASE("a session signs its upgrade and reports at every interval", "[component][metrics]") {
  Agent agent;
  agent.host.set(10, "aa", {});
  agent.collector.add({.id = ContainerId{"aa"},
                       .task = {.arn = TaskArn{"arn:task"}, .family = "shop", .version = "1"},
                       .name = ContainerName{"web"},
                       .pid = 10,
                       .network_mode = "bridge",
                       .health_check = true});
  agent.start();
  // The first collection has no statistics yet, but health.
  REQUIRE(agent.wait_until([&] { return agent.service.frames.size() == 2; }));
  CHECK(agent.types() == Types{"PublishHealthRequest", "PublishInstanceStatusRequest"});
  REQUIRE(agent.service.upgrades.size() == 1);
  const net::ServerRequest& upgrade = agent.service.upgrades[0];
  CHECK(upgrade.target ==
        "/ws?agentHash=0a1b2c3d&agentVersion=1.2.3&cluster=edge&containerInstance=arn%3Aci&"
        "dockerVersion=25.0.8");
  CHECK(net::find_header(upgrade.headers, "X-Amz-Date") == "20260101T000000Z");
  CHECK(net::find_header(upgrade.headers, "X-Amz-Security-Token") == "token");
  CHECK(net::find_header(upgrade.headers, "Authorization")
            .value_or("")
            .starts_with("AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/ecs/aws4_request, "
                         "SignedHeaders=host;x-amz-date;x-amz-security-token, Signature="));

  agent.service.frames.clear();
  agent.clock.advance(20s);
  agent.collector.sample();
  agent.session.set_instance_health(InstanceHealth::Impaired);
  REQUIRE(agent.wait_until([&] { return agent.service.frames.size() == 3; }));
  CHECK(agent.types() ==
        Types{"PublishMetricsRequest", "PublishHealthRequest", "PublishInstanceStatusRequest"});
  CHECK(agent.service.frames[2].find("\"IMPAIRED\"") != std::string::npos);
  CHECK(agent.service.frames[0].find("\r\nHost: 127.0.0.1:") != std::string::npos);
}

TEST_CASE("an instance whose health changes tells it at once", "[component][metrics]") {
  Agent agent;
  agent.session.set_instance_health(InstanceHealth::Ok);
  agent.start();
  REQUIRE(agent.wait_until([&] {
    return agent.types() == Types{"PublishMetricsRequest", "PublishInstanceStatusRequest"};
  }));
  agent.session.set_instance_health(InstanceHealth::Impaired);
  REQUIRE(agent.wait_until([&] { return agent.service.frames.size() == 3; }));
  CHECK(agent.service.frames[2].find("\"IMPAIRED\"") != std::string::npos);
}

TEST_CASE("changed health is reported at once, but not more than once a second",
          "[component][metrics]") {
  Agent agent;
  agent.host.set(10, "aa", {});
  agent.collector.add({.id = ContainerId{"aa"},
                       .task = {.arn = TaskArn{"arn:task"}, .family = "shop", .version = "1"},
                       .name = ContainerName{"web"},
                       .pid = 10,
                       .network_mode = "bridge",
                       .health_check = true});
  agent.start();
  REQUIRE(agent.wait_until([&] { return agent.service.frames.size() == 2; }));
  agent.collector.set_health(ContainerId{"aa"}, runtime::HealthStatus::Healthy);
  REQUIRE(agent.wait_until([&] { return agent.service.frames.size() == 3; }));
  CHECK(agent.types().back() == "PublishHealthRequest");
  CHECK(agent.service.frames.back().find("\"HEALTHY\"") != std::string::npos);

  agent.collector.set_health(ContainerId{"aa"}, runtime::HealthStatus::Unhealthy);
  agent.clock.advance(agent.io, 999ms);
  CHECK(agent.service.frames.size() == 3);
  agent.clock.advance(1ms);
  REQUIRE(agent.wait_until([&] { return agent.service.frames.size() == 4; }));
  CHECK(agent.service.frames.back().find("\"UNHEALTHY\"") != std::string::npos);

  // Said again, it is no news.
  agent.collector.set_health(ContainerId{"aa"}, runtime::HealthStatus::Unhealthy);
  agent.clock.advance(agent.io, 10s);
  CHECK(agent.service.frames.size() == 4);
}

TEST_CASE("after a clean end the session reconnects within half a second", "[component][metrics]") {
  Agent agent;
  agent.service.close_after = 1;
  agent.start();
  REQUIRE(agent.wait_until([&] { return agent.service.sessions_ended == 1; }));
  CHECK(agent.endpoint_questions == 1);
  const SteadyTime end = agent.clock.steady_now();
  while (agent.endpoint_questions == 1 && agent.clock.steady_now() < end + 1s) {
    agent.io.run_for(1ms);
    agent.clock.advance(1ms);
  }
  CHECK(agent.endpoint_questions == 2);
  CHECK(agent.clock.steady_now() >= end + 250ms);
}

TEST_CASE("a refused session waits longer each time", "[component][metrics]") {
  Agent agent;
  agent.service.refusal = net::HttpResponse{
      .status = 403, .body = R"({"InvalidParameterException":"cluster not found"})"};
  agent.start();
  std::size_t tries = 1;
  for (const auto wait : {1000ms, 2000ms, 4000ms}) {
    REQUIRE(agent.wait_for_pause());
    CHECK(agent.service.upgrades.size() == tries);
    agent.clock.advance(wait - 1ms);
    agent.io.restart();
    agent.io.poll();
    CHECK(agent.service.upgrades.size() == tries);
    agent.clock.advance(wait / 5 + 1ms);
    ++tries;
    REQUIRE(agent.wait_until([&] { return agent.service.upgrades.size() == tries; }));
  }
}

TEST_CASE("a session that failed asks for the address anew and goes at once when the link is back",
          "[component][metrics]") {
  Agent agent;
  agent.service.refusal = net::HttpResponse{.status = 403, .body = ""};
  agent.start();
  REQUIRE(agent.wait_for_pause());
  agent.clock.advance(1200ms);
  REQUIRE(agent.wait_until([&] { return agent.service.upgrades.size() == 2; }));
  REQUIRE(agent.wait_for_pause());
  CHECK(agent.asked_anew == std::vector<bool>{false, true});
  agent.service.refusal.reset();
  agent.link_back.ring();
  REQUIRE(agent.wait_until([&] { return !agent.service.frames.empty(); }));
  CHECK(agent.service.upgrades.size() == 3);
}

TEST_CASE("an instance that is not active any more reports nothing until the link is back",
          "[component][metrics]") {
  Agent agent;
  SECTION("also in an open session") {
    agent.start();
    REQUIRE(agent.wait_until([&] { return !agent.service.frames.empty(); }));
  }
  SECTION("also between two sessions") {
    agent.service.refusal = net::HttpResponse{.status = 403, .body = ""};
    agent.start();
    REQUIRE(agent.wait_for_pause());
    agent.service.refusal.reset();
  }
  agent.session.leave();
  REQUIRE(agent.wait_until([&] { return agent.clock.sleepers() == 1; }));  // Collection alone.
  const std::size_t frames = agent.service.frames.size();
  agent.clock.advance(10min);
  agent.io.restart();
  agent.io.poll();
  CHECK(agent.service.upgrades.size() == 1);
  agent.link_back.ring();
  REQUIRE(agent.wait_until([&] { return agent.service.frames.size() > frames; }));
  CHECK(agent.service.upgrades.size() == 2);
}

TEST_CASE("on a host whose clock is off by a day, the service's time signs",
          "[component][metrics]") {
  Agent agent;
  agent.clock_is_off = -24h;
  agent.start();
  REQUIRE(agent.wait_until([&] { return !agent.service.frames.empty(); }));
  CHECK(net::find_header(agent.service.upgrades.at(0).headers, "X-Amz-Date") == "20251231T000000Z");
  CHECK(agent.service.frames[0].find("X-Amz-Date: 20251231T000000Z\r\n") != std::string::npos);
}

TEST_CASE("reports of an outage are sent after it, those of the last five minutes",
          "[component][metrics]") {
  Agent agent;
  agent.endpoint_known = false;
  agent.start();
  agent.clock.advance(agent.io, 30min);
  CHECK(agent.endpoint_questions > 20);
  agent.endpoint_known = true;
  for (const int asked = agent.endpoint_questions; agent.endpoint_questions == asked;) {
    agent.clock.advance(agent.io, 1s);
  }
  // The instance's status comes after all reports. One collection may fall into the reconnect.
  const auto reports = [&] {
    const Types types = agent.types();
    const auto status = std::find(types.begin(), types.end(), "PublishInstanceStatusRequest");
    return status == types.end() ? 0 : status - types.begin();
  };
  REQUIRE(agent.wait_until([&] { return reports() > 0; }));
  CHECK(reports() >= 15);
  CHECK(reports() <= 16);
}

TEST_CASE("a session ends when it is cancelled, connected or not", "[component][metrics]") {
  Agent agent;
  SECTION("connected") {
    agent.start();
    REQUIRE(agent.wait_until([&] { return agent.service.frames.size() == 2; }));
  }
  SECTION("waiting to reconnect") {
    agent.endpoint_known = false;
    agent.start();
    REQUIRE(agent.wait_for_pause());
  }
  agent.stop.emit(boost::asio::cancellation_type::terminal);
  CHECK(agent.wait_until([&] { return agent.stopped; }));
}
