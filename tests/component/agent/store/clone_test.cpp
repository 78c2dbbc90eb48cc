// The data directory came here with a copy of another machine's disk.
#include <chrono>
#include <fstream>
#include <optional>
#include <string>

#include "agent/base/time_text.hpp"
#include "agent/store/data_directory.hpp"
#include "agent/store/state_tables.hpp"
#include "tests/component/agent/store/disk.hpp"

namespace longshore::store {
namespace {

namespace fs = std::filesystem;
using testing::Disk;
using testing::stored_change;
using testing::stored_task;

const Machine kOriginal{.ec2_instance_id = "i-00000000000000001",
                        .product_uuid = "ec2a1b2c-3d4e-5f60-7182-93a4b5c6d7e8"};
const Machine kHere{.ec2_instance_id = "i-00000000000000002",
                    .product_uuid = "ec2a1b2c-3d4e-5f60-7182-000000000002"};
const Identity kOne{.instance = ContainerInstanceArn("arn:one"), .cluster = "c"};
const Identity kTwo{.instance = ContainerInstanceArn("arn:two"), .cluster = "c"};

/// The disk of a host that is instance one and has a task, and then lies in another machine.
struct CopiedDisk : Disk {
  CopiedDisk() {
    machine = kOriginal;
    REQUIRE(open());
    loaded();
    REQUIRE(save({.tasks = {stored_task("task")},
                  .new_reports = {stored_change("task")},
                  .metadata = {{"registration-token/c", "token"}},
                  .identity = kOne,
                  .durable = true}));
    store.reset();
    machine = kHere;
  }
  fs::path identity_file() const { return directory / "identity.json"; }
  void remove_database() {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file().string() + suffix);
  }
  /// How many databases and identities lie aside.
  int asides() const {
    int count = 0;
    for (const auto& entry : fs::directory_iterator(directory)) {
      count += entry.path().string().find(".other-machine-") != std::string::npos ? 1 : 0;
    }
    return count;
  }
};

/// Nothing of the other machine is used, and when that was decided is known.
void check_began_anew(const Contents& contents) {
  CHECK_FALSE(contents.identity);
  CHECK(contents.tasks.empty());
  CHECK(contents.reports.empty());
  CHECK_FALSE(contents.metadata.contains("registration-token/c"));
  REQUIRE(contents.metadata.contains(kContainersSinceKey));
  const WallTime since = parse_rfc3339(contents.metadata.at(kContainersSinceKey));
  CHECK(SystemClock().wall_now() - since < std::chrono::minutes{5});
}

TEST_CASE("another machine's state is kept aside, and none of it used", "[component][store]") {
  CopiedDisk disk;
  REQUIRE(disk.open());
  check_began_anew(disk.loaded());
  CHECK_FALSE(fs::exists(disk.identity_file()));
  const fs::path identity = disk.moved_aside("identity.json.other-machine-");
  REQUIRE_FALSE(identity.empty());
  const auto record = parse_identity(**read_small_file(identity));
  REQUIRE(record);
  CHECK(*record == IdentityRecord{.identity = kOne, .machine = kOriginal});
  auto database = SqliteDatabase::open(disk.moved_aside("longshore.db.other-machine-"));
  REQUIRE(database);
  CHECK(read_tables(*database).contents.tasks.size() == 1);
}

TEST_CASE("a copy goes on as the instance that it became", "[component][store]") {
  CopiedDisk disk;
  REQUIRE(disk.open());
  disk.loaded();
  // The engine found containers that are younger than the clock said.
  const std::string since = "2040-01-01T00:00:00.000Z";
  REQUIRE(disk.save({.metadata = {{kContainersSinceKey, since}}, .durable = true}));
  REQUIRE(disk.save({.tasks = {stored_task("own")}, .identity = kTwo, .durable = true}));
  std::size_t tasks = 1;
  SECTION("with all that is its own") {}
  SECTION("with its file alone") {
    disk.store.reset();
    disk.remove_database();
    tasks = 0;
  }
  SECTION("with its database alone") { fs::remove(disk.identity_file()); }
  REQUIRE(disk.open());
  const Contents contents = disk.loaded();
  CHECK(contents.identity == kTwo);
  CHECK(contents.tasks.size() == tasks);
  CHECK(contents.metadata.at(kContainersSinceKey) == since);
  CHECK(disk.asides() == 2);
}

TEST_CASE("one of the two places is enough to know another machine's state", "[component][store]") {
  CopiedDisk disk;
  SECTION("the file is gone") { fs::remove(disk.identity_file()); }
  SECTION("the file is damaged") { fs::resize_file(disk.identity_file(), 10); }
  SECTION("the file says nothing of the machine") {
    REQUIRE(write_small_file(disk.identity_file(), to_text({.identity = kOne})));
  }
  SECTION("the database is gone") { disk.remove_database(); }
  SECTION("the database says nothing of the machine") {
    disk.execute("DELETE FROM metadata WHERE key LIKE 'ec2-%' OR key LIKE 'product-%';");
  }
  SECTION("what the database says is damaged") {
    disk.execute("UPDATE metadata SET value='i-00000000000000003' WHERE key='ec2-instance-id';");
  }
  REQUIRE(disk.open());
  check_began_anew(disk.loaded());
}

TEST_CASE("a host that was copied before it ever registered has its token for itself",
          "[component][store]") {
  Disk disk;
  disk.machine = kOriginal;
  REQUIRE(disk.open());
  disk.loaded();
  REQUIRE(disk.save({.metadata = {{"registration-token/c", "token"}}, .durable = true}));
  disk.machine = kHere;
  REQUIRE(disk.open());
  check_began_anew(disk.loaded());
}

TEST_CASE("wherever the move is interrupted, the next start comes to the same end",
          "[component][store]") {
  CopiedDisk disk;
  const fs::path fresh = disk.file().string() + ".new";
  const auto build_new = [&] {
    Reading reading;
    reading.contents.metadata = facts_of(kHere);
    reading.contents.metadata[kContainersSinceKey] = to_rfc3339(SystemClock().wall_now());
    REQUIRE(StateTables::build(fresh, reading));
  };
  const fs::path aside = disk.file().string() + ".other-machine-1700000000";
  SECTION("the new database is half written") { std::ofstream(fresh) << "SQLite"; }
  SECTION("the new database is whole") { build_new(); }
  SECTION("the old database is away") {
    build_new();
    fs::rename(disk.file(), aside);
  }
  SECTION("the new database is in its place") {
    build_new();
    fs::rename(disk.file(), aside);
    fs::rename(fresh, disk.file());
  }
  REQUIRE(disk.open());
  check_began_anew(disk.loaded());
  CHECK_FALSE(fs::exists(fresh));
  CHECK_FALSE(fs::exists(disk.identity_file()));
  CHECK(disk.asides() == 2);
}

TEST_CASE("a start between the two moves does not move the database again", "[component][store]") {
  CopiedDisk disk;
  const std::string identity = **read_small_file(disk.identity_file());
  REQUIRE(disk.open());
  disk.store.reset();
  std::string since;
  {
    auto database = SqliteDatabase::open(disk.file());
    REQUIRE(database);
    since = read_facts(*database).contents.metadata.at(kContainersSinceKey);
  }
  REQUIRE(write_small_file(disk.identity_file(), identity));
  REQUIRE(disk.open());
  const Contents contents = disk.loaded();
  check_began_anew(contents);
  CHECK(contents.metadata.at(kContainersSinceKey) == since);
}

TEST_CASE("nothing of another machine is used while it cannot be moved", "[component][store]") {
  CopiedDisk disk;
  // A folder in the place of the new database: this test runs as root, whom no mode stops.
  fs::create_directories(fs::path(disk.file().string() + ".new") / "in the way");
  const Status refused = disk.open();
  REQUIRE_FALSE(refused);
  CHECK(disk.asides() == 0);
  fs::remove_all(disk.file().string() + ".new");
  REQUIRE(testing::run_on(disk.io, disk.store->open()));
  check_began_anew(disk.loaded());
}

TEST_CASE("the state of the release before, and of machines without facts, is believed",
          "[component][store]") {
  Disk disk;
  const Machine before = GENERATE(Machine{}, kOriginal);
  disk.machine = before;
  REQUIRE(disk.open());
  disk.loaded();
  REQUIRE(disk.save({.tasks = {stored_task("task")}, .identity = kOne, .durable = true}));
  if (GENERATE(false, true)) fs::remove(disk.directory / "identity.json");
  disk.machine = before.unknown() ? kHere : Machine{};
  REQUIRE(disk.open());
  CHECK(disk.loaded().identity == kOne);
  CHECK(disk.loaded().tasks.size() == 1);
  CHECK_FALSE(disk.loaded().metadata.contains(kContainersSinceKey));
  // The facts that were ever known are in both places.
  const Machine known = before.unknown() ? kHere : before;
  CHECK(machine_in(disk.loaded().metadata) == known);
  const auto record = parse_identity(**read_small_file(disk.directory / "identity.json"));
  REQUIRE(record);
  CHECK(record->machine == known);
}

TEST_CASE("what was put aside of other machines does not fill the disk", "[component][store]") {
  CopiedDisk disk;
  for (int i = 1'700'000'000; i < 1'700'000'006; ++i) {
    for (const char* name : {"longshore.db", "identity.json"}) {
      std::ofstream(disk.directory / (name + (".other-machine-" + std::to_string(i)))) << '?';
    }
  }
  REQUIRE(disk.open());
  CHECK(disk.asides() == 2 * 3);
}

TEST_CASE("the kernel's files are read, as far as they are there", "[component][store]") {
  const testing::TemporaryFolder folder;
  const auto read = [&] { return read_machine(folder.path().string()); };
  CHECK(read().unknown());
  CHECK(read_machine((folder.path() / "none").string()).unknown());
  std::ofstream(folder.path() / "product_uuid") << kHere.product_uuid << '\n';
  CHECK(read() == Machine{.product_uuid = kHere.product_uuid});
  std::ofstream(folder.path() / "board_asset_tag") << kHere.ec2_instance_id << '\n';
  CHECK(read() == kHere);
  fs::remove(folder.path() / "product_uuid");
  fs::create_directory(folder.path() / "product_uuid");
  CHECK(read() == Machine{.ec2_instance_id = kHere.ec2_instance_id});
}

}  // namespace
}  // namespace longshore::store
