#include "agent/store/sqlite_store.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <optional>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/store/sqlite_database.hpp"
#include "agent/store/task_document.hpp"

namespace longshore::store {
namespace {

/// Also rises with the schema of the documents: an older longshore then refuses the whole file in
/// place of leaving out the tasks it cannot read.
constexpr int kDatabaseSchema = 2;
constexpr const char* kCreateTables =
    "PRAGMA journal_mode=WAL;"
    "CREATE TABLE IF NOT EXISTS task(arn TEXT PRIMARY KEY, document TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS report(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " document TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS metadata(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
    "PRAGMA user_version=2;";

/// Holds the lock on a data directory for as long as it lives.
class DirectoryLock {
 public:
  static Result<DirectoryLock> take(const std::string& directory) {
    const std::string path = directory + "/lock";
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
      return fail(ErrorCode::PermissionDenied, "open {}: {}", path, std::strerror(errno));
    }
    DirectoryLock lock(fd);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      return fail(ErrorCode::Conflict,
                  "another agent already uses the data directory {}: stop it, or give this one its "
                  "own with ECS_DATADIR",
                  directory);
    }
    return lock;
  }
  DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  DirectoryLock& operator=(DirectoryLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~DirectoryLock() {
    if (fd_ >= 0) close(fd_);
  }

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

Status make_directory(const std::string& directory) {
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure || chmod(directory.c_str(), 0700) != 0) {
    return fail(ErrorCode::PermissionDenied, "create data directory {}: {}", directory,
                failure ? failure.message() : std::strerror(errno));
  }
  return {};
}

/// Every statement the store runs, prepared once.
struct Statements {
  SqliteStatement put_task;
  SqliteStatement drop_task;
  SqliteStatement add_report;
  SqliteStatement drop_report;
  SqliteStatement put_metadata;
};

Result<Statements> prepare_all(SqliteDatabase& db) {
  auto put_task = db.prepare("INSERT OR REPLACE INTO task VALUES(?1, ?2)");
  auto drop_task = db.prepare("DELETE FROM task WHERE arn=?1");
  auto add_report = db.prepare("INSERT INTO report(document) VALUES(?1)");
  auto drop_report = db.prepare("DELETE FROM report WHERE id=?1");
  auto put_metadata = db.prepare("INSERT OR REPLACE INTO metadata VALUES(?1, ?2)");
  for (auto* s : {&put_task, &drop_task, &add_report, &drop_report, &put_metadata}) {
    if (!*s) return fail(std::move(*s).error());
  }
  return Statements{std::move(*put_task), std::move(*drop_task), std::move(*add_report),
                    std::move(*drop_report), std::move(*put_metadata)};
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

/// What only the lane's thread touches.
struct SqliteStore::File {
  std::string directory{};
  std::optional<DirectoryLock> lock{};
  std::optional<SqliteDatabase> database{};
  std::optional<Statements> statements{};
  bool full_sync = false;

  [[nodiscard]] std::string path() const { return directory + "/longshore.db"; }

  Status open_database() {
    auto opened = SqliteDatabase::open(path());
    if (!opened) return fail(std::move(opened).error());
    chmod(path().c_str(), 0600);
    if (auto s = check_schema(*opened); !s) return s;
    if (auto s = opened->execute(kCreateTables); !s) return s;
    auto prepared = prepare_all(*opened);
    if (!prepared) return fail(std::move(prepared).error());
    statements = std::move(*prepared);
    database = std::move(*opened);
    return set_sync(false, /*force=*/true);
  }

  static Status check_schema(SqliteDatabase& db) {
    auto check = db.prepare("PRAGMA quick_check(1)");
    if (!check) return fail(std::move(check).error());
    auto row = check->step();
    if (!row) return fail(std::move(row).error());
    if (check->text(0) != "ok") return fail(ErrorCode::InvalidInput, "{}", check->text(0));
    auto version = db.prepare("PRAGMA user_version");
    if (!version) return fail(std::move(version).error());
    if (row = version->step(); !row) return fail(std::move(row).error());
    if (version->number(0) > kDatabaseSchema) {
      return fail(ErrorCode::Conflict,
                  "schema {} was written by a newer longshore: install that version again, or move "
                  "the file away",
                  version->number(0));
    }
    return {};
  }

  /// Keeps what is left for people to look at, under a name that says when.
  Status move_aside() {
    const std::string kept = fmt::format("{}.damaged-{}", path(), std::time(nullptr));
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::error_code failure;
      if (!std::filesystem::exists(path() + suffix)) continue;
      std::filesystem::rename(path() + suffix, kept + suffix, failure);
      if (failure) {
        return fail(ErrorCode::PermissionDenied, "move {} aside: {}", path() + suffix,
                    failure.message());
      }
    }
    log_error("the state database is damaged; it was moved aside and a new one begun",
              {{"database", path()}, {"kept", kept}});
    return {};
  }

  Status open() {
    if (auto s = make_directory(directory); !s) return s;
    auto taken = DirectoryLock::take(directory);
    if (!taken) return fail(std::move(taken).error());
    lock = std::move(*taken);
    auto status = open_database();
    if (!status && status.error().code == ErrorCode::InvalidInput) {
      log_error("cannot read the state database", {{"error", status.error().message}});
      if (auto moved = move_aside(); !moved) return moved;
      status = open_database();
    }
    if (!status) return fail("state database " + path(), std::move(status).error());
    return {};
  }

  Status set_sync(bool full, bool force = false) {
    if (full == full_sync && !force) return {};
    full_sync = full;
    return database->execute(full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  }

  Result<Contents> load() {
    Contents contents;
    auto tasks = database->prepare("SELECT document FROM task");
    if (!tasks) return fail(std::move(tasks).error());
    while (true) {
      auto row = tasks->step();
      if (!row) return fail(std::move(row).error());
      if (!*row) break;
      auto task = parse_task(tasks->text(0));
      if (task) {
        contents.tasks.push_back(std::move(*task));
      } else {
        log_error("a stored task cannot be read and is left out",
                  {{"error", task.error().message}});
      }
    }
    auto reports = database->prepare("SELECT id, document FROM report ORDER BY id");
    if (!reports) return fail(std::move(reports).error());
    while (true) {
      auto row = reports->step();
      if (!row) return fail(std::move(row).error());
      if (!*row) break;
      auto change = parse_change(reports->text(1));
      if (change) {
        contents.reports.push_back({reports->number(0), std::move(*change)});
      } else {
        log_error("a stored report cannot be read and is left out",
                  {{"error", change.error().message}});
      }
    }
    auto metadata = database->prepare("SELECT key, value FROM metadata");
    if (!metadata) return fail(std::move(metadata).error());
    while (true) {
      auto row = metadata->step();
      if (!row) return fail(std::move(row).error());
      if (!*row) break;
      contents.metadata[metadata->text(0)] = metadata->text(1);
    }
    return contents;
  }

  Result<std::vector<ReportId>> write(const Changes& changes) {
    std::vector<ReportId> ids;
    for (const auto& task : changes.tasks) {
      if (auto s = run(statements->put_task, task.spec->arn.str(), to_document(task)); !s) {
        return fail(std::move(s).error());
      }
    }
    for (const auto& arn : changes.forgotten) {
      if (auto s = run(statements->drop_task, arn.str()); !s) return fail(std::move(s).error());
    }
    for (const auto& change : changes.new_reports) {
      if (auto s = run(statements->add_report, to_document(change)); !s) {
        return fail(std::move(s).error());
      }
      ids.push_back(database->last_row_id());
    }
    for (const ReportId id : changes.finished_reports) {
      if (auto s = run(statements->drop_report, id); !s) return fail(std::move(s).error());
    }
    for (const auto& [key, value] : changes.metadata) {
      if (auto s = run(statements->put_metadata, key, value); !s) return fail(std::move(s).error());
    }
    return ids;
  }

  Result<std::vector<ReportId>> save(const Changes& changes) {
    if (auto s = set_sync(changes.durable); !s) return fail(std::move(s).error());
    if (auto s = database->execute("BEGIN IMMEDIATE"); !s) return fail(std::move(s).error());
    auto ids = write(changes);
    const Status committed = ids ? database->execute("COMMIT") : Status(fail(ids.error()));
    if (!committed) {
      static_cast<void>(database->execute("ROLLBACK"));  // SQLite may have rolled back by itself.
      return fail("write " + path(), committed.error());
    }
    return ids;
  }
};

SqliteStore::SqliteStore(Lane& lane, std::string directory)
    : lane_(lane), file_(std::make_shared<File>()) {
  file_->directory = std::move(directory);
}

SqliteStore::~SqliteStore() = default;

boost::asio::awaitable<Status> SqliteStore::open() {
  co_return co_await run_blocking(lane_, [file = file_] { return file->open(); });
}

boost::asio::awaitable<Result<Contents>> SqliteStore::load() {
  co_return co_await run_blocking(lane_, [file = file_] { return file->load(); });
}

boost::asio::awaitable<Result<std::vector<ReportId>>> SqliteStore::save(Changes changes) {
  co_return co_await run_blocking(
      lane_, [file = file_, work = std::move(changes)] { return file->save(work); });
}

}  // namespace longshore::store
