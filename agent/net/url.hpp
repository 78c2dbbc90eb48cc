#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"
#include "agent/base/secret.hpp"

namespace longshore::net {

/// An absolute URL in parts; target and authority are as written, for whoever signed them.
struct Url {
  std::string scheme{};      ///< Lower case: "https".
  std::string user{};        ///< Percent-decoded; empty without user information.
  Secret password{};         ///< Percent-decoded.
  std::string host{};        ///< Lower case, IPv6 without brackets: "::1".
  std::uint16_t port = 0;    ///< Written, or the scheme's own; 0 for an unknown scheme without one.
  std::string authority{};   ///< Host and port as written, without user information: "[::1]:8080".
  std::string target = "/";  ///< Path and query, without fragment.
};

/// Splits `text` ("https://host:8443/path?query"). Own ports: http and ws 80, https and wss 443,
/// socks5 1080. Errors: InvalidInput; the message names `text` only up to its '?', and without
/// user information, because both may carry credentials; of a text with a '@' behind its first '/',
/// '?' or '#' it names the scheme alone, since a password may hold them, too.
Result<Url> parse_url(std::string_view text);

/// `text` up to its query, and without user information: fit for logs and errors.
std::string printable_url(std::string_view text);

}  // namespace longshore::net
