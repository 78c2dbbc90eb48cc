#pragma once

#include <deque>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/standalone/cluster_state.hpp"

namespace longshore::standalone {

/// What one agent was told, or is to be told, and has not acknowledged. Payloads of tasks are built
/// anew at each sending, from the state as it is then, so that a repeated message never revives a
/// task that has stopped.
class AcsOutbox {
 public:
  explicit AcsOutbox(std::string instance_arn) : instance_arn_(std::move(instance_arn)) {}

  /// A PayloadMessage with these tasks.
  void add_tasks(ClusterState& state, std::vector<std::string> task_arns);
  /// A PayloadMessage with these `tasks` as they stand. Returns its messageId.
  std::string add_raw_tasks(ClusterState& state, nlohmann::json tasks);
  /// An IAMRoleCredentialsMessage for one role of a task.
  void add_credentials(ClusterState& state, std::string task_arn, bool execution_role);
  /// add_credentials() for every role of every live task of this agent: `sendCredentials=true`.
  void add_all_credentials(ClusterState& state);

  /// The frames to send now: what was never sent, and what was sent at or before `resend_before`
  /// without an acknowledgement, in the order it was added. Marks them as sent at `now`. Each
  /// payload gets a `next_seq_num()` of its own.
  std::vector<nlohmann::json> take_due(const ClusterState& state, SteadyTime now,
                                       SteadyTime resend_before, std::string_view origin,
                                       const std::function<std::int64_t()>& next_seq_num);
  /// For a new connection: everything counts as not sent.
  void forget_sending();
  /// An AckRequest's or IAMRoleCredentialsAckRequest's messageId. True if it was awaited.
  bool on_ack(std::string_view type, std::string_view message_id);
  std::size_t size() const { return pending_.size(); }

 private:
  enum class Kind { Tasks, RawTasks, Credentials };
  struct Entry {
    Kind kind = Kind::Tasks;
    std::string message_id{};
    std::vector<std::string> task_arns{};
    nlohmann::json raw_tasks{};
    bool execution_role = false;
    bool sent = false;
    SteadyTime sent_at{};
  };
  /// Null when there is nothing left to say.
  nlohmann::json frame_of(const Entry& entry, const ClusterState& state, std::string_view origin,
                          const std::function<std::int64_t()>& next_seq_num) const;
  void push(Entry entry);

  std::string instance_arn_;
  std::deque<Entry> pending_{};
};

/// More than every live task's payload and both its roles: what goes beyond is dropped, oldest
/// first, and comes again at the next connection.
constexpr std::size_t kMaxPending = 4 * kMaxLiveTasks;

/// A TaskManifestMessage with every task of the instance that has not stopped.
nlohmann::json manifest_frame(const ClusterState& state, const std::string& instance_arn,
                              const std::string& message_id, std::int64_t timeline);

/// The answer to an agent's TaskStopVerificationMessage: of the tasks it asks about, those that are
/// unknown here or are to stop.
nlohmann::json stop_verification_frame(const ClusterState& state, const nlohmann::json& message);

}  // namespace longshore::standalone
