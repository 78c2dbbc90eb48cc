#include "runtime/cgroup/group_removal.hpp"

#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace longshore::runtime::cgroup {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 16;

Result<std::vector<fs::path>> groups_inside(const fs::path& group) {
  std::vector<fs::path> inside;
  std::error_code error;
  fs::directory_iterator entries(group, error);
  // Groups of ended containers go while we look.
  if (error == std::errc::no_such_file_or_directory) return inside;
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code unknown;
    if (entries->is_directory(unknown)) inside.push_back(entries->path());
  }
  if (error) return fail(ErrorCode::Internal, "{}: {}", group.string(), error.message());
  return inside;
}

/// `visit` runs for each group, those inside first.
template <typename Visit>
Status for_each_group(const fs::path& group, Visit visit, int depth = 0) {
  if (depth > kMaxDepth) {
    return fail(ErrorCode::InvalidInput, "{}: groups deeper than {}", group.string(), kMaxDepth);
  }
  const auto inside = groups_inside(group);
  if (!inside) return fail(inside.error());
  for (const fs::path& child : *inside) {
    if (auto status = for_each_group(child, visit, depth + 1); !status) return status;
  }
  return visit(group);
}

Status check_empty(const fs::path& group) {
  std::ifstream processes(group / "cgroup.procs");
  if (processes.peek() == std::ifstream::traits_type::eof()) return {};
  return fail(ErrorCode::Conflict, "{}: processes remain", group.string());
}

Status remove_one(const fs::path& group) {
  if (::rmdir(group.c_str()) == 0 || errno == ENOENT) return {};
  const std::error_code error(errno, std::generic_category());
  switch (error.value()) {
    case EBUSY:  // A process came after we looked.
      return fail(ErrorCode::Conflict, "{}: processes remain", group.string());
    case EACCES:
    case EPERM:
    case EROFS:
      return fail(ErrorCode::PermissionDenied, "{}: {}", group.string(), error.message());
    default:
      return fail(ErrorCode::Internal, "{}: {}", group.string(), error.message());
  }
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
