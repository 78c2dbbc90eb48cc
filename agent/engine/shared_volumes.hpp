#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/core/refusal.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::engine {

/// What the engine shows of the volume `name`; NotFound: there is none.
boost::asio::awaitable<Result<core::PresentVolume>> find_shared_volume(
    runtime::ContainerRuntime* runtime, std::string name);

/// Why a task may not have one of its shared volumes, in ECS's words (core::find_volume_misfit);
/// nullopt: it may, or the engine has not said otherwise by `deadline`.
boost::asio::awaitable<std::optional<std::string>> check_shared_volumes(
    runtime::ContainerRuntime* runtime, Clock* clock, std::vector<core::Volume> volumes, bool match,
    SteadyTime deadline);

}  // namespace longshore::engine
