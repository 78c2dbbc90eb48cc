#pragma once

#include <cstdint>
#include <string>

#include "agent/base/result.hpp"

namespace longshore::engine {

/// Host ports a task's dynamic ports may have, both ends included.
struct HostPortRange {
  std::uint16_t first = 49153;
  std::uint16_t last = 65535;
};

/// The kernel's own range for outgoing connections, which is where the official agent looks too;
/// its default range when the kernel does not say. Source: ip(7), ip_local_port_range.
HostPortRange kernel_port_range();

/// Picks host ports for container ports that name none, so that a container keeps its port over
/// restarts. Goes round the range, past ports that are taken. On the event loop.
class PortPicker {
 public:
  explicit PortPicker(HostPortRange range) : range_(range) {}
  /// A port on which nothing listens now. `protocol` is "tcp" or "udp".
  /// Errors: Unavailable (every port of the range is taken).
  Result<std::uint16_t> pick(const std::string& protocol);

 private:
  HostPortRange range_;
  std::uint32_t used_ = 0;  ///< Ports tried so far: where the next search goes on.
};

}  // namespace longshore::engine
