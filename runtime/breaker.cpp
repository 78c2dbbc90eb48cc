#include "runtime/breaker.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace longshore::runtime {

namespace asio = boost::asio;

struct Breaker::State {
  std::optional<std::string> why{};
  std::list<asio::steady_timer*> waiting{};  ///< Cancelled to wake them.
};

Breaker::Breaker() : state_(std::make_shared<State>()) {}
Breaker::~Breaker() = default;

void Breaker::open(std::string why) {
  state_->why = std::move(why);
  for (asio::steady_timer* timer : state_->waiting) timer->cancel();
}

void Breaker::close() { state_->why.reset(); }

bool Breaker::is_open() const { return state_->why.has_value(); }

Error Breaker::error() const { return {ErrorCode::Unavailable, state_->why.value_or("")}; }

asio::awaitable<void> Breaker::opened() {
  // Gone with the coroutine, however it ends.
  struct Place {
    std::shared_ptr<State> state;
    asio::steady_timer timer;
    ~Place() { state->waiting.remove(&timer); }
  } place{state_, {co_await asio::this_coro::executor, asio::steady_timer::time_point::max()}};
  state_->waiting.push_back(&place.timer);
  const auto [error] = co_await place.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!place.state->why) throw boost::system::system_error(error);
}

}  // namespace longshore::runtime
