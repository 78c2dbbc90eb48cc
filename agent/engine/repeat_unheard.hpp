#pragma once

#include <chrono>
#include <type_traits>

#include "agent/base/clock.hpp"
#include "agent/base/error.hpp"

namespace longshore::engine {

/// Until an engine that was away is asked for the same again.
inline constexpr std::chrono::seconds kAskAgain{1};

/// Makes a call of the engine again as long as it is Unavailable: an engine that is away, or is
/// started again, has refused nothing. For calls that done twice are done once. Ends, with the last
/// answer, also when `wanted` is false and at `end`.
template <typename Wanted, typename Call>
std::invoke_result_t<Call> repeat_unheard(Clock* clock, SteadyTime end, Wanted wanted, Call call) {
  while (true) {
    auto outcome = co_await call();
    const bool unheard = !outcome && outcome.error().code == ErrorCode::Unavailable;
    if (!unheard || !wanted() || clock->steady_now() >= end) co_return outcome;
    co_await clock->sleep_for(kAskAgain);
  }
}

}  // namespace longshore::engine
