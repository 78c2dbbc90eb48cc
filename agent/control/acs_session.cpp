#include "agent/control/acs_session.hpp"

#include <utility>

#include "agent/base/log.hpp"
#include "agent/base/race.hpp"
#include "agent/control/acs_connection.hpp"
#include "agent/control/acs_url.hpp"
#include "agent/protocol/acs_frame.hpp"

namespace longshore::control {
namespace {

using boost::asio::awaitable;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kInactiveInstance = "InactiveInstanceException";

std::int64_t to_ms(SteadyTime::duration duration) {
  return std::chrono::duration_cast<milliseconds>(duration).count();
}

/// "InactiveInstanceException: text", or the bare status when the body is no error frame.
std::string describe(const net::ConnectFailure& failure) {
  if (!failure.refused) return failure.error.message;
  const auto frame = protocol::decode_frame(failure.refused->body);
  if (frame) return frame->type + ": " + truncate_utf8(protocol::notice_text(*frame), 256);
  return "HTTP " + std::to_string(failure.refused->status);
}

}  // namespace

AcsSession::AcsSession(EcsClient& ecs, Clock& clock, AcsHandler& handler, AcsSettings settings,
                       std::function<double()> random)
    : ecs_(ecs),
      clock_(clock),
      handler_(handler),
      settings_(std::move(settings)),
      random_(std::move(random)),
      dispatcher_(handler) {
  link_.since = clock_.steady_now();
  link_.last_heard = link_.since;
}

awaitable<void> AcsSession::run() {
  co_await race(race(run_connections(), dispatcher_.run()), watch_link());
}

awaitable<void> AcsSession::watch_link() {
  while (true) {
    const SteadyTime due = cut_off_at(link_);
    if (clock_.steady_now() < due) {
      co_await race(clock_.sleep_until(due), heard_.wait());
      continue;
    }
    const SteadyTime silent_since = link_.last_heard;
    log_error(
        "cut off from the control plane; tasks run on, and what happens is reported later",
        {{"connected", link_.connected}, {"silent_ms", to_ms(clock_.steady_now() - silent_since)}});
    while (is_cut_off(link_, clock_.steady_now())) co_await heard_.wait();
    log_info("the control plane is heard again",
             {{"silent_ms", to_ms(clock_.steady_now() - silent_since)}});
  }
}

milliseconds AcsSession::draw(milliseconds least, milliseconds more) {
  return least +
         milliseconds(static_cast<std::int64_t>(random_() * static_cast<double>(more.count())));
}

awaitable<void> AcsSession::run_connections() {
  while (true) {
    auto socket = co_await connect();
    SessionEnd end = socket ? SessionEnd::Clean : socket.error();
    milliseconds lasted{0};
    const milliseconds reset_after = draw(seconds{60}, seconds{60});
    if (socket) {
      const SteadyTime since = clock_.steady_now();
      end = co_await serve(std::make_shared<Connection>(*std::move(socket)));
      lasted = milliseconds(to_ms(clock_.steady_now() - since));
    }
    if (end != SessionEnd::Clean) ecs_.refresh();
    // A connection that broke tells the others of the link, too: they need not wait on for longer.
    if (end == SessionEnd::Failed || end == SessionEnd::Broken) link_failed_ = true;
    link_.instance_inactive = end == SessionEnd::InactiveInstance;
    if (link_.instance_inactive && settings_.on_inactive_instance) {
      settings_.on_inactive_instance();
    }
    const milliseconds wait = schedule_.next(end, lasted, reset_after, random_());
    log_line(end == SessionEnd::Unreachable ? LogLevel::Debug : LogLevel::Info,
             "ACS: to connect again", {{"wait_ms", wait.count()}, {"lasted_ms", lasted.count()}});
    co_await clock_.sleep_for(wait);
  }
}

AcsSession::Attempt AcsSession::refuse(const std::string& what, const std::string& cause,
                                       bool unreachable) {
  // The same every few seconds, for days, would bury everything else.
  const bool news = std::exchange(told_, cause) != cause;
  log_line(news ? LogLevel::Warn : LogLevel::Debug, "ACS: not connected",
           {{"step", what}, {"error", cause}});
  link_failed_ = true;
  if (unreachable) return tl::make_unexpected(SessionEnd::Unreachable);
  return tl::make_unexpected(cause.find(kInactiveInstance) != std::string::npos
                                 ? SessionEnd::InactiveInstance
                                 : SessionEnd::Failed);
}

awaitable<AcsSession::Attempt> AcsSession::connect() {
  const auto endpoint = co_await ecs_.discover_poll_endpoint(settings_.container_instance);
  if (!endpoint) {
    const aws::ServiceError& failure = endpoint.error();
    co_return refuse("find endpoint", failure.error.message, failure.unreachable);
  }
  const auto url = acs_url(endpoint->acs, {.cluster = ecs_.cluster(),
                                           .container_instance = settings_.container_instance,
                                           .agent_version = settings_.agent_version,
                                           .agent_hash = settings_.agent_hash,
                                           .docker_version = settings_.docker_version,
                                           .send_credentials = send_credentials_});
  if (!url) co_return refuse("read endpoint", url.error().message);
  auto headers = co_await ecs_.sign_upgrade(*url);
  if (!headers) co_return refuse("sign", headers.error().message);
  net::WebsocketTarget target{.url = *url,
                              .headers = *std::move(headers),
                              .verify_tls = settings_.verify_tls,
                              .ca_file = settings_.ca_file};
  auto socket = co_await net::connect_websocket(std::move(target));
  if (!socket) co_return refuse("connect", describe(socket.error()), socket.error().unreachable);
  send_credentials_ = false;
  co_return *std::move(socket);
}

awaitable<SessionEnd> AcsSession::serve(ConnectionPtr connection) {
  const bool was_away =
      std::exchange(link_failed_, false) || is_cut_off(link_, clock_.steady_now());
  note_connected(link_, clock_.steady_now());
  heard_.set();
  if (was_away && settings_.on_link_back) settings_.on_link_back();
  told_.clear();
  log_info("ACS: connected");
  keep_alive(*connection);
  connection->expires = clock_.steady_now() + draw(minutes{30}, minutes{5});
  co_await race(race(read_messages(connection), write_answers(connection)),
                race(watch_inactivity(connection), watch_age(connection)));
  note_disconnected(link_, clock_.steady_now());
  connection->answers->close();
  co_return connection->end;
}

}  // namespace longshore::control
