#include "tests/support/store_contract.hpp"

#include <memory>

#include "agent/store/sqlite_store.hpp"
#include "tests/component/agent/store/temporary_folder.hpp"
#include "tests/support/fake_store.hpp"

namespace longshore::store {
namespace {

using testing::run_on;

TEST_CASE("the database keeps the store's contract over restarts", "[component][store]") {
  const testing::TemporaryFolder folder;
  boost::asio::io_context io;
  Lane disk(1);
  std::unique_ptr<SqliteStore> store;
  testing::StoreContract({.io = io,
                          .reopen = [&]() -> StateStore& {
                            store.reset();
                            store = std::make_unique<SqliteStore>(disk, folder.path());
                            REQUIRE(run_on(io, store->open()));
                            return *store;
                          }})
      .check();
}

TEST_CASE("the fake keeps the store's contract", "[component][store]") {
  boost::asio::io_context io;
  testing::FakeStore store;
  testing::StoreContract({.io = io, .reopen = [&]() -> StateStore& { return store; }}).check();
}

}  // namespace
}  // namespace longshore::store
