#include "agent/net/url.hpp"

#include <algorithm>
#include <charconv>

#include "agent/base/text.hpp"

namespace longshore::net {
namespace {

std::uint16_t default_port(std::string_view scheme) {
  if (scheme == "http" || scheme == "ws") return 80;
  if (scheme == "https" || scheme == "wss") return 443;
  if (scheme == "socks5") return 1080;
  return 0;
}

bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != '\x7f'; });
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (ec != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

struct HostPort {
  std::string_view host{};
  std::optional<std::string_view> port{};
};

/// "host", "host:80", "[::1]", "[::1]:80".
std::optional<HostPort> split_authority(std::string_view text) {
  HostPort parts;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    parts.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    parts.host = text.substr(0, colon);
    rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (parts.host.empty()) return std::nullopt;
  if (rest.empty()) return parts;
  if (!rest.starts_with(':')) return std::nullopt;
  parts.port = rest.substr(1);
  return parts;
}

/// As printable_url(), for what is no URL. A password with a '/', '?' or '#' that nobody encoded
/// looks like a host with a path: only the scheme of such a text is shown.
std::string printable_refused(std::string_view text) {
  const auto scheme_end = text.find("://");
  const std::size_t start = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const auto authority_end = std::min(text.find_first_of("/?#", start), text.size());
  if (text.find('@', authority_end) == std::string_view::npos) return printable_url(text);
  return std::string(text.substr(0, start)) + "…";
}

}  // namespace

std::string printable_url(std::string_view text) {
  text = text.substr(0, text.find_first_of("?#"));
  const auto scheme_end = text.find("://");
  const std::size_t start = scheme_end == std::string_view::npos ? 0 : scheme_end + 3;
  const auto at = text.substr(0, text.find('/', start)).rfind('@');
  if (at == std::string_view::npos || at < start) return std::string(text);
  return std::string(text.substr(0, start)) + std::string(text.substr(at + 1));
}

Result<Url> parse_url(std::string_view text) {
  const auto refuse = [&](std::string_view what) {
    return fail(ErrorCode::InvalidInput, "URL \"{}\": {}; expected scheme://host[:port]/path",
                printable_refused(text), what);
  };
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) return refuse("no scheme");
  if (!is_printable(text)) return refuse("spaces or control characters");
  Url url;
  url.scheme = to_lower(text.substr(0, scheme_end));
  std::string_view rest = text.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find('#'));
  const auto target_start = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, target_start);
  if (target_start != std::string_view::npos) {
    const std::string_view target = rest.substr(target_start);
    url.target = (target.starts_with('?') ? "/" : "") + std::string(target);
  }
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    const std::string_view user_info = authority.substr(0, at);
    const auto colon = user_info.find(':');
    url.user = percent_decode(user_info.substr(0, colon));
    if (colon != std::string_view::npos) {
      url.password = Secret(percent_decode(user_info.substr(colon + 1)));
    }
    authority = authority.substr(at + 1);
  }
  const auto parts = split_authority(authority);
  if (!parts) return refuse("no host");
  url.host = to_lower(parts->host);
  url.authority = std::string(authority);
  url.port = default_port(url.scheme);
  if (parts->port && !parts->port->empty()) {
    const auto port = parse_port(*parts->port);
    if (!port) return refuse("port is not within 1-65535");
    url.port = *port;
  }
  return url;
}

}  // namespace longshore::net
