#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/control/acs_handler.hpp"
#include "agent/core/event.hpp"
#include "agent/core/state_change.hpp"
#include "agent/core/task_spec.hpp"
#include "agent/store/state_store.hpp"

namespace longshore::engine {

/// An image to look up or fetch, with what a private registry needs.
struct ImageRequest {
  std::string image{};   ///< As the task names it.
  std::string digest{};  ///< "sha256:…" once resolved by a registry.
  std::optional<core::EcrAuth> ecr{};
  std::optional<control::RoleCredentials> keys{};  ///< The execution role's, if it is to be used.
  std::function<void()> on_begin{};                ///< Of a pull: no cached image serves.
};

struct ImageResolution {
  std::string digest{};  ///< Empty: none is known.
  std::optional<core::Failure> failure{};
  std::string failure_name{};
  bool fatal = false;
};

struct ImagePull {
  bool needed = false;  ///< No cached image serves.
  std::optional<core::Failure> failure{};
  std::string failure_name{};
  bool fatal = false;
  bool image_missing = false;  ///< See core::event::Pulled.
  /// The image's own ENV, when the look for a cached image has shown it; nullopt: not looked at.
  std::optional<std::vector<std::string>> environment{};
};

/// A container that runs, for those who measure it.
struct RunningContainer {
  ContainerId id{};
  TaskArn task{};
  std::string family{};
  std::string version{};
  ContainerName name{};
  std::string network_mode{};
  bool has_health_check = false;
  core::Health health = core::Health::Unknown;  ///< As the engine shows it now.
  int pid = 0;
  int stop_signal = 15;
  int restart_count = 0;  ///< Starts by its restart policy.
  bool has_restart_policy = false;
};

/// What the kernel shows of a container's main process.
enum class MainProcess { Unknown, Lives, Ended };

/// What the engine needs of parts that it does not know. All are called on the event loop.
struct EngineLinks {
  std::function<boost::asio::awaitable<ImageResolution>(ImageRequest)> resolve_image{};
  std::function<boost::asio::awaitable<ImagePull>(ImageRequest)> pull_image{};
  /// Makes sure that the pause container's image is on this host; before each create of one.
  std::function<boost::asio::awaitable<Status>()> prepare_pause_image{};
  /// A durable report, to be sent in order; the engine hears of its end by reports_finished().
  std::function<void(store::ReportId, core::TaskChange)> send_report{};
  /// Called again for each run of a container that is restarted in place.
  std::function<void(RunningContainer)> container_running{};
  std::function<void(ContainerId)> container_stopped{};
  std::function<void(ContainerId, core::Health, WallTime)> health_changed{};
  /// Processes of a container's present run that the kernel killed for memory, also after its end
  /// until container_stopped. nullopt: the kernel was not there to be asked. Unset: the same.
  std::function<std::optional<std::uint64_t>(const ContainerId&)> memory_kills{};
  /// Of the run with this restart_count. Unset: Unknown.
  std::function<MainProcess(const ContainerId&, int run)> main_process{};
  /// Of that run, once it has ended, where the kernel tells it. Unset: nullopt.
  std::function<std::optional<int>(const ContainerId&, int run)> exit_code{};
  /// Sends its stop signal to the main process, past the engine. Errors: NotFound (it is not
  /// known, or has ended), PermissionDenied. Unset: NotFound.
  std::function<Status(const ContainerId&)> ask_to_end{};
};

/// What the kernel says, where there is a way to ask it.
inline std::optional<std::uint64_t> memory_kills(const EngineLinks& links, const ContainerId& id) {
  return links.memory_kills ? links.memory_kills(id) : std::nullopt;
}

/// As the kernel shows it, where there is a way to look.
inline MainProcess main_process(const EngineLinks& links, const ContainerId& id, int run) {
  return links.main_process ? links.main_process(id, run) : MainProcess::Unknown;
}

/// nullopt also where nobody watches processes.
inline std::optional<int> exit_code(const EngineLinks& links, const ContainerId& id, int run) {
  return links.exit_code ? links.exit_code(id, run) : std::nullopt;
}

/// Errors: NotFound also where nobody watches processes.
inline Status ask_to_end(const EngineLinks& links, const ContainerId& id) {
  if (links.ask_to_end) return links.ask_to_end(id);
  return fail(ErrorCode::NotFound, "nobody watches the process of container {}", id.str());
}

}  // namespace longshore::engine
