#include "agent/control/acs_dispatcher.hpp"

#include <cassert>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/control/payload.hpp"
#include "agent/protocol/acs_frame.hpp"

namespace longshore::control {
namespace {

using boost::asio::awaitable;

template <typename Answer>
std::string to_frame(const Answer& answer) {
  return protocol::encode_frame(Answer::kType, answer.to_json());
}

/// Without these a message cannot be acknowledged, so it is not acted on either.
template <typename Message>
bool is_addressed(const Message& message) {
  if (!message.cluster_arn.empty() && !message.container_instance_arn.empty() &&
      !message.message_id.empty()) {
    return true;
  }
  log_warn("ACS: message without clusterArn, containerInstanceArn or messageId is dropped");
  return false;
}

std::optional<RoleType> to_role_type(const std::string& text) {
  if (text == "TaskApplication") return RoleType::TaskApplication;
  if (text == "TaskExecution") return RoleType::TaskExecution;
  return std::nullopt;
}

std::vector<ManifestTask> to_manifest(const protocol::TaskManifestMessage& message) {
  std::vector<ManifestTask> tasks;
  for (const protocol::TaskIdentifier& task : message.tasks) {
    tasks.push_back({.arn = TaskArn(task.task_arn), .running = task.desired_status == "RUNNING"});
  }
  return tasks;
}

}  // namespace

bool AcsDispatcher::has_room(std::size_t bytes) const {
  if (waiting_.empty()) return true;
  return waiting_.size() < kMaxWaiting && waiting_bytes_ + bytes <= kMaxWaitingBytes;
}

awaitable<void> AcsDispatcher::wait_for_room(std::size_t bytes) {
  while (!has_room(bytes)) co_await taken_.wait();
}

void AcsDispatcher::push(Message message, std::size_t bytes, std::shared_ptr<Outbox> answers) {
  assert(has_room(bytes));
  waiting_bytes_ += bytes;
  waiting_.push_back(
      {.message = std::move(message), .bytes = bytes, .answers = std::move(answers)});
  filled_.set();
}

awaitable<void> AcsDispatcher::run() {
  while (true) {
    while (waiting_.empty()) co_await filled_.wait();
    Entry entry = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= entry.bytes;
    taken_.set();
    co_await std::visit(
        [this, &entry](auto& message) { return handle(std::move(message), entry.answers); },
        entry.message);
  }
}

awaitable<void> AcsDispatcher::handle(protocol::PayloadMessage message,
                                      std::shared_ptr<Outbox> answers) {
  if (!is_addressed(message)) co_return;
  PayloadTasks tasks = to_payload_tasks(message);
  const Status kept = co_await handler_.on_tasks(std::move(tasks.good), std::move(tasks.bad));
  // A payload counts against older manifests whether or not all of it could be used.
  if (message.seq_num && *message.seq_num > handler_.manifest_counter()) {
    const Status raised = co_await handler_.set_manifest_counter(*message.seq_num, false);
    if (!raised) {
      log_warn("ACS: manifest counter not raised", {{"error", raised.error().message}});
    }
  }
  if (!kept) {
    log_error("ACS: payload not accepted; it will be sent again",
              {{"error", kept.error().message}});
    co_return;
  }
  if (!tasks.complete) co_return;
  for (std::string& frame : payload_acknowledgements(message)) answers->push(std::move(frame));
}

awaitable<void> AcsDispatcher::handle(protocol::IamRoleCredentialsMessage message,
                                      std::shared_ptr<Outbox> answers) {
  const auto role = to_role_type(message.role_type);
  if (message.message_id.empty() || message.task_arn.empty() || !role ||
      !message.role_credentials || message.role_credentials->credentials_id.empty()) {
    log_warn("ACS: incomplete credentials are dropped", {{"task", message.task_arn}});
    co_return;
  }
  const Status stored = handler_.on_credentials(TaskArn(message.task_arn), *role,
                                                to_role_credentials(*message.role_credentials));
  if (!stored) {
    log_info("ACS: credentials not taken",
             {{"task", message.task_arn}, {"error", stored.error().message}});
    co_return;
  }
  answers->push(to_frame(protocol::IamRoleCredentialsAckRequest{
      .credentials_id = message.role_credentials->credentials_id,
      .expiration = message.role_credentials->expiration,
      .message_id = message.message_id}));
}

awaitable<void> AcsDispatcher::handle(protocol::TaskManifestMessage message,
                                      std::shared_ptr<Outbox> answers) {
  if (!is_addressed(message)) co_return;
  if (message.timeline <= handler_.manifest_counter()) {
    log_info("ACS: stale manifest", {{"timeline", message.timeline}});
    co_return;
  }
  const Status saved = co_await handler_.set_manifest_counter(message.timeline, true);
  if (!saved) {
    log_error("ACS: manifest not accepted", {{"error", saved.error().message}});
    co_return;
  }
  last_manifest_id_ = message.message_id;
  answers->push(to_frame(protocol::AckRequest{.cluster = message.cluster_arn,
                                              .container_instance = message.container_instance_arn,
                                              .message_id = message.message_id}));
  const std::vector<TaskArn> candidates = handler_.stop_candidates(to_manifest(message));
  if (candidates.empty()) co_return;
  // A manifest alone stops nothing: the server has to say so once more, by this message's id.
  protocol::TaskStopVerificationMessage question{.message_id = message.message_id};
  for (const TaskArn& task : candidates) {
    question.stop_candidates.push_back({.task_arn = task.str(),
                                        .task_cluster_arn = message.cluster_arn,
                                        .desired_status = "STOPPED"});
  }
  answers->push(to_frame(question));
}

awaitable<void> AcsDispatcher::handle(protocol::TaskStopVerificationAck message,
                                      std::shared_ptr<Outbox>) {
  if (message.message_id.empty() || message.message_id != last_manifest_id_) {
    log_info("ACS: stop verification for another manifest is dropped");
    co_return;
  }
  last_manifest_id_.clear();
  std::vector<TaskArn> tasks;
  for (const protocol::TaskIdentifier& task : message.stop_tasks) {
    tasks.emplace_back(task.task_arn);
  }
  handler_.on_stop_verified(std::move(tasks));
}

}  // namespace longshore::control
