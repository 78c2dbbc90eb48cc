#include "agent/store/sqlite_store.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "agent/base/clock.hpp"
#include "agent/base/log.hpp"
#include "agent/base/time_text.hpp"
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
constexpr const char* kOtherMachine = "other-machine";

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
  Machine machine{};                       ///< This one.
  std::string containers_since{};          ///< Empty where this host's state is no copy's.
  std::optional<IdentityRecord> record{};  ///< As the identity's file has it.
  ReportId last_report = 0;                ///< The highest id that this process has given.
  bool replaced = false;                   ///< The engine is to be told that rows may be missing.

  [[nodiscard]] std::string path() const { return directory + "/longshore.db"; }
  [[nodiscard]] std::string identity_path() const { return directory + "/identity.json"; }

  /// Whatever is wrong with it keeps nobody from working: the database has a copy.
  void read_identity() {
    record.reset();
    auto text = read_small_file(identity_path());
    if (text && !*text) return;
    auto parsed = text ? parse_identity(**text) : fail(text.error());
    if (parsed) {
      record = std::move(*parsed);
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

  /// A new database in the place of the present one, which is closed, and is kept for people to
  /// look at: returns where. The new one is whole before the old one goes, so that a crash or a
  /// full disk loses nothing.
  Result<std::string> put_in_place(const Reading& reading, const char* why) {
    const std::string fresh = path() + kFresh;
    remove_database(fresh);
    if (auto s = StateTables::build(fresh, reading); !s) return fail(std::move(s).error());
    std::string kept = aside_name(path(), why);
    for (const char* suffix : kSuffixes) {
      if (!exists(path() + suffix)) continue;
      auto moved = move_file(path() + suffix, kept + suffix);
      if (!moved) return fail(std::move(moved).error());
    }
    if (auto s = move_file(fresh, path()); !s) return fail(std::move(s).error());
    replaced = true;
    if (auto s = sync_directory(directory); !s) return fail(std::move(s).error());
    drop_old_asides(path(), why);
    return kept;
  }

  /// A new file with what can be read of the present one.
  Status replace(const char* why, const std::string& cause) {
    if (tables) tables->keep_as_it_is();
    tables.reset();
    Reading reading = salvage();
    // A disk that does not answer now may do so later: what it holds is not given up for that.
    if (reading.failure) return fail(*reading.failure);
    reading.last_report = std::max(reading.last_report, last_report);
    const auto kept = put_in_place(reading, why);
    if (!kept) return fail(kept.error());
    log_error(
        "the state database cannot be used; it was moved aside, and a new one holds what could "
        "be read of it",
        {{"database", path()},
         {"cause", cause},
         {"kept", *kept},
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
    if (opened) opened = leave_foreign_state();
    if (!opened) return fail("state database " + path(), std::move(opened).error());
    replaced = false;  // Nobody has been told anything yet.
    return {};
  }

  /// Database first: the file goes on saying whose it is until both are away, and the new database
  /// says from its first moment that it is this machine's. So wherever this is interrupted, the
  /// next start moves what is left, and nothing twice.
  Status leave_foreign_state() {
    Reading facts = tables->read_facts();
    if (facts.failure) return fail(*facts.failure);
    const Machine saved = machine_in(facts.contents.metadata);
    const Foreign foreign = find_foreign(record, facts.copy, saved, machine);
    if (foreign.database || foreign.file) {
      const Machine other = foreign.database && !saved.unknown() ? saved : record->machine;
      log_error(
          "the state in the data directory is that of another machine, of whose disk this one's is "
          "a copy; it is moved aside, and this host joins as a new instance without tasks",
          {{"machine", to_text(machine)}, {"state_of", to_text(other)}, {"directory", directory}});
    }
    if (foreign.database) {
      facts = {};
      facts.contents.metadata = facts_of(machine);
      facts.contents.metadata[kContainersSinceKey] = to_rfc3339(SystemClock().wall_now());
      tables.reset();  // Whole in one file: its log is written back.
      const auto kept = put_in_place(facts, kOtherMachine);
      if (!kept) return fail(kept.error());
      log_error("the other machine's database was moved aside", {{"kept", *kept}});
      if (auto s = open_tables(); !s) return s;
    }
    if (foreign.file) {
      if (auto s = put_identity_aside(); !s) return s;
    }
    remember(facts);
    return {};
  }

  Status put_identity_aside() {
    record.reset();
    if (!exists(identity_path())) return {};
    const std::string kept = aside_name(identity_path(), kOtherMachine);
    if (auto s = move_file(identity_path(), kept); !s) return s;
    if (auto s = sync_directory(directory); !s) return s;
    drop_old_asides(identity_path(), kOtherMachine);
    log_error("the other machine's identity was moved aside", {{"kept", kept}});
    return {};
  }

  /// What both places are to say from now on, beside the identity.
  void remember(const Reading& facts) {
    const bool file_counts = record && (!facts.copy || facts.copy->has_sums);
    machine = joined(machine_in(facts.contents.metadata), machine);
    if (file_counts) machine = joined(record->machine, machine);
    const auto since = facts.contents.metadata.find(kContainersSinceKey);
    if (since != facts.contents.metadata.end()) {
      containers_since = since->second;
    } else {
      containers_since = file_counts ? record->containers_since : std::string();
    }
  }

  [[nodiscard]] IdentityRecord record_of(const Identity& identity) const {
    return {.identity = identity, .machine = machine, .containers_since = containers_since};
  }

  Status write_record(const Identity& identity) {
    IdentityRecord fresh = record_of(identity);
    if (auto s = write_small_file(identity_path(), to_text(fresh)); !s) return s;
    record = std::move(fresh);
    return {};
  }

  /// Brings the file and the database to what is true of this host. A disk that takes no writes now
  /// is no reason not to begin: the next start tries again.
  void agree_on_identity(Reading& reading) {
    auto& metadata = reading.contents.metadata;
    const auto in_file = record ? std::optional(record->identity) : std::nullopt;
    const auto chosen = choose_identity(in_file, reading.copy);
    if (in_file && *in_file != *chosen) {
      log_warn("this host's identity was changed by the release before",
               {{"from", in_file->instance}, {"to", chosen->instance}});
    }
    Changes missing{.metadata = facts_of(machine)};
    if (!containers_since.empty()) missing.metadata[kContainersSinceKey] = containers_since;
    std::erase_if(missing.metadata, [&](const auto& fact) {
      const auto saved = metadata.find(fact.first);
      return saved != metadata.end() && saved->second == fact.second;
    });
    for (const auto& [key, value] : missing.metadata) metadata[key] = value;
    const bool same_copy =
        reading.copy && reading.copy->has_sums && reading.copy->identity == chosen;
    if (!same_copy) missing.identity = chosen;
    reading.contents.identity = chosen;
    Status done;
    if (chosen && record != record_of(*chosen)) done = write_record(*chosen);
    if (done && (missing.identity || !missing.metadata.empty())) {
      if (auto copied = tables->save(missing); !copied) done = fail(copied.error());
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
    for (const std::string& key : reading.doubtful) {
      log_warn("a stored fact is not what was written and is left out", {{"key", key}});
    }
    last_report = reading.last_report;
    replaced = false;  // Whoever loads knows just what is there.
    agree_on_identity(reading);
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
    const auto since = changes.metadata.find(kContainersSinceKey);
    if (since != changes.metadata.end()) containers_since = since->second;
    if (changes.identity) {
      if (auto s = write_record(*changes.identity); !s) return fail(std::move(s).error());
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

SqliteStore::SqliteStore(Lane& lane, std::string directory, Machine machine)
    : lane_(lane), files_(std::make_shared<Files>()) {
  files_->directory = std::move(directory);
  files_->machine = std::move(machine);
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
