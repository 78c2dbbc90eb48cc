#include "agent/net/http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <list>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/spawn.hpp"
#include "agent/net/deadline.hpp"
#include "agent/net/http_connection.hpp"
#include "agent/net/listener.hpp"
#include "agent/net/tls_transport.hpp"
#include "agent/net/transport.hpp"

namespace longshore::net {
namespace {

namespace asio = boost::asio;

/// Connections beyond the limit that are told so at the same time; further ones are just closed.
constexpr std::size_t kMaxRefusals = 32;
constexpr std::chrono::milliseconds kAcceptPause{100};

struct OpenConnection {
  std::shared_ptr<Transport> transport{};
  asio::cancellation_signal cancel{};
};
using OpenConnections = std::list<std::shared_ptr<OpenConnection>>;

/// A connection's place among those that count towards the limit and end with the server. Taken
/// when the connection is accepted, not when its coroutine gets to run.
class Membership {
 public:
  Membership(std::shared_ptr<OpenConnections> list, std::shared_ptr<Transport> transport)
      : list_(std::move(list)),
        at_(list_->insert(list_->end(), std::make_shared<OpenConnection>())) {
    (*at_)->transport = std::move(transport);
  }
  ~Membership() {
    (*at_)->transport->close();
    list_->erase(at_);
  }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;
  OpenConnection& connection() { return **at_; }

 private:
  std::shared_ptr<OpenConnections> list_;
  OpenConnections::iterator at_;
};

}  // namespace

struct HttpServer::State {
  explicit State(asio::any_io_executor e) : executor(std::move(e)) {}

  asio::any_io_executor executor;
  std::unique_ptr<Listener> listener{};
  std::shared_ptr<ServedSite> site = std::make_shared<ServedSite>();
  TlsContext tls{};
  std::shared_ptr<OpenConnections> connections = std::make_shared<OpenConnections>();
  std::size_t refusals = 0;
  bool stopped = false;

  Status open(const HttpServerSettings& settings);
  void stop();

  static asio::awaitable<void> accept_connections(std::shared_ptr<State> state);
  static asio::awaitable<void> serve(std::shared_ptr<State> state,
                                     std::shared_ptr<Transport> transport, std::string peer);
  static asio::awaitable<void> serve_until_stopped(std::shared_ptr<State> state,
                                                   std::unique_ptr<Membership> member,
                                                   std::string peer);
  static asio::awaitable<void> refuse(std::shared_ptr<State> state,
                                      std::shared_ptr<Transport> transport);
};

Status HttpServer::State::open(const HttpServerSettings& settings) {
  const bool on_unix = !settings.unix_socket.empty();
  const std::string where =
      on_unix ? settings.unix_socket : settings.address + ":" + std::to_string(settings.port);
  const bool with_tls = !settings.tls_certificate_file.empty();
  if (with_tls != !settings.tls_key_file.empty()) {
    return fail(ErrorCode::InvalidInput, "listen on {}: TLS needs a certificate and a key", where);
  }
  if (with_tls && on_unix) {
    return fail(ErrorCode::InvalidInput, "listen on {}: no TLS on a unix socket", where);
  }
  if (with_tls) {
    auto context = tls_server_context(settings.tls_certificate_file, settings.tls_key_file);
    if (!context) return fail("listen on " + where, std::move(context).error());
    tls = std::move(*context);
  }
  auto listening = on_unix ? listen_unix(executor, settings.unix_socket)
                           : listen_tcp(executor, settings.address, settings.port);
  if (!listening) return fail(std::move(listening).error());
  listener = std::move(*listening);
  return {};
}

void HttpServer::State::stop() {
  stopped = true;
  listener->close();
  // A copy: cancelling may end connections, which then leave the list.
  for (const auto& connection : OpenConnections(*connections)) {
    // Outside the loop's own turns the coroutine is told in a later one: until then the signal must
    // live, even if the connection ends.
    asio::dispatch(executor,
                   [connection] { connection->cancel.emit(asio::cancellation_type::terminal); });
    connection->transport->close();
  }
}

asio::awaitable<void> HttpServer::State::accept_connections(std::shared_ptr<State> state) {
  const auto executor = state->executor;
  while (!state->stopped) {
    Accepted accepted = co_await state->listener->accept();
    if (state->stopped) co_return;
    if (accepted.error == asio::error::connection_aborted) continue;
    if (accepted.error) {
      // Out of descriptors, most likely: it passes when connections end.
      log_warn("cannot accept a connection", {{"error", accepted.error.message()}});
      asio::steady_timer pause(executor, kAcceptPause);
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
      continue;
    }
    if (state->connections->size() >= state->site->settings.max_connections) {
      if (state->refusals < kMaxRefusals && !state->tls) {
        spawn(executor, "refuse HTTP connection", refuse(state, std::move(accepted.transport)));
      }
      continue;
    }
    spawn(
        executor, "serve HTTP connection",
        serve_until_stopped(
            state, std::make_unique<Membership>(state->connections, std::move(accepted.transport)),
            std::move(accepted.peer_address)));
  }
}

asio::awaitable<void> HttpServer::State::serve(std::shared_ptr<State> state,
                                               std::shared_ptr<Transport> transport,
                                               std::string peer) {
  if (state->tls) {
    const Deadline deadline(transport, state->site->settings.request_timeout);
    auto secured = co_await tls_accept(transport, state->tls);
    if (!secured) co_return;  // A port scan or a client that does not trust us: not ours to log.
    transport = std::move(*secured);
  }
  co_await serve_http(state->site, std::move(transport), std::move(peer));
}

asio::awaitable<void> HttpServer::State::serve_until_stopped(std::shared_ptr<State> state,
                                                             std::unique_ptr<Membership> member,
                                                             std::string peer) {
  OpenConnection& connection = member->connection();
  co_await asio::co_spawn(
      state->executor, serve(state, connection.transport, std::move(peer)),
      asio::bind_cancellation_slot(connection.cancel.slot(), asio::use_awaitable));
}

asio::awaitable<void> HttpServer::State::refuse(std::shared_ptr<State> state,
                                                std::shared_ptr<Transport> transport) {
  struct Count {
    explicit Count(std::size_t& c) : count(c) { ++count; }
    ~Count() { --count; }
    std::size_t& count;
  };
  const Count one(state->refusals);
  co_await refuse_http(std::move(transport));
}

Result<std::unique_ptr<HttpServer>> HttpServer::listen(asio::any_io_executor executor,
                                                       HttpServerSettings settings,
                                                       HttpHandlers handlers) {
  auto state = std::make_shared<State>(executor);
  if (auto opened = state->open(settings); !opened) return fail(std::move(opened).error());
  state->site->settings = std::move(settings);
  state->site->handlers = std::move(handlers);
  spawn(std::move(executor), "accept HTTP connections", State::accept_connections(state));
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(state)));
}

HttpServer::HttpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}

HttpServer::~HttpServer() { state_->stop(); }

std::uint16_t HttpServer::port() const { return state_->listener->port(); }

}  // namespace longshore::net
