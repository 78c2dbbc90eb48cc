#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "agent/aws/credentials.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"
#include "agent/net/websocket.hpp"
#include "metrics/tcs_messages.hpp"
#include "metrics/tcs_outbox.hpp"

namespace longshore::metrics {

/// What frames and upgrades are signed with. Asked whenever there is something to send.
struct SigningSource {
  /// Bounds its own waits.
  std::function<boost::asio::awaitable<Result<aws::Credentials>>()> credentials{};
  /// The service's time as far as known: with that of a host whose clock is off, every signature
  /// would be refused.
  std::function<WallTime()> service_now{};
};

/// One telemetry session, from the upgrade to its end: sends what the outbox has, listens to
/// heartbeats, and ends the session in good order when they stop or when it is old.
class TcsConnection {
 public:
  struct Settings {
    std::string session_url{};
    std::string region{};
    TelemetrySource source{};
  };

  /// The references must outlive this.
  TcsConnection(Clock& clock, TcsOutbox& outbox, const SigningSource& signing,
                std::unique_ptr<net::Websocket> socket, Settings settings);

  /// Runs until the session has ended. Success: it ended in good order (see is_clean_end).
  /// Errors: Unavailable, Timeout (nothing heard for three minutes), InvalidInput (a message that
  /// is too large).
  boost::asio::awaitable<Status> run();

 private:
  boost::asio::awaitable<Status> listen();
  boost::asio::awaitable<Status> speak();
  boost::asio::awaitable<void> expire();
  boost::asio::awaitable<Status> send_reports();
  boost::asio::awaitable<Status> send(std::vector<std::string> messages,
                                      aws::Credentials credentials);
  void on_message(const std::string& text);
  void expect_heartbeat();
  [[nodiscard]] Status to_end(Error error) const;

  Clock& clock_;
  TcsOutbox& outbox_;
  const SigningSource& signing_;
  std::unique_ptr<net::Websocket> socket_;
  Settings settings_;
  SteadyTime heartbeat_due_{};
  SteadyTime oldest_end_{};
};

}  // namespace longshore::metrics
