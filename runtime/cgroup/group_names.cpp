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

Status check_id(std::string_view what, std::string_view id) {
  if (!id.empty() && id.size() <= kMaxIdBytes &&
      std::all_of(id.begin(), id.end(), is_id_character)) {
    return {};
  }
  return fail(ErrorCode::InvalidInput,
              "{} id \"{}\": expected 1 to {} letters, digits, '-' and '_'", what,
              truncate_utf8(id, kMaxIdBytes), kMaxIdBytes);
}

std::string slice_path(std::string_view slice) {
  std::string path;
  for (auto dash = slice.find('-'); dash != std::string_view::npos;
       dash = slice.find('-', dash + 1)) {
    path += fmt::format("{}.slice/", slice.substr(0, dash));
  }
  return path + std::string(slice);
}

}  // namespace

std::string cgroup_parent_for(std::string_view task_id, std::string_view root,
                              std::string_view driver) {
  if (driver == "systemd") return fmt::format("ecstasks-{}.slice", task_id);
  return fmt::format("{}/{}", root, task_id);
}

std::vector<std::string> container_groups(std::string_view task_id, const ContainerId& container,
                                          std::string_view root, std::string_view driver) {
  const std::string parent = cgroup_parent_for(task_id, root, driver);
  if (driver == "systemd") {
    const std::string scope = fmt::format("docker-{}.scope", container.str());
    return {fmt::format("{}/{}", slice_path(parent), scope), "system.slice/" + scope};
  }
  const auto name_begin = std::min(parent.find_first_not_of('/'), parent.size());
  return {fmt::format("{}/{}", parent.substr(name_begin), container.str()),
          "docker/" + container.str()};
}

Status check_task_id(std::string_view task_id) { return check_id("task", task_id); }

Status check_container_id(const ContainerId& container) {
  return check_id("container", container.str());
}

}  // namespace longshore::runtime::cgroup
