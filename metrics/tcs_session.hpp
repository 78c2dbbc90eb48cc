#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "agent/base/bell.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"
#include "metrics/collector.hpp"
#include "metrics/tcs_connection.hpp"
#include "metrics/tcs_frame.hpp"
#include "metrics/tcs_outbox.hpp"

namespace longshore::metrics {

/// Who reports, where to, and how often.
struct TcsSettings {
  TelemetrySource source{};
  TelemetryClient client{};
  std::string region{};
  bool verify_tls = true;
  std::chrono::milliseconds publish_interval{20'000};
};

/// Asks where the telemetry service is (DiscoverPollEndpoint); `anew` when the last answer led to
/// no session. It bounds its own waits.
using FindTelemetryEndpoint = std::function<boost::asio::awaitable<Result<std::string>>(bool anew)>;

/// Reports metrics, container health and the instance's own health to the telemetry service (TCS),
/// for as long as the agent runs: collects at every interval and, health, when it has changed;
/// keeps a websocket open, and brings the two together. Use from the event loop only.
class TcsSession {
 public:
  /// The references must outlive this. `executor` is the event loop's. `link_back` ends the wait
  /// for the next session: it is rung when the control plane is in reach again.
  TcsSession(const boost::asio::any_io_executor& executor, Clock& clock, Collector& collector,
             Bell& link_back, FindTelemetryEndpoint find_endpoint, SigningSource signing,
             TcsSettings settings);

  /// Runs until cancelled. Add the containers that run already before: a collector that watches
  /// nothing is reported as an idle host at once.
  boost::asio::awaitable<void> run();

  /// How the container engine is; call it when that changes, which is sent at once, and after each
  /// ACS heartbeat, which is sent at the next interval.
  void set_instance_health(InstanceHealth health);

  /// The control plane has this host no longer as one of its instances: ends the session, and
  /// begins none before `link_back` is rung.
  void leave() { left_.ring(); }

 private:
  boost::asio::awaitable<void> run_collection();
  boost::asio::awaitable<void> run_health();
  void push_health();
  boost::asio::awaitable<void> run_connections();
  boost::asio::awaitable<void> serve_in_turn();
  boost::asio::awaitable<Status> connect_and_serve(bool anew);

  Clock& clock_;
  Collector& collector_;
  Bell& link_back_;
  FindTelemetryEndpoint find_endpoint_;
  SigningSource signing_;
  TcsSettings settings_;
  TcsOutbox outbox_;
  Bell left_{};
};

}  // namespace longshore::metrics
