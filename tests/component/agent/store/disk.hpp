#pragma once

#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/store/sqlite_database.hpp"
#include "agent/store/sqlite_store.hpp"
#include "tests/component/agent/store/temporary_folder.hpp"
#include "tests/support/store_contract.hpp"

namespace longshore::testing {

/// A data directory, and the agent's store in it.
struct Disk {
  TemporaryFolder folder{};
  std::filesystem::path directory = folder.path() / "data";
  boost::asio::io_context io{};
  Lane lane{1};
  store::Machine machine{};  ///< Which the next open() finds itself on.
  std::unique_ptr<store::SqliteStore> store{};

  std::filesystem::path file() const { return directory / "longshore.db"; }
  Status open() {
    store.reset();
    store = std::make_unique<store::SqliteStore>(lane, directory, machine);
    return run_on(io, store->open());
  }
  Result<std::vector<store::ReportId>> save(store::Changes changes) {
    return run_on(io, store->save(std::move(changes)));
  }
  store::Contents loaded() {
    auto contents = run_on(io, store->load());
    REQUIRE(contents);
    return std::move(*contents);
  }
  /// As someone with the sqlite3 tool would.
  void execute(const char* sql) {
    auto database = store::SqliteDatabase::open(file());
    REQUIRE(database);
    REQUIRE(database->execute(sql));
  }
  /// The store is gone and leaves its files as a killed process does: the log is not written back.
  void crash() {
    const std::filesystem::path copy = folder.path() / "copy";
    std::filesystem::copy(directory, copy);
    store.reset();
    std::filesystem::remove_all(directory);
    std::filesystem::rename(copy, directory);
  }
  /// Where a damaged file was put; empty when there is none.
  std::filesystem::path moved_aside(const std::string& lead = "longshore.db.damaged-") const {
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      const std::string name = entry.path().filename();
      if (name.starts_with(lead) && !name.ends_with("-wal") && !name.ends_with("-shm")) {
        return entry.path();
      }
    }
    return {};
  }
};

inline store::Changes many_tasks() {
  store::Changes changes;
  for (int i = 0; i < 200; ++i) changes.tasks.push_back(stored_task("task-" + std::to_string(i)));
  return changes;
}

}  // namespace longshore::testing
