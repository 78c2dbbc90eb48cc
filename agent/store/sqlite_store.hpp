#pragma once

#include <memory>
#include <string>

#include "agent/base/lane.hpp"
#include "agent/store/state_store.hpp"

namespace longshore::store {

/// StateStore in `<directory>/longshore.db` (SQLite, WAL, mode 0600; the directory 0700). All work
/// runs on `lane`, which must have one thread.
class SqliteStore final : public StateStore {
 public:
  SqliteStore(Lane& lane, std::string directory);
  ~SqliteStore() override;

  /// Creates the directory and the file if needed and takes the directory's lock, once; call it
  /// before anything else. A damaged file is moved aside, said so, and replaced by an empty one.
  /// Errors: Conflict (another agent uses the directory), PermissionDenied, Unavailable.
  boost::asio::awaitable<Status> open();

  boost::asio::awaitable<Result<Contents>> load() override;
  boost::asio::awaitable<Result<std::vector<ReportId>>> save(Changes changes) override;

 private:
  struct File;
  Lane& lane_;
  std::shared_ptr<File> file_;
};

}  // namespace longshore::store
