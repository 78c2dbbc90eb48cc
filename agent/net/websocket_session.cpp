#include "agent/net/websocket_session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/error.hpp>
#include <string>

#include "agent/base/text.hpp"
#include "agent/net/deadline.hpp"
#include "agent/net/net_error.hpp"

namespace longshore::net {
namespace {

namespace asio = boost::asio;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;
using std::chrono::milliseconds;
using Session = std::shared_ptr<WebsocketSession>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds kCloseTimeout{5'000};
constexpr std::size_t kMaxReasonBytes = 123;  // RFC 6455 §5.5: a control frame carries 125.

/// Cuts the connection unless the operation ended well: Beast cannot resume one that was
/// interrupted, be it by a deadline or by cancellation.
class CutUnlessDone {
 public:
  explicit CutUnlessDone(std::shared_ptr<Transport> transport) : transport_(std::move(transport)) {}
  ~CutUnlessDone() {
    if (transport_) transport_->close();
  }
  CutUnlessDone(const CutUnlessDone&) = delete;
  CutUnlessDone& operator=(const CutUnlessDone&) = delete;
  void done() { transport_.reset(); }

 private:
  std::shared_ptr<Transport> transport_;
};

WebsocketClosed closed_by_frame(const websocket::close_reason& reason) {
  // A close frame without a code is reported as 1005 (RFC 6455 §7.1.5).
  const auto code = reason.code == websocket::close_code::none
                        ? static_cast<std::uint16_t>(websocket::close_code::no_status)
                        : reason.code;
  return {.code = code, .reason = std::string(reason.reason.data(), reason.reason.size())};
}

/// Beast aborts a write that the peer's close frame has overtaken.
bool is_closed_by_frame(const websocket::close_reason& reason, const error_code& ec) {
  return ec == websocket::error::closed ||
         (ec == asio::error::operation_aborted && reason.code != websocket::close_code::none);
}

/// nullopt when it broke, or was cut on this side.
std::optional<WebsocketClosed> closed_by(WebsocketSession& session, const error_code& ec) {
  const auto& reason = session.stream.reason();
  if (is_closed_by_frame(reason, ec)) return closed_by_frame(reason);
  if (ec.category() == make_error_code(websocket::error::closed).category()) {
    // Beast has answered the broken frame with a close of its own.
    return WebsocketClosed{.code = websocket::close_code::protocol_error, .reason = ec.message()};
  }
  if (session.closing || ec == asio::error::eof || ec == asio::ssl::error::stream_truncated) {
    return WebsocketClosed{.code = websocket::close_code::abnormal};
  }
  return std::nullopt;
}

Error ended(WebsocketSession& session, const error_code& ec) {
  if (!session.closed) session.closed = closed_by(session, ec);
  if (!session.closed || session.closed->code == websocket::close_code::abnormal) {
    return connection_error("websocket connection lost", ec);
  }
  const WebsocketClosed& closed = *session.closed;
  std::string text = "websocket closed with code " + std::to_string(closed.code);
  if (!closed.reason.empty()) text += ": " + closed.reason;
  return {ErrorCode::Unavailable, std::move(text)};
}

asio::awaitable<Result<std::string>> read_message(Session session, milliseconds timeout) {
  CutUnlessDone cut(session->transport);
  const Deadline deadline(session->transport, timeout);
  std::string message;
  auto buffer = asio::dynamic_buffer(message);
  const auto [ec, size] = co_await session->stream.async_read(buffer, kAwait);
  co_await unwind_if_cancelled();
  if (deadline.expired()) co_return fail(ErrorCode::Timeout, "no websocket message in time");
  if (ec == websocket::error::message_too_big) {
    co_return fail(ErrorCode::InvalidInput, "websocket message larger than {} bytes",
                   session->stream.read_message_max());
  }
  if (ec) co_return fail(ended(*session, ec));
  cut.done();
  co_return message;
}

asio::awaitable<Status> write_message(Session session, std::string message, milliseconds timeout) {
  CutUnlessDone cut(session->transport);
  const Deadline deadline(session->transport, timeout);
  const auto [ec, size] = co_await session->stream.async_write(asio::buffer(message), kAwait);
  co_await unwind_if_cancelled();
  if (deadline.expired()) co_return fail(ErrorCode::Timeout, "websocket message not sent in time");
  if (ec) co_return fail(ended(*session, ec));
  cut.done();
  co_return Status{};
}

asio::awaitable<void> close_session(Session session, std::uint16_t code, std::string reason) {
  session->closing = true;
  // However the handshake goes, the connection is of no use after it.
  const CutUnlessDone cut(session->transport);
  const Deadline deadline(session->transport, kCloseTimeout);
  const std::string text = truncate_utf8(reason, kMaxReasonBytes);
  const websocket::close_reason why(static_cast<websocket::close_code>(code), text);
  co_await session->stream.async_close(why, kAwait);
  co_await unwind_if_cancelled();
}

class SessionWebsocket final : public Websocket {
 public:
  explicit SessionWebsocket(Session session) : session_(std::move(session)) {}
  ~SessionWebsocket() override { session_->transport->close(); }

  asio::awaitable<Result<std::string>> read(milliseconds timeout) override {
    return read_message(session_, timeout);
  }
  asio::awaitable<Status> write(std::string message, milliseconds timeout) override {
    return write_message(session_, std::move(message), timeout);
  }
  asio::awaitable<void> close(std::uint16_t code, std::string reason) override {
    return close_session(session_, code, std::move(reason));
  }
  void abort() override { session_->transport->close(); }
  const std::optional<WebsocketClosed>& closed() const override { return session_->closed; }

 private:
  Session session_;
};

}  // namespace

std::unique_ptr<Websocket> open_websocket(Session session) {
  return std::make_unique<SessionWebsocket>(std::move(session));
}

}  // namespace longshore::net
