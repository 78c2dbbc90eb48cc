// A task, or a report, as it lies in the state database: written by an earlier version, or damaged.
#include "agent/store/task_document.hpp"

#include "agent/base/json_reader.hpp"
#include "agent/base/time_text.hpp"
#include "agent/control/submission.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {
namespace {

void check_task(std::string_view input) {
  const auto task = store::parse_task(input);
  if (!task) return require_refusal(task.error());
  require(task->containers.size() == task->spec->containers.size() &&
              task->volume_names.size() == task->spec->volumes.size(),
          "a task's state is about its own containers and volumes");
  const std::string document = store::to_document(*task);
  const auto again = store::parse_task(document);
  require(again.has_value(), "a task that is written again can be read");
  require(*again->spec == *task->spec && again->containers == task->containers &&
              store::to_document(*again) == document,
          "a task that is written again reads as it did");
  static_cast<void>(core::task_status(*task));
  for (const auto time : {task->stopped_at, task->pull_started_at}) {
    if (time) require(parse_rfc3339(to_rfc3339(*time)) == *time, "a stored time is a time");
  }
}

void check_report(std::string_view input) {
  const auto change = store::parse_change(input);
  if (!change) return require_refusal(change.error());
  require(store::parse_change(store::to_document(*change)) == change,
          "a report that is written again reads as it did");
  const auto request = control::to_submit_request(*change, "cluster", true);
  require(parse_json(dump_json(request.to_json())).has_value(), "a stored report can be sent");
}

}  // namespace

void run(std::string_view input) {
  check_task(input);
  check_report(input);
}

}  // namespace longshore::fuzz
