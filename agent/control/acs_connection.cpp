// What AcsSession does with an open connection.
#include "agent/control/acs_connection.hpp"

#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/race.hpp"
#include "agent/protocol/acs_frame.hpp"

namespace longshore::control {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kReadDeadline{3};
constexpr minutes kWriteDeadline{3};
/// Reading what has piled up while nothing was read takes less.
constexpr minutes kBacklogTime{1};
/// RFC 6455, 7.4.1: normal closure.
constexpr std::uint16_t kNormalClosure = 1000;

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

awaitable<void> AcsSession::read_messages(ConnectionPtr connection) {
  while (true) {
    auto text = co_await connection->socket->read(kReadDeadline);
    if (!text) {
      const bool ended = text.error().code == ErrorCode::Unavailable && !connection->given_up;
      connection->end = ended ? to_session_end(connection->socket->closed()) : SessionEnd::Failed;
      log_info("ACS: disconnected", {{"error", text.error().message}});
      co_return;
    }
    co_await take(connection, *std::move(text));
  }
}

awaitable<void> AcsSession::take(ConnectionPtr connection, std::string text) {
  auto message = protocol::decode_message(text);
  if (!message) {
    log_warn("ACS: message dropped", {{"error", message.error().message}});
    co_return;
  }
  keep_alive(*connection);
  auto later = on_message(*connection, *std::move(message));
  if (!later) co_return;
  if (!dispatcher_.has_room(text.size())) co_await hold_back(connection, text.size());
  dispatcher_.push(*std::move(later), text.size(), connection->answers);
}

/// Until the dispatcher has room. Nothing is read meanwhile, so that the server has to wait: how
/// long nothing is heard then says nothing about it. An end of the connection is read after all
/// that came before it.
awaitable<void> AcsSession::hold_back(ConnectionPtr connection, std::size_t bytes) {
  log_debug("ACS: no more is read until messages that wait are dealt with");
  connection->silent_until = SteadyTime::max();
  connection->unread_until = SteadyTime::max();
  link_.held_back = true;
  co_await dispatcher_.wait_for_room(bytes);
  link_.held_back = false;
  connection->unread_until = clock_.steady_now() + kBacklogTime;
  keep_alive(*connection);
}

/// Deals with what need not wait; the rest is for the dispatcher.
std::optional<AcsDispatcher::Message> AcsSession::on_message(Connection& connection,
                                                             protocol::AcsMessage message) {
  std::optional<AcsDispatcher::Message> later;
  const auto defer = [&](auto& deferred) { later.emplace(std::move(deferred)); };
  std::visit(
      Overloaded{[&](protocol::HeartbeatMessage& heartbeat) {
                   // Never behind a payload: the server hangs up when this answer is late.
                   const protocol::HeartbeatAckRequest ack{.message_id = heartbeat.message_id};
                   connection.answers->push(protocol::encode_frame(ack.kType, ack.to_json()));
                   note_heartbeat(link_, clock_.steady_now());
                   handler_.on_heartbeat();
                 },
                 [&](protocol::PayloadMessage& payload) { defer(payload); },
                 [&](protocol::IamRoleCredentialsMessage& credentials) { defer(credentials); },
                 [&](protocol::TaskManifestMessage& manifest) { defer(manifest); },
                 [&](protocol::TaskStopVerificationAck& verified) { defer(verified); },
                 [&](const protocol::UpdateMessage& update) { refuse_update(connection, update); },
                 [](const protocol::AcsNotice& notice) {
                   log_info("ACS: notice", {{"type", notice.type}, {"text", notice.text}});
                 },
                 [](const protocol::UnsupportedMessage& unsupported) {
                   log_warn("ACS: not supported by this version of the agent",
                            {{"type", unsupported.type}});
                 }},
      message);
  return later;
}

/// A host gets a new release of the agent as it gets other programs. The words are those of the
/// official agent whose updates are off.
void AcsSession::refuse_update(Connection& connection, const protocol::UpdateMessage& update) {
  log_warn("ACS: asked to update the agent, which it does not do by itself");
  if (!update.message_id) return;
  const protocol::NackRequest nack{.cluster = update.cluster_arn,
                                   .container_instance = update.container_instance_arn,
                                   .message_id = *update.message_id,
                                   .reason = "Updates are disabled"};
  connection.answers->push(protocol::encode_frame(nack.kType, nack.to_json()));
}

awaitable<void> AcsSession::write_answers(ConnectionPtr connection) {
  while (true) {
    std::string frame = co_await connection->answers->next();
    const Status written = co_await connection->socket->write(std::move(frame), kWriteDeadline);
    if (written) continue;
    log_warn("ACS: answer not sent", {{"error", written.error().message}});
    connection->answers->close();
    // When the peer ended the connection, the reader learns how; else it has to be cut.
    if (written.error().code != ErrorCode::Unavailable) {
      connection->given_up = true;
      connection->socket->abort();
    }
    co_await wait_for_end();
  }
}

void AcsSession::keep_alive(Connection& connection) {
  link_.last_heard = clock_.steady_now();
  heard_.set();
  connection.silent_until = link_.last_heard + draw(seconds{60}, seconds{60});
  connection.kept_alive.set();
}

awaitable<void> AcsSession::watch_inactivity(ConnectionPtr connection) {
  while (clock_.steady_now() < connection->silent_until) {
    // A new limit may be earlier than the old one, since both are drawn.
    co_await race(clock_.sleep_until(connection->silent_until), connection->kept_alive.wait());
  }
  log_warn("ACS: no message for too long");
  connection->given_up = true;
  connection->socket->abort();
  co_await wait_for_end();
}

awaitable<void> AcsSession::watch_age(ConnectionPtr connection) {
  co_await clock_.sleep_until(connection->expires);
  // A close throws away what has come and was not read.
  while (clock_.steady_now() < connection->unread_until) co_await clock_.sleep_for(kBacklogTime);
  log_info("ACS: the connection is old; it is made anew");
  co_await connection->socket->close(kNormalClosure, "ConnectionExpired: Reconnect to continue");
  co_await wait_for_end();
}

/// For a coroutine whose work is done: the reader's end cancels it.
awaitable<void> AcsSession::wait_for_end() { return clock_.sleep_until(SteadyTime::max()); }

}  // namespace longshore::control
