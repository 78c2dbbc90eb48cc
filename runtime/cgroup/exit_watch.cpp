#include "runtime/cgroup/exit_watch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>
#include <string_view>
#include <utility>

#include "runtime/cgroup/pidfd.hpp"
#include "runtime/container_cgroup.hpp"
#include "runtime/kernel_file.hpp"
#include "runtime/kernel_text.hpp"

namespace longshore::runtime::cgroup {
namespace {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

/// /proc/<pid>/cgroup has a line for each hierarchy, with a path of at most PATH_MAX.
constexpr std::size_t kGroupTextBytes = std::size_t{32} * 1024;
constexpr std::size_t kCounterTextBytes = std::size_t{64} * 1024;  // vmstat has 4 kB and grows.

/// The file that counts the container's memory kills; not open where the kernel has none to show.
/// Errors: NotFound (the process has ended, or it is not of this container), PermissionDenied,
/// Unavailable.
Result<KernelFile> open_counter(const std::string& proc, int pid, const ContainerId& id,
                                const CgroupMounts& mounts) {
  const auto file = KernelFile::open(fmt::format("{}/{}/cgroup", proc, pid));
  if (!file) return fail(file.error());
  std::array<char, kGroupTextBytes> buffer;
  const auto text = file->read(buffer);
  if (!text) return fail(text.error());
  if (id.empty() || text->find(id.str()) == std::string_view::npos) {
    return fail(ErrorCode::NotFound, "process {} is not of container {}", pid, id.str());
  }
  const auto group = find_container_cgroup(*text, id, mounts);
  // A host without a memory controller, or a container whose memory is counted elsewhere.
  if (!group || group->memory.find(id.str()) == std::string::npos) return KernelFile{};
  const bool v1 = group->version == CgroupVersion::V1;
  auto counter = KernelFile::open(group->memory + (v1 ? "/memory.oom_control" : "/memory.events"));
  return counter ? std::move(*counter) : KernelFile{};
}

std::optional<std::uint64_t> read_counter(const KernelFile& counter) {
  if (!counter.is_open()) return std::nullopt;
  std::array<char, kCounterTextBytes> buffer;
  const auto text = counter.read(buffer);
  return text ? find_value(*text, "oom_kill") : std::nullopt;
}

/// Memory kills of the whole host since it started.
std::optional<std::uint64_t> read_host_counter(const std::string& proc) {
  const auto file = KernelFile::open(proc + "/vmstat");
  return file ? read_counter(*file) : std::nullopt;
}

}  // namespace

struct ExitWatch::Watch {
  ContainerId id{};
  int pid = 0;
  OnExit on_exit{};
  stream_descriptor process;
  KernelFile counter{};
  std::uint64_t kills_before = 0;
  /// The host's, read while the process lived.
  std::optional<std::uint64_t> host_kills_before{};

  [[nodiscard]] std::optional<std::uint64_t> memory_kills(const std::string& proc) const {
    const auto now = read_counter(counter);
    if (now && *now >= kills_before) return *now - kills_before;
    // The engine took the group away already. Where nobody on this host was killed for memory
    // since, this one was not.
    const bool none = host_kills_before && read_host_counter(proc) == host_kills_before;
    return none ? std::optional<std::uint64_t>(0) : std::nullopt;
  }
};

ExitWatch::ExitWatch(asio::any_io_executor executor, CgroupMounts mounts, std::string proc,
                     std::size_t capacity)
    : executor_(std::move(executor)),
      mounts_(std::move(mounts)),
      proc_(std::move(proc)),
      capacity_(capacity) {}

ExitWatch::~ExitWatch() = default;

Status ExitWatch::watch(ContainerId id, int pid, OnExit on_exit) {
  const auto known = watches_.find(id);
  if (known != watches_.end() && known->second->pid == pid) return {};
  if (known == watches_.end() && watches_.size() >= capacity_) {
    return fail(ErrorCode::Unavailable, "watch container {}: {} are watched already", id.str(),
                capacity_);
  }
  auto watch = std::make_shared<Watch>(Watch{.id = id,
                                             .pid = pid,
                                             .on_exit = std::move(on_exit),
                                             .process = stream_descriptor(executor_)});
  // Held first, looked at then: what is read belongs to this process, or to one that took its
  // number after this one ended, which the descriptor tells.
  auto process = Pidfd::open(pid);
  auto counter = process ? open_counter(proc_, pid, id, mounts_) : fail(process.error());
  if (!counter && counter.error().code != ErrorCode::NotFound) {
    return fail("watch container " + id.str(), std::move(counter).error());
  }
  if (!counter) {
    if (known != watches_.end()) return {};
    watches_[std::move(id)] = watch;
    asio::post(executor_, report_unless_forgotten(watch));
    return {};
  }
  watch->counter = std::move(*counter);
  const auto kills = read_counter(watch->counter);
  const auto host_kills = read_host_counter(proc_);
  // Of a process that has ended, what was counted before may be its very end.
  if (!process->has_ended()) {
    watch->kills_before = kills.value_or(0);
    watch->host_kills_before = host_kills;
  }
  const int descriptor = process->release();
  boost::system::error_code failure;
  watch->process.assign(descriptor, failure);
  if (failure) {
    ::close(descriptor);
    return fail(ErrorCode::Unavailable, "watch container {}: {}", id.str(), failure.message());
  }
  watches_[std::move(id)] = watch;
  watch->process.async_wait(
      stream_descriptor::wait_read,
      [ended = report_unless_forgotten(watch)](boost::system::error_code) { ended(); });
  return {};
}

/// Reports unless the watch was forgotten or replaced meanwhile, or this is gone.
std::function<void()> ExitWatch::report_unless_forgotten(const std::shared_ptr<Watch>& watch) {
  return [this, weak = std::weak_ptr(watch)] {
    if (const auto ended = weak.lock()) report(*ended);
  };
}

void ExitWatch::report(Watch& watch) {
  ContainerExit exit{.id = watch.id, .memory_kills = watch.memory_kills(proc_)};
  if (watch.process.is_open()) {
    exit.process = std::make_shared<const Pidfd>(Pidfd::adopt(watch.process.release()));
  }
  const OnExit on_exit = std::move(watch.on_exit);
  watches_.erase(exit.id);
  on_exit(std::move(exit));
}

void ExitWatch::forget(const ContainerId& id) { watches_.erase(id); }

Status ExitWatch::signal(const ContainerId& id, int signal) {
  const auto at = watches_.find(id);
  // Not open: the process had ended when the watch began.
  if (at == watches_.end() || !at->second->process.is_open()) {
    return fail(ErrorCode::NotFound, "no process of container {} is watched", id.str());
  }
  return send_signal(at->second->process.native_handle(), signal);
}

std::optional<std::uint64_t> ExitWatch::memory_kills(const ContainerId& id) const {
  const auto at = watches_.find(id);
  return at == watches_.end() ? std::nullopt : at->second->memory_kills(proc_);
}

}  // namespace longshore::runtime::cgroup
