#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/base/ids.hpp"
#include "agent/base/result.hpp"
#include "runtime/cgroup/pidfd.hpp"
#include "runtime/cgroup_mounts.hpp"

namespace longshore::runtime::cgroup {

/// The end of a container's main process.
struct ContainerExit {
  ContainerId id{};
  /// How many processes of the container the kernel killed for memory since the watch began, or
  /// since the container started if it had ended by then. Also those that hit a limit of the
  /// task's group are counted here. nullopt: the kernel would not say, which is also so when the
  /// engine took the group away before this loop ran and the host has had a memory kill since.
  std::optional<std::uint64_t> memory_kills{};
  /// Tells the exit code from when the engine has waited for the process. nullptr: no
  /// process of the container could be held.
  std::shared_ptr<const Pidfd> process{};
};

/// Hears of the ends of containers' main processes from the kernel itself, before the engine does,
/// and reads while they are still there the counters that say whether memory was the cause: the
/// engine's own flag is wrong on a running container, and on cgroup v2 in many kills.
///
/// Without a thread and without polling: the loop waits on a pidfd. Two descriptors a container.
/// Use from the event loop only. Sources: pidfd_open(2); kernel
/// Documentation/admin-guide/cgroup-v1/memory.rst (memory.oom_control) and cgroup-v2.rst
/// (memory.events). On v1 kills in groups that the container made itself are not counted.
class ExitWatch {
 public:
  using OnExit = std::function<void(ContainerExit)>;
  static constexpr std::size_t kCapacity = 2000;

  /// `proc` is where processes are shown. At most `capacity` containers are watched at a time.
  ExitWatch(boost::asio::any_io_executor executor, CgroupMounts mounts, std::string proc = "/proc",
            std::size_t capacity = kCapacity);
  ~ExitWatch();
  ExitWatch(const ExitWatch&) = delete;
  ExitWatch& operator=(const ExitWatch&) = delete;

  /// Watches the main process `pid` of a running container. `on_exit` runs once on the loop, never
  /// within this call, and the container is not watched any more then. A process that has ended, or
  /// whose number means one outside of this container, is reported at once.
  ///
  /// Repeating it changes nothing; with another living `pid` (the container was restarted) the new
  /// process and the new `on_exit` take the place of the old, with one that has ended nothing does.
  /// Errors: Unavailable (as many are watched as can be, too many open files, Linux before 5.3),
  /// PermissionDenied.
  Status watch(ContainerId id, int pid, OnExit on_exit);
  /// Its `on_exit` will not run. Unknown ids are ignored.
  void forget(const ContainerId& id);

  /// As in ContainerExit, now: a child may be killed while the main process lives. nullopt also for
  /// a container that is not watched.
  [[nodiscard]] std::optional<std::uint64_t> memory_kills(const ContainerId& id) const;
  /// Whether the main process is watched, which it is as long as it lives.
  [[nodiscard]] bool watches(const ContainerId& id) const { return watches_.contains(id); }
  /// Sends `signal` to the main process, and to no other that came to have its number.
  /// Errors: NotFound (not watched, or ended), PermissionDenied, Internal.
  [[nodiscard]] Status signal(const ContainerId& id, int signal);
  [[nodiscard]] std::size_t size() const { return watches_.size(); }

 private:
  struct Watch;

  std::function<void()> report_unless_forgotten(const std::shared_ptr<Watch>& watch);
  void report(Watch& watch);

  boost::asio::any_io_executor executor_;
  CgroupMounts mounts_;
  std::string proc_;
  std::size_t capacity_;
  std::map<ContainerId, std::shared_ptr<Watch>> watches_{};
};

}  // namespace longshore::runtime::cgroup
