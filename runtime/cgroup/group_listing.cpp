#include "runtime/cgroup/group_listing.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <system_error>

#include "runtime/cgroup/group_names.hpp"
#include "runtime/cgroup/group_tree.hpp"

namespace longshore::runtime::cgroup {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxTasks = 10'000;

Result<bool> has_processes(const fs::path& path) {
  const auto groups = groups_at(path);
  // More groups than anyone looks through are not left over from an ended task.
  if (!groups && groups.error().code == ErrorCode::InvalidInput) return true;
  if (!groups) return fail(groups.error());
  for (const fs::path& group : *groups) {
    const auto processes = processes_in(group);
    if (!processes) return fail(processes.error());
    if (!processes->empty()) return true;
  }
  return false;
}

Status add_tasks(const fs::path& root, std::map<std::string, bool>& tasks) {
  std::error_code error;
  fs::directory_iterator entries(root, error);
  if (error == std::errc::no_such_file_or_directory) return {};
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code unknown;
    const std::string name = entries->path().filename().string();
    if (!entries->is_directory(unknown) || !check_task_id(name)) continue;
    if (!tasks.contains(name) && tasks.size() == kMaxTasks) continue;
    bool& alive = tasks[name];
    // One hierarchy with a process is enough: the others need not be read.
    if (alive) continue;
    const auto found = has_processes(entries->path());
    if (!found) return fail(found.error());
    alive = *found;
  }
  if (error) return fail(group_error(root, error.value()));
  return {};
}

}  // namespace

Result<std::vector<TaskGroup>> list_groups(const std::vector<fs::path>& roots) {
  std::map<std::string, bool> tasks;
  for (const fs::path& root : roots) {
    if (auto status = add_tasks(root, tasks); !status) return fail(std::move(status).error());
  }
  std::vector<TaskGroup> list;
  list.reserve(tasks.size());
  for (const auto& [id, alive] : tasks) list.push_back({.task_id = id, .has_processes = alive});
  return list;
}

}  // namespace longshore::runtime::cgroup
