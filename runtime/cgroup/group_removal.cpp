#include "runtime/cgroup/group_removal.hpp"

#include <unistd.h>

#include <cerrno>

#include "runtime/cgroup/group_tree.hpp"

namespace longshore::runtime::cgroup {
namespace {

namespace fs = std::filesystem;

/// `visit` runs for each group, those inside first.
Status for_each_group(const fs::path& path, Status (*visit)(const fs::path&)) {
  const auto groups = groups_at(path);
  if (!groups) return fail(groups.error());
  for (const fs::path& group : *groups) {
    if (auto status = visit(group); !status) return status;
  }
  return {};
}

Status check_empty(const fs::path& group) {
  const auto processes = processes_in(group);
  if (!processes) return fail(processes.error());
  if (processes->empty()) return {};
  return fail(ErrorCode::Conflict, "{}: processes remain", group.string());
}

Status remove_one(const fs::path& group) {
  if (::rmdir(group.c_str()) == 0 || errno == ENOENT) return {};
  // A process came after we looked.
  if (errno == EBUSY) return fail(ErrorCode::Conflict, "{}: processes remain", group.string());
  return fail(group_error(group, errno));
}

}  // namespace

Status remove_groups(const std::vector<fs::path>& paths) {
  for (const fs::path& path : paths) {
    if (auto status = for_each_group(path, check_empty); !status) return status;
  }
  for (const fs::path& path : paths) {
    if (auto status = for_each_group(path, remove_one); !status) return status;
  }
  return {};
}

}  // namespace longshore::runtime::cgroup
