#include "agent/net/http_connection.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/system/system_error.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <tuple>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/text.hpp"
#include "agent/net/beast_fields.hpp"
#include "agent/net/deadline.hpp"
#include "agent/net/http_head.hpp"
#include "agent/net/websocket_server.hpp"

namespace longshore::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t kMaxHeaderBytes = 16U << 10U;
constexpr std::chrono::milliseconds kLingerTimeout{2'000};
constexpr std::chrono::milliseconds kRefusalTimeout{2'000};

HttpResponse plain_text(int status, std::string text) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
          .body = std::move(text) + "\n"};
}

/// The answer to a request that could not be read, or nullopt when nobody waits for one: the peer
/// is gone, or its time was up and the connection is cut.
std::optional<HttpResponse> answer_to_broken(const error_code& ec) {
  if (ec == http::error::body_limit) return plain_text(413, "the request body is too large");
  if (ec == http::error::header_limit) return plain_text(431, "the request headers are too large");
  if (ec == http::error::end_of_stream || ec == http::error::partial_message) return std::nullopt;
  if (ec.category() == make_error_code(http::error::end_of_stream).category()) {
    return plain_text(400, "not an HTTP request: " + ec.message());
  }
  return std::nullopt;
}

struct Request {
  ServerRequest request{};
  bool keep_alive = false;
};

class HttpConnection {
 public:
  HttpConnection(std::shared_ptr<const ServedSite> site, std::shared_ptr<Transport> transport,
                 std::string peer_address)
      : site_(std::move(site)),
        transport_(std::move(transport)),
        stream_(transport_),
        peer_address_(std::move(peer_address)) {}

  asio::awaitable<void> run() {
    while (true) {
      auto received = co_await receive();
      if (!received) {
        if (!received.error()) co_return;
        if (co_await send(std::move(*received.error()), false, true)) co_await linger();
        co_return;
      }
      if (site_->handlers.websocket && is_websocket_upgrade(received->request)) {
        if (auto refusal = check_upgrade(received->request)) {
          if (co_await send(*refusal, false, true)) co_await linger();
        } else {
          co_await run_websocket(std::move(received->request));
        }
        co_return;
      }
      const bool keep_alive = received->keep_alive;
      const bool with_body = received->request.method != "HEAD";
      HttpResponse response = co_await answer(std::move(received->request));
      if (!co_await send(std::move(response), keep_alive, with_body)) co_return;
      if (!keep_alive) {
        co_await linger();
        co_return;
      }
    }
  }

  asio::awaitable<void> refuse() {
    if (co_await send(plain_text(503, "too many connections"), false, true)) co_await linger();
  }

 private:
  /// The next request. No value: nothing more to serve, after the given answer if there is one.
  asio::awaitable<tl::expected<Request, std::optional<HttpResponse>>> receive() {
    const Deadline deadline(transport_, site_->settings.request_timeout);
    http::request_parser<http::string_body> parser;
    parser.header_limit(kMaxHeaderBytes);
    parser.body_limit(site_->settings.max_body_bytes);
    auto [ec, size] = co_await http::async_read_header(stream_, buffer_, parser, kAwait);
    co_await unwind_if_cancelled();
    if (!ec && !parser.is_done()) {
      // RFC 9110 §10.1.1: the client waits for this before it sends a body.
      if (to_lower(std::string(parser.get()[http::field::expect])) == "100-continue") {
        co_await asio::async_write(stream_, asio::buffer(kContinue), kAwait);
      }
      std::tie(ec, size) = co_await http::async_read(stream_, buffer_, parser, kAwait);
      co_await unwind_if_cancelled();
    }
    if (ec) co_return tl::make_unexpected(answer_to_broken(ec));
    Request received;
    received.keep_alive = parser.keep_alive();
    auto message = parser.release();
    received.request = {.method = std::string(message.method_string()),
                        .target = std::string(message.target()),
                        .headers = to_headers(message.base()),
                        .body = std::move(message.body()),
                        .peer_address = peer_address_};
    co_return received;
  }

  asio::awaitable<HttpResponse> answer(ServerRequest request) {
    std::string failure;
    const std::string what = describe(request);
    try {
      if (site_->handlers.request) {
        co_return co_await site_->handlers.request(std::move(request));
      }
      co_return plain_text(404, "nothing is served here");
    } catch (const boost::system::system_error& e) {
      if (e.code() == asio::error::operation_aborted) throw;
      failure = e.what();
    } catch (const std::exception& e) {
      failure = e.what();
    }
    co_return failed_handler(what, failure);
  }

  /// Without the query, which may carry credentials.
  static std::string describe(const ServerRequest& request) {
    return request.method + " " + request.target.substr(0, request.target.find('?'));
  }

  /// A handler's bug must not end the process for everyone else.
  static HttpResponse failed_handler(std::string_view request, std::string_view failure) {
    log_error("HTTP handler failed", {{"request", request}, {"error", failure}});
    return plain_text(500, "internal error");
  }

  std::optional<HttpResponse> check_upgrade(const ServerRequest& request) const {
    if (!site_->handlers.check_upgrade) return plain_text(400, "no websocket is served here");
    // A client may not send frames before it has the answer; they would be lost.
    if (buffer_.size() > 0) return plain_text(400, "data after the upgrade request");
    try {
      return site_->handlers.check_upgrade(request);
    } catch (const std::exception& e) {
      return failed_handler(describe(request), e.what());
    }
  }

  asio::awaitable<void> run_websocket(ServerRequest request) {
    const auto& settings = site_->settings;
    auto accepted = co_await accept_websocket(transport_, request, settings.max_message_bytes,
                                              settings.request_timeout);
    if (!accepted) co_return;
    const std::string what = describe(request);
    std::string failure;
    try {
      co_await site_->handlers.websocket(std::move(request), std::move(*accepted));
      co_return;
    } catch (const boost::system::system_error& e) {
      if (e.code() == asio::error::operation_aborted) throw;
      failure = e.what();
    } catch (const std::exception& e) {
      failure = e.what();
    }
    log_error("websocket handler failed", {{"request", what}, {"error", failure}});
  }

  /// False when the peer is gone or does not read.
  asio::awaitable<bool> send(HttpResponse response, bool keep_alive, bool with_body) {
    const Deadline deadline(transport_, site_->settings.request_timeout);
    const std::string head = response_head(response, response.body.size(), keep_alive);
    with_body = with_body && may_have_body(response.status);
    const std::array<asio::const_buffer, 2> message{
        asio::buffer(head), with_body ? asio::buffer(response.body) : asio::const_buffer{}};
    const auto [ec, size] = co_await asio::async_write(stream_, message, kAwait);
    co_await unwind_if_cancelled();
    co_return !ec;
  }

  /// Closing with unread input makes the kernel send a reset, which may overtake our answer: read
  /// on for a moment, until the peer has seen it and closes.
  asio::awaitable<void> linger() {
    const Deadline deadline(transport_, kLingerTimeout);
    co_await stream_.async_shutdown(kAwait);
    std::array<char, 1024> ignored;
    while (true) {
      co_await unwind_if_cancelled();
      const auto [ec, size] = co_await stream_.async_read_some(asio::buffer(ignored), kAwait);
      if (ec) co_return;
    }
  }

  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

  std::shared_ptr<const ServedSite> site_;
  std::shared_ptr<Transport> transport_;
  AnyStream stream_;
  std::string peer_address_;
  boost::beast::flat_buffer buffer_{};
};

}  // namespace

asio::awaitable<void> serve_http(std::shared_ptr<const ServedSite> site,
                                 std::shared_ptr<Transport> transport, std::string peer_address) {
  HttpConnection connection(std::move(site), std::move(transport), std::move(peer_address));
  co_await connection.run();
}

asio::awaitable<void> refuse_http(std::shared_ptr<Transport> transport) {
  ServedSite nothing;
  nothing.settings.request_timeout = kRefusalTimeout;
  HttpConnection connection(std::make_shared<const ServedSite>(std::move(nothing)),
                            std::move(transport), {});
  co_await connection.refuse();
}

}  // namespace longshore::net
