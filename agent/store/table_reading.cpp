// What is read of the tables, also of damaged ones.
#include <algorithm>
#include <cstddef>
#include <utility>

#include "agent/store/seal.hpp"
#include "agent/store/state_tables.hpp"
#include "agent/store/task_document.hpp"

namespace longshore::store {
namespace {

constexpr std::size_t kMostRows = 100'000;
constexpr std::size_t kToldDamages = 10;
/// Ids count reports one by one: a higher one is a damaged one, and the end of all numbers is near.
constexpr ReportId kHighestId = ReportId{1} << 53;

void note(Reading& reading, std::string what) {
  if (reading.damage.size() < kToldDamages) reading.damage.push_back(std::move(what));
}

/// What stands behind a failed step: damage, or a disk that does not answer.
void note(Reading& reading, const char* table, const Error& error) {
  if (error.code != ErrorCode::InvalidInput && !reading.failure) reading.failure = error;
  note(reading, std::string(table) + ": " + error.message);
}

/// Calls `take(row)` for each row that `sql` gives.
template <typename Take>
void each_row(SqliteDatabase& database, Reading& reading, const char* table, const char* sql,
              Take take) {
  auto rows = database.prepare(sql);
  if (!rows) return note(reading, table, rows.error());
  for (std::size_t count = 0; count < kMostRows; ++count) {
    auto row = rows->step();
    if (!row) return note(reading, table, row.error());
    if (!*row) return;
    take(*rows);
  }
  note(reading, std::string(table) + ": more rows than there can be");
}

void take_task(SqliteStatement& row, Reading& reading) {
  const std::string document = row.text(1);
  const Status sound = check_seal(document);
  auto task = sound ? parse_task(document) : fail(sound.error());
  if (!task) return note(reading, "task " + row.text(0) + ": " + task.error().message);
  if (task->spec->arn.str() != row.text(0)) {
    note(reading, "task " + row.text(0) + ": is stored under another name");
  }
  reading.contents.tasks.push_back(std::move(*task));
}

void take_report(SqliteStatement& row, Reading& reading) {
  const ReportId id = row.number(0);
  const std::string document = row.text(1);
  const Status sound = check_seal(document);
  auto change = sound ? parse_change(document) : fail(sound.error());
  const std::string name = "report " + std::to_string(id) + ": ";
  if (!change) return note(reading, name + change.error().message);
  if (id <= 0 || id > kHighestId) return note(reading, name + "no such number was given");
  reading.contents.reports.push_back({id, std::move(*change)});
  reading.last_report = std::max(reading.last_report, id);
}

/// Takes the sums out, and with them the values that are not what was written. That is no reason to
/// replace the file: the release before changes a value and leaves its sum.
void sort_metadata(Reading& reading) {
  auto& metadata = reading.contents.metadata;
  std::map<std::string, std::string> values;
  bool all_have_sums = true;
  for (const auto& [key, value] : metadata) {
    if (key.ends_with(kSumMark)) continue;
    const auto sum = metadata.find(key + kSumMark);
    if (sum != metadata.end() && sum->second != sum_of(key + "=" + value)) {
      reading.doubtful.push_back(key);
      continue;
    }
    if (key == kInstanceArnKey || key == kClusterKey) {
      all_have_sums = all_have_sums && sum != metadata.end();
    }
    values.emplace(key, value);
  }
  metadata = std::move(values);
  const auto instance = metadata.extract(kInstanceArnKey);
  const auto cluster = metadata.extract(kClusterKey);
  if (instance.empty() || cluster.empty() || instance.mapped().empty()) return;
  reading.copy = IdentityCopy{.identity = {.instance = ContainerInstanceArn(instance.mapped()),
                                           .cluster = cluster.mapped()},
                              .has_sums = all_have_sums};
}

void take_metadata(SqliteDatabase& database, Reading& reading) {
  each_row(database, reading, "metadata", "SELECT key, value FROM metadata",
           [&](SqliteStatement& row) { reading.contents.metadata[row.text(0)] = row.text(1); });
  sort_metadata(reading);
}

}  // namespace

Machine machine_in(const std::map<std::string, std::string>& metadata) {
  const auto fact = [&](const char* key) {
    const auto found = metadata.find(key);
    return found == metadata.end() ? std::string() : found->second;
  };
  return machine_of(fact(kInstanceIdKey), fact(kProductUuidKey));
}

std::map<std::string, std::string> facts_of(const Machine& machine) {
  std::map<std::string, std::string> facts{{kInstanceIdKey, machine.ec2_instance_id},
                                           {kProductUuidKey, machine.product_uuid}};
  std::erase_if(facts, [](const auto& fact) { return fact.second.empty(); });
  return facts;
}

Reading read_tables(SqliteDatabase& database) {
  Reading reading;
  each_row(database, reading, "task", "SELECT arn, document FROM task",
           [&](SqliteStatement& row) { take_task(row, reading); });
  each_row(database, reading, "report", "SELECT id, document FROM report ORDER BY id",
           [&](SqliteStatement& row) { take_report(row, reading); });
  each_row(database, reading, "report", "SELECT seq FROM sqlite_sequence WHERE name='report'",
           [&](SqliteStatement& row) {
             if (row.number(0) > kHighestId) return note(reading, "report: the last id is wrong");
             reading.last_report = std::max(reading.last_report, row.number(0));
           });
  take_metadata(database, reading);
  return reading;
}

Reading read_facts(SqliteDatabase& database) {
  Reading reading;
  take_metadata(database, reading);
  return reading;
}

}  // namespace longshore::store
