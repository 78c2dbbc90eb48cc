#include "agent/control/to_port.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>

#include "agent/base/text.hpp"
#include "agent/control/in_range.hpp"

namespace longshore::control {
namespace {

constexpr std::int64_t kMaxPort = 65'535;

/// 1 to 65535; nullopt for any other text.
std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || rest != end || port == 0) return std::nullopt;
  return port;
}

/// "9000-9004", or "80" for a range of one. The host's ports for it are always picked.
Status set_range(core::PortMapping& mapping, const std::string& range) {
  const auto ends = split(range, '-');
  const auto first = parse_port(ends.front());
  const auto last = parse_port(ends.back());
  if (ends.size() > 2 || !first || !last || *first > *last) {
    return fail(ErrorCode::Conflict, "invalid range specified for port: {}", range);
  }
  mapping.container_port = *first;
  mapping.container_port_last = *last;
  return {};
}

}  // namespace

Result<core::PortMapping> to_port(const protocol::PortMappingBlock& wire, std::string_view at) {
  core::PortMapping mapping;
  if (!wire.protocol.empty()) mapping.protocol = wire.protocol;
  if (mapping.protocol != "tcp" && mapping.protocol != "udp") {
    return fail(ErrorCode::InvalidInput, "{}.protocol: expected tcp or udp, got {}", at,
                wire.protocol);
  }
  const auto container_port =
      in_range(fmt::format("{}.containerPort", at), wire.container_port, kMaxPort);
  if (!container_port) return fail(container_port.error());
  const auto host_port = in_range(fmt::format("{}.hostPort", at), wire.host_port, kMaxPort);
  if (!host_port) return fail(host_port.error());
  if (*container_port == 0 && !wire.container_port_range.empty()) {
    if (auto status = set_range(mapping, wire.container_port_range); !status) {
      return fail(status.error());
    }
    return mapping;
  }
  mapping.container_port = static_cast<std::uint16_t>(*container_port);
  mapping.host_port = static_cast<std::uint16_t>(*host_port);
  return mapping;
}

}  // namespace longshore::control
