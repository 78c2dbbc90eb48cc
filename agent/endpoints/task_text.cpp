#include "agent/endpoints/task_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "agent/base/ids.hpp"
#include "agent/base/text.hpp"

namespace longshore::endpoints {
namespace {

constexpr std::size_t kColumns = 6;
constexpr std::size_t kShortIdBytes = 12;

/// The last column is not padded.
using Row = std::array<std::string, kColumns>;

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (!part.empty()) text += (text.empty() ? "" : "; ") + part;
  }
  return text;
}

std::string waiting(const std::string& what) { return what.empty() ? what : "waiting: " + what; }

Row task_row(const ListedTask& task) {
  const auto running = std::count_if(task.containers.begin(), task.containers.end(),
                                     [](const auto& c) { return c.known_status == "RUNNING"; });
  std::string waits = waiting(task.waits_for);
  std::string cause = task.reason;
  for (const ListedContainer& container : task.containers) {
    if (waits.empty() && !container.waits_for.empty()) {
      waits = container.name + " " + waiting(container.waits_for);
    }
    if (cause.empty() && !container.reason.empty()) {
      cause = container.name + ": " + container.reason;
    }
  }
  return {std::string(task_id(TaskArn(task.arn))),
          task.family + ":" + task.version,
          task.desired_status,
          task.known_status,
          fmt::format("{}/{}", running, task.containers.size()),
          joined({waits, cause})};
}

Row container_row(const ListedContainer& container) {
  const std::string exit = container.exit_code ? fmt::format("exit {}", *container.exit_code) : "";
  const std::string restarts =
      container.restart_count > 0 ? fmt::format("restarts {}", container.restart_count) : "";
  const std::string id = container.runtime_id.substr(0, kShortIdBytes);
  return {"  " + container.name,
          id.empty() ? "-" : id,
          "",
          container.phase,
          container.health,
          joined({exit, restarts, waiting(container.waits_for), container.reason})};
}

}  // namespace

std::string task_table_text(const std::vector<ListedTask>& tasks, bool with_containers) {
  std::vector<Row> rows{{"TASK", "DEFINITION", "DESIRED", "KNOWN", "RUNNING", "REMARKS"}};
  for (const ListedTask& task : tasks) {
    rows.push_back(task_row(task));
    if (!with_containers) continue;
    for (const ListedContainer& container : task.containers) {
      rows.push_back(container_row(container));
    }
  }
  std::array<std::size_t, kColumns> widths{};
  for (Row& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      row[i] = printable(row[i]);
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  widths.back() = 0;
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

std::string task_table_json(const std::vector<ListedTask>& tasks) {
  nlohmann::ordered_json json;
  json["Tasks"] = nlohmann::ordered_json::array();
  for (const ListedTask& task : tasks) json["Tasks"].push_back(to_json(task));
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace longshore::endpoints
