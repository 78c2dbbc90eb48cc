#pragma once

#include <map>
#include <optional>
#include <utility>

#include "agent/control/acs_handler.hpp"

namespace longshore::engine {

/// The latest keys of each task's roles: the control plane renews them, at times under a new
/// credentials id. In memory only: after a restart it sends them again.
class RoleKeys {
 public:
  void put(const TaskArn& task, control::RoleType role, control::RoleCredentials credentials) {
    latest_.insert_or_assign({task, role}, std::move(credentials));
  }
  void drop(const TaskArn& task) {
    latest_.erase({task, control::RoleType::TaskApplication});
    latest_.erase({task, control::RoleType::TaskExecution});
  }
  [[nodiscard]] std::optional<control::RoleCredentials> find(const TaskArn& task,
                                                             control::RoleType role) const {
    const auto found = latest_.find({task, role});
    return found == latest_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<std::pair<TaskArn, control::RoleType>, control::RoleCredentials> latest_;
};

}  // namespace longshore::engine
