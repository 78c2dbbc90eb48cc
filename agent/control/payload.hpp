#pragma once

#include <string>
#include <vector>

#include "agent/control/acs_handler.hpp"
#include "agent/protocol/acs_messages.hpp"

namespace longshore::control {

/// A payload's tasks, judged one by one and in message order.
struct PayloadTasks {
  std::vector<PayloadTask> good{};
  std::vector<BadTask> bad{};
  /// The payload may be acknowledged once the rest is on disk. A task that could not be read has to
  /// come again, which a task that was understood and cannot run need not.
  bool complete = true;
};

/// Judges every task. One that find_refusal() does not let in is bad, and need not come again. A
/// bad one without an ARN is in neither list, because there is nothing to report it by. A stop
/// needs an ARN and nothing else: what else it says is not read when the rest is bad, since all
/// that matters is that the task ends.
PayloadTasks to_payload_tasks(const protocol::PayloadMessage& message);

/// The same keys, as the rest of the agent holds them.
RoleCredentials to_role_credentials(const protocol::IamRoleCredentials& wire);

/// What to answer once the payload's tasks are on disk: the payload's own acknowledgement first,
/// then one for each set of credentials it brought. Encoded frames.
std::vector<std::string> payload_acknowledgements(const protocol::PayloadMessage& message);

}  // namespace longshore::control
