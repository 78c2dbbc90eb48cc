// A message of ACS: from the websocket's text to the tasks that the engine takes over.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <variant>

#include "agent/base/json_reader.hpp"
#include "agent/control/in_range.hpp"
#include "agent/control/payload.hpp"
#include "agent/core/task_state.hpp"
#include "agent/protocol/acs_frame.hpp"
#include "agent/protocol/acs_incoming.hpp"
#include "agent/store/task_document.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/planted_secret.hpp"

namespace longshore::fuzz {
namespace {

/// What the reason of a task that is not taken over begins with.
constexpr std::array<std::string_view, 3> kReasonPrefixes{
    "UnrecogniedTaskError: Error loading task - ", "resource cannot be initialized for task ",
    "Task dependencies cannot be resolved, taskArn: "};

bool says_what_is_wrong(const std::string& reason) {
  return std::any_of(kReasonPrefixes.begin(), kReasonPrefixes.end(), [&](std::string_view prefix) {
    return reason.starts_with(prefix) && reason.size() > prefix.size();
  });
}

void check_spec(const core::TaskSpec& spec) {
  require(spec.memory_mib >= 0 && spec.memory_mib <= control::kMaxAmount,
          "an accepted task's memory is an amount");
  for (const core::ContainerSpec& container : spec.containers) {
    require(!container.name.empty(), "an accepted container has a name");
    require(container.cpu_units >= 0 && container.memory_mib >= 0 &&
                container.memory_reservation_mib >= 0,
            "an accepted container's sizes are amounts");
    for (const core::PortMapping& port : container.ports) {
      require(port.container_port_last == 0 || port.container_port_last >= port.container_port,
              "a port range does not run backwards");
    }
    for (const core::MountPoint& mount : container.mounts) {
      require(!mount.container_path.empty() && (mount.source.empty() != mount.volume.empty()),
              "a mount leads from one place to one place");
    }
    require(!container.flaw || (!container.flaw->name.empty() && !container.flaw->text.empty()),
            "a flaw says what is wrong");
  }
}

/// What was accepted has to come back from the state database as it is.
void check_survives_restart(const core::TaskSpec& spec) {
  const std::vector<core::ContainerSeed> seeds(spec.containers.size());
  const std::vector<std::string> volumes(spec.volumes.size());
  const core::TaskState task = core::make_task(spec, seeds, volumes);
  const auto restored = store::parse_task(store::to_document(task));
  require(restored.has_value(), "an accepted task can be read back from its document");
  require(*restored->spec == spec, "an accepted task is stored without a change");
}

void check_acknowledgements(const protocol::PayloadMessage& message) {
  const auto frames = control::payload_acknowledgements(message);
  require(!frames.empty(), "a payload has an acknowledgement");
  for (const std::string& text : frames) {
    const auto frame = protocol::decode_frame(text);
    require(frame.has_value(), "an acknowledgement is a frame");
    require(frame->message.value("messageId", "") == message.message_id,
            "an acknowledgement is of the message it answers");
  }
}

void check_payload(const protocol::PayloadMessage& message) {
  const control::PayloadTasks tasks = control::to_payload_tasks(message);
  const auto nameless = std::count_if(message.tasks.begin(), message.tasks.end(),
                                      [](const auto& task) { return task.arn.empty(); });
  require(tasks.good.size() + tasks.bad.size() + static_cast<std::size_t>(nameless) ==
              message.tasks.size(),
          "every task with an ARN is either good or bad");
  require(tasks.complete || tasks.good.size() < message.tasks.size(),
          "a payload of good tasks is complete");
  require(!tasks.complete || nameless == 0, "a task that cannot be reported has to come again");
  for (const control::PayloadTask& task : tasks.good) {
    check_spec(task.spec);
    check_survives_restart(task.spec);
  }
  for (const control::BadTask& task : tasks.bad) {
    require(says_what_is_wrong(task.reason), "a bad task's reason says what is wrong");
    require(!reveals_planted(task.reason), "a bad task's reason holds no keys");
  }
  check_acknowledgements(message);
}

void check_frame(std::string_view input) {
  const auto frame = protocol::decode_frame(input);
  if (!frame) return;
  const auto again = protocol::decode_frame(protocol::encode_frame(frame->type, frame->message));
  require(again && again->type == frame->type && again->message == frame->message,
          "a frame that is written again reads as it did");
}

void check_message(std::string_view input) {
  const auto message = protocol::decode_message(input);
  if (!message) {
    require_refusal(message.error());
    require(!reveals_planted(message.error().message), "a refusal holds no keys");
    return;
  }
  if (const auto* payload = std::get_if<protocol::PayloadMessage>(&*message)) {
    check_payload(*payload);
  }
}

}  // namespace

void run(std::string_view input) {
  // An input that knows the planted text gives it away by itself.
  const std::string planted = plant_secrets(input, {"secretaccesskey", "sessiontoken"});
  if (planted.empty() && parse_json(input)) return;
  check_frame(input);
  check_message(planted.empty() ? input : planted);
}

}  // namespace longshore::fuzz
