#include "agent/base/bell.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <list>

namespace longshore {

namespace asio = boost::asio;

struct Bell::State {
  std::uint64_t rings = 0;
  std::list<asio::steady_timer*> waiting{};  ///< Timers that never expire; ring() cancels them.
};

Bell::Bell() : state_(std::make_shared<State>()) {}
Bell::~Bell() = default;

void Bell::ring() {
  ++state_->rings;
  for (asio::steady_timer* timer : state_->waiting) timer->cancel();
}

std::uint64_t Bell::rings() const { return state_->rings; }

asio::awaitable<void> Bell::wait(std::uint64_t heard) {
  const auto state = state_;
  if (state->rings > heard) co_return;
  asio::steady_timer timer(co_await asio::this_coro::executor,
                           asio::steady_timer::time_point::max());
  struct Place {
    std::shared_ptr<State> state;
    asio::steady_timer* timer;
    ~Place() { state->waiting.remove(timer); }
  };
  const Place place{state, &timer};
  state->waiting.push_back(&timer);
  const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (state->rings <= heard) throw boost::system::system_error(error);
}

}  // namespace longshore
