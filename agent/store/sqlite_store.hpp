#pragma once

#include <memory>
#include <string>

#include "agent/base/lane.hpp"
#include "agent/store/machine.hpp"
#include "agent/store/state_store.hpp"

namespace longshore::store {

/// StateStore in two files of `<directory>` (0700): `longshore.db` (SQLite, WAL) and
/// `identity.json`, both of mode 0600. All work runs on `lane`, which must have one thread.
///
/// A file that is damaged, cannot be read, or was written by a newer longshore is moved aside, said
/// so, and replaced by one with what could be read of it: at the start as well as later. A start on
/// a full or read-only disk succeeds where the files are there; saves then fail until that is over.
///
/// What another machine wrote, of whose disk this one's is a copy, is moved aside, too, and nothing
/// of it is used: the host begins with an empty state, in which kContainersSinceKey says when.
class SqliteStore final : public StateStore {
 public:
  /// `machine`: this one; nothing known of it, whatever lies in the directory is believed.
  SqliteStore(Lane& lane, std::string directory, Machine machine = {});
  ~SqliteStore() override;

  /// Creates the directory and the database if needed and takes the directory's lock; call it
  /// before anything else, and again while it fails. Errors: Conflict (another agent uses the
  /// directory), PermissionDenied, Unavailable.
  boost::asio::awaitable<Status> open();

  boost::asio::awaitable<Result<Contents>> load() override;
  boost::asio::awaitable<Result<std::vector<ReportId>>> save(Changes changes) override;

 private:
  struct Files;
  Lane& lane_;
  std::shared_ptr<Files> files_;
};

}  // namespace longshore::store
