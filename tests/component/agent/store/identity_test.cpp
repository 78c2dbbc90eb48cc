#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>

#include "tests/component/agent/store/disk.hpp"

namespace longshore::store {
namespace {

namespace fs = std::filesystem;
using testing::Disk;
using testing::stored_task;

const Identity kOne{.instance = ContainerInstanceArn("arn:one"), .cluster = "c"};
const Identity kTwo{.instance = ContainerInstanceArn("arn:two"), .cluster = "c"};

/// A data directory of a host that is instance one.
struct Host : Disk {
  Host() {
    REQUIRE(open());
    REQUIRE(save({.identity = kOne, .durable = true}));
    store.reset();
  }
  fs::path identity_file() const { return directory / "identity.json"; }
  /// Who this host is after another start.
  std::optional<Identity> after_start() {
    REQUIRE(open());
    return loaded().identity;
  }
  void remove_database() {
    for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file().string() + suffix);
  }
};

TEST_CASE("the identity outlives the database", "[component][store]") {
  Host host;
  host.remove_database();
  CHECK(host.after_start() == kOne);
  SECTION("and the database has it again") {
    fs::remove(host.identity_file());
    CHECK(host.after_start() == kOne);
  }
}

TEST_CASE("the identity outlives its file", "[component][store]") {
  Host host;
  fs::remove(host.identity_file());
  CHECK(host.after_start() == kOne);
  REQUIRE(fs::exists(host.identity_file()));
  host.store.reset();
  host.remove_database();
  CHECK(host.after_start() == kOne);
}

TEST_CASE("only the agent's user may read the identity's file", "[component][store]") {
  Host host;
  struct stat info{};
  REQUIRE(stat(host.identity_file().c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0600);
  CHECK_FALSE(fs::exists(host.identity_file().string() + ".new"));
}

TEST_CASE("a damaged identity's file is kept aside, and the database's copy used",
          "[component][store]") {
  Host host;
  SECTION("cut short") { fs::resize_file(host.identity_file(), 10); }
  SECTION("empty") { fs::resize_file(host.identity_file(), 0); }
  SECTION("too large") { fs::resize_file(host.identity_file(), 100'000); }
  SECTION("a folder") {
    fs::remove(host.identity_file());
    fs::create_directory(host.identity_file());
  }
  CHECK(host.after_start() == kOne);
  CHECK_FALSE(host.moved_aside("identity.json.damaged-").empty());
  CHECK(fs::is_regular_file(host.identity_file()));
}

TEST_CASE("a host whose every record is gone has no identity", "[component][store]") {
  Host host;
  host.remove_database();
  fs::remove(host.identity_file());
  CHECK_FALSE(host.after_start());
}

TEST_CASE("where the two differ, the file is right", "[component][store]") {
  Host host;
  // A flipped bit, or a backup of the database brought back: its sums do not say which.
  host.execute("UPDATE metadata SET value='arn:onf' WHERE key='container-instance-arn';");
  CHECK(host.after_start() == kOne);
  fs::remove(host.identity_file());
  CHECK(host.after_start() == kOne);
}

TEST_CASE("a copy that cannot be trusted is not used, even alone", "[component][store]") {
  Host host;
  host.execute("UPDATE metadata SET value='arn:onf' WHERE key='container-instance-arn';");
  fs::remove(host.identity_file());
  CHECK_FALSE(host.after_start());
}

TEST_CASE("the identity of the release before is taken over", "[component][store]") {
  Host host;
  fs::remove(host.identity_file());
  host.execute("DELETE FROM metadata WHERE key LIKE '%#';");
  CHECK(host.after_start() == kOne);
  host.store.reset();
  host.remove_database();
  CHECK(host.after_start() == kOne);
}

TEST_CASE("a new identity that the release before went on with is kept", "[component][store]") {
  Host host;
  host.execute(
      "DELETE FROM metadata;"
      "INSERT INTO metadata VALUES('container-instance-arn', 'arn:two'), ('cluster-name', 'c');");
  CHECK(host.after_start() == kTwo);
  host.store.reset();
  host.remove_database();
  CHECK(host.after_start() == kTwo);
}

TEST_CASE("a new identity replaces the old one in both places", "[component][store]") {
  Host host;
  REQUIRE(host.open());
  REQUIRE(host.save({.identity = kTwo, .durable = true}));
  SECTION("seen in the file") { host.remove_database(); }
  SECTION("seen in the database") { fs::remove(host.identity_file()); }
  CHECK(host.after_start() == kTwo);
}

}  // namespace
}  // namespace longshore::store
