#include "agent/app/listen_address.hpp"

#include <charconv>

namespace longshore::app {

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  ListenAddress parsed;
  bool valid = colon != std::string_view::npos && colon > 0;
  if (valid) {
    std::string_view address = text.substr(0, colon);
    if (address.front() == '[' && address.back() == ']') {
      address = address.substr(1, address.size() - 2);
    }
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
    valid = error == std::errc() && end == port.data() + port.size();
    parsed.address = std::string(address);
  }
  if (!valid) {
    return fail(ErrorCode::InvalidInput,
                "--listen {}: expected ADDRESS:PORT, such as 127.0.0.1:51800 or [::1]:0", text);
  }
  return parsed;
}

}  // namespace longshore::app
