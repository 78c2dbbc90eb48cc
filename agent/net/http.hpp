#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longshore::net {

/// Headers in the order they are sent; look-up ignores case.
using Headers = std::vector<std::pair<std::string, std::string>>;

/// The first header of that name, in any case.
std::optional<std::string_view> find_header(const Headers& headers, std::string_view name);

struct HttpRequest {
  std::string method = "GET";
  std::string url{};  ///< HttpsClient: absolute. UnixHttpClient: path and query ("/v1.41/info").
  Headers headers{};  ///< Host and Content-Length are added by the client unless given.
  std::string body{};
  /// From the call to the last byte of the answer. For open_stream: to the end of its headers.
  std::chrono::milliseconds timeout{42'000};
  std::chrono::milliseconds connect_timeout{30'000};
  std::size_t max_response_bytes = 16U << 20U;
  bool verify_tls = true;
};

/// A whole answer; any status is one.
struct HttpResponse {
  int status = 0;
  Headers headers{};
  std::string body{};
};

}  // namespace longshore::net
