#include "agent/net/tunnel.hpp"

#include <openssl/evp.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "agent/net/deadline.hpp"
#include "agent/net/net_error.hpp"

namespace longshore::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxAnswerBytes = 16U << 10U;

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

/// 200 of "HTTP/1.1 200 Connection established"; 0 for anything else than a status line.
int status_of(std::string_view answer) {
  int status = 0;
  if (answer.starts_with("HTTP/1.") && answer.size() > 12) {
    std::from_chars(answer.data() + 9, answer.data() + 12, status);
  }
  return status;
}

class Tunnel {
 public:
  Tunnel(std::shared_ptr<Transport> transport, Url proxy, std::string host, std::uint16_t port)
      : stream_(std::move(transport)),
        proxy_(std::move(proxy)),
        host_(std::move(host)),
        port_(port) {}

  asio::awaitable<Status> connect_http() {
    const std::string target = (host_.find(':') == std::string::npos ? host_ : "[" + host_ + "]") +
                               ":" + std::to_string(port_);
    std::string request = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n";
    if (!proxy_.user.empty()) {
      request += "Proxy-Authorization: Basic " +
                 base64(proxy_.user + ":" + proxy_.password.reveal()) + "\r\n";
    }
    if (auto sent = co_await send(request + "\r\n"); !sent) co_return sent;
    std::string answer;
    const auto [ec, size] = co_await asio::async_read_until(
        stream_, asio::dynamic_buffer(answer, kMaxAnswerBytes), "\r\n\r\n", kAwait);
    co_await unwind_if_cancelled();
    if (ec && ec != asio::error::not_found) co_return fail(connection_error("CONNECT", ec));
    const int status = status_of(answer);
    if (status == 200 && !ec && size == answer.size()) co_return Status{};
    if (status == 403 || status == 407) {
      co_return fail(ErrorCode::PermissionDenied, "CONNECT refused with HTTP {}", status);
    }
    if (status >= 300)
      co_return fail(ErrorCode::Unavailable, "CONNECT refused with HTTP {}", status);
    co_return fail(ErrorCode::InvalidInput, "CONNECT: not the answer of an HTTP proxy");
  }

  asio::awaitable<Status> connect_socks() {
    const bool with_password = !proxy_.user.empty();
    if (auto sent = co_await send(with_password ? std::string("\x05\x02\x00\x02", 4)
                                                : std::string("\x05\x01\x00", 3));
        !sent) {
      co_return sent;
    }
    const auto method = co_await receive(2);
    if (!method) co_return fail(method.error());
    if ((*method)[0] != '\x05') co_return fail(ErrorCode::InvalidInput, "not a SOCKS 5 proxy");
    if ((*method)[1] == '\x02' && with_password) {
      if (auto authorised = co_await send_password(); !authorised) co_return authorised;
    } else if ((*method)[1] != '\x00') {
      co_return fail(ErrorCode::PermissionDenied, "no accepted authentication method");
    }
    co_return co_await request_connection();
  }

 private:
  asio::awaitable<Status> send_password() {
    const std::string& password = proxy_.password.reveal();
    if (proxy_.user.size() > 255 || password.size() > 255) {
      co_return fail(ErrorCode::InvalidInput, "user and password take at most 255 bytes each");
    }
    if (auto sent = co_await send("\x01" + prefixed(proxy_.user) + prefixed(password)); !sent) {
      co_return sent;
    }
    const auto verdict = co_await receive(2);
    if (!verdict) co_return fail(verdict.error());
    if ((*verdict)[1] != '\x00') {
      co_return fail(ErrorCode::PermissionDenied, "user or password refused");
    }
    co_return Status{};
  }

  asio::awaitable<Status> request_connection() {
    if (host_.size() > 255) co_return fail(ErrorCode::InvalidInput, "host name too long");
    const std::string port{static_cast<char>(port_ >> 8U), static_cast<char>(port_ & 0xFFU)};
    if (auto sent = co_await send(std::string("\x05\x01\x00", 3) + socks_address() + port); !sent) {
      co_return sent;
    }
    const auto answer = co_await receive(5);  // Up to the first byte of the bound address.
    if (!answer) co_return fail(answer.error());
    if ((*answer)[1] != '\x00') {
      const int code = static_cast<unsigned char>((*answer)[1]);
      co_return fail(code == 2 ? ErrorCode::PermissionDenied : ErrorCode::Unavailable,
                     "connection refused with SOCKS code {}", code);
    }
    const char kind = (*answer)[3];
    const std::size_t rest = kind == '\x01'   ? 3U + 2U
                             : kind == '\x04' ? 15U + 2U
                                              : static_cast<unsigned char>((*answer)[4]) + 2U;
    const auto bound = co_await receive(rest);
    if (!bound) co_return fail(bound.error());
    co_return Status{};
  }

  /// Address type and address as RFC 1928 §5 writes them.
  std::string socks_address() const {
    error_code not_an_address;
    const auto address = asio::ip::make_address(host_, not_an_address);
    if (not_an_address) return "\x03" + prefixed(host_);
    std::string text(address.is_v4() ? "\x01" : "\x04");
    const auto append = [&](const auto& bytes) { text.append(bytes.begin(), bytes.end()); };
    address.is_v4() ? append(address.to_v4().to_bytes()) : append(address.to_v6().to_bytes());
    return text;
  }

  static std::string prefixed(const std::string& text) {
    return static_cast<char>(text.size()) + text;
  }

  asio::awaitable<Status> send(std::string bytes) {
    const auto [ec, size] = co_await asio::async_write(stream_, asio::buffer(bytes), kAwait);
    co_await unwind_if_cancelled();
    if (ec) co_return fail(connection_error("send", ec));
    co_return Status{};
  }

  asio::awaitable<Result<std::string>> receive(std::size_t count) {
    std::string bytes(count, '\0');
    const auto [ec, size] = co_await asio::async_read(stream_, asio::buffer(bytes), kAwait);
    co_await unwind_if_cancelled();
    if (ec) co_return fail(connection_error("receive", ec));
    co_return bytes;
  }

  AnyStream stream_;
  Url proxy_;
  std::string host_;
  std::uint16_t port_;
};

}  // namespace

asio::awaitable<Status> open_tunnel(std::shared_ptr<Transport> transport, Url proxy,
                                    std::string host, std::uint16_t port) {
  const std::string what = "proxy " + proxy.authority;
  const bool socks = proxy.scheme == "socks5";
  Tunnel tunnel(std::move(transport), std::move(proxy), std::move(host), port);
  Status opened;
  if (socks) {
    opened = co_await tunnel.connect_socks();
  } else {
    opened = co_await tunnel.connect_http();
  }
  if (!opened) co_return fail(what, std::move(opened).error());
  co_return opened;
}

}  // namespace longshore::net
