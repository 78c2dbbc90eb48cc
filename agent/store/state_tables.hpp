#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/store/identity.hpp"
#include "agent/store/sqlite_database.hpp"
#include "agent/store/state_store.hpp"

namespace longshore::store {

/// Metadata under which the identity's copy lies, as the release before wrote it.
inline constexpr const char* kInstanceArnKey = "container-instance-arn";
inline constexpr const char* kClusterKey = "cluster-name";
/// Behind a key, that of its value's sum: the release before passes over what it does not know.
inline constexpr char kSumMark = '#';

/// Metadata that tell whose state it is; left out where it is not known.
inline constexpr const char* kInstanceIdKey = "ec2-instance-id";
inline constexpr const char* kProductUuidKey = "product-uuid";

/// The machine that these facts name.
Machine machine_in(const std::map<std::string, std::string>& metadata);
/// The facts that name the machine.
std::map<std::string, std::string> facts_of(const Machine& machine);

/// Everything that lies in the tables and could be read.
struct Reading {
  Contents contents{};                  ///< Without identity: see `copy`.
  std::optional<IdentityCopy> copy{};   ///< The identity, as the database has it.
  ReportId last_report = 0;             ///< The highest id ever given.
  std::vector<std::string> damage{};    ///< What could not be read, for people; the first ten.
  std::vector<std::string> doubtful{};  ///< Keys of metadata that are left out, by their sums.
  std::optional<Error> failure{};       ///< The disk did not answer: nothing is known.
};

/// Reads every row that is as it was written. Rows behind a broken page are left out. Stops after
/// 100,000 rows of a table: a broken tree may lead in circles.
Reading read_tables(SqliteDatabase& database);
/// As read_tables(), but nothing except metadata and the identity's copy.
Reading read_facts(SqliteDatabase& database);

/// The state's tables in one file: which there are, and what is written into them. For one thread
/// at a time; errors as SqliteDatabase.
class StateTables {
 public:
  /// Opens the file, checks it as a whole, and makes what is missing.
  /// Errors also: InvalidInput (damaged), Conflict (a newer longshore's schema).
  static Result<StateTables> open(const std::string& path);
  /// Writes what was read of another file into a new one at `path`, with the ids of its reports,
  /// and closes it. When this returns, all of it outlives a power cut.
  static Status build(const std::string& path, const Reading& reading);

  Reading read() { return read_tables(database_); }
  Reading read_facts() { return store::read_facts(database_); }
  /// All or nothing. Returns the ids of the new reports, in order.
  Result<std::vector<ReportId>> save(const Changes& changes);
  /// The disk was read-only when the file was opened, so the connection is for good.
  [[nodiscard]] bool read_only() const { return database_.read_only(); }
  /// As it is, the file is of interest to people: closing it shall not change it.
  void keep_as_it_is() { database_.keep_log_on_close(); }

 private:
  /// Every statement that a save runs, prepared once.
  struct Statements {
    SqliteStatement put_task;
    SqliteStatement drop_task;
    SqliteStatement add_report;
    SqliteStatement drop_report;
    SqliteStatement put_metadata;
  };
  StateTables(SqliteDatabase database, Statements statements)
      : database_(std::move(database)), statements_(std::move(statements)) {}
  static Result<Statements> prepare_all(SqliteDatabase& database);
  static Result<StateTables> prepared(SqliteDatabase database);
  Result<std::vector<ReportId>> write(const Changes& changes);
  Status put_metadata(const std::string& key, const std::string& value);
  Status set_sync(bool full);

  SqliteDatabase database_;
  Statements statements_;  ///< After the database: they go first.
  std::optional<bool> full_sync_{};
};

}  // namespace longshore::store
