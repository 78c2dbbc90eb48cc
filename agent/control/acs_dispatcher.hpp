#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <variant>

#include "agent/base/gate.hpp"
#include "agent/control/acs_handler.hpp"
#include "agent/control/outbox.hpp"
#include "agent/protocol/acs_messages.hpp"

namespace longshore::control {

/// Gives messages to the handler one at a time, in the order they came, and answers each where it
/// came from. It outlives connections, so that losing one does not cut a payload's acceptance
/// short.
class AcsDispatcher {
 public:
  /// Messages that wait for a slow handler. One too many is dropped without an answer, so the
  /// server sends it again.
  static constexpr std::size_t kMaxWaiting = 64;
  using Message = std::variant<protocol::PayloadMessage, protocol::IamRoleCredentialsMessage,
                               protocol::TaskManifestMessage, protocol::TaskStopVerificationAck>;

  explicit AcsDispatcher(AcsHandler& handler) : handler_(handler) {}
  void push(Message message, std::shared_ptr<Outbox> answers);
  /// Lives until cancelled.
  boost::asio::awaitable<void> run();

 private:
  struct Entry {
    Message message{};
    std::shared_ptr<Outbox> answers{};
  };
  boost::asio::awaitable<void> handle(protocol::PayloadMessage message,
                                      std::shared_ptr<Outbox> answers);
  boost::asio::awaitable<void> handle(protocol::IamRoleCredentialsMessage message,
                                      std::shared_ptr<Outbox> answers);
  boost::asio::awaitable<void> handle(protocol::TaskManifestMessage message,
                                      std::shared_ptr<Outbox> answers);
  boost::asio::awaitable<void> handle(protocol::TaskStopVerificationAck message,
                                      std::shared_ptr<Outbox> answers);

  AcsHandler& handler_;
  std::deque<Entry> waiting_{};
  Signal filled_{};
  std::string last_manifest_id_{};  ///< Empty: no manifest waits for a stop verification.
};

}  // namespace longshore::control
