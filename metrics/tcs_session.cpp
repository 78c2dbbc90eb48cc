#include "metrics/tcs_session.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/race.hpp"
#include "agent/base/text.hpp"
#include "agent/net/websocket.hpp"
#include "metrics/reconnect_delay.hpp"

namespace longshore::metrics {
namespace {

/// Between two reports of changed health, so that many containers that turn at once, or one that
/// cannot make up its mind, do not flood the service.
constexpr std::chrono::seconds kHealthPause{1};

/// What the service said when it refused the upgrade, else what the transport said.
Error to_error(net::ConnectFailure failure) {
  if (!failure.refused) return std::move(failure.error);
  const auto message = parse_telemetry_message(failure.refused->body);
  const std::string reason = message ? fmt::format("{}: {}", message->type, message->text)
                                     : truncate_utf8(failure.refused->body, 256);
  return Error{failure.error.code,
               fmt::format("refused with status {}: {}", failure.refused->status, reason)};
}

}  // namespace

TcsSession::TcsSession(const boost::asio::any_io_executor& executor, Clock& clock,
                       Collector& collector, Bell& link_back, FindTelemetryEndpoint find_endpoint,
                       SigningSource signing, TcsSettings settings)
    : clock_(clock),
      collector_(collector),
      link_back_(link_back),
      find_endpoint_(std::move(find_endpoint)),
      signing_(std::move(signing)),
      settings_(std::move(settings)),
      outbox_(executor, clock.wall_now()) {}

void TcsSession::set_instance_health(InstanceHealth health) {
  if (outbox_.set_instance_health(health, clock_.wall_now())) outbox_.notify();
}

boost::asio::awaitable<void> TcsSession::run() {
  using namespace boost::asio::experimental::awaitable_operators;
  co_await (run_collection() && run_health() && run_connections());
}

boost::asio::awaitable<void> TcsSession::run_collection() {
  SteadyTime next = clock_.steady_now();
  while (true) {
    const SteadyTime now = clock_.steady_now();
    if (auto metrics = collector_.collect()) outbox_.push(std::move(*metrics), now);
    push_health();
    outbox_.notify();
    // An interval that was missed (the host slept) is not made up for.
    next = std::max(next + settings_.publish_interval, now);
    co_await clock_.sleep_until(next);
  }
}

boost::asio::awaitable<void> TcsSession::run_health() {
  while (true) {
    co_await collector_.health_changed();
    push_health();
    outbox_.notify();
    co_await clock_.sleep_for(kHealthPause);
  }
}

void TcsSession::push_health() {
  auto health = collector_.collect_health();
  if (!health.empty()) outbox_.push(std::move(health), clock_.steady_now());
}

boost::asio::awaitable<void> TcsSession::run_connections() {
  while (true) {
    co_await race(serve_in_turn(), left_.wait(left_.rings()));
    log_info("telemetry waits until this host is an active instance again");
    co_await link_back_.wait(link_back_.rings());
  }
}

/// One session after another, for ever.
boost::asio::awaitable<void> TcsSession::serve_in_turn() {
  ReconnectDelay delay;
  bool failed = false;
  while (true) {
    const auto rings = link_back_.rings();
    const auto ended = co_await connect_and_serve(failed);
    failed = !ended;
    std::chrono::milliseconds wait{};
    if (ended) {
      wait = delay.after_clean_end(random_unit());
      log_info("telemetry session ended", {{"reconnect_ms", wait.count()}});
    } else {
      wait = delay.after_failure(random_unit());
      log_warn("telemetry session failed",
               {{"error", ended.error().message}, {"reconnect_ms", wait.count()}});
    }
    co_await race(clock_.sleep_for(wait), link_back_.wait(rings));
  }
}

boost::asio::awaitable<Status> TcsSession::connect_and_serve(bool anew) {
  auto endpoint = co_await find_endpoint_(anew);
  if (!endpoint) co_return fail("find the telemetry endpoint", std::move(endpoint).error());
  auto url = session_url(*endpoint, settings_.source, settings_.client);
  if (!url) co_return fail(std::move(url).error());
  auto credentials = co_await signing_.credentials();
  if (!credentials) co_return fail("telemetry credentials", std::move(credentials).error());
  auto headers = sign_handshake(*url, *credentials, settings_.region, signing_.service_now());
  if (!headers) co_return fail(std::move(headers).error());

  net::WebsocketTarget target{.url = to_websocket_url(*url),
                              .headers = std::move(*headers),
                              .verify_tls = settings_.verify_tls};
  auto socket = co_await net::connect_websocket(std::move(target));
  if (!socket) {
    co_return fail("connect to the telemetry service", to_error(std::move(socket).error()));
  }
  log_info("telemetry session open", {{"endpoint", *endpoint}});
  TcsConnection::Settings settings{
      .session_url = std::move(*url), .region = settings_.region, .source = settings_.source};
  TcsConnection connection(clock_, outbox_, signing_, std::move(*socket), std::move(settings));
  co_return co_await connection.run();
}

}  // namespace longshore::metrics
