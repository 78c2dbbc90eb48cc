#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "agent/store/state_tables.hpp"
#include "agent/store/task_document.hpp"
#include "tests/component/agent/store/disk.hpp"
#include "tests/component/agent/store/file_size_limit.hpp"

namespace longshore::store {
namespace {

namespace fs = std::filesystem;
using testing::Disk;
using testing::many_tasks;
using testing::run_on;
using testing::stored_change;
using testing::stored_task;

const Identity kIdentity{.instance = ContainerInstanceArn("arn:instance"), .cluster = "c"};

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void put_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// All pages but the first become nonsense, under a store that has the file open.
void damage_in_use(const Disk& disk) {
  auto other = SqliteDatabase::open(disk.file());
  REQUIRE(other);
  REQUIRE(other->execute("PRAGMA wal_checkpoint(TRUNCATE);"));
  const std::string bytes = bytes_of(disk.file());
  std::fstream file(disk.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(bytes.size() - 4096, '\xff');
  file.flush();
  // What this changes makes the other connection read the file again.
  REQUIRE(other->execute("PRAGMA user_version=2;"));
}

/// Some tasks of different shapes and reports: about a dozen pages.
Changes some_tasks() {
  Changes changes{.metadata = {{"counter", "17"}}, .identity = kIdentity, .durable = true};
  for (int i = 0; i < 12; ++i) {
    core::TaskState task = stored_task("task-" + std::to_string(i));
    task.containers[0].reason = std::string(static_cast<std::size_t>(i) * 200, 'r');
    changes.tasks.push_back(std::move(task));
    changes.new_reports.push_back(stored_change("task-" + std::to_string(i)));
  }
  return changes;
}

/// Whatever was done to the files: the store opens, what it tells is what was saved, perhaps not
/// all of it, and it takes and keeps what comes next.
void check_comes_up(Disk& disk, const Changes& saved) {
  REQUIRE(disk.open());
  const Contents contents = disk.loaded();
  CHECK(contents.identity == kIdentity);
  for (const auto& task : contents.tasks) {
    const auto same = std::find_if(saved.tasks.begin(), saved.tasks.end(), [&](const auto& other) {
      return other.spec->arn == task.spec->arn;
    });
    REQUIRE(same != saved.tasks.end());
    testing::check_same_task(*same, task);
  }
  for (const auto& report : contents.reports) {
    const auto& all = saved.new_reports;
    CHECK(std::find(all.begin(), all.end(), report.change) != all.end());
  }
  if (contents.metadata.contains("counter")) CHECK(contents.metadata.at("counter") == "17");
  REQUIRE(disk.save({.tasks = {stored_task("fresh")}, .new_reports = {stored_change("fresh")}}));
  REQUIRE(disk.open());
  CHECK(disk.loaded().tasks.size() == contents.tasks.size() + 1);
  CHECK(disk.loaded().reports.size() == contents.reports.size() + 1);
}

TEST_CASE("a file that is no database is kept aside and a new one begun", "[component][store]") {
  Disk disk;
  fs::create_directory(disk.directory);
  const std::string text(10'000, 'x');
  put_bytes(disk.file(), text);
  REQUIRE(disk.open());
  CHECK(disk.loaded().tasks.empty());
  REQUIRE(disk.save({.tasks = {stored_task("one")}}));
  REQUIRE(disk.open());
  CHECK(disk.loaded().tasks.size() == 1);
  REQUIRE_FALSE(disk.moved_aside().empty());
  CHECK(bytes_of(disk.moved_aside()) == text);
}

TEST_CASE("of a database damaged inside, what can be read is kept", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save(many_tasks()));
  disk.store.reset();
  std::string bytes = bytes_of(disk.file());
  REQUIRE(bytes.size() > 64U * 1024);
  bytes.replace(16 * 1024, 32 * 1024, 32 * 1024, '\xff');
  put_bytes(disk.file(), bytes);
  REQUIRE(disk.open());
  const std::size_t left = disk.loaded().tasks.size();
  CHECK(left < 200);
  CHECK(left > 100);
  REQUIRE_FALSE(disk.moved_aside().empty());
  CHECK(bytes_of(disk.moved_aside()) == bytes);
}

TEST_CASE("a sound database stays where it is", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save(many_tasks()));
  REQUIRE(disk.open());
  CHECK(disk.loaded().tasks.size() == 200);
  CHECK(disk.moved_aside().empty());
}

TEST_CASE("a bit that changed anywhere is never taken for what was saved", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  const Changes saved = some_tasks();
  REQUIRE(disk.save(saved));
  const bool logged = GENERATE(false, true);
  if (logged) {
    disk.crash();
  } else {
    disk.store.reset();
  }
  const fs::path damaged = disk.file().string() + (logged ? "-wal" : "");
  std::map<std::string, std::string> sound;
  for (const auto& entry : fs::directory_iterator(disk.directory)) {
    sound[entry.path()] = bytes_of(entry.path());
  }
  const std::string bytes = sound.at(damaged);
  REQUIRE(bytes.size() > 4 * 4096);
  std::mt19937 random(20261121);
  for (std::size_t page = 0; page < bytes.size(); page += 4096) {
    for (const auto& entry : fs::directory_iterator(disk.directory)) fs::remove(entry.path());
    for (const auto& [path, content] : sound) put_bytes(path, content);
    std::string flipped = bytes;
    const std::size_t place = page + random() % std::min<std::size_t>(4096, bytes.size() - page);
    flipped[place] = static_cast<char>(flipped[place] ^ (1 << random() % 8));
    put_bytes(damaged, flipped);
    INFO("bit in byte " << place);
    check_comes_up(disk, saved);
    disk.store.reset();
  }
}

TEST_CASE("a file cut short anywhere does not keep the store from opening", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  const Changes saved = some_tasks();
  REQUIRE(disk.save(saved));
  disk.store.reset();
  const std::string bytes = bytes_of(disk.file());
  std::vector<std::size_t> sizes{0, 1, 100, 511, 512, 5000};
  for (std::size_t size = 4096; size < bytes.size(); size += 4096) sizes.push_back(size);
  for (const std::size_t size : sizes) {
    INFO(size);
    put_bytes(disk.file(), bytes.substr(0, size));
    for (const char* suffix : {"-wal", "-shm"}) fs::remove(disk.file().string() + suffix);
    check_comes_up(disk, saved);
    disk.store.reset();
  }
}

TEST_CASE("a row that cannot be read is left out, and the others come", "[component][store]") {
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
  CHECK_FALSE(disk.moved_aside().empty());
}

TEST_CASE("a task under a name that is not its own comes back once", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save({.tasks = {stored_task("one")}}));
  disk.execute("UPDATE task SET arn='ooe' WHERE arn='one';");
  REQUIRE(disk.loaded().tasks.size() == 1);
  REQUIRE(disk.save({.tasks = {stored_task("one")}}));
  REQUIRE(disk.loaded().tasks.size() == 1);
  CHECK(disk.loaded().tasks[0].spec->arn == TaskArn("one"));
}

TEST_CASE("a number of a report is never given twice, also over damage", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save({.new_reports = {stored_change("a"), stored_change("b"), stored_change("c")}}));
  REQUIRE(disk.save({.finished_reports = {2, 3}}));
  SECTION("found at the start") {
    disk.store.reset();
    disk.execute("UPDATE report SET document='?' WHERE id=1;");
    REQUIRE(disk.open());
    CHECK(disk.loaded().reports.empty());
  }
  SECTION("and the last number is damaged, too") {
    disk.store.reset();
    disk.execute("UPDATE sqlite_sequence SET seq=9223372036854775807;");
    REQUIRE(disk.open());
    CHECK(disk.loaded().reports.size() == 1);
    const auto ids = disk.save({.new_reports = {stored_change("d")}});
    REQUIRE(ids);
    CHECK(ids->at(0) > 1);
    return;
  }
  const auto ids = disk.save({.new_reports = {stored_change("d")}});
  REQUIRE(ids);
  CHECK(ids->at(0) == 4);
}

TEST_CASE("damage found while running is told once, and saves work again", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  Changes saved = many_tasks();
  saved.identity = kIdentity;
  saved.new_reports = {stored_change("task-0")};
  REQUIRE(disk.save(saved));
  REQUIRE(disk.loaded().tasks.size() == 200);
  damage_in_use(disk);
  const auto refused = disk.save({.tasks = {stored_task("task-1")}});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::InvalidInput);
  CHECK_THAT(refused.error().message, Catch::Matchers::Contains(disk.file().string()));
  CHECK_FALSE(disk.moved_aside().empty());

  const auto ids =
      disk.save({.tasks = {stored_task("task-1")}, .new_reports = {stored_change("x")}});
  REQUIRE(ids);
  CHECK(ids->at(0) == 2);
  REQUIRE(disk.open());
  CHECK(disk.loaded().identity == kIdentity);
  CHECK(disk.loaded().tasks.size() >= 1);
}

TEST_CASE("damage that a full disk kept from being mended is told once there is room",
          "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save(many_tasks()));
  REQUIRE(disk.loaded().tasks.size() == 200);
  damage_in_use(disk);
  {
    const testing::FileSizeLimit full(100);
    const auto refused = disk.save({.tasks = {stored_task("task-1")}});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::Unavailable);
  }
  SECTION("the damaged file still lies there") {}
  SECTION("it is away, and the new one not in its place yet") {
    fs::remove(disk.file());
    REQUIRE(StateTables::build(disk.file().string() + ".new", {}));
  }
  const auto told = disk.save({.tasks = {stored_task("task-1")}});
  REQUIRE_FALSE(told);
  CHECK(told.error().code == ErrorCode::InvalidInput);
  REQUIRE(disk.save({.tasks = {stored_task("task-1")}}));
  REQUIRE(disk.open());
  CHECK(disk.loaded().tasks.size() == 1);
}

TEST_CASE("a crash between two renames loses nothing", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save(many_tasks()));
  disk.store.reset();
  const fs::path fresh = disk.file().string() + ".new";
  SECTION("the old file is away, the new one is whole") {
    fs::rename(disk.file(), fresh);
    put_bytes(disk.file().string() + "-wal", "of the old file");
    REQUIRE(disk.open());
    CHECK(disk.loaded().tasks.size() == 200);
  }
  SECTION("the old file is there, the new one half written") {
    put_bytes(fresh, bytes_of(disk.file()).substr(0, 8192));
    REQUIRE(disk.open());
    CHECK(disk.loaded().tasks.size() == 200);
  }
  CHECK_FALSE(fs::exists(fresh));
}

TEST_CASE("what was put aside does not fill the disk", "[component][store]") {
  Disk disk;
  fs::create_directory(disk.directory);
  const std::string lead = disk.file().string() + ".damaged-";
  for (int i = 1'700'000'000; i < 1'700'000'006; ++i) {
    for (const char* suffix : {"", "-wal", "-shm"})
      put_bytes(lead + std::to_string(i) + suffix, "?");
  }
  put_bytes(disk.file(), std::string(10'000, 'x'));
  REQUIRE(disk.open());
  std::size_t left = 0;
  for (const auto& entry : fs::directory_iterator(disk.directory)) {
    left += entry.path().string().starts_with(lead) ? 1 : 0;
  }
  CHECK(left == 3 + 2 + 2);  // The new one has no log; two older ones have all three files.
  CHECK(fs::exists(lead + "1700000005"));
  CHECK_FALSE(fs::exists(lead + "1700000003-wal"));
}

TEST_CASE("a full disk keeps a damaged database as it is, until there is room",
          "[component][store]") {
  Disk disk;
  fs::create_directory(disk.directory);
  put_bytes(disk.file(), std::string(10'000, 'x'));
  {
    const testing::FileSizeLimit full(100);
    const Status refused = disk.open();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::Unavailable);
    CHECK(bytes_of(disk.file()) == std::string(10'000, 'x'));
    // The same store is asked again: it holds the directory's lock already.
    CHECK_FALSE(run_on(disk.io, disk.store->open()));
  }
  REQUIRE(run_on(disk.io, disk.store->open()));
  CHECK(disk.loaded().tasks.empty());
}

TEST_CASE("a database of a newer longshore is kept, and what is understood of it is used",
          "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save({.tasks = {stored_task("one"), stored_task("two")},
                     .new_reports = {stored_change("one")},
                     .metadata = {{"counter", "17"}},
                     .identity = kIdentity}));
  disk.execute("PRAGMA user_version=1;");
  REQUIRE(disk.open());
  CHECK(disk.loaded().tasks.size() == 2);

  disk.execute(
      "UPDATE task SET document='{\"schema\":3,\"spec\":{}}' WHERE arn='two';"
      "PRAGMA user_version=3;");
  REQUIRE(disk.open());
  const Contents contents = disk.loaded();
  REQUIRE(contents.tasks.size() == 1);
  CHECK(contents.tasks[0].spec->arn == TaskArn("one"));
  CHECK(contents.reports.size() == 1);
  CHECK(contents.metadata.at("counter") == "17");
  CHECK(contents.identity == kIdentity);
  CHECK_FALSE(disk.moved_aside("longshore.db.newer-").empty());
  CHECK(disk.moved_aside().empty());
}

TEST_CASE("the release before finds all that it wrote itself", "[component][store]") {
  Disk disk;
  REQUIRE(disk.open());
  REQUIRE(disk.save({.tasks = {stored_task("one")},
                     .new_reports = {stored_change("one")},
                     .metadata = {{"counter", "17"}},
                     .identity = kIdentity}));
  disk.store.reset();
  // As it reads and writes: by its own names, without sums, and with nothing it has not heard of.
  auto database = SqliteDatabase::open(disk.file());
  REQUIRE(database);
  const auto text = [&](const char* sql) {
    auto rows = database->prepare(sql);
    REQUIRE(rows);
    REQUIRE(rows->step().value_or(false));
    return rows->text(0);
  };
  CHECK(text("SELECT value FROM metadata WHERE key='container-instance-arn'") == "arn:instance");
  CHECK(text("SELECT value FROM metadata WHERE key='cluster-name'") == "c");
  CHECK(text("SELECT value FROM metadata WHERE key='counter'") == "17");
  CHECK(text("PRAGMA user_version") == "2");
  const auto task = parse_task(text("SELECT document FROM task"));
  REQUIRE(task);
  REQUIRE(database->execute("UPDATE metadata SET value='18' WHERE key='counter'"));
  auto put = database->prepare("INSERT OR REPLACE INTO task VALUES('one', ?1)");
  REQUIRE(put);
  core::TaskState changed = *task;
  changed.stop_requested = true;
  put->bind(1, to_document(changed));
  REQUIRE(put->step());
  put->reset();

  REQUIRE(disk.open());
  const Contents contents = disk.loaded();
  CHECK(contents.identity == kIdentity);
  REQUIRE(contents.tasks.size() == 1);
  CHECK(contents.tasks[0].stop_requested);
  // Its sum is not the one of the new value: the counter begins again.
  CHECK_FALSE(contents.metadata.contains("counter"));
  CHECK(disk.moved_aside().empty());
}

}  // namespace
}  // namespace longshore::store
