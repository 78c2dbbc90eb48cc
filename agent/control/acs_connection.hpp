#pragma once

#include <memory>
#include <utility>

#include "agent/base/gate.hpp"
#include "agent/control/acs_session.hpp"
#include "agent/control/outbox.hpp"

namespace longshore::control {

/// One open connection, shared by the coroutines that serve it. Only the reader ends it; the others
/// make the reader end.
struct AcsSession::Connection {
  explicit Connection(std::unique_ptr<net::Websocket> s) : socket(std::move(s)) {}
  std::unique_ptr<net::Websocket> socket;
  std::shared_ptr<Outbox> answers = std::make_shared<Outbox>();
  SteadyTime silent_until{};  ///< Without a message the server counts as gone from then on.
  SteadyTime expires{};       ///< When the connection is old enough to be made anew.
  Signal kept_alive{};        ///< `silent_until` changed.
  SteadyTime unread_until{};  ///< Until then messages may have come that were not read.
  bool given_up = false;      ///< Cut by us, so the close code says nothing.
  SessionEnd end = SessionEnd::Failed;
};

}  // namespace longshore::control
