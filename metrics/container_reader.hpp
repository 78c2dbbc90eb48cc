#pragma once

#include "agent/base/clock.hpp"
#include "agent/base/ids.hpp"
#include "agent/base/result.hpp"
#include "metrics/sample.hpp"
#include "runtime/cgroup_mounts.hpp"
#include "runtime/container_cgroup.hpp"
#include "runtime/kernel_file.hpp"

namespace longshore::metrics {

/// Reads one running container's accounting from the kernel. Holds at most five descriptors: the
/// cgroup files and the /proc directory of the main process. Reading all of them takes about 20 µs.
class ContainerReader {
 public:
  /// `pid`: any process of the container, as seen under `proc` ("/proc"). `with_network`: whether
  /// the container has interfaces that are not the host's.
  /// Errors: NotFound (it has ended), PermissionDenied, Unavailable.
  static Result<ContainerReader> open(const std::string& proc, int pid, bool with_network,
                                      const ContainerId& id, const runtime::CgroupMounts& mounts);

  /// Errors: NotFound (it has ended; this reader will not work again), InvalidInput (a file does
  /// not say what it should), Unavailable.
  [[nodiscard]] Result<ContainerSample> read(SteadyTime now) const;

 private:
  ContainerReader() = default;

  runtime::CgroupVersion version_ = runtime::CgroupVersion::V1;
  bool with_network_ = false;
  runtime::KernelFile cpu_{};
  runtime::KernelFile memory_{};
  runtime::KernelFile memory_stat_{};
  runtime::KernelFile io_{};  ///< Not open when the host does not account block I/O.
  /// Of the main process. net/dev itself is opened for each reading, since an open net/dev keeps
  /// the network namespace alive after the container has ended.
  runtime::KernelFile process_{};
};

}  // namespace longshore::metrics
