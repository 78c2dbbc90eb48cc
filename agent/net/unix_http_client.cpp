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
#include <cerrno>
#include <chrono>
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

/// Sends the request and reads the head of the answer into `parser`, past any 1xx answers. What the
/// references name lives in the awaiting coroutine.
template <typename Body>
asio::awaitable<std::optional<Failure>> send_and_read_head(
    Connection& connection, const std::string& head, const HttpRequest& request,
    std::optional<http::response_parser<Body>>& parser, boost::optional<std::uint64_t> body_limit,
    const Deadline& deadline) {
  const std::array<asio::const_buffer, 2> message{asio::buffer(head), asio::buffer(request.body)};
  const auto [write_ec, written] = co_await asio::async_write(connection.stream, message, kAwait);
  co_await unwind_if_cancelled();
  // After a failed write there may still be an answer ("413") waiting to be read.
  if (write_ec && deadline.expired()) co_return Failure{exchange_error(write_ec, true)};
  do {
    parser.emplace();
    parser->header_limit(kMaxHeaderBytes);
    parser->body_limit(body_limit);
    parser->skip(request.method == "HEAD");
    const auto [ec, read] =
        co_await http::async_read_header(connection.stream, connection.buffer, *parser, kAwait);
    co_await unwind_if_cancelled();
    if (ec) {
      const bool lost = !parser->got_some() && connection.buffer.size() == 0;
      co_return Failure{exchange_error(write_ec && lost ? write_ec : ec, deadline.expired()),
                        lost && !deadline.expired()};
    }
  } while (parser->get().result_int() / 100 == 1);
  co_return std::nullopt;
}

template <typename Message>
HttpResponse to_head(const Message& message) {
  return {.status = static_cast<int>(message.result_int()),
          .headers = to_headers(message.base()),
          .body = {}};
}

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

namespace {

struct Exchanged {
  HttpResponse response{};
  bool reusable = false;
};

asio::awaitable<tl::expected<Exchanged, Failure>> exchange(Connection& connection,
                                                           const std::string& head,
                                                           const HttpRequest& request,
                                                           milliseconds limit) {
  const Deadline deadline(connection.transport, limit);
  std::optional<http::response_parser<http::string_body>> parser;
  if (auto failure = co_await send_and_read_head(connection, head, request, parser,
                                                 request.max_response_bytes, deadline)) {
    co_return tl::make_unexpected(std::move(*failure));
  }
  const auto [ec, read] =
      co_await http::async_read(connection.stream, connection.buffer, *parser, kAwait);
  co_await unwind_if_cancelled();
  if (ec) co_return tl::make_unexpected(Failure{exchange_error(ec, deadline.expired())});
  Exchanged result;
  result.reusable = parser->keep_alive() && connection.buffer.size() == 0;
  result.response = to_head(parser->get());
  result.response.body = std::move(parser->get().body());
  co_return result;
}

}  // namespace

asio::awaitable<Result<HttpResponse>> UnixHttpClient::Pool::call(std::shared_ptr<Pool> pool,
                                                                 HttpRequest request) {
  const auto end = std::chrono::steady_clock::now() + request.timeout;
  const auto head = request_head(request, request.url, "localhost");
  if (!head) co_return fail(head.error());
  auto connection = pool->take();
  while (true) {
    const bool reused = connection != nullptr;
    if (!reused) {
      auto opened = co_await connect(pool->path, std::min(request.connect_timeout, time_left(end)));
      if (!opened) co_return fail(std::move(opened).error());
      connection = std::move(*opened);
    }
    auto done = co_await exchange(*connection, *head, request, time_left(end));
    if (done) {
      if (done->reusable) pool->put_back(std::move(connection));
      co_return std::move(done->response);
    }
    const bool repeatable = request.method == "GET" || request.method == "HEAD";
    if (!reused || !done.error().unanswered || !repeatable) {
      co_return fail(request.method + " " + request.url, std::move(done.error().error));
    }
    connection = nullptr;
  }
}

namespace {

class SocketBodyStream final : public HttpBodyStream {
 public:
  using Parser = http::response_parser<http::buffer_body>;

  struct State {
    std::unique_ptr<Connection> connection;
    std::optional<Parser> parser{};
    HttpResponse head{};
  };

  explicit SocketBodyStream(std::shared_ptr<State> state) : state_(std::move(state)) {}
  ~SocketBodyStream() override { state_->connection->transport->close(); }

  const HttpResponse& head() const override { return state_->head; }

  asio::awaitable<Result<std::string>> read(milliseconds idle_timeout) override {
    return read_some(state_, idle_timeout);
  }

 private:
  static asio::awaitable<Result<std::string>> read_some(std::shared_ptr<State> state,
                                                        milliseconds idle_timeout) {
    Connection& connection = *state->connection;
    Parser& parser = *state->parser;
    std::optional<Deadline> deadline;
    if (idle_timeout.count() > 0) deadline.emplace(connection.transport, idle_timeout);
    std::string chunk(kStreamChunkBytes, '\0');
    // A read may consume chunk headers alone: go on until there is something to hand out.
    while (!parser.is_done()) {
      auto& body = parser.get().body();
      body.data = chunk.data();
      body.size = chunk.size();
      const auto [ec, read] =
          co_await http::async_read_some(connection.stream, connection.buffer, parser, kAwait);
      co_await unwind_if_cancelled();
      if (ec && ec != http::error::need_buffer) {
        co_return fail(exchange_error(ec, deadline && deadline->expired()));
      }
      if (const std::size_t got = chunk.size() - body.size; got > 0) {
        chunk.resize(got);
        co_return chunk;
      }
    }
    co_return std::string{};
  }

  std::shared_ptr<State> state_;
};

asio::awaitable<Result<std::unique_ptr<HttpBodyStream>>> open(std::string path,
                                                              HttpRequest request) {
  const auto end = std::chrono::steady_clock::now() + request.timeout;
  const auto head = request_head(request, request.url, "localhost");
  if (!head) co_return fail(head.error());
  auto opened = co_await connect(path, std::min(request.connect_timeout, time_left(end)));
  if (!opened) co_return fail(std::move(opened).error());
  auto state = std::make_shared<SocketBodyStream::State>();
  state->connection = std::move(*opened);
  const Deadline deadline(state->connection->transport, time_left(end));
  if (auto failure = co_await send_and_read_head(*state->connection, *head, request, state->parser,
                                                 boost::none, deadline)) {
    co_return fail(request.method + " " + request.url, std::move(failure->error));
  }
  state->head = to_head(state->parser->get());
  co_return std::make_unique<SocketBodyStream>(std::move(state));
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
