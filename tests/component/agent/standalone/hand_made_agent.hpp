#pragma once

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "agent/base/lane.hpp"
#include "agent/net/https_client.hpp"
#include "agent/net/websocket.hpp"
#include "agent/standalone/standalone_server.hpp"
#include "tests/support/fake_clock.hpp"

namespace longshore::standalone {

using nlohmann::json;
using namespace std::chrono_literals;

/// "AWS4-HMAC-SHA256 Credential=…" in the form that agents send.
std::string signature();
/// A TCS frame: signed header block and envelope.
std::string tcs_frame(const char* type, const json& message);

/// One open websocket as an agent sees it. Each wait ends within ten seconds.
class AgentEnd {
 public:
  AgentEnd(boost::asio::io_context& io, std::unique_ptr<net::Websocket> socket)
      : io_(io), socket_(std::move(socket)) {}
  /// The next frame, {"type","message"}. Fails the test when none comes.
  json receive();
  /// The next frame of this type; others before it are dropped.
  json receive(const char* type);
  /// True when the connection ends before another frame comes.
  bool ends();
  void send_text(const std::string& text);
  void send(const char* type, const json& message);
  std::uint16_t close_code() const { return socket_->closed() ? socket_->closed()->code : 0; }

 private:
  boost::asio::io_context& io_;
  std::unique_ptr<net::Websocket> socket_;
};

/// A standalone server on a port of the kernel's choice, its clock in the test's hands, and what an
/// agent or a person does to it over loopback.
class Loopback {
 public:
  explicit Loopback(StandaloneSettings settings = {});

  /// POST / with X-Amz-Target; any status is a value. Errors of the transport are, too.
  net::HttpsAnswer post_api(const std::string& target, const json& body);
  /// An ECS operation that must succeed.
  json api(const std::string& operation, const json& body);
  net::HttpResponse request(const std::string& method, const std::string& path,
                            const std::string& body = {}, net::Headers headers = {});
  /// POST to /_longshore/ that must succeed.
  json tell(const std::string& path, const json& body);
  json record();
  /// How many records of this channel, direction and type there are.
  std::size_t recorded(const char* channel, const char* direction, const char* type);

  std::string register_host();
  json acs_query(const std::string& instance_arn) const;
  tl::expected<std::unique_ptr<net::Websocket>, net::ConnectFailure> try_connect(
      const json& query, net::Headers headers = {});
  AgentEnd connect_acs(const std::string& instance_arn, const json& changes = json::object());
  AgentEnd connect_tcs(const std::string& instance_arn);
  /// Registers a task definition and runs one task of it; its ARN.
  std::string run_task(json definition = json::object());
  /// Moves the server's time, letting every sleeper on the way act.
  void advance(std::chrono::seconds by) { clock.advance(io, by); }
  /// Runs the loop until `condition` holds, ten seconds at most.
  bool eventually(const std::function<bool()>& condition);

  boost::asio::io_context io;
  testing::FakeClock clock;
  std::unique_ptr<StandaloneServer> server;

 private:
  Lane lane_{1};
  net::HttpsClient http_{lane_};
};

}  // namespace longshore::standalone
