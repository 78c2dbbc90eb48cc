#include "agent/store/sqlite_database.hpp"

namespace longshore::store {
namespace {

/// What a file that lies on a broken place of the disk, or is shorter than it says, answers.
bool is_unreadable(int rc) {
  return rc == SQLITE_IOERR_READ || rc == SQLITE_IOERR_SHORT_READ || rc == SQLITE_IOERR_CORRUPTFS;
}

ErrorCode to_code(int rc) {
  if (is_unreadable(rc)) return ErrorCode::InvalidInput;
  switch (rc & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
      return ErrorCode::Unavailable;
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return ErrorCode::PermissionDenied;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    // Our statements are constants: what does not understand them is a file whose tables are not
    // those that we made, which no check of pages notices.
    case SQLITE_ERROR:
    case SQLITE_CONSTRAINT:
      return ErrorCode::InvalidInput;
    default:
      return ErrorCode::Internal;
  }
}

Error error_of(sqlite3* database, int rc) {
  return {to_code(rc), database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(rc)};
}

}  // namespace

void SqliteStatement::bind(int position, std::string_view text) {
  sqlite3_bind_text(raw_.get(), position, text.data(), static_cast<int>(text.size()),
                    SQLITE_TRANSIENT);
}

void SqliteStatement::bind_null(int position) { sqlite3_bind_null(raw_.get(), position); }

void SqliteStatement::bind(int position, std::int64_t number) {
  sqlite3_bind_int64(raw_.get(), position, number);
}

Result<bool> SqliteStatement::step() {
  const int rc = sqlite3_step(raw_.get());
  if (rc == SQLITE_ROW) return true;
  if (rc == SQLITE_DONE) return false;
  return fail(error_of(sqlite3_db_handle(raw_.get()), rc));
}

std::string SqliteStatement::text(int column) const {
  const auto* bytes = sqlite3_column_text(raw_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw_.get(), column));
  return bytes == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(bytes), size);
}

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(raw_.get(), column);
}

void SqliteStatement::reset() {
  sqlite3_reset(raw_.get());
  sqlite3_clear_bindings(raw_.get());
}

Result<SqliteDatabase> SqliteDatabase::open(const std::string& path) {
  sqlite3* raw = nullptr;
  const int rc =
      sqlite3_open_v2(path.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteDatabase database(raw);
  if (rc != SQLITE_OK) return fail("open " + path, error_of(raw, rc));
  sqlite3_busy_timeout(raw, 2'000);
  sqlite3_extended_result_codes(raw, 1);
  return database;
}

Status SqliteDatabase::execute(const char* sql) {
  const int rc = sqlite3_exec(raw_.get(), sql, nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) return fail(error_of(raw_.get(), rc));
  return {};
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int rc = sqlite3_prepare_v3(raw_.get(), sql.data(), static_cast<int>(sql.size()),
                                    SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (rc != SQLITE_OK) return fail(error_of(raw_.get(), rc));
  return SqliteStatement(statement);
}

std::int64_t SqliteDatabase::last_row_id() const { return sqlite3_last_insert_rowid(raw_.get()); }

bool SqliteDatabase::read_only() const { return sqlite3_db_readonly(raw_.get(), "main") == 1; }

void SqliteDatabase::keep_log_on_close() {
  sqlite3_db_config(raw_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

}  // namespace longshore::store
