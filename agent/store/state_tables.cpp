#include "agent/store/state_tables.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <utility>

#include "agent/store/seal.hpp"
#include "agent/store/task_document.hpp"

namespace longshore::store {
namespace {

/// Rises with the schema of the documents, too: a longshore that does not know it takes nothing of
/// the file for granted.
constexpr int kDatabaseSchema = 2;
constexpr const char* kCreateTables =
    "CREATE TABLE IF NOT EXISTS task(arn TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS report(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " document TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS metadata(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;";

/// Closed to others before anything is in it: the log beside it gets the file's mode.
Result<SqliteDatabase> open_private(const std::string& path) {
  struct stat info{};
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return fail(ErrorCode::InvalidInput, "it is no file");
  }
  auto database = SqliteDatabase::open(path);
  chmod(path.c_str(), 0600);
  return database;
}

Status check_whole(SqliteDatabase& database) {
  auto check = database.prepare("PRAGMA quick_check(1)");
  if (!check) return fail(std::move(check).error());
  auto row = check->step();
  if (!row) return fail(std::move(row).error());
  if (check->text(0) != "ok") return fail(ErrorCode::InvalidInput, "{}", check->text(0));
  return {};
}

Result<std::int64_t> schema_of(SqliteDatabase& database) {
  auto version = database.prepare("PRAGMA user_version");
  if (!version) return fail(std::move(version).error());
  auto row = version->step();
  if (!row) return fail(std::move(row).error());
  return version->number(0);
}

/// Makes what is missing. Writes nothing where nothing is: the disk may be full or read-only.
Status make_tables(SqliteDatabase& database) {
  const auto schema = schema_of(database);
  if (!schema) return fail(schema.error());
  if (*schema > kDatabaseSchema) {
    return fail(ErrorCode::Conflict, "schema {} was written by a newer longshore", *schema);
  }
  if (auto s = database.execute(kCreateTables); !s || *schema == kDatabaseSchema) return s;
  return database.execute(fmt::format("PRAGMA user_version={}", kDatabaseSchema).c_str());
}

Status run(SqliteStatement& statement) {
  auto stepped = statement.step();
  statement.reset();
  if (!stepped) return fail(std::move(stepped).error());
  return {};
}

template <typename... Values>
Status run(SqliteStatement& statement, const Values&... values) {
  int position = 0;
  (statement.bind(++position, values), ...);
  return run(statement);
}

}  // namespace

Result<StateTables::Statements> StateTables::prepare_all(SqliteDatabase& database) {
  auto put_task = database.prepare("INSERT OR REPLACE INTO task VALUES(?1, ?2)");
  auto drop_task = database.prepare("DELETE FROM task WHERE arn=?1");
  auto add_report = database.prepare("INSERT INTO report(id, document) VALUES(?1, ?2)");
  auto drop_report = database.prepare("DELETE FROM report WHERE id=?1");
  auto put_metadata = database.prepare("INSERT OR REPLACE INTO metadata VALUES(?1, ?2)");
  for (auto* s : {&put_task, &drop_task, &add_report, &drop_report, &put_metadata}) {
    if (!*s) return fail(std::move(*s).error());
  }
  return Statements{std::move(*put_task), std::move(*drop_task), std::move(*add_report),
                    std::move(*drop_report), std::move(*put_metadata)};
}

Result<StateTables> StateTables::prepared(SqliteDatabase database) {
  auto statements = prepare_all(database);
  if (!statements) return fail(std::move(statements).error());
  return StateTables(std::move(database), std::move(*statements));
}

Result<StateTables> StateTables::open(const std::string& path) {
  auto database = open_private(path);
  if (!database) return fail(std::move(database).error());
  if (auto s = check_whole(*database); !s) return fail(std::move(s).error());
  if (auto s = database->execute("PRAGMA journal_mode=WAL"); !s) return fail(std::move(s).error());
  if (auto s = make_tables(*database); !s) return fail(std::move(s).error());
  return prepared(std::move(*database));
}

Status StateTables::build(const std::string& path, const Reading& reading) {
  auto database = open_private(path);
  if (!database) return fail(std::move(database).error());
  // The log of a rebuilt file would have to be moved with it; a journal is gone when it is written.
  if (auto s = database->execute("PRAGMA journal_mode=DELETE"); !s) return s;
  if (auto s = make_tables(*database); !s) return s;
  auto tables = prepared(std::move(*database));
  if (!tables) return fail(std::move(tables).error());
  if (auto s = tables->set_sync(true); !s) return s;
  if (auto s = tables->database_.execute("BEGIN"); !s) return s;
  Changes changes{.tasks = reading.contents.tasks, .metadata = reading.contents.metadata};
  if (reading.copy) changes.identity = reading.copy->identity;
  if (auto written = tables->write(changes); !written) return fail(std::move(written).error());
  Statements& statements = tables->statements_;
  for (const auto& report : reading.contents.reports) {
    auto s = run(statements.add_report, report.id, seal(to_document(report.change)));
    if (!s) return s;
  }
  // The table remembers the highest id that it ever held, and gives none of them again.
  const bool is_there = !reading.contents.reports.empty() &&
                        reading.contents.reports.back().id == reading.last_report;
  if (reading.last_report > 0 && !is_there) {
    if (auto s = run(statements.add_report, reading.last_report, ""); !s) return s;
    if (auto s = run(statements.drop_report, reading.last_report); !s) return s;
  }
  return tables->database_.execute("COMMIT");
}

Status StateTables::set_sync(bool full) {
  if (full_sync_ == full) return {};
  auto set = database_.execute(full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  if (set) full_sync_ = full;
  return set;
}

Status StateTables::put_metadata(const std::string& key, const std::string& value) {
  if (auto s = run(statements_.put_metadata, key, value); !s) return s;
  return run(statements_.put_metadata, key + kSumMark, sum_of(key + "=" + value));
}

Result<std::vector<ReportId>> StateTables::write(const Changes& changes) {
  for (const auto& task : changes.tasks) {
    auto s = run(statements_.put_task, task.spec->arn.str(), seal(to_document(task)));
    if (!s) return fail(std::move(s).error());
  }
  for (const auto& arn : changes.forgotten) {
    if (auto s = run(statements_.drop_task, arn.str()); !s) return fail(std::move(s).error());
  }
  std::vector<ReportId> ids;
  for (const auto& change : changes.new_reports) {
    statements_.add_report.bind_null(1);
    statements_.add_report.bind(2, seal(to_document(change)));
    if (auto s = run(statements_.add_report); !s) return fail(std::move(s).error());
    ids.push_back(database_.last_row_id());
  }
  for (const ReportId id : changes.finished_reports) {
    if (auto s = run(statements_.drop_report, id); !s) return fail(std::move(s).error());
  }
  auto metadata = changes.metadata;
  if (changes.identity) {
    metadata[kInstanceArnKey] = changes.identity->instance.str();
    metadata[kClusterKey] = changes.identity->cluster;
  }
  for (const auto& [key, value] : metadata) {
    if (auto s = put_metadata(key, value); !s) return fail(std::move(s).error());
  }
  return ids;
}

Result<std::vector<ReportId>> StateTables::save(const Changes& changes) {
  if (auto s = set_sync(changes.durable); !s) return fail(std::move(s).error());
  if (auto s = database_.execute("BEGIN IMMEDIATE"); !s) return fail(std::move(s).error());
  auto ids = write(changes);
  const Status committed = ids ? database_.execute("COMMIT") : Status(fail(ids.error()));
  if (!committed) {
    static_cast<void>(database_.execute("ROLLBACK"));  // SQLite may have rolled back by itself.
    return fail(committed.error());
  }
  return ids;
}

}  // namespace longshore::store
