#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace longshore::store {

/// One prepared statement. Values are bound by position from 1.
class SqliteStatement {
 public:
  explicit SqliteStatement(sqlite3_stmt* raw) : raw_(raw) {}
  void bind(int position, std::string_view text);
  void bind(int position, std::int64_t number);
  void bind_null(int position);
  /// Runs to the next row. False: no more rows. Errors: see SqliteDatabase.
  Result<bool> step();
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;
  /// Ready for the next use, values forgotten.
  void reset();

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> raw_;
};

/// A connection to one SQLite file, for one thread at a time. Errors: Unavailable (full or failing
/// disk, locked), PermissionDenied (read-only disks, too), InvalidInput (no database, a damaged
/// one, one that cannot be read, or tables that are not ours), Internal.
class SqliteDatabase {
 public:
  static Result<SqliteDatabase> open(const std::string& path);
  Status execute(const char* sql);
  Result<SqliteStatement> prepare(std::string_view sql);
  [[nodiscard]] std::int64_t last_row_id() const;
  /// The disk took no writes when the file was opened.
  [[nodiscard]] bool read_only() const;
  /// Closing leaves the log (`-wal`) as it is, in place of writing it into the file.
  void keep_log_on_close();

 private:
  struct Close {
    void operator()(sqlite3* d) const { sqlite3_close_v2(d); }
  };
  explicit SqliteDatabase(sqlite3* raw) : raw_(raw) {}
  std::unique_ptr<sqlite3, Close> raw_;
};

}  // namespace longshore::store
