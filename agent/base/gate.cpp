#include "agent/base/gate.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <list>
#include <optional>

namespace longshore {
namespace {

namespace asio = boost::asio;

/// A timer that never expires by itself stands for "until woken": cancel() wakes it.
asio::steady_timer make_sleeper(asio::any_io_executor executor) {
  return {executor, asio::steady_timer::time_point::max()};
}

}  // namespace

struct Gate::Pass::State {
  std::size_t free = 0;
  struct Waiter {
    asio::steady_timer timer;
    bool admitted = false;
  };
  std::list<Waiter*> waiting{};

  void leave() {
    if (waiting.empty()) {
      ++free;
      return;
    }
    Waiter* next = waiting.front();
    waiting.pop_front();
    next->admitted = true;  // The place passes on directly, so nobody can slip in between.
    next->timer.cancel();
  }
};

Gate::Gate(std::size_t width) : state_(std::make_shared<Pass::State>()) { state_->free = width; }
Gate::~Gate() = default;

Gate::Pass::~Pass() {
  if (state_) state_->leave();
}

asio::awaitable<Gate::Pass> Gate::enter() {
  const auto state = state_;
  if (state->free > 0) {
    --state->free;
    co_return Pass(state);
  }
  // Leaves the queue, or gives the place back, if this coroutine is cancelled or destroyed.
  struct Place {
    std::shared_ptr<Pass::State> state;
    Pass::State::Waiter waiter;
    bool taken = false;
    ~Place() {
      state->waiting.remove(&waiter);
      if (waiter.admitted && !taken) state->leave();
    }
  } place{state, {make_sleeper(co_await asio::this_coro::executor)}};
  state->waiting.push_back(&place.waiter);
  const auto [error] = co_await place.waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (!place.waiter.admitted) throw boost::system::system_error(error);
  place.taken = true;
  co_return Pass(state);
}

struct Signal::State {
  bool is_set = false;
  std::optional<asio::steady_timer> timer{};
};

Signal::Signal() : state_(std::make_shared<State>()) {}
Signal::~Signal() = default;

void Signal::set() {
  state_->is_set = true;
  if (state_->timer) state_->timer->cancel();
}

asio::awaitable<void> Signal::wait() {
  const auto state = state_;
  if (!state->is_set) {
    state->timer.emplace(make_sleeper(co_await asio::this_coro::executor));
    const auto [error] = co_await state->timer->async_wait(asio::as_tuple(asio::use_awaitable));
    state->timer.reset();
    if (!state->is_set) throw boost::system::system_error(error);
  }
  state->is_set = false;
}

}  // namespace longshore
