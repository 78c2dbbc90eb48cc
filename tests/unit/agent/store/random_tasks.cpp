#include "tests/unit/agent/store/random_tasks.hpp"

#include <map>
#include <memory>
#include <utility>

namespace longshore::store {
namespace {

core::NetworkBinding random_binding() {
  return {.bind_ip = random_text(),
          .container_port = random_number<std::uint16_t>(),
          .host_port = random_number<std::uint16_t>(),
          .protocol = random_text(),
          .container_port_last = random_number<std::uint16_t>(),
          .host_port_last = random_number<std::uint16_t>()};
}

std::map<std::string, std::string> random_map() {
  std::map<std::string, std::string> map;
  for (auto left = *rc::gen::inRange(0, 4); left > 0; --left) map[random_text()] = random_text();
  return map;
}

core::RestartPolicy random_restart_policy() {
  return {.ignored_exit_codes = random_list(random_number<int>),
          .attempt_period = random_seconds()};
}

core::Volume random_volume() {
  return {.name = random_text(),
          .scope = random_enum(core::VolumeScope::Shared),
          .autoprovision = random_bool(),
          .driver = random_text(),
          .driver_options = random_map(),
          .labels = random_map()};
}

core::ContainerChange random_container_change() {
  return {.name = random_name(),
          .status = random_enum(core::ReportedStatus::Stopped),
          .runtime_id = ContainerId(random_text()),
          .image_digest = random_text(),
          .exit_code = random_optional(random_number<int>),
          .reason = random_text(),
          .network_bindings = random_list(random_binding)};
}

core::ContainerSpec random_container_spec() {
  return {
      .name = random_name(),
      .image = random_text(),
      .essential = random_bool(),
      .cpu_units = random_amount(),
      .memory_mib = random_amount(),
      .memory_reservation_mib = random_amount(),
      .command = random_optional([] { return random_list(random_text); }),
      .entry_point = random_optional([] { return random_list(random_text); }),
      .environment = random_map(),
      .ports = random_list([] {
        return core::PortMapping{random_number<std::uint16_t>(), random_number<std::uint16_t>(),
                                 random_text(), random_number<std::uint16_t>()};
      }),
      .mounts = random_list([] {
        return core::MountPoint{random_text(), random_text(), random_bool(), random_text()};
      }),
      .volumes_from = random_list([] { return core::VolumesFrom{random_name(), random_bool()}; }),
      .links = random_list([] { return core::Link{random_name(), random_text()}; }),
      .depends_on = random_list([] {
        return core::Dependency{random_name(), random_enum(core::DependencyCondition::Healthy)};
      }),
      .stop_timeout = random_optional(random_seconds),
      .start_timeout = random_optional(random_seconds),
      .has_health_check = random_bool(),
      .config_patch = random_text(),
      .host_config_patch = random_text(),
      .min_api_version = random_text(),
      .ecr_auth = random_optional(
          [] { return core::EcrAuth{random_text(), random_text(), random_text(), random_bool()}; }),
      .restart_policy = random_optional(random_restart_policy),
      .flaw = random_optional([] { return core::Flaw{random_text(), random_text()}; }),
      .kind = random_enum(core::ContainerKind::NamespacePause)};
}

core::ContainerState random_container_state() {
  return {.phase = random_enum(core::Phase::Stopped),
          .stop_requested = random_bool(),
          .start_timed_out = random_bool(),
          .runtime_name = random_text(),
          .endpoint_id = random_text(),
          .runtime_id = ContainerId(random_text()),
          .image_digest = random_text(),
          .exit_code = random_optional(random_number<int>),
          .reason = random_text(),
          .soft_reason = random_text(),
          .network_bindings = random_list(random_binding),
          .health = random_enum(core::Health::Unhealthy),
          .started_at = random_optional(random_time),
          .restarting = random_bool(),
          .restart_count = random_number<int>(),
          .port_conflicts = random_number<int>()};
}

}  // namespace

core::TaskState random_task() {
  core::TaskSpec spec{.arn = TaskArn(random_text()),
                      .family = random_text(),
                      .version = random_text(),
                      .cpu_vcpus = *rc::gen::inRange(0, 4096) / 1024.0,
                      .memory_mib = random_amount(),
                      .network_mode = random_text(),
                      .pid_mode = random_text(),
                      .ipc_mode = random_text(),
                      .task_role_credentials_id = random_text(),
                      .execution_role_credentials_id = random_text(),
                      .containers = random_list(random_container_spec),
                      .volumes = random_list(random_volume)};
  core::TaskState task;
  for (std::size_t i = 0; i < spec.containers.size(); ++i) {
    task.containers.push_back(random_container_state());
  }
  for (std::size_t i = 0; i < spec.volumes.size(); ++i) task.volume_names.push_back(random_text());
  task.spec = std::make_shared<const core::TaskSpec>(std::move(spec));
  task.arrival = static_cast<std::uint64_t>(*rc::gen::nonNegative<std::int64_t>());
  task.admitted = random_bool();
  task.stop_requested = random_bool();
  task.resources = random_enum(core::Resources::Failed);
  task.reason = random_text();
  task.reported = random_optional([] { return random_enum(core::ReportedStatus::Stopped); });
  task.unreported = random_list(random_container_change);
  task.pull_started_at = random_optional(random_time);
  task.pull_stopped_at = random_optional(random_time);
  task.execution_stopped_at = random_optional(random_time);
  task.stopped_at = random_optional(random_time);
  task.stop_accepted = random_bool();
  task.cleanup = random_enum(core::Cleanup::Done);
  return task;
}

core::TaskChange random_change() {
  return {.task = TaskArn(random_text()),
          .status = random_enum(core::ReportedStatus::Stopped),
          .reason = random_text(),
          .containers = random_list(random_container_change),
          .pull_started_at = random_optional(random_time),
          .pull_stopped_at = random_optional(random_time),
          .execution_stopped_at = random_optional(random_time)};
}

}  // namespace longshore::store
