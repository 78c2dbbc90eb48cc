#include "agent/engine/teardown.hpp"

#include <utility>

#include "agent/base/race.hpp"

namespace longshore::engine {

void Teardown::began(ContainerId id) {
  last_ = Last{.id = std::move(id), .limit = clock_.steady_now() + kPatience};
}

boost::asio::awaitable<void> Teardown::over() {
  if (!last_) co_return;
  const Last waited = *last_;
  if (clock_.steady_now() < waited.limit) {
    co_await race(ask(waited.id), clock_.sleep_until(waited.limit));
  }
  if (last_ && last_->id == waited.id) last_.reset();
}

boost::asio::awaitable<void> Teardown::ask(ContainerId id) {
  (void)co_await runtime_.inspect(std::move(id));  // An error is an answer, too.
}

}  // namespace longshore::engine
