#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace longshore::app {

struct ListenAddress {
  std::string address{};  ///< Without the brackets of an IPv6 address.
  std::uint16_t port = 0;
};

/// "127.0.0.1:51800", "[::1]:0". Errors: InvalidInput that names the value and the accepted form.
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace longshore::app
