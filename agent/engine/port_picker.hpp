#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/engine/task_table.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::engine {

/// Host ports a task's dynamic ports may have, both ends included.
struct HostPortRange {
  std::uint16_t first = 49153;
  std::uint16_t last = 65535;
};

/// The kernel's own range for outgoing connections, which is where the official agent looks too;
/// its default range when the kernel does not say. Source: ip(7), ip_local_port_range.
HostPortRange kernel_port_range();

/// A port of one protocol, "tcp" or "udp".
struct HostPort {
  std::string protocol{};
  std::uint16_t port = 0;
  friend auto operator<=>(const HostPort&, const HostPort&) = default;
  friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// Picks host ports for container ports that name none, so that a container keeps its port over
/// restarts. Goes round the range, past ports that somebody listens on and past those of our own
/// containers that nobody listens on yet: picked but not started, named by a task that waits, or
/// between two runs. On the event loop.
class PortPicker {
 public:
  using Probe = std::function<bool(std::uint16_t port, bool udp)>;

  /// `is_free` is is_port_free() of port_probe.hpp, or a test's own.
  PortPicker(HostPortRange range, const TaskTable& tasks, Probe is_free);

  /// The bindings to ask the engine for on behalf of the container `holder`: one for each port, a
  /// range's in a row, none for a mapping without a container port. They are the container's until
  /// it has stopped; asking again picks anew. Errors: Unavailable, "error retrieving docker port
  /// map: …" (no ports left for it).
  Result<std::vector<runtime::PortBinding>> bind(const ContainerKey& holder,
                                                 const std::vector<core::PortMapping>& mappings);

 private:
  /// `length` ports in a row that are free and not in `held`. Errors: Unavailable.
  Result<std::uint16_t> pick_block(const std::string& protocol, std::uint32_t length,
                                   const std::set<HostPort>& held);
  /// Every port of a container that has not stopped, but for those picked for `holder`.
  [[nodiscard]] std::set<HostPort> held_by_others(const ContainerKey& holder) const;
  void forget_stopped();

  HostPortRange range_;
  const TaskTable& tasks_;
  Probe is_free_;
  std::map<ContainerKey, std::vector<HostPort>> picked_;
  std::uint32_t next_ = 0;  ///< Where the next search begins, counted from the range's first.
};

}  // namespace longshore::engine
