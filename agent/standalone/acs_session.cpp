#include "agent/standalone/acs_session.hpp"

#include <algorithm>
#include <deque>

#include "agent/base/log.hpp"
#include "agent/standalone/agent_socket.hpp"
#include "agent/standalone/json_access.hpp"
#include "agent/standalone/shape.hpp"

namespace longshore::standalone {
namespace {

using boost::asio::awaitable;
using nlohmann::json;

/// Heartbeats that an agent of protocol version 2 may leave unanswered before it is dropped.
constexpr std::size_t kMaxUnansweredHeartbeats = 2;

constexpr Member kAckMembers[] = {{"messageId", &kName, true}};
constexpr Shape kAck = open_object_shape(kAckMembers);
constexpr Member kCandidateMembers[] = {{"taskArn", &kName, true}, {"taskClusterArn", &kText}};
constexpr Shape kCandidate = open_object_shape(kCandidateMembers);
constexpr Shape kCandidates = list_shape(kCandidate, 0, 10'000);
constexpr Member kVerifyMembers[] = {{"messageId", &kName, true}, {"stopCandidates", &kCandidates}};
constexpr Shape kVerify = open_object_shape(kVerifyMembers);

class AcsSession final : public AgentSession {
 public:
  AcsSession(std::shared_ptr<ServerContext> context, AcsQuery query,
             std::unique_ptr<net::Websocket> socket)
      : context_(std::move(context)),
        query_(std::move(query)),
        socket_(context_, "acs", std::move(socket)),
        next_heartbeat_(context_->clock.steady_now() + context_->settings.heartbeat) {}

  awaitable<void> run() {
    greet();
    co_await socket_.run([](std::string_view text) { return parse_envelope(text); },
                         [this](const Envelope& envelope) { on_message(envelope); },
                         [](const Error&) {});
  }

  void on_tick() override {
    const SteadyTime now = context_->clock.steady_now();
    if (now >= next_heartbeat_) send_heartbeat(now);
    flush();
  }

  void flush() override {
    const SteadyTime now = context_->clock.steady_now();
    for (json& frame :
         link().outbox.take_due(context_->state, now, now - context_->settings.resend_after,
                                query_.origin, [this] { return context_->next_timeline(); })) {
      socket_.send(std::move(frame));
    }
  }

  void send_raw(json frame) override { socket_.send(std::move(frame)); }
  void abort() override { socket_.abort(); }

 private:
  AgentLink& link() { return context_->link(query_.instance_arn); }

  void greet() {
    AcsOutbox& outbox = link().outbox;
    outbox.forget_sending();
    if (query_.send_credentials) outbox.add_all_credentials(context_->state);
    flush();
    if (context_->settings.manifest_on_connect) {
      socket_.send(manifest_frame(context_->state, query_.instance_arn, context_->state.ids.uuid(),
                                  context_->next_timeline()));
    }
  }

  void send_heartbeat(SteadyTime now) {
    next_heartbeat_ = now + context_->settings.heartbeat;
    if (query_.protocol_version >= 2 && unanswered_.size() >= kMaxUnansweredHeartbeats) {
      log_warn("Agent does not answer heartbeats; connection cut",
               {{"instance", query_.instance_arn}});
      return abort();
    }
    // Agents of protocol version 1 need not answer.
    if (unanswered_.size() >= kMaxUnansweredHeartbeats) unanswered_.pop_front();
    unanswered_.push_back(context_->state.ids.uuid());
    socket_.send({{"type", "HeartbeatMessage"},
                  {"message", {{"healthy", true}, {"messageId", unanswered_.back()}}}});
  }

  void on_message(const Envelope& envelope) {
    const json message = without_nulls(envelope.message);
    const bool verifies = envelope.type == "TaskStopVerificationMessage";
    if (auto mistake = find_mistake(verifies ? kVerify : kAck, message)) {
      context_->note("acs", "in", "invalid", {{"type", envelope.type}, {"error", *mistake}});
      return;
    }
    const std::string message_id = text_of(message, "messageId");
    if (verifies) {
      socket_.send(stop_verification_frame(context_->state, message));
    } else if (envelope.type == "HeartbeatAckRequest") {
      std::erase(unanswered_, message_id);
    } else if (envelope.type == "AckRequest" || envelope.type == "IAMRoleCredentialsAckRequest") {
      link().outbox.on_ack(envelope.type, message_id);
    } else if (envelope.type != "NackRequest") {
      context_->note("acs", "in", "invalid",
                     {{"type", envelope.type}, {"error", "not a message of agents"}});
    }
  }

  std::shared_ptr<ServerContext> context_;
  AcsQuery query_;
  AgentSocket socket_;
  SteadyTime next_heartbeat_;
  std::deque<std::string> unanswered_{};
};

/// The instance counts as connected from construction to destruction.
class Presence {
 public:
  Presence(std::shared_ptr<ServerContext> context, const AcsQuery& query,
           const std::shared_ptr<AgentSession>& session)
      : context_(std::move(context)), arn_(query.instance_arn), session_(session) {
    AgentLink& link = context_->link(arn_);
    if (auto older = link.acs.lock()) older->abort();
    link.acs = session_;
    ContainerInstance& instance = context_->state.instances[arn_];
    instance.connected = true;
    ++instance.version;
    instance.version_info = {{"agentVersion", query.agent_version},
                             {"agentHash", query.agent_hash},
                             {"dockerVersion", query.docker_version}};
    context_->note("acs", "in", "connect",
                   {{"containerInstanceArn", arn_},
                    {"agentVersion", query.agent_version},
                    {"agentHash", query.agent_hash},
                    {"dockerVersion", query.docker_version},
                    {"protocolVersion", query.protocol_version},
                    {"sendCredentials", query.send_credentials}});
  }
  ~Presence() {
    AgentLink& link = context_->link(arn_);
    // A newer connection may have taken the place.
    if (link.acs.lock() != session_.lock()) return;
    link.acs.reset();
    const auto instance = context_->state.instances.find(arn_);
    if (instance != context_->state.instances.end()) instance->second.connected = false;
  }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

 private:
  std::shared_ptr<ServerContext> context_;
  std::string arn_;
  std::weak_ptr<AgentSession> session_;
};

}  // namespace

awaitable<void> serve_acs(std::shared_ptr<ServerContext> context, AcsQuery query,
                          std::unique_ptr<net::Websocket> socket) {
  const auto session = std::make_shared<AcsSession>(context, query, std::move(socket));
  const Presence presence(context, query, session);
  co_await session->run();
}

}  // namespace longshore::standalone
