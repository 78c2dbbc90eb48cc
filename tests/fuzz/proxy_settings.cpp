// Proxy variables and addresses. Parts: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, the address to reach.
#include <string>

#include "agent/net/proxy.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/planted_secret.hpp"

namespace longshore::fuzz {
namespace {

/// `url` with the planted text for its password, which is what is between the first ':' behind the
/// scheme and the last '@', whatever it is made of.
std::string plant_password(std::string_view url) {
  const auto scheme = url.find("://");
  const auto colon = url.find(':', scheme == std::string_view::npos ? 0 : scheme + 3);
  const auto at = url.rfind('@');
  if (colon == std::string_view::npos || at == std::string_view::npos || at < colon) {
    return std::string(url);
  }
  std::string planted(url);
  // A part of it stays in front, with what may break the URL there.
  return planted.replace((colon + at + 1) / 2, at - (colon + at + 1) / 2, kPlantedText);
}

void check_error(const Error& error) {
  require_refusal(error);
  require(!reveals_planted(error.message), "an error holds no password");
}

}  // namespace

void run(std::string_view input) {
  if (reveals_planted(input)) return;
  const auto all = parts(input, 4);
  const std::string address = plant_password(all[3]);
  const auto target = net::parse_url(address);
  if (!target) return check_error(target.error());
  require(!target->host.empty() && !target->authority.empty(), "an address has a host");
  require(!reveals_planted(net::printable_url(address)) ||
              !contains(target->password.reveal(), kPlantedText),
          "what is printed holds no password");
  const auto proxy = net::choose_proxy({.http_proxy = plant_password(all[0]),
                                        .https_proxy = plant_password(all[1]),
                                        .no_proxy = std::string(all[2])},
                                       *target);
  if (!proxy) return check_error(proxy.error());
  if (!*proxy) return;
  require((*proxy)->port != 0 && !(*proxy)->host.empty(), "a proxy can be connected to");
  require(target->host != "localhost" && target->host != "169.254.169.254",
          "what only this host can reach goes to no proxy");
}

}  // namespace longshore::fuzz
