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
  static constexpr std::size_t kMaxWaitingBytes = 32U << 20U;  ///< As they came; one may be larger.
  using Message = std::variant<protocol::PayloadMessage, protocol::IamRoleCredentialsMessage,
                               protocol::TaskManifestMessage, protocol::TaskStopVerificationAck>;

  explicit AcsDispatcher(AcsHandler& handler) : handler_(handler) {}
  /// `bytes`: of the message as it came.
  void push(Message message, std::size_t bytes, std::shared_ptr<Outbox> answers);
  /// Lives until cancelled.
  boost::asio::awaitable<void> run();

 private:
  struct Entry {
    Message message{};
    std::size_t bytes = 0;
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
  std::size_t waiting_bytes_ = 0;
  Signal filled_{};
  std::string last_manifest_id_{};  ///< Empty: no manifest waits for a stop verification.
};

}  // namespace longshore::control
