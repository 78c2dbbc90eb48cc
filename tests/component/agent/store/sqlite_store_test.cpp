#include "agent/store/sqlite_store.hpp"

#include <sys/stat.h>

#include <fstream>
#include <string>

#include "tests/component/agent/store/disk.hpp"
#include "tests/component/agent/store/file_size_limit.hpp"

namespace longshore::store {
namespace {

using testing::Disk;
using testing::many_tasks;
using testing::run_on;
using testing::stored_change;
using testing::stored_task;

unsigned mode_of(const std::filesystem::path& path) {
  struct stat info{};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return info.st_mode & 07777U;
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

  // What it stumbled over was not of its making: the tables were made anew.
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
