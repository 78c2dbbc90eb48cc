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
/// short. None is ever dropped, since keys of roles are sent once: whoever reads messages waits for
/// room with each. One queue, so that keys stay behind the payload that names their task.
class AcsDispatcher {
 public:
  /// Messages that wait for a slow handler.
  static constexpr std::size_t kMaxWaiting = 64;
  static constexpr std::size_t kMaxWaitingBytes = 32U << 20U;  ///< As they came; one may be larger.
  using Message = std::variant<protocol::PayloadMessage, protocol::IamRoleCredentialsMessage,
                               protocol::TaskManifestMessage, protocol::TaskStopVerificationAck>;

  explicit AcsDispatcher(AcsHandler& handler) : handler_(handler) {}
  /// Whether one more message, of `bytes` as it came, may wait.
  [[nodiscard]] bool has_room(std::size_t bytes) const;
  /// Returns once has_room(bytes). For one reader at a time.
  boost::asio::awaitable<void> wait_for_room(std::size_t bytes);
  /// `bytes`: of the message as it came; has_room() for them.
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
  Signal taken_{};
  std::string last_manifest_id_{};  ///< Empty: no manifest waits for a stop verification.
};

}  // namespace longshore::control
