#include "agent/engine/shared_volumes.hpp"

#include <utility>

#include "agent/base/race.hpp"

namespace longshore::engine {

boost::asio::awaitable<Result<core::PresentVolume>> find_shared_volume(
    runtime::ContainerRuntime* runtime, std::string name) {
  auto shown = co_await runtime->inspect_volume(std::move(name));
  if (!shown) co_return fail(std::move(shown).error());
  co_return core::PresentVolume{.driver_options = std::move(shown->driver_options),
                                .labels = std::move(shown->labels)};
}

boost::asio::awaitable<std::optional<std::string>> check_shared_volumes(
    runtime::ContainerRuntime* runtime, Clock* clock, std::vector<core::Volume> volumes, bool match,
    SteadyTime deadline) {
  for (const core::Volume& volume : volumes) {
    if (volume.scope != core::VolumeScope::Shared) continue;
    const auto present =
        co_await race_for(find_shared_volume(runtime, volume.name), clock->sleep_until(deadline));
    if (!present) co_return std::nullopt;
    if (auto misfit = core::find_volume_misfit(volume, *present, match)) co_return misfit;
  }
  co_return std::nullopt;
}

}  // namespace longshore::engine
