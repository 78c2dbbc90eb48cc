// Proxy variables and addresses. Parts: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, the address to reach.
#include <string>

#include "agent/net/proxy.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {
namespace {

/// Between "//" and the last "@" before what follows the host.
std::string_view password_in(std::string_view url) {
  const auto start = url.find("://");
  const std::string_view authority = start == std::string_view::npos ? url : url.substr(start + 3);
  const std::string_view before = authority.substr(0, authority.find_first_of("/?#"));
  const auto at = before.rfind('@');
  const auto colon = before.find(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || colon > at) return {};
  return before.substr(colon + 1, at - colon - 1);
}

void check_error(const Error& error, std::string_view input, std::string_view url) {
  require_refusal(error);
  const std::string_view password = password_in(url);
  require(!is_unique(password, input) || !contains(error.message, password),
          "an error holds no password");
}

}  // namespace

void run(std::string_view input) {
  const auto all = parts(input, 4);
  const auto target = net::parse_url(all[3]);
  if (!target) return check_error(target.error(), input, all[3]);
  require(!target->host.empty() && !target->authority.empty(), "an address has a host");
  const std::string_view password = password_in(all[3]);
  require(!is_unique(password, input) || !contains(net::printable_url(all[3]), password),
          "what is printed holds no password");
  const auto proxy = net::choose_proxy({.http_proxy = std::string(all[0]),
                                        .https_proxy = std::string(all[1]),
                                        .no_proxy = std::string(all[2])},
                                       *target);
  if (!proxy) {
    check_error(proxy.error(), input, all[0]);
    return check_error(proxy.error(), input, all[1]);
  }
  if (!*proxy) return;
  require((*proxy)->port != 0 && !(*proxy)->host.empty(), "a proxy can be connected to");
  require(target->host != "localhost" && target->host != "169.254.169.254",
          "what only this host can reach goes to no proxy");
}

}  // namespace longshore::fuzz
