#include "agent/store/sqlite_store.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "agent/base/log.hpp"
#include "agent/store/data_directory.hpp"
#include "agent/store/state_tables.hpp"

namespace longshore::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSuffixes[] = {"", "-wal", "-shm"};
/// A replacement until it is whole.
constexpr const char* kFresh = ".new";
/// Why a file was put aside, as part of its name.
constexpr const char* kDamaged = "damaged";
constexpr const char* kNewer = "newer";

bool exists(const std::string& path) {
  std::error_code failure;
  return fs::exists(path, failure);
}

void remove_database(const std::string& path) {
  std::error_code failure;
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) fs::remove(path + suffix, failure);
}

Status move_file(const std::string& from, const std::string& to) {
  std::error_code failure;
  fs::rename(from, to, failure);
  if (!failure) return {};
  return fail(ErrorCode::PermissionDenied, "move {} to {}: {}", from, to, failure.message());
}

}  // namespace

/// What only the lane's thread touches.
struct SqliteStore::Files {
  std::string directory{};
  std::optional<DirectoryLock> lock{};
  std::optional<StateTables> tables{};
  std::optional<Identity> identity{};  ///< As its file has it.
  ReportId last_report = 0;            ///< The highest id that this process has given.
  bool replaced = false;               ///< The engine is to be told that rows may be missing.

  [[nodiscard]] std::string path() const { return directory + "/longshore.db"; }
  [[nodiscard]] std::string identity_path() const { return directory + "/identity.json"; }

  /// Whatever is wrong with it keeps nobody from working: the database has a copy.
  void read_identity() {
    identity.reset();
    auto text = read_small_file(identity_path());
    if (text && !*text) return;
    auto parsed = text ? parse_identity(**text) : fail(text.error());
    if (parsed) {
      identity = std::move(*parsed);
      return;
    }
    const std::string kept = aside_name(identity_path(), kDamaged);
    const Status moved = move_file(identity_path(), kept);
    drop_old_asides(identity_path(), kDamaged);
    log_error(
        "the file of this host's identity cannot be used; the database's copy takes its place",
        {{"file", identity_path()},
         {"error", parsed.error().message},
         {"kept", moved ? kept : identity_path()}});
  }

  /// After a crash or an error between putting the old file aside and putting the new one in its
  /// place.
  Status finish_replacement() {
    const std::string fresh = path() + kFresh;
    if (exists(path())) {
      remove_database(fresh);  // Perhaps half written.
      return {};
    }
    if (!exists(fresh)) return {};
    remove_database(path());
    if (auto s = move_file(fresh, path()); !s) return s;
    replaced = true;
    return {};
  }

  Status open_tables() {
    tables.reset();
    auto opened = StateTables::open(path());
    if (!opened) return fail(std::move(opened).error());
    tables = std::move(*opened);
    return {};
  }

  /// As open_tables(), also where what lies there is of no use.
  Status open_or_replace() {
    if (auto s = finish_replacement(); !s) return s;
    auto opened = open_tables();
    if (opened) return opened;
    const Error cause = opened.error();
    if (cause.code == ErrorCode::InvalidInput) return replace(kDamaged, cause.message);
    // It is refused as a whole, and yet its rows that this version understands are what is known.
    if (cause.code == ErrorCode::Conflict) return replace(kNewer, cause.message);
    return opened;
  }

  Reading salvage() {
    auto damaged = SqliteDatabase::open(path());
    if (!damaged) return {};
    damaged->keep_log_on_close();
    return read_tables(*damaged);
  }

  /// A new file with what can be read of the present one, which is kept for people to look at. The
  /// new one is whole before the old one goes, so that a crash or a full disk loses nothing.
  Status replace(const char* why, const std::string& cause) {
    if (tables) tables->keep_as_it_is();
    tables.reset();
    Reading reading = salvage();
    reading.last_report = std::max(reading.last_report, last_report);
    const std::string fresh = path() + kFresh;
    remove_database(fresh);
    if (auto s = StateTables::build(fresh, reading); !s) return s;
    const std::string kept = aside_name(path(), why);
    for (const char* suffix : kSuffixes) {
      if (!exists(path() + suffix)) continue;
      if (auto s = move_file(path() + suffix, kept + suffix); !s) return s;
    }
    if (auto s = move_file(fresh, path()); !s) return s;
    replaced = true;
    if (auto s = sync_directory(directory); !s) return s;
    drop_old_asides(path(), why);
    log_error(
        "the state database cannot be used; it was moved aside, and a new one holds what could "
        "be read of it",
        {{"database", path()},
         {"cause", cause},
         {"kept", kept},
         {"tasks", reading.contents.tasks.size()},
         {"reports", reading.contents.reports.size()}});
    return open_tables();
  }

  Status open() {
    if (auto s = make_directory(directory); !s) return s;
    if (!lock) {
      auto taken = DirectoryLock::take(directory);
      if (!taken) return fail(std::move(taken).error());
      lock = std::move(*taken);
    }
    read_identity();
    auto opened = open_or_replace();
    if (!opened) return fail("state database " + path(), std::move(opened).error());
    replaced = false;  // Nobody has been told anything yet.
    return {};
  }

  /// Brings the file and the database's copy to what is true. A disk that takes no writes now is no
  /// reason not to begin: the next start tries again.
  void agree_on_identity(const Reading& reading) {
    const auto chosen = choose_identity(identity, reading.copy);
    if (!chosen) return;
    const bool same_copy =
        reading.copy && reading.copy->has_sums && reading.copy->identity == *chosen;
    if (identity && *identity != *chosen) {
      log_warn("this host's identity was changed by the release before",
               {{"from", identity->instance}, {"to", chosen->instance}});
    }
    Status done;
    if (identity != chosen) done = write_small_file(identity_path(), to_text(*chosen));
    identity = chosen;
    if (done && !same_copy) {
      if (auto copied = tables->save({.identity = chosen}); !copied) done = fail(copied.error());
    }
    if (!done)
      log_warn("this host's identity lies in one place only", {{"error", done.error().message}});
  }

  Result<Contents> load() {
    Reading reading = tables->read();
    if (reading.failure) return fail(*reading.failure);
    if (!reading.damage.empty()) {
      if (auto s = replace(kDamaged, reading.damage.front()); !s) return fail(std::move(s).error());
    }
    last_report = reading.last_report;
    replaced = false;  // Whoever loads knows just what is there.
    agree_on_identity(reading);
    reading.contents.identity = identity;
    return std::move(reading.contents);
  }

  /// The connection that was opened on a read-only disk stays so after the disk does not.
  Status be_writable() {
    if (tables && !tables->read_only()) return {};
    return open_or_replace();
  }

  /// Writes on what is sound. Damage found on the way, here or before the file is written, is
  /// mended.
  Result<std::vector<ReportId>> try_to_save(const Changes& changes) {
    if (auto s = be_writable(); !s) return fail(std::move(s).error());
    if (std::exchange(replaced, false)) return fail(ErrorCode::InvalidInput, "it was replaced");
    if (changes.identity) {
      auto written = write_small_file(identity_path(), to_text(*changes.identity));
      if (!written) return fail(std::move(written).error());
      identity = changes.identity;
    }
    auto ids = tables->save(changes);
    if (ids || ids.error().code != ErrorCode::InvalidInput) return ids;
    if (auto s = replace(kDamaged, ids.error().message); !s) {
      // Not the damage is in the way now, but what keeps it from being mended.
      return fail(ErrorCode::Unavailable, "it is damaged, and: {}", s.error().message);
    }
    replaced = false;  // This answer tells it.
    return ids;
  }

  Result<std::vector<ReportId>> save(const Changes& changes) {
    auto ids = try_to_save(changes);
    if (!ids) return fail("write " + path(), std::move(ids).error());
    if (!ids->empty()) last_report = ids->back();
    return ids;
  }
};

SqliteStore::SqliteStore(Lane& lane, std::string directory)
    : lane_(lane), files_(std::make_shared<Files>()) {
  files_->directory = std::move(directory);
}

SqliteStore::~SqliteStore() = default;

boost::asio::awaitable<Status> SqliteStore::open() {
  co_return co_await run_blocking(lane_, [files = files_] { return files->open(); });
}

boost::asio::awaitable<Result<Contents>> SqliteStore::load() {
  co_return co_await run_blocking(lane_, [files = files_] { return files->load(); });
}

boost::asio::awaitable<Result<std::vector<ReportId>>> SqliteStore::save(Changes changes) {
  co_return co_await run_blocking(
      lane_, [files = files_, work = std::move(changes)] { return files->save(work); });
}

}  // namespace longshore::store
