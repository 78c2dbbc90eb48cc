// The state database as a file: whatever is in it, the agent comes up, and what it saves then
// stays.
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>

#include "agent/base/lane.hpp"
#include "agent/store/sqlite_store.hpp"
#include "tests/component/agent/store/temporary_folder.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::fuzz {
namespace {

const std::string kKey = "task-manifest-seq-num";
const std::string kValue = "41";

struct Agent {
  explicit Agent(const std::filesystem::path& directory) : store(lane, directory) {}
  boost::asio::io_context io{};
  Lane lane{1};
  store::SqliteStore store;

  Status open() { return testing::run_on(io, store.open()); }
  store::Contents load() {
    auto contents = testing::run_on(io, store.load());
    require(contents.has_value(), "a database that opened can be read");
    return *std::move(contents);
  }
  Result<std::vector<store::ReportId>> try_to_save() {
    store::Changes changes;
    changes.metadata[kKey] = kValue;
    changes.new_reports.push_back({.task = TaskArn("arn")});
    return testing::run_on(io, store.save(std::move(changes)));
  }
  void save() {
    auto ids = try_to_save();
    // Damage that only a write comes upon is told once, and mended.
    if (!ids && ids.error().code == ErrorCode::InvalidInput) ids = try_to_save();
    require(ids && ids->size() == 1, "a database that opened can be written");
  }
};

}  // namespace

void run(std::string_view input) {
  const testing::TemporaryFolder folder;
  std::ofstream(folder.path() / "longshore.db", std::ios::binary) << input;
  std::size_t reports = 0;
  {
    Agent agent(folder.path());
    if (const Status opened = agent.open(); !opened) {
      return require(opened.error().code == ErrorCode::Conflict,
                     "only what a newer version wrote is refused");
    }
    static_cast<void>(agent.load());
    agent.save();
    const auto contents = agent.load();
    reports = contents.reports.size();
    require(reports > 0, "what is saved can be loaded");
    require(contents.metadata.at(kKey) == kValue, "what is saved can be loaded");
  }
  Agent next(folder.path());
  require(next.open().has_value(), "the next start comes up");
  const auto contents = next.load();
  require(contents.reports.size() == reports, "what is saved outlives the process");
  require(contents.metadata.at(kKey) == kValue, "what is saved outlives the process");
}

}  // namespace longshore::fuzz
