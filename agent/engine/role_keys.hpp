#pragma once

#include <map>
#include <optional>
#include <string>

#include "agent/control/acs_handler.hpp"

namespace longshore::engine {

/// Keys of task and execution roles by their credentials id. In memory only: after a restart the
/// control plane sends them again.
class RoleKeys {
 public:
  void put(control::RoleCredentials credentials) {
    auto id = credentials.credentials_id;
    by_id_.insert_or_assign(std::move(id), std::move(credentials));
  }
  void drop(const std::string& id) { by_id_.erase(id); }
  [[nodiscard]] std::optional<control::RoleCredentials> find(const std::string& id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<std::string, control::RoleCredentials> by_id_;
};

}  // namespace longshore::engine
