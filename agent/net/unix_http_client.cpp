#include "agent/net/unix_http_client.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/optional/optional.hpp>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "agent/net/beast_fields.hpp"
#include "agent/net/deadline.hpp"
#include "agent/net/http_head.hpp"
#include "agent/net/net_error.hpp"
#include "agent/net/socket_transport.hpp"

namespace longshore::net {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxIdle = 8;
constexpr std::uint32_t kMaxHeaderBytes = 64U << 10U;
constexpr std::size_t kReadBytes = 8U << 10U;
constexpr std::size_t kStreamChunkBytes = 16U << 10U;

struct Connection {
  explicit Connection(std::shared_ptr<Transport> t) : transport(std::move(t)), stream(transport) {
    buffer.reserve(kReadBytes);
  }
  std::shared_ptr<Transport> transport;
  AnyStream stream;
  boost::beast::flat_buffer buffer{};
};

milliseconds time_left(std::chrono::steady_clock::time_point end) {
  return std::max(milliseconds{0},
                  std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now()));
}

/// Whether an idle connection can take a request: nothing to read, not even its end.
bool is_quiet(Transport& transport) {
  char byte = 0;
  const auto got = recv(transport.descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

asio::awaitable<Result<std::unique_ptr<Connection>>> connect(std::string path, milliseconds limit) {
  using Protocol = asio::local::stream_protocol;
  std::optional<Protocol::endpoint> endpoint;
  try {
    endpoint.emplace(path);
  } catch (const boost::system::system_error& e) {
    co_return fail(ErrorCode::InvalidInput, "socket path {}: {}", path, e.code().message());
  }
  Protocol::socket socket(co_await asio::this_coro::executor);
  const Deadline deadline(socket.get_executor(), limit, [&socket] {
    error_code ignored;
    socket.close(ignored);
  });
  const auto [ec] = co_await socket.async_connect(*endpoint, kAwait);
  co_await unwind_if_cancelled();
  if (deadline.expired()) co_return fail(ErrorCode::Timeout, "connect to {}: timed out", path);
  if (ec) co_return fail(connection_error("connect to " + path, ec));
  co_return std::make_unique<Connection>(socket_transport(std::move(socket)));
}

/// What went wrong between the first byte sent and the last byte received.
Error exchange_error(const error_code& ec, bool expired) {
  if (expired) return {ErrorCode::Timeout, "no complete answer in time"};
  if (ec == http::error::body_limit) return {ErrorCode::InvalidInput, "answer too large"};
  if (ec == http::error::header_limit) return {ErrorCode::InvalidInput, "headers too large"};
  if (ec == http::error::end_of_stream || ec == http::error::partial_message) {
    return {ErrorCode::Unavailable, "connection closed before the end of the answer"};
  }
  if (ec.category() == error_code(http::error::end_of_stream).category()) {
    return {ErrorCode::InvalidInput, "not an HTTP answer: " + ec.message()};
  }
  return connection_error("connection lost", ec);
}

struct Failure {
  Error error{};
  bool unanswered = false;  ///< Not one byte of an answer came, and time was left.
};

/// A request with its head written out. Shared by the attempts to send it.
struct Prepared {
  HttpRequest request{};
  std::string head{};
};

Result<std::shared_ptr<const Prepared>> prepare(HttpRequest request) {
  auto head = request_head(request, request.url, "localhost");
  if (!head) return fail(std::move(head).error());
  return std::make_shared<const Prepared>(
      Prepared{.request = std::move(request), .head = std::move(*head)});
}

template <typename Message>
HttpResponse to_head(const Message& message) {
  return {.status = static_cast<int>(message.result_int()),
          .headers = to_headers(message.base()),
          .body = {}};
}

/// One request and its answer over one connection, which is cut when `limit` is over.
template <typename Body>
class Exchange {
 public:
  Exchange(std::unique_ptr<Connection> connection, std::shared_ptr<const Prepared> prepared,
           milliseconds limit)
      : connection_(std::move(connection)), prepared_(std::move(prepared)) {
    deadline_.emplace(connection_->transport, limit);
  }

  /// Sends the request and reads the head of the answer, past any 1xx answers.
  asio::awaitable<tl::expected<void, Failure>> start(boost::optional<std::uint64_t> body_limit) {
    const HttpRequest& request = prepared_->request;
    const std::array<asio::const_buffer, 2> message{asio::buffer(prepared_->head),
                                                    asio::buffer(request.body)};
    const auto [write_ec, written] =
        co_await asio::async_write(connection_->stream, message, kAwait);
    co_await unwind_if_cancelled();
    // After a failed write there may still be an answer ("413") to be read.
    do {
      parser_.emplace();
      parser_->header_limit(kMaxHeaderBytes);
      parser_->body_limit(body_limit);
      parser_->skip(request.method == "HEAD");
      const auto [ec, read] = co_await http::async_read_header(
          connection_->stream, connection_->buffer, *parser_, kAwait);
      co_await unwind_if_cancelled();
      if (ec) co_return tl::make_unexpected(head_failure(write_ec, ec));
    } while (parser_->get().result_int() / 100 == 1);
    co_return tl::expected<void, Failure>{};
  }

  /// Replaces the time limit by one that starts now; nullopt for none.
  void set_limit(std::optional<milliseconds> limit) {
    deadline_.reset();
    if (limit) deadline_.emplace(connection_->transport, *limit);
  }

  Error error(const error_code& ec) const {
    return exchange_error(ec, deadline_ && deadline_->expired());
  }
  http::response_parser<Body>& parser() { return *parser_; }
  Connection& connection() { return *connection_; }
  /// Gives the connection back, with its time limit off.
  std::unique_ptr<Connection> release() {
    deadline_.reset();
    return std::move(connection_);
  }

 private:
  Failure head_failure(const error_code& write_ec, const error_code& read_ec) const {
    const bool unanswered = !parser_->got_some() && connection_->buffer.size() == 0;
    const bool in_time = !deadline_->expired();
    return {error(write_ec && unanswered ? write_ec : read_ec), unanswered && in_time};
  }

  std::unique_ptr<Connection> connection_;
  std::shared_ptr<const Prepared> prepared_;
  std::optional<Deadline> deadline_{};
  std::optional<http::response_parser<Body>> parser_{};
};

}  // namespace

struct UnixHttpClient::Pool {
  std::string path{};
  std::vector<std::unique_ptr<Connection>> idle{};

  std::unique_ptr<Connection> take() {
    while (!idle.empty()) {
      auto connection = std::move(idle.back());
      idle.pop_back();
      if (is_quiet(*connection->transport)) return connection;
    }
    return nullptr;
  }

  void put_back(std::unique_ptr<Connection> connection) {
    if (idle.size() < kMaxIdle) idle.push_back(std::move(connection));
  }

  static asio::awaitable<Result<HttpResponse>> call(std::shared_ptr<Pool> pool,
                                                    HttpRequest request);
};

asio::awaitable<Result<HttpResponse>> UnixHttpClient::Pool::call(std::shared_ptr<Pool> pool,
                                                                 HttpRequest request) {
  const auto end = std::chrono::steady_clock::now() + request.timeout;
  const auto connect_timeout = request.connect_timeout;
  const bool repeatable = request.method == "GET" || request.method == "HEAD";
  const std::string what = request.method + " " + request.url;
  const auto body_limit = request.max_response_bytes;
  const auto prepared = prepare(std::move(request));
  if (!prepared) co_return fail(prepared.error());
  auto connection = pool->take();
  while (true) {
    const bool reused = connection != nullptr;
    if (!reused) {
      auto opened = co_await connect(pool->path, std::min(connect_timeout, time_left(end)));
      if (!opened) co_return fail(std::move(opened).error());
      connection = std::move(*opened);
    }
    Exchange<http::string_body> exchange(std::move(connection), *prepared, time_left(end));
    if (auto started = co_await exchange.start(body_limit); !started) {
      if (reused && repeatable && started.error().unanswered) {
        connection = nullptr;  // The exchange has it; the next one is on a new connection.
        continue;
      }
      co_return fail(what, std::move(started.error().error));
    }
    auto& parser = exchange.parser();
    const auto [ec, read] = co_await http::async_read(exchange.connection().stream,
                                                      exchange.connection().buffer, parser, kAwait);
    co_await unwind_if_cancelled();
    if (ec) co_return fail(what, exchange.error(ec));
    HttpResponse response = to_head(parser.get());
    response.body = std::move(parser.get().body());
    const bool reusable = parser.keep_alive() && exchange.connection().buffer.size() == 0;
    if (reusable) pool->put_back(exchange.release());
    co_return response;
  }
}

namespace {

class SocketBodyStream final : public HttpBodyStream {
 public:
  using Source = Exchange<http::buffer_body>;

  explicit SocketBodyStream(std::shared_ptr<Source> source)
      : source_(std::move(source)), head_(to_head(source_->parser().get())) {}
  ~SocketBodyStream() override { source_->connection().transport->close(); }

  const HttpResponse& head() const override { return head_; }

  asio::awaitable<Result<std::string>> read(milliseconds idle_timeout) override {
    return read_some(source_, idle_timeout);
  }

 private:
  /// Owns a share of the source, so that the stream may be dropped under its reader.
  static asio::awaitable<Result<std::string>> read_some(std::shared_ptr<Source> source,
                                                        milliseconds idle_timeout) {
    source->set_limit(idle_timeout.count() > 0 ? std::optional(idle_timeout) : std::nullopt);
    Connection& connection = source->connection();
    auto& parser = source->parser();
    std::string chunk(kStreamChunkBytes, '\0');
    // A read may consume chunk headers alone: go on until there is something to hand out.
    while (!parser.is_done()) {
      auto& body = parser.get().body();
      body.data = chunk.data();
      body.size = chunk.size();
      const auto [ec, read] =
          co_await http::async_read_some(connection.stream, connection.buffer, parser, kAwait);
      co_await unwind_if_cancelled();
      if (ec && ec != http::error::need_buffer) co_return fail(source->error(ec));
      if (const std::size_t got = chunk.size() - body.size; got > 0) {
        chunk.resize(got);
        source->set_limit(std::nullopt);
        co_return chunk;
      }
    }
    source->set_limit(std::nullopt);
    co_return std::string{};
  }

  std::shared_ptr<Source> source_;
  HttpResponse head_;
};

asio::awaitable<Result<std::unique_ptr<HttpBodyStream>>> open(std::string path,
                                                              HttpRequest request) {
  const auto end = std::chrono::steady_clock::now() + request.timeout;
  const auto connect_timeout = request.connect_timeout;
  const std::string what = request.method + " " + request.url;
  const auto prepared = prepare(std::move(request));
  if (!prepared) co_return fail(prepared.error());
  auto opened = co_await connect(path, std::min(connect_timeout, time_left(end)));
  if (!opened) co_return fail(std::move(opened).error());
  auto source =
      std::make_shared<SocketBodyStream::Source>(std::move(*opened), *prepared, time_left(end));
  if (auto started = co_await source->start(boost::none); !started) {
    co_return fail(what, std::move(started.error().error));
  }
  source->set_limit(std::nullopt);
  co_return std::make_unique<SocketBodyStream>(std::move(source));
}

}  // namespace

UnixHttpClient::UnixHttpClient(std::string socket_path) : pool_(std::make_shared<Pool>()) {
  pool_->path = std::move(socket_path);
}

UnixHttpClient::~UnixHttpClient() = default;

asio::awaitable<Result<HttpResponse>> UnixHttpClient::call(HttpRequest request) {
  return Pool::call(pool_, std::move(request));
}

asio::awaitable<Result<std::unique_ptr<HttpBodyStream>>> UnixHttpClient::open_stream(
    HttpRequest request) {
  return open(pool_->path, std::move(request));
}

}  // namespace longshore::net
