#include "runtime/cgroup/cgroup_limiter.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "runtime/cgroup/group_names.hpp"
#include "runtime/cgroup/group_removal.hpp"
#include "runtime/cgroup/libcgroup_calls.hpp"
#include "runtime/cgroup/limit_files.hpp"
#include "runtime/cgroup_mounts.hpp"

namespace longshore::runtime::cgroup {
namespace {

namespace asio = boost::asio;

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

Result<std::vector<std::filesystem::path>> group_paths(const CgroupSettings& settings,
                                                       const std::string& task_id) {
  const auto mounts = read_mounts();
  if (!mounts) return fail(mounts.error());
  std::vector<std::filesystem::path> paths;
  // The engine makes the path in every hierarchy, not only where there is a limit.
  for (const CgroupHierarchy& hierarchy : mounts->hierarchies()) {
    paths.push_back(std::filesystem::path(hierarchy.mount_point) / group_name(settings, task_id));
  }
  return paths;
}

Status remove_task_group(const CgroupSettings& settings, const std::string& task_id) {
  const auto paths = group_paths(settings, task_id);
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
  if (auto status = check_task_id(task_id); !status) co_return status;
  auto job = [settings = settings_, task_id] { return remove_task_group(settings, task_id); };
  co_return co_await run_blocking(lane_, std::move(job));
}

}  // namespace longshore::runtime::cgroup
