#include "runtime/cgroup/cgroup_limiter.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "runtime/cgroup/group_kill.hpp"
#include "runtime/cgroup/group_listing.hpp"
#include "runtime/cgroup/group_names.hpp"
#include "runtime/cgroup/group_removal.hpp"
#include "runtime/cgroup/libcgroup_calls.hpp"
#include "runtime/cgroup/limit_files.hpp"
#include "runtime/cgroup_mounts.hpp"

namespace longshore::runtime::cgroup {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kKillTimeout = 2s;
/// A killed process takes about as long to be gone; one in uninterruptible sleep may take long.
constexpr std::chrono::milliseconds kFirstPause = 1ms;
constexpr std::chrono::milliseconds kLongestPause = 50ms;

Result<CgroupMounts> read_mounts() {
  std::ifstream file("/proc/self/mountinfo");
  std::stringstream text;
  text << file.rdbuf();
  return parse_cgroup_mounts(text.str());
}

/// libcgroup takes names without the slash that the engine wants in front.
std::string group_name(const CgroupSettings& settings, const std::string& task_id) {
  const std::string path = settings.root + (task_id.empty() ? "" : "/" + task_id);
  return path.substr(path.find_first_not_of('/'));
}

Status check_driver(const CgroupSettings& settings) {
  if (settings.driver == "cgroupfs") return {};
  return fail(ErrorCode::Unavailable,
              "task limits need Docker's cgroupfs driver, and the engine uses \"{}\": set "
              "\"exec-opts\": [\"native.cgroupdriver=cgroupfs\"] in /etc/docker/daemon.json and "
              "restart the engine",
              settings.driver);
}

/// The controllers a task's group is made for; pids only where it is asked for.
std::vector<std::string> controllers_for(const TaskLimits& limits) {
  std::vector<std::string> controllers{"cpu", "memory"};
  if (limits.pids > 0) controllers.emplace_back("pids");
  return controllers;
}

Status prepare_root(const CgroupSettings& settings) {
  const auto mounts = read_mounts();
  if (!mounts) return fail(mounts.error());
  if (mounts->version() != settings.version) {
    return fail(ErrorCode::Unavailable,
                "the engine works with cgroup v{}, and this host shows v{}: does it run elsewhere?",
                settings.version, mounts->version());
  }
  const auto controllers = controllers_for({});
  for (const std::string& controller : controllers) {
    if (mounts->path_for(controller).empty()) {
      return fail(ErrorCode::Unavailable, "the cgroup controller \"{}\" is not mounted",
                  controller);
    }
  }
  return create_group(group_name(settings, {}), controllers, {});
}

/// `names` in each hierarchy: the engine makes its groups in all of them, not only where there is
/// a limit.
Result<std::vector<std::filesystem::path>> group_paths(const std::vector<std::string>& names) {
  const auto mounts = read_mounts();
  if (!mounts) return fail(mounts.error());
  std::vector<std::filesystem::path> paths;
  for (const CgroupHierarchy& hierarchy : mounts->hierarchies()) {
    for (const std::string& name : names) {
      paths.push_back(std::filesystem::path(hierarchy.mount_point) / name);
    }
  }
  return paths;
}

Status remove_task_group(const CgroupSettings& settings, const std::string& task_id) {
  const auto paths = group_paths({group_name(settings, task_id)});
  if (!paths) return fail(paths.error());
  return remove_groups(*paths);
}

Status create_task_group(const CgroupSettings& settings, const std::string& task_id,
                         const TaskLimits& limits) {
  auto status = create_group(group_name(settings, task_id), controllers_for(limits),
                             limit_files(limits, settings.version));
  // A refused value leaves a group without limits behind. One that is in use stays.
  if (!status) (void)remove_task_group(settings, task_id);
  return status;
}

Result<std::size_t> kill_container_group(const CgroupSettings& settings, const std::string& task_id,
                                         const ContainerId& container) {
  const auto paths =
      group_paths(container_groups(task_id, container, settings.root, settings.driver));
  if (!paths) return fail(paths.error());
  return kill_groups(*paths);
}

Result<std::vector<TaskGroup>> list_task_groups(const CgroupSettings& settings) {
  const auto roots = group_paths({group_name(settings, {})});
  if (!roots) return fail(roots.error());
  return list_groups(*roots);
}

}  // namespace

CgroupLimiter::CgroupLimiter(Lane& lane, CgroupSettings settings)
    : lane_(lane), settings_(std::move(settings)) {}

asio::awaitable<Status> CgroupLimiter::prepare() {
  if (auto status = check_driver(settings_); !status) co_return status;
  auto job = [settings = settings_] { return prepare_root(settings); };
  co_return co_await run_blocking(lane_, std::move(job));
}

std::string CgroupLimiter::cgroup_parent(std::string task_id) const {
  return cgroup_parent_for(task_id, settings_.root, settings_.driver);
}

asio::awaitable<Status> CgroupLimiter::create(std::string task_id, TaskLimits limits) {
  if (auto status = check_driver(settings_); !status) co_return status;
  if (auto status = check_task_id(task_id); !status) co_return status;
  auto job = [settings = settings_, task_id, limits] {
    return create_task_group(settings, task_id, limits);
  };
  co_return co_await run_blocking(lane_, std::move(job));
}

asio::awaitable<Status> CgroupLimiter::remove(std::string task_id) {
  if (!check_task_id(task_id)) co_return Status{};  // No group can have that name.
  auto job = [settings = settings_, task_id] { return remove_task_group(settings, task_id); };
  co_return co_await run_blocking(lane_, std::move(job));
}

asio::awaitable<Status> CgroupLimiter::kill(std::string task_id, ContainerId container) {
  if (auto status = check_task_id(task_id); !status) co_return status;
  if (auto status = check_container_id(container); !status) co_return status;
  const auto deadline = steady_clock::now() + kKillTimeout;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  // The lane is free between two rounds: what else it does must not wait for a process to die.
  for (auto pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    auto round = [settings = settings_, task_id, container] {
      return kill_container_group(settings, task_id, container);
    };
    const auto left = co_await run_blocking(lane_, std::move(round));
    const bool is_first = pause == kFirstPause;
    // The engine removes a group once it is empty.
    if (!left && left.error().code == ErrorCode::NotFound && !is_first) co_return Status{};
    if (!left) co_return fail("kill container " + container.str(), left.error());
    if (*left == 0) co_return Status{};
    if (steady_clock::now() >= deadline) {
      co_return fail(ErrorCode::Timeout,
                     "kill container {}: {} processes remain {} ms after SIGKILL, in "
                     "uninterruptible sleep or frozen from outside",
                     container.str(), *left, kKillTimeout.count());
    }
    timer.expires_after(pause);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<Result<std::vector<TaskGroup>>> CgroupLimiter::list() {
  if (auto status = check_driver(settings_); !status) co_return fail(std::move(status).error());
  auto job = [settings = settings_] { return list_task_groups(settings); };
  co_return co_await run_blocking(lane_, std::move(job));
}

}  // namespace longshore::runtime::cgroup
