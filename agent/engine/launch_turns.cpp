#include "agent/engine/launch_turns.hpp"

#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"

namespace longshore::engine {
namespace {

boost::asio::awaitable<void> take_back(Clock* clock, std::weak_ptr<std::optional<Gate::Pass>> turn,
                                       TaskArn task, std::string container) {
  co_await clock->sleep_for(LaunchTurns::kLaunchPatience);
  const auto held = turn.lock();
  if (!held) co_return;
  log_warn("the container engine has not answered a create or start; others go ahead of it",
           {{"task", task_id(task)},
            {"container", container},
            {"waited", std::to_string(LaunchTurns::kLaunchPatience.count()) + " s"}});
  held->reset();
}

}  // namespace

LaunchTurns::LaunchTurns(boost::asio::any_io_executor executor, Clock& clock, std::size_t at_once)
    : executor_(std::move(executor)), clock_(clock), gate_(at_once) {}

boost::asio::awaitable<LaunchTurns::Turn> LaunchTurns::take(TaskArn task, std::string container) {
  auto turn = std::make_shared<std::optional<Gate::Pass>>(co_await gate_.enter());
  spawn(executor_, "launch turn", take_back(&clock_, turn, std::move(task), std::move(container)));
  co_return turn;
}

}  // namespace longshore::engine
