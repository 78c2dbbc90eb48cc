#include "agent/standalone/tcs_session.hpp"

#include "agent/standalone/agent_socket.hpp"
#include "agent/standalone/telemetry_state.hpp"

namespace longshore::standalone {
namespace {

using boost::asio::awaitable;
using nlohmann::json;

class TcsSession final : public AgentSession {
 public:
  TcsSession(std::shared_ptr<ServerContext> context, std::string instance_arn,
             std::unique_ptr<net::Websocket> socket)
      : context_(std::move(context)),
        instance_arn_(std::move(instance_arn)),
        socket_(context_, "tcs", std::move(socket)),
        next_heartbeat_(context_->clock.steady_now() + context_->settings.heartbeat) {}

  awaitable<void> run() {
    context_->note("tcs", "in", "connect", {{"containerInstanceArn", instance_arn_}});
    co_await socket_.run(
        parse_tcs_frame, [this](const Envelope& envelope) { on_message(envelope); },
        [this](const Error& error) { complain(error.message); });
  }

  void on_tick() override {
    const SteadyTime now = context_->clock.steady_now();
    if (now < next_heartbeat_) return;
    next_heartbeat_ = now + context_->settings.heartbeat;
    socket_.send({{"type", "HeartbeatMessage"}, {"message", {{"healthy", true}}}});
  }

  void flush() override {}  // Everything here answers something.
  void send_raw(json frame) override { socket_.send(std::move(frame)); }
  void abort() override { socket_.abort(); }

 private:
  void on_message(const Envelope& envelope) {
    auto ack = apply_telemetry(context_->state, instance_arn_, envelope.type, envelope.message);
    if (!ack) return complain(ack.error().message);
    socket_.send({{"type", *ack}, {"message", {{"message", "ok"}}}});
  }

  void complain(const std::string& what) {
    socket_.send({{"type", "BadRequestException"}, {"message", {{"message", what}}}});
  }

  std::shared_ptr<ServerContext> context_;
  std::string instance_arn_;
  AgentSocket socket_;
  SteadyTime next_heartbeat_;
};

}  // namespace

awaitable<void> serve_tcs(std::shared_ptr<ServerContext> context, std::string instance_arn,
                          std::unique_ptr<net::Websocket> socket) {
  const auto session = std::make_shared<TcsSession>(context, instance_arn, std::move(socket));
  AgentLink& link = context->link(instance_arn);
  if (auto older = link.tcs.lock()) older->abort();
  link.tcs = session;
  co_await session->run();
}

}  // namespace longshore::standalone
