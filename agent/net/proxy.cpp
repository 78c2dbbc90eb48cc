#include "agent/net/proxy.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <cstdlib>
#include <string_view>

#include "agent/base/text.hpp"

namespace longshore::net {
namespace {

namespace ip = boost::asio::ip;

std::string variable(const char* upper, const char* lower) {
  for (const char* name : {upper, lower}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

std::optional<ip::address> parse_address(std::string_view text) {
  boost::system::error_code ec;
  const auto address = ip::make_address(std::string(text), ec);
  if (ec) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

bool is_always_direct(const Url& target, const std::optional<ip::address>& address) {
  // Instance metadata (IPv4, IPv6) and the credentials endpoint of ECS.
  constexpr std::array<std::string_view, 3> kLinkLocal{"169.254.169.254", "fd00:ec2::254",
                                                       "169.254.170.2"};
  if (target.host == "localhost") return true;
  if (!address) return false;
  return address->is_loopback() ||
         std::any_of(kLinkLocal.begin(), kLinkLocal.end(),
                     [&](std::string_view direct) { return parse_address(direct) == address; });
}

template <typename Network, typename Address>
bool contains(const Network& network, const Address& address) {
  return network.canonical() == Network(address, network.prefix_length()).canonical();
}

bool is_in_block(std::string_view block, const ip::address& address) {
  boost::system::error_code ec;
  if (address.is_v4()) {
    const auto network = ip::make_network_v4(std::string(block), ec);
    return !ec && contains(network, address.to_v4());
  }
  const auto network = ip::make_network_v6(std::string(block), ec);
  return !ec && contains(network, address.to_v6());
}

/// An entry's host and its port, which is empty if any will do.
struct Entry {
  std::string_view host{};
  std::string_view port{};
};

Entry split_port(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return {text, {}};
    const auto rest = text.substr(end + 1);
    return {text.substr(1, end - 1), rest.starts_with(':') ? rest.substr(1) : std::string_view{}};
  }
  const auto colon = text.find(':');
  // More than one colon is an IPv6 address without brackets.
  if (colon == std::string_view::npos || text.find(':', colon + 1) != std::string_view::npos) {
    return {text, {}};
  }
  return {text.substr(0, colon), text.substr(colon + 1)};
}

bool is_below(std::string_view host, std::string_view dotted_domain) {
  return host.size() > dotted_domain.size() && host.ends_with(dotted_domain);
}

bool matches(std::string_view text, const Url& target, const std::optional<ip::address>& address) {
  if (text == "*") return true;
  if (text.find('/') != std::string_view::npos) return address && is_in_block(text, *address);
  auto [host, port] = split_port(text);
  if (!port.empty() && port != std::to_string(target.port)) return false;
  if (const auto entry_address = parse_address(host)) return entry_address == address;
  if (host.starts_with("*.")) host.remove_prefix(1);
  if (host.empty() || host == ".") return false;
  if (host.starts_with('.')) return is_below(target.host, host);
  return target.host == host || is_below(target.host, "." + std::string(host));
}

bool is_exempt(const std::string& no_proxy, const Url& target,
               const std::optional<ip::address>& address) {
  const std::string list = to_lower(no_proxy);
  const auto entries = split(list, ',');
  return std::any_of(entries.begin(), entries.end(),
                     [&](std::string_view entry) { return matches(trim(entry), target, address); });
}

}  // namespace

ProxyEnvironment read_proxy_environment() {
  return {.http_proxy = variable("HTTP_PROXY", "http_proxy"),
          .https_proxy = variable("HTTPS_PROXY", "https_proxy"),
          .no_proxy = variable("NO_PROXY", "no_proxy")};
}

Result<std::optional<Url>> choose_proxy(const ProxyEnvironment& environment, const Url& target) {
  const bool secure = target.scheme == "https" || target.scheme == "wss";
  const bool use_https = secure && !environment.https_proxy.empty();
  const std::string& text = use_https ? environment.https_proxy : environment.http_proxy;
  const auto address = parse_address(target.host);
  if (text.empty() || is_always_direct(target, address) ||
      is_exempt(environment.no_proxy, target, address)) {
    return std::nullopt;
  }
  const std::string_view name = use_https ? "HTTPS_PROXY" : "HTTP_PROXY";
  auto proxy = parse_url(text.find("://") == std::string::npos ? "http://" + text : text);
  if (!proxy) return fail(name, std::move(proxy).error());
  if (proxy->scheme != "http" && proxy->scheme != "https" && proxy->scheme != "socks5") {
    return fail(ErrorCode::InvalidInput,
                "{}: scheme \"{}\" is not known; expected http, https or socks5", name,
                proxy->scheme);
  }
  return std::optional<Url>(std::move(*proxy));
}

}  // namespace longshore::net
