#include "agent/endpoints/health.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"

namespace longshore::endpoints {
namespace {

/// Comparisons are made every 30 s.
constexpr std::int64_t kComparisonLimit = 90;

std::string heartbeat_text(const Health& health) {
  return health.heartbeat_age ? fmt::format("last heartbeat {} s ago", *health.heartbeat_age)
                              : "no heartbeat yet";
}

std::string disk_text(const Health& health) {
  if (!health.save_error.empty()) return "state not saved";
  if (!health.free_bytes) return "state saved";
  return fmt::format("state saved, {} MiB free", *health.free_bytes >> 20U);
}

}  // namespace

std::vector<std::string> problems_of(const Health& health) {
  std::vector<std::string> problems;
  if (!health.registered) {
    problems.emplace_back(
        "this host has not joined its cluster yet; the log says what it waits for");
  } else if (health.instance_inactive) {
    problems.emplace_back(
        "the control plane does not count this host as a member of its cluster any more: register "
        "it anew (stop the agent, remove its data directory, start it)");
  } else if (health.cut_off) {
    problems.push_back(
        fmt::format("nothing was heard from the control plane for {} s: look at the network and "
                    "the credentials; tasks go on, reports are kept",
                    health.heard_age));
  }
  if (!health.engine_answers) {
    problems.push_back(
        fmt::format("the container engine has not answered for {} s ({}): look at its service; "
                    "running tasks go on, launches wait",
                    health.engine_answer_age, health.engine_error));
  } else if (health.comparison_age > kComparisonLimit) {
    problems.push_back(
        fmt::format("the tasks were not compared with the container engine for {} s: it does not "
                    "list its containers; look at its log",
                    health.comparison_age));
  }
  if (!health.save_error.empty()) {
    problems.push_back(
        fmt::format("the state cannot be saved, so no new work is taken: {}", health.save_error));
  }
  return problems;
}

std::string write_health(const Health& health) {
  const auto problems = problems_of(health);
  nlohmann::ordered_json json{
      {"Healthy", problems.empty()},
      {"Problems", problems},
      {"ControlPlane",
       {{"Registered", health.registered},
        {"Connected", health.connected},
        {"CutOff", health.cut_off},
        {"SecondsSinceHeard", health.heard_age},
        {"InstanceInactive", health.instance_inactive}}},
      {"Engine",
       {{"Answers", health.engine_answers}, {"SecondsSinceAnswer", health.engine_answer_age}}},
      {"SecondsSinceComparison", health.comparison_age},
      {"UnsentReports", health.unsent_reports},
      {"Disk", nlohmann::ordered_json::object()}};
  if (health.heartbeat_age) {
    json["ControlPlane"]["SecondsSinceHeartbeat"] = *health.heartbeat_age;
  }
  if (!health.engine_error.empty()) json["Engine"]["Error"] = health.engine_error;
  if (!health.save_error.empty()) json["Disk"]["SaveError"] = health.save_error;
  if (health.free_bytes) json["Disk"]["FreeBytes"] = *health.free_bytes;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<Health> read_health(std::string_view text) {
  return read_json(text, [](const JsonReader& json) {
    const JsonReader link = json.require("ControlPlane");
    const JsonReader engine = json.require("Engine");
    const JsonReader disk = json.require("Disk");
    Health health{.registered = link.boolean("Registered").value_or(false),
                  .connected = link.boolean("Connected").value_or(false),
                  .cut_off = link.boolean("CutOff").value_or(false),
                  .heard_age = link.integer("SecondsSinceHeard").value_or(0),
                  .heartbeat_age = link.integer("SecondsSinceHeartbeat"),
                  .instance_inactive = link.boolean("InstanceInactive").value_or(false),
                  .engine_answers = engine.boolean("Answers").value_or(false),
                  .engine_answer_age = engine.integer("SecondsSinceAnswer").value_or(0),
                  .engine_error = engine.string("Error").value_or(""),
                  .comparison_age = json.integer("SecondsSinceComparison").value_or(0),
                  .save_error = disk.string("SaveError").value_or("")};
    health.unsent_reports = static_cast<std::uint64_t>(json.integer("UnsentReports").value_or(0));
    if (const auto free = disk.integer("FreeBytes")) {
      health.free_bytes = static_cast<std::uint64_t>(*free);
    }
    return health;
  });
}

std::string health_text(const Health& health) {
  const auto problems = problems_of(health);
  std::string text = problems.empty() ? "healthy\n" : "";
  for (const std::string& problem : problems) text += printable(problem) + "\n";
  text += fmt::format("control plane: {}, {}\n", health.connected ? "connected" : "not connected",
                      heartbeat_text(health));
  text += fmt::format("container engine: {}, last answer {} s ago; compared {} s ago\n",
                      health.engine_answers ? "answers" : "does not answer",
                      health.engine_answer_age, health.comparison_age);
  text += fmt::format("reports not sent: {}\n", health.unsent_reports);
  return text + fmt::format("disk: {}\n", disk_text(health));
}

}  // namespace longshore::endpoints
