#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "agent/base/clock.hpp"
#include "agent/base/gate.hpp"
#include "agent/base/ids.hpp"
#include "agent/base/text.hpp"
#include "agent/control/acs_dispatcher.hpp"
#include "agent/control/acs_handler.hpp"
#include "agent/control/ecs_client.hpp"
#include "agent/control/link_state.hpp"
#include "agent/control/reconnect.hpp"
#include "agent/net/websocket.hpp"
#include "agent/protocol/acs_incoming.hpp"

namespace longshore::control {

/// Who connects.
struct AcsSettings {
  ContainerInstanceArn container_instance{};
  std::string agent_version{};
  std::string agent_hash{};
  std::string docker_version{};  ///< The engine's version; empty: not known.
  bool verify_tls = true;
  std::string ca_file{};  ///< PEM bundle in place of the system's.
  /// Called when the cluster turns out not to count this instance any more (telemetry stops then).
  std::function<void()> on_inactive_instance{};
  /// Called when there is a connection again after an attempt had failed, or nothing had been heard
  /// for long: what else waits for the link need not wait any longer.
  std::function<void()> on_link_back{};
};

/// The connection over which the cluster tells this instance what to do; it is always there or
/// being made. Nothing that happens on it ends the process. On the event loop.
class AcsSession {
 public:
  /// `random` gives [0, 1) for waits and timers.
  AcsSession(EcsClient& ecs, Clock& clock, AcsHandler& handler, AcsSettings settings,
             std::function<double()> random = random_unit);

  /// Connects, serves and connects again, until cancelled.
  boost::asio::awaitable<void> run();

  /// What others may know about the connection; see is_cut_off().
  const LinkState& link() const { return link_; }

 private:
  struct Connection;
  using ConnectionPtr = std::shared_ptr<Connection>;
  using Attempt = tl::expected<std::unique_ptr<net::Websocket>, SessionEnd>;

  boost::asio::awaitable<void> run_connections();
  boost::asio::awaitable<Attempt> connect();
  Attempt refuse(const std::string& what, const std::string& cause, bool unreachable = false);

  boost::asio::awaitable<SessionEnd> serve(ConnectionPtr connection);
  boost::asio::awaitable<void> read_messages(ConnectionPtr connection);
  boost::asio::awaitable<void> write_answers(ConnectionPtr connection);
  boost::asio::awaitable<void> watch_inactivity(ConnectionPtr connection);
  boost::asio::awaitable<void> watch_age(ConnectionPtr connection);
  boost::asio::awaitable<void> watch_link();
  boost::asio::awaitable<void> take(ConnectionPtr connection, std::string text);
  std::optional<AcsDispatcher::Message> on_message(Connection& connection,
                                                   protocol::AcsMessage message);
  boost::asio::awaitable<void> hold_back(ConnectionPtr connection, std::size_t bytes);
  void refuse_update(Connection& connection, const protocol::UpdateMessage& update);
  void keep_alive(Connection& connection);
  boost::asio::awaitable<void> wait_for_end();
  std::chrono::milliseconds draw(std::chrono::milliseconds least, std::chrono::milliseconds more);

  EcsClient& ecs_;
  Clock& clock_;
  AcsHandler& handler_;
  AcsSettings settings_;
  std::function<double()> random_;
  AcsDispatcher dispatcher_;
  ReconnectSchedule schedule_{};
  LinkState link_{};
  Signal heard_{};                ///< `link_` tells of something new.
  bool send_credentials_ = true;  ///< Until the first connection of this process succeeds.
  std::string told_{};            ///< Why the last attempt failed, as far as it was logged.
  bool link_failed_ = false;      ///< An attempt, or the last connection.
};

}  // namespace longshore::control
