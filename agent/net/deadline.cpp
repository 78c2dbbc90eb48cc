#include "agent/net/deadline.hpp"

#include <utility>

namespace longshore::net {

Deadline::Deadline(const std::shared_ptr<Transport>& transport, std::chrono::milliseconds limit)
    : Deadline(transport->executor(), limit, [weak = std::weak_ptr(transport)] {
        if (const auto alive = weak.lock()) alive->close();
      }) {}

Deadline::Deadline(boost::asio::any_io_executor executor, std::chrono::milliseconds limit,
                   std::function<void()> on_expiry)
    : state_(std::make_shared<State>()), timer_(executor, limit) {
  state_->on_expiry = std::move(on_expiry);
  timer_.async_wait([state = state_](boost::system::error_code ec) {
    if (ec || state->over) return;
    state->expired = true;
    state->on_expiry();
  });
}

Deadline::~Deadline() { state_->over = true; }

boost::asio::awaitable<void> unwind_if_cancelled() { co_return; }

}  // namespace longshore::net
