#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/core/state_change.hpp"
#include "agent/core/task_state.hpp"
#include "agent/store/identity.hpp"

namespace longshore::store {

/// Row number of a report; grows with every report, so order by it is order in time.
using ReportId = std::int64_t;

/// Metadata: when a host that began as a copy of another one's disk began a state of its own (RFC
/// 3339). Containers created before that are the other host's. Not there on any other host.
inline constexpr const char* kContainersSinceKey = "containers-since";

/// A state change that the control plane has not acknowledged.
struct StoredReport {
  ReportId id = 0;
  core::TaskChange change{};
};

/// Everything that one step of the agent changes, written in one transaction.
struct Changes {
  std::vector<core::TaskState> tasks{};  ///< Inserted or replaced, by ARN.
  std::vector<TaskArn> forgotten{};
  std::vector<core::TaskChange> new_reports{};
  std::vector<ReportId> finished_reports{};
  std::map<std::string, std::string> metadata{};  ///< Keys set to new values.
  std::optional<Identity> identity{};             ///< Set anew; outlives the database.
  /// Outlives a power cut: for what is about to be acknowledged. Otherwise it outlives a crash of
  /// this process, and a power cut may take the last moments, which the engine's own state repairs.
  bool durable = false;
};

struct Contents {
  std::vector<core::TaskState> tasks{};
  std::vector<StoredReport> reports{};  ///< In order.
  std::map<std::string, std::string> metadata{};
  std::optional<Identity> identity{};
};

/// What the agent remembers over restarts. SqliteStore is the real one; tests use FakeStore.
/// Call from the event loop only; calls are carried out in order.
class StateStore {
 public:
  virtual ~StateStore() = default;
  virtual boost::asio::awaitable<Result<Contents>> load() = 0;
  /// Returns the ids of `new_reports`, in order. All or nothing.
  /// Errors: Unavailable (disk full or failing; repeating may help), PermissionDenied (read-only;
  /// the same), InvalidInput: what was saved before turned out to be damaged, and only what could
  /// be read of it is left. The next save shall hold everything that is to be remembered, but for
  /// reports.
  virtual boost::asio::awaitable<Result<std::vector<ReportId>>> save(Changes changes) = 0;
};

}  // namespace longshore::store
