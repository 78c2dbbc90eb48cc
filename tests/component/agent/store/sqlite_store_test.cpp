#include "agent/store/sqlite_store.hpp"

#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "agent/store/sqlite_database.hpp"
#include "tests/component/agent/store/file_size_limit.hpp"
#include "tests/component/agent/store/temporary_folder.hpp"
#include "tests/support/store_contract.hpp"

namespace longshore::store {
namespace {

using testing::run_on;
using testing::stored_change;
using testing::stored_task;

/// A data directory, and the agent's store in it.
struct Disk {
  testing::TemporaryFolder folder{};
  std::filesystem::path directory = folder.path() / "data";
  boost::asio::io_context io{};
  Lane lane{1};
  std::unique_ptr<SqliteStore> store{};

  std::filesystem::path file() const { return directory / "longshore.db"; }
  Status open() {
    store.reset();
    store = std::make_unique<SqliteStore>(lane, directory);
    return run_on(io, store->open());
  }
  Result<std::vector<ReportId>> save(Changes changes) {
    return run_on(io, store->save(std::move(changes)));
  }
  Contents loaded() {
    auto contents = run_on(io, store->load());
    REQUIRE(contents);
    return std::move(*contents);
  }
  /// As someone with the sqlite3 tool would.
  void execute(const char* sql) {
    auto database = SqliteDatabase::open(file());
    REQUIRE(database);
    REQUIRE(database->execute(sql));
  }
  /// Where a damaged file was put; empty when there is none.
  std::filesystem::path moved_aside() const {
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      const std::string name = entry.path().filename();
      if (name.starts_with("longshore.db.damaged-") && !name.ends_with("-wal") &&
          !name.ends_with("-shm")) {
        return entry.path();
      }
    }
    return {};
  }
};

unsigned mode_of(const std::filesystem::path& path) {
  struct stat info{};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
}

Changes many_tasks() {
  Changes changes;
  for (int i = 0; i < 200; ++i) changes.tasks.push_back(stored_task("task-" + std::to_string(i)));
  return changes;
}

TEST_CASE("only the agent's user may read the state", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save({.tasks = {stored_task("one")}}));
  CHECK(mode_of(disk.directory) == 0700);
  for (const char* suffix : {"", "-wal"}) {
    CHECK(mode_of(disk.file().string() + suffix) == 0600);
  }
  CHECK(mode_of(disk.directory / "lock") == 0600);
}

TEST_CASE("a directory that others may enter is closed to them", "[component][store]") {
  Disk disk;
  std::filesystem::create_directory(disk.directory);
  REQUIRE(chmod(disk.directory.c_str(), 0755) == 0);
  REQUIRE(disk.open());
  CHECK(mode_of(disk.directory) == 0700);
}

TEST_CASE("two agents never share a data directory", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  SqliteStore second(disk.lane, disk.directory);
  const Status refused = run_on(disk.io, second.open());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::Conflict);
  CHECK_THAT(refused.error().message, Catch::Matchers::Contains(disk.directory.string()));

  disk.store.reset();
  CHECK(run_on(disk.io, second.open()));
}

TEST_CASE("a data directory that cannot be made is named", "[component][store]") {
  Disk disk;
  std::ofstream(disk.folder.path() / "data") << "a file";
  const Status refused = disk.open();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::PermissionDenied);
  CHECK_THAT(refused.error().message, Catch::Matchers::Contains(disk.directory.string()));
}

TEST_CASE("a file that is no database is kept aside and a new one begun", "[component][store]") {
  Disk disk;
  std::filesystem::create_directory(disk.directory);
  const std::string text(10'000, 'x');
  std::ofstream(disk.file()) << text;
  REQUIRE(disk.open());
  CHECK(disk.loaded().tasks.empty());
  REQUIRE(disk.save({.tasks = {stored_task("one")}}));
  REQUIRE(disk.open());
  CHECK(disk.loaded().tasks.size() == 1);

  REQUIRE_FALSE(disk.moved_aside().empty());
  std::ifstream kept(disk.moved_aside());
  CHECK(std::string(std::istreambuf_iterator<char>(kept), {}) == text);
}

TEST_CASE("a database damaged inside is kept aside and a new one begun", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save(many_tasks()));
  disk.store.reset();
  const auto size = std::filesystem::file_size(disk.file());
  REQUIRE(size > 64U * 1024);
  {
    std::fstream file(disk.file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(16 * 1024);
    file << std::string(32 * 1024, '\xff');
  }
  REQUIRE(disk.open());
  CHECK(disk.loaded().tasks.empty());
  REQUIRE_FALSE(disk.moved_aside().empty());
  CHECK(std::filesystem::file_size(disk.moved_aside()) == size);
}

TEST_CASE("a sound database stays where it is", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save(many_tasks()));
  REQUIRE(disk.open());
  CHECK(disk.loaded().tasks.size() == 200);
  CHECK(disk.moved_aside().empty());
}

TEST_CASE("a database of the version before is read, one of a later version is refused",
          "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save({.tasks = {stored_task("one")}}));
  disk.execute("PRAGMA user_version=1;");
  REQUIRE(disk.open());
  CHECK(disk.loaded().tasks.size() == 1);

  disk.execute("PRAGMA user_version=3;");
  const auto refused = disk.open();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::Conflict);
  CHECK_THAT(refused.error().message,
             Catch::Matchers::Contains("schema 3 was written by a newer longshore"));
  CHECK(disk.moved_aside().empty());
}

TEST_CASE("a row that cannot be read is left out and the others come", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save({.tasks = {stored_task("one"), stored_task("two")},
                     .new_reports = {stored_change("one"), stored_change("two")}}));
  disk.execute(
      "UPDATE task SET document='{\"schema\":99}' WHERE arn='one';"
      "UPDATE report SET document='?' WHERE id=1;");
  const Contents contents = disk.loaded();
  REQUIRE(contents.tasks.size() == 1);
  CHECK(contents.tasks[0].spec->arn == TaskArn("two"));
  REQUIRE(contents.reports.size() == 1);
  CHECK(contents.reports[0].change.task == TaskArn("two"));
}

TEST_CASE("a save that fails half way leaves nothing behind", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save({.tasks = {stored_task("old")}, .new_reports = {stored_change("old")}}));
  disk.execute(
      "CREATE TRIGGER refuse BEFORE INSERT ON metadata BEGIN SELECT RAISE(ABORT, 'no'); END;");
  const Changes changes{.tasks = {stored_task("new")},
                        .forgotten = {TaskArn("old")},
                        .new_reports = {stored_change("new")},
                        .finished_reports = {1},
                        .metadata = {{"key", "value"}}};
  REQUIRE_FALSE(disk.save(changes));

  const Contents contents = disk.loaded();
  REQUIRE(contents.tasks.size() == 1);
  CHECK(contents.tasks[0].spec->arn == TaskArn("old"));
  REQUIRE(contents.reports.size() == 1);
  CHECK(contents.reports[0].id == 1);
  CHECK(contents.metadata.empty());

  disk.execute("DROP TRIGGER refuse;");
  const auto ids = disk.save(changes);
  REQUIRE(ids);
  CHECK(ids->size() == 1);
  CHECK(disk.loaded().tasks.at(0).spec->arn == TaskArn("new"));
}

TEST_CASE("a full disk refuses a save, and takes it once there is room", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save({.tasks = {stored_task("old")}}));
  const bool durable = GENERATE(false, true);
  Changes changes = many_tasks();
  changes.durable = durable;
  {
    const testing::FileSizeLimit full(64 * 1024);
    for (int attempt = 0; attempt < 2; ++attempt) {
      const auto refused = disk.save(changes);
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == ErrorCode::Unavailable);
      CHECK_THAT(refused.error().message, Catch::Matchers::Contains(disk.file().string()));
    }
    CHECK(disk.loaded().tasks.size() == 1);
  }
  REQUIRE(disk.save(changes));
  CHECK(disk.loaded().tasks.size() == 201);
  REQUIRE(disk.open());
  CHECK(disk.loaded().tasks.size() == 201);
}

}  // namespace
}  // namespace longshore::store
