#include "metrics/tcs_connection.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <chrono>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/text.hpp"
#include "metrics/reconnect_delay.hpp"
#include "metrics/tcs_frame.hpp"

namespace longshore::metrics {
namespace {

using namespace std::chrono_literals;

// Sources: amazon-ecs-agent:ecs-agent/tcs/handler/handler.go, ecs-agent/wsclient/client.go.
constexpr std::chrono::milliseconds kHeartbeat = 60s;
constexpr std::chrono::milliseconds kHeartbeatJitter = 60s;
constexpr std::chrono::milliseconds kMaxAge = 30min;
constexpr std::chrono::milliseconds kMaxAgeJitter = 5min;
constexpr std::chrono::milliseconds kReadTimeout = 180s;
constexpr std::chrono::milliseconds kWriteTimeout = 180s;
/// A close handshake takes 5 s at most (net::Websocket::close); twice that, and it is cut.
constexpr std::chrono::milliseconds kCloseTimeout = 10s;

std::chrono::milliseconds jittered(std::chrono::milliseconds base, std::chrono::milliseconds span) {
  const double extra = static_cast<double>(span.count()) * random_unit();
  return base + std::chrono::milliseconds(static_cast<std::int64_t>(extra));
}

}  // namespace

TcsConnection::TcsConnection(Clock& clock, TcsOutbox& outbox, const SigningSource& signing,
                             std::unique_ptr<net::Websocket> socket, Settings settings)
    : clock_(clock),
      outbox_(outbox),
      signing_(signing),
      socket_(std::move(socket)),
      settings_(std::move(settings)),
      oldest_end_(clock.steady_now() + jittered(kMaxAge, kMaxAgeJitter)) {
  expect_heartbeat();
}

boost::asio::awaitable<Status> TcsConnection::run() {
  using namespace boost::asio::experimental::awaitable_operators;
  auto ended = co_await (listen() || speak() || expire());
  if (auto* heard = std::get_if<0>(&ended)) co_return std::move(*heard);
  if (auto* spoken = std::get_if<1>(&ended)) co_return std::move(*spoken);
  co_return Status{};
}

boost::asio::awaitable<Status> TcsConnection::listen() {
  while (true) {
    auto text = co_await socket_->read(kReadTimeout);
    if (!text) co_return to_end(std::move(text).error());
    on_message(*text);
  }
}

void TcsConnection::on_message(const std::string& text) {
  const auto message = parse_telemetry_message(text);
  if (!message) {
    log_warn("telemetry message ignored", {{"error", message.error().message}});
    return;
  }
  switch (message->kind) {
    case TelemetryMessageKind::Heartbeat:
    case TelemetryMessageKind::Acknowledgement:
      expect_heartbeat();
      return;
    case TelemetryMessageKind::Stop:
    case TelemetryMessageKind::Exception:
    case TelemetryMessageKind::Unknown:
      log_warn("telemetry message without consequence",
               {{"type", message->type}, {"text", message->text}});
      return;
  }
}

void TcsConnection::expect_heartbeat() {
  heartbeat_due_ = clock_.steady_now() + jittered(kHeartbeat, kHeartbeatJitter);
}

boost::asio::awaitable<Status> TcsConnection::speak() {
  while (true) {
    auto sent = co_await send_reports();
    if (!sent) co_return to_end(std::move(sent).error());
    co_await outbox_.changed();
  }
}

boost::asio::awaitable<Status> TcsConnection::send_reports() {
  if (!outbox_.has_news(clock_.steady_now())) co_return Status{};
  const auto credentials = co_await signing_.credentials();
  if (!credentials) {
    // The reports stay where they are until keys are there again or they are too old.
    log_warn("telemetry waits for credentials", {{"error", credentials.error().message}});
    co_return Status{};
  }
  while (const auto metrics = outbox_.metrics().take(clock_.steady_now())) {
    auto sent = co_await send(
        metrics_messages(settings_.source, *metrics, random_uuid(), clock_.wall_now()),
        *credentials);
    if (!sent) co_return sent;
  }
  while (const auto health = outbox_.health().take(clock_.steady_now())) {
    auto sent = co_await send(
        health_messages(settings_.source, *health, random_uuid(), clock_.wall_now()), *credentials);
    if (!sent) co_return sent;
  }
  if (const auto status = outbox_.unreported_status()) {
    std::vector<std::string> message{
        instance_status_message(settings_.source, *status, random_uuid(), clock_.wall_now())};
    auto sent = co_await send(std::move(message), *credentials);
    if (!sent) co_return sent;
    outbox_.mark_reported(*status);
  }
  co_return Status{};
}

boost::asio::awaitable<Status> TcsConnection::send(std::vector<std::string> messages,
                                                   aws::Credentials credentials) {
  for (std::string& message : messages) {
    auto frame = sign_frame(settings_.session_url, std::move(message), credentials,
                            settings_.region, signing_.service_now());
    if (!frame) co_return fail(std::move(frame).error());
    auto written = co_await socket_->write(std::move(*frame), kWriteTimeout);
    if (!written) co_return written;
  }
  co_return Status{};
}

boost::asio::awaitable<void> TcsConnection::expire() {
  // Each heartbeat moves its due time while this sleeps.
  for (SteadyTime due = std::min(heartbeat_due_, oldest_end_); due > clock_.steady_now();
       due = std::min(heartbeat_due_, oldest_end_)) {
    co_await clock_.sleep_until(due);
  }
  co_await socket_->close(1000, "ConnectionExpired: Reconnect to continue");
  co_await clock_.sleep_for(kCloseTimeout);
}

Status TcsConnection::to_end(Error error) const {
  const auto& closed = socket_->closed();
  if (closed && is_clean_end(closed->code)) return {};
  return fail("telemetry session", std::move(error));
}

}  // namespace longshore::metrics
