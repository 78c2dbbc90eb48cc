// Texts of the kernel: /proc/self/mountinfo, /proc/<pid>/cgroup, and the counters of cgroups and of
// /proc/<pid>/net/dev. Parts: mountinfo, cgroup, counters.
#include <algorithm>

#include "metrics/kernel_text.hpp"
#include "runtime/cgroup_mounts.hpp"
#include "runtime/container_cgroup.hpp"
#include "runtime/kernel_text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {
namespace {

const ContainerId kContainer("c0ffee");

bool is_below(const std::string& path, const std::string& mount) {
  return !mount.empty() && path.starts_with(mount);
}

void check_groups(std::string_view mountinfo, std::string_view groups) {
  const auto mounts = runtime::parse_cgroup_mounts(mountinfo);
  if (!mounts) return require(!mounts.error().message.empty(), "an error says what is wrong");
  require(!mounts->hierarchies().empty(), "without cgroups there is an error");
  const auto found = runtime::find_container_cgroup(groups, kContainer, *mounts);
  if (!found) return require(!found.error().message.empty(), "an error says what is wrong");
  require(is_below(found->memory, mounts->path_for("memory")), "a group is below its mount point");
  require(is_below(found->cpu, mounts->path_for("cpuacct")), "a group is below its mount point");
  const auto id = found->memory.rfind(kContainer.str());
  require(id == std::string::npos || id < mounts->path_for("memory").size() ||
              found->memory.find(
                  '/', found->memory.find(kContainer.str(), mounts->path_for("memory").size())) ==
                  std::string::npos,
          "what a container made below itself is not the container");
}

void check_counters(std::string_view text) {
  constexpr std::uint64_t kUsage = 1'000'000;
  for (const auto version : {runtime::CgroupVersion::V1, runtime::CgroupVersion::V2}) {
    const auto used = metrics::memory_in_use(version, kUsage, text);
    require(used > 0 && used <= kUsage, "what is in use is a part of the usage");
  }
  static_cast<void>(metrics::parse_blkio_bytes(text));
  static_cast<void>(metrics::parse_io_stat(text));
  static_cast<void>(metrics::parse_net_dev(text));
  const auto number = runtime::parse_number(text);
  require(!number || contains(text, std::to_string(*number)), "a number is what the file says");
  std::string_view rest = text;
  std::size_t lines = 0;
  for (; !rest.empty(); ++lines) static_cast<void>(runtime::next_line(rest));
  require(lines <= static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1,
          "each line is read once");
}

}  // namespace

void run(std::string_view input) {
  const auto all = parts(input, 3);
  check_groups(all[0], all[1]);
  check_counters(all[2]);
}

}  // namespace longshore::fuzz
