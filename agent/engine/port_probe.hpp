#pragma once

#include <cstdint>

namespace longshore::engine {

/// Whether a port of this host can be bound now, on every address of IPv4 and, where the host has
/// it, IPv6: the engine binds both. Asks the kernel by binding it for a moment.
bool is_port_free(std::uint16_t port, bool udp);

}  // namespace longshore::engine
