#include "runtime/cgroup_mounts.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "agent/base/text.hpp"

namespace longshore::runtime {
namespace {

// Positions of the fields before the " - " separator, and the fewest there are.
constexpr std::size_t kRootField = 3;
constexpr std::size_t kMountPointField = 4;
constexpr std::size_t kFewestFields = 6;

struct MountLine {
  std::string root{};
  std::string mount_point{};
  std::string file_system{};
  std::string super_options{};
};

/// The kernel writes space, tab, newline and backslash inside a path as three octal digits.
std::string unescape(std::string_view text) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) &&
        octal(text[i + 3])) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::optional<MountLine> parse_line(std::string_view line) {
  const auto separator = line.find(" - ");
  if (separator == std::string_view::npos) return std::nullopt;
  const auto before = split(line.substr(0, separator), ' ');
  const auto after = split(line.substr(separator + 3), ' ');
  if (before.size() < kFewestFields || after.size() < 3) return std::nullopt;
  return MountLine{.root = unescape(before[kRootField]),
                   .mount_point = unescape(before[kMountPointField]),
                   .file_system = std::string(after[0]),
                   .super_options = std::string(after[2])};
}

/// What is left of a v1 mount's options once those that name no controller are gone.
std::vector<std::string> controllers_in(std::string_view super_options) {
  constexpr std::array<std::string_view, 8> kPlainOptions = {
      "rw", "ro", "none", "all", "noprefix", "xattr", "clone_children", "cpuset_v2_mode"};
  std::vector<std::string> controllers;
  for (const std::string_view option : split(super_options, ',')) {
    const bool plain =
        std::find(kPlainOptions.begin(), kPlainOptions.end(), option) != kPlainOptions.end();
    if (plain || option.empty() || option.starts_with("release_agent=")) continue;
    controllers.emplace_back(option);
  }
  return controllers;
}

}  // namespace

CgroupMounts::CgroupMounts(std::vector<CgroupHierarchy> hierarchies)
    : hierarchies_(std::move(hierarchies)) {}

int CgroupMounts::version() const {
  const auto has_controller = [](const CgroupHierarchy& h) {
    return h.version == 1 && std::any_of(h.controllers.begin(), h.controllers.end(),
                                         [](const auto& c) { return !c.starts_with("name="); });
  };
  return std::any_of(hierarchies_.begin(), hierarchies_.end(), has_controller) ? 1 : 2;
}

std::string CgroupMounts::path_for(std::string_view controller) const {
  const int wanted = version();
  for (const CgroupHierarchy& h : hierarchies_) {
    if (h.version != wanted) continue;
    const bool attached =
        std::find(h.controllers.begin(), h.controllers.end(), controller) != h.controllers.end();
    if (wanted == 2 || attached) return h.mount_point;
  }
  return {};
}

Result<CgroupMounts> parse_cgroup_mounts(std::string_view mountinfo) {
  std::vector<CgroupHierarchy> hierarchies;
  std::vector<bool> shows_root;
  std::size_t number = 0;
  for (const std::string_view line : split(mountinfo, '\n')) {
    ++number;
    if (line.empty()) continue;
    const auto mount = parse_line(line);
    if (!mount) {
      return fail(ErrorCode::InvalidInput,
                  "mountinfo line {}: expected \"<id> <parent> <device> <root> <mount point> "
                  "<options> … - <type> <source> <options>\"",
                  number);
    }
    if (mount->file_system != "cgroup" && mount->file_system != "cgroup2") continue;
    const int version = mount->file_system == "cgroup2" ? 2 : 1;
    CgroupHierarchy found{.version = version,
                          .mount_point = mount->mount_point,
                          .controllers = version == 1 ? controllers_in(mount->super_options)
                                                      : std::vector<std::string>{}};
    const auto known =
        std::find_if(hierarchies.begin(), hierarchies.end(), [&](const CgroupHierarchy& h) {
          return h.version == found.version && h.controllers == found.controllers;
        });
    const bool whole = mount->root == "/";
    if (known == hierarchies.end()) {
      hierarchies.push_back(std::move(found));
      shows_root.push_back(whole);
      continue;
    }
    const auto index = static_cast<std::size_t>(known - hierarchies.begin());
    if (whole && !shows_root[index]) {
      *known = std::move(found);
      shows_root[index] = true;
    }
  }
  if (hierarchies.empty()) return fail(ErrorCode::Unavailable, "no cgroups are mounted");
  return CgroupMounts(std::move(hierarchies));
}

}  // namespace longshore::runtime
