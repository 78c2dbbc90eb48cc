#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <string>

#include "agent/store/sqlite_database.hpp"
#include "agent/store/sqlite_store.hpp"
#include "tests/component/agent/store/temporary_folder.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::store {
namespace {

Result<SqliteDatabase> database_in(const testing::TemporaryFolder& folder) {
  return SqliteDatabase::open(folder.path() / "longshore.db");
}

}  // namespace

TEST_CASE("a statement that the tables do not fit is damage, and no fault of ours", "[component]") {
  const testing::TemporaryFolder folder;
  auto database = database_in(folder);
  REQUIRE(database);
  REQUIRE(database->execute("CREATE TABLE report(ed INTEGER PRIMARY KEY, document TEXT)"));
  const auto statement = database->prepare("DELETE FROM report WHERE id=?1");
  REQUIRE_FALSE(statement);
  CHECK(statement.error().code == ErrorCode::InvalidInput);
}

TEST_CASE("the agent comes up on tables that are not as it made them", "[component]") {
  // One flipped bit in the schema's text: every page is sound, and no statement fits.
  const testing::TemporaryFolder folder;
  {
    auto database = database_in(folder);
    REQUIRE(database);
    REQUIRE(
        database->execute("CREATE TABLE report(ed INTEGER PRIMARY KEY AUTOINCREMENT,"
                          " document TEXT NOT NULL);PRAGMA user_version=2;"));
  }
  boost::asio::io_context io;
  Lane lane(1);
  SqliteStore store(lane, folder.path());
  REQUIRE(testing::run_on(io, store.open()));
  Changes changes;
  changes.new_reports.push_back({.task = TaskArn("arn")});
  const auto ids = testing::run_on(io, store.save(std::move(changes)));
  REQUIRE(ids);
  CHECK(ids->size() == 1);
}

}  // namespace longshore::store
