#include "runtime/cgroup/group_names.hpp"

#include <algorithm>

#include "agent/base/text.hpp"

namespace longshore::runtime::cgroup {
namespace {

constexpr std::size_t kMaxIdBytes = 128;

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

}  // namespace

std::string cgroup_parent_for(std::string_view task_id, std::string_view root,
                              std::string_view driver) {
  if (driver == "systemd") return fmt::format("ecstasks-{}.slice", task_id);
  return fmt::format("{}/{}", root, task_id);
}

Status check_task_id(std::string_view task_id) {
  if (!task_id.empty() && task_id.size() <= kMaxIdBytes &&
      std::all_of(task_id.begin(), task_id.end(), is_id_character)) {
    return {};
  }
  return fail(ErrorCode::InvalidInput,
              "task id \"{}\": expected 1 to {} letters, digits, '-' and '_'",
              truncate_utf8(task_id, kMaxIdBytes), kMaxIdBytes);
}

}  // namespace longshore::runtime::cgroup
