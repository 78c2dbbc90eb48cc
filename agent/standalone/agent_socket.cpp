#include "agent/standalone/agent_socket.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <chrono>
#include <exception>

#include "agent/base/json_reader.hpp"
#include "agent/base/log.hpp"
#include "agent/standalone/json_access.hpp"

namespace longshore::standalone {
namespace {

using boost::asio::awaitable;
using nlohmann::json;

constexpr std::size_t kMaxQueued = 1'000;
/// Agents say something every minute at least (heartbeat acks, metrics); after this, they are gone.
constexpr std::chrono::minutes kReadTimeout{10};
constexpr std::chrono::seconds kWriteTimeout{30};

}  // namespace

AgentSocket::AgentSocket(std::shared_ptr<ServerContext> context, std::string channel,
                         std::unique_ptr<net::Websocket> socket)
    : context_(std::move(context)), channel_(std::move(channel)), socket_(std::move(socket)) {}

void AgentSocket::note(std::string_view direction, std::string_view type, json body) {
  context_->note(channel_, direction, type, std::move(body));
}

awaitable<void> AgentSocket::run(Parse parse, Handle handle,
                                 std::function<void(const Error&)> on_broken) {
  using boost::asio::experimental::awaitable_operators::operator||;
  try {
    co_await (read_frames(std::move(parse), std::move(handle), std::move(on_broken)) ||
              write_frames());
  } catch (const boost::asio::multiple_exceptions& both) {
    // Both were cancelled from outside; one such exception unwinds as usual.
    std::rethrow_exception(both.first_exception());
  }
  json end = json::object();
  if (const auto& closed = socket_->closed()) {
    end = {{"code", closed->code}, {"reason", closed->reason}};
  }
  note("in", "close", std::move(end));
}

void AgentSocket::send(json frame) {
  if (queue_.size() >= kMaxQueued) {
    log_warn("Agent does not read its messages; connection cut", {{"channel", channel_}});
    return abort();
  }
  queue_.push_back({.frame = std::move(frame)});
  queued_.set();
}

awaitable<void> AgentSocket::read_frames(Parse parse, Handle handle,
                                         std::function<void(const Error&)> on_broken) {
  while (true) {
    auto text = co_await socket_->read(kReadTimeout);
    if (!text) co_return;
    auto envelope = parse(*text);
    if (!envelope) {
      // Only the error: a frame that cannot be read cannot be masked either.
      note("in", "invalid", {{"error", envelope.error().message}, {"bytes", text->size()}});
      on_broken(envelope.error());
      continue;
    }
    note("in", envelope->type, envelope->message);
    const auto fault = context_->faults.take(channel_, envelope->type);
    int times = 1;
    if (fault) {
      note("in", "fault:" + std::string(to_string(fault->action)), {{"type", envelope->type}});
      switch (fault->action) {
        case Fault::Action::Drop:
        case Fault::Action::Refuse:
          times = 0;
          break;
        case Fault::Action::Delay:
          co_await context_->clock.sleep_for(fault->delay);
          break;
        case Fault::Action::Duplicate:
          times = 2;
          break;
        case Fault::Action::Close:
          queue_.push_front({.close_code = fault->close_code});
          queued_.set();
          break;
        case Fault::Action::Reset:
          abort();
          co_return;
      }
    }
    for (; times > 0; --times) handle(*envelope);
  }
}

awaitable<void> AgentSocket::write_frames() {
  while (true) {
    while (!queue_.empty()) {
      Outgoing next = std::move(queue_.front());
      queue_.pop_front();
      if (next.close_code) co_return co_await close(*next.close_code);
      if (!co_await write_frame(std::move(next.frame))) co_return;
    }
    co_await queued_.wait();
  }
}

awaitable<void> AgentSocket::close(std::uint16_t code) {
  note("out", "close", {{"code", code}});
  co_await socket_->close(code, "fault");
}

awaitable<bool> AgentSocket::write_frame(json frame) {
  const json* named = find_member(frame, "type");
  const std::string type =
      named != nullptr && named->is_string() ? named->get<std::string>() : std::string("raw");
  const auto fault = context_->faults.take(channel_, type);
  int times = 1;
  if (fault) {
    note("out", "fault:" + std::string(to_string(fault->action)), {{"type", type}});
    switch (fault->action) {
      case Fault::Action::Drop:
      case Fault::Action::Refuse:
        co_return true;
      case Fault::Action::Delay:
        co_await context_->clock.sleep_for(fault->delay);
        break;
      case Fault::Action::Duplicate:
        times = 2;
        break;
      case Fault::Action::Close:
        co_await close(fault->close_code);
        co_return false;
      case Fault::Action::Reset:
        abort();
        co_return false;
    }
  }
  const std::string text = dump_json(frame);
  const json* message = find_member(frame, "message");
  for (; times > 0; --times) {
    note("out", type, message != nullptr ? *message : frame);
    auto written = co_await socket_->write(text, kWriteTimeout);
    if (!written) co_return false;
  }
  co_return true;
}

}  // namespace longshore::standalone
