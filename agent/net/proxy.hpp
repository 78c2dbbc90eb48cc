#pragma once

#include <optional>
#include <string>

#include "agent/base/result.hpp"
#include "agent/net/url.hpp"

namespace longshore::net {

/// The proxy variables as they stand in the environment; empty means unset.
struct ProxyEnvironment {
  std::string http_proxy{};   ///< HTTP_PROXY, else http_proxy
  std::string https_proxy{};  ///< HTTPS_PROXY, else https_proxy
  std::string no_proxy{};     ///< NO_PROXY, else no_proxy
};

/// Read anew for every connection, as the official agent does.
ProxyEnvironment read_proxy_environment();

/// The proxy for a connection to `target`, or nullopt for none.
///
/// https and wss take HTTPS_PROXY, and HTTP_PROXY when that is unset; http and ws take HTTP_PROXY
/// (amazon-ecs-agent:ecs-agent/utils/httpproxy/proxy.go). Never proxied: localhost, loopback
/// addresses, and the link-local addresses of instance metadata and task credentials, which no
/// proxy can reach for us. NO_PROXY is a comma-separated list of "*", addresses, CIDR blocks,
/// domains ("example.com": it and what is below it; ".example.com": only what is below), each
/// but "*" and CIDR with an optional port (golang.org/x/net/http/httpproxy).
///
/// Errors: InvalidInput when the proxy variable is no URL of scheme http, https or socks5 (a
/// missing scheme means http).
Result<std::optional<Url>> choose_proxy(const ProxyEnvironment& environment, const Url& target);

}  // namespace longshore::net
