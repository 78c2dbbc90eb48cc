#include "runtime/cgroup/libcgroup_calls.hpp"

#include <fmt/format.h>
#include <libcgroup.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <memory>

#include "runtime/cgroup/zero_pages.hpp"

namespace longshore::runtime::cgroup {
namespace {

struct FreeGroup {
  void operator()(::cgroup* group) const { cgroup_free(&group); }
};
using Group = std::unique_ptr<::cgroup, FreeGroup>;

/// It warns about each controller of each group it makes, without a cause.
void drop_message(void*, int, const char*, va_list) {}

/// Reads the mounts, once in the process's life.
Status initialised() {
  static const int code = [] {
    cgroup_set_logger(&drop_message, CGROUP_LOG_ERROR, nullptr);
    const int outcome = cgroup_init();
    // It fills 2.3 MB of tables with zeros, of which a host uses a twentieth.
    release_zero_pages_of("libcgroup.so");
    return outcome;
  }();
  if (code == 0) return {};
  return fail(ErrorCode::Unavailable, "libcgroup: {}", cgroup_strerror(code));
}

ErrorCode code_for_errno(int number) {
  switch (number) {
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::PermissionDenied;
    case EINVAL:
    case ERANGE:
    case EBUSY:  // A memory limit below what is in use.
      return ErrorCode::InvalidInput;
    default:
      return ErrorCode::Unavailable;
  }
}

std::string describe(const std::vector<LimitFile>& files) {
  std::string text;
  for (const LimitFile& f : files) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", f.file, f.value);
  }
  return text;
}

}  // namespace

Status create_group(const std::string& name, const std::vector<std::string>& controllers,
                    const std::vector<LimitFile>& files) {
  if (auto status = initialised(); !status) return status;
  // A struct that has been used before writes only what changed since.
  const Group group(cgroup_new_cgroup(name.c_str()));
  if (!group) return fail(ErrorCode::Unavailable, "cgroup {}: out of memory", name);
  for (const std::string& controller : controllers) {
    cgroup_controller* const handle = cgroup_add_controller(group.get(), controller.c_str());
    if (handle == nullptr) {
      return fail(ErrorCode::Internal, "cgroup {}: controller {} twice", name, controller);
    }
    for (const LimitFile& limit : files) {
      if (limit.controller != controller) continue;
      if (const int code = cgroup_add_value_string(handle, limit.file.c_str(), limit.value.c_str());
          code != 0) {
        return fail(ErrorCode::Internal, "cgroup {}: {}: {}", name, limit.file,
                    cgroup_strerror(code));
      }
    }
  }
  const int code = cgroup_create_cgroup(group.get(), 1);
  if (code == 0) return {};
  if (code != ECGOTHER) {
    return fail(ErrorCode::Unavailable, "cgroup {} ({}): {}", name, describe(files),
                cgroup_strerror(code));
  }
  const int cause = cgroup_get_last_errno();
  return fail(code_for_errno(cause), "cgroup {} ({}): {}", name, describe(files),
              std::strerror(cause));
}

}  // namespace longshore::runtime::cgroup
