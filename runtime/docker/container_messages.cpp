#include "runtime/docker/container_messages.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "agent/base/json_reader.hpp"
#include "agent/base/time_text.hpp"
#include "runtime/docker/signal_name.hpp"
#include "runtime/docker/string_map.hpp"

namespace longshore::runtime::docker {
namespace {

template <typename Number>
std::optional<Number> to_number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <typename Number>
Number read_number(const JsonReader& where, std::string_view text) {
  const auto value = to_number<Number>(text);
  if (!value) where.reject("expected a number in digits");
  return *value;
}

int read_int(const JsonReader& object, std::string_view member) {
  const auto found = object.get(member);
  if (!found) return 0;
  const std::int64_t value = found->as_int();
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) {
    found->reject("number too large");
  }
  return static_cast<int>(value);
}

ContainerStatus read_status(const JsonReader& status) {
  const std::string text = status.as_string();
  if (text == "created") return ContainerStatus::Created;
  if (text == "running") return ContainerStatus::Running;
  if (text == "paused") return ContainerStatus::Paused;
  if (text == "restarting") return ContainerStatus::Restarting;
  if (text == "exited") return ContainerStatus::Exited;
  if (text == "dead" || text == "removing") return ContainerStatus::Dead;
  status.reject("expected created, running, paused, restarting, removing, exited or dead");
}

bool is_alive(ContainerStatus status) {
  return status == ContainerStatus::Running || status == ContainerStatus::Paused ||
         status == ContainerStatus::Restarting;
}

HealthStatus to_health(std::string_view text) {
  if (text == "starting") return HealthStatus::Starting;
  if (text == "healthy") return HealthStatus::Healthy;
  if (text == "unhealthy") return HealthStatus::Unhealthy;
  return HealthStatus::None;
}

/// "0001-01-01T00:00:00Z" stands for never.
std::optional<WallTime> read_time(const JsonReader& object, std::string_view member) {
  const auto text = object.string(member);
  if (!text) return std::nullopt;
  const WallTime time = parse_rfc3339(*text);
  return time == WallTime{} ? std::nullopt : std::optional(time);
}

std::string without_slash(std::string name) {
  if (name.starts_with('/')) name.erase(0, 1);
  return name;
}

/// {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "32768"}], "81/tcp": null}
std::vector<PortBinding> read_ports(const JsonReader& ports) {
  std::vector<PortBinding> bindings;
  for (const auto& [key, hosts] : ports.members()) {
    if (hosts.raw().is_null()) continue;
    const auto slash = std::min(key.find('/'), key.size());
    const auto container_port = read_number<std::uint16_t>(hosts, key.substr(0, slash));
    const std::string protocol = slash < key.size() ? key.substr(slash + 1) : "tcp";
    for (const JsonReader& host : hosts.items()) {
      const auto host_port = host.get("HostPort");
      // Some engines show a port that is not bound yet as an empty text.
      const bool bound = host_port && !host_port->as_string().empty();
      bindings.push_back(
          {.container_port = container_port,
           .host_port = bound ? read_number<std::uint16_t>(*host_port, host_port->as_string())
                              : std::uint16_t{0},
           .protocol = protocol,
           .bind_ip = host.string("HostIp").value_or("")});
    }
  }
  return bindings;
}

void read_state(const JsonReader& from, ContainerState& state) {
  state.status = read_status(from.require("Status"));
  state.alive = is_alive(state.status);
  state.oom_killed = from.boolean("OOMKilled").value_or(false);
  state.error = from.string("Error").value_or("");
  state.started_at = read_time(from, "StartedAt");
  state.finished_at = read_time(from, "FinishedAt");
  // A container whose process never ran has an ExitCode too.
  if (!state.alive && state.finished_at) state.exit_code = read_int(from, "ExitCode");
  if (state.alive) state.pid = read_int(from, "Pid");
  if (const auto health = from.get("Health")) {
    state.health = to_health(health->string("Status").value_or(""));
  }
}

struct EventName {
  std::string_view action{};
  RuntimeEventKind kind{};
};
constexpr std::array<EventName, 5> kEventNames = {{{"create", RuntimeEventKind::Created},
                                                   {"start", RuntimeEventKind::Started},
                                                   {"die", RuntimeEventKind::Died},
                                                   {"oom", RuntimeEventKind::OutOfMemory},
                                                   {"destroy", RuntimeEventKind::Destroyed}}};
constexpr std::string_view kHealthAction = "health_status: ";

/// Sets kind and health. False: an action that is no RuntimeEventKind.
bool read_action(std::string_view action, RuntimeEvent& event) {
  if (action.starts_with(kHealthAction)) {
    event.kind = RuntimeEventKind::HealthChanged;
    event.health = to_health(action.substr(kHealthAction.size()));
    return true;
  }
  const auto* const known = std::find_if(kEventNames.begin(), kEventNames.end(),
                                         [&](const EventName& n) { return n.action == action; });
  if (known == kEventNames.end()) return false;
  event.kind = known->kind;
  return true;
}

constexpr const char* kExitCode = "exitCode";

/// An event's attributes are facts of the engine and, laid over them, the container's labels: one
/// of the same name takes the fact's place. Source: moby:daemon/events.go.
void read_attributes(const JsonReader& actor, RuntimeEvent& event) {
  event.labels = read_string_map(actor, "Attributes");
  const auto exit_code = event.labels.find(kExitCode);
  if (event.kind == RuntimeEventKind::Died && exit_code != event.labels.end()) {
    event.exit_code = to_number<int>(exit_code->second);
  }
  for (const char* fact : {kExitCode, "execDuration", "image", "name"}) event.labels.erase(fact);
}

}  // namespace

Result<ContainerId> parse_created(std::string_view body) {
  return read_json(body, [](const JsonReader& answer) {
    const JsonReader id = answer.require("Id");
    if (id.as_string().empty()) id.reject("expected an id, got an empty string");
    return ContainerId(id.as_string());
  });
}

Result<InspectedContainer> parse_inspected(std::string_view body) {
  return read_json(body, [](const JsonReader& answer) {
    InspectedContainer found;
    ContainerState& state = found.state;
    state.id = ContainerId(answer.require("Id").as_string());
    state.name = without_slash(answer.string("Name").value_or(""));
    state.image_id = answer.string("Image").value_or("");
    state.created_at = read_time(answer, "Created");
    read_state(answer.require("State"), state);
    if (const auto config = answer.get("Config")) {
      state.labels = read_string_map(*config, "Labels");
      state.hides_exit_code = state.labels.contains(kExitCode);
      state.image = config->string("Image").value_or("");
      found.tty = config->boolean("Tty").value_or(false);
      state.stop_signal = signal_number(config->string("StopSignal").value_or(""));
    }
    if (const auto host = answer.get("HostConfig")) {
      state.cgroup_parent = host->string("CgroupParent").value_or("");
      state.network_mode = host->string("NetworkMode").value_or("");
      if (state.network_mode == "default") state.network_mode.clear();
      state.cpu_shares = host->integer("CpuShares").value_or(0);
      state.memory_bytes = host->integer("Memory").value_or(0);
    }
    if (const auto network = answer.get("NetworkSettings")) {
      if (const auto ports = network->get("Ports")) state.ports = read_ports(*ports);
    }
    return found;
  });
}

Result<std::vector<ContainerState>> parse_list(std::string_view body) {
  return read_json(body, [](const JsonReader& answer) {
    std::vector<ContainerState> containers;
    for (const JsonReader& item : answer.items()) {
      ContainerState state;
      state.id = ContainerId(item.require("Id").as_string());
      const auto names = item.strings("Names");
      // A link adds "/other/alias"; the own name has one slash.
      const auto own = std::find_if(names.begin(), names.end(), [](const std::string& name) {
        return std::count(name.begin(), name.end(), '/') <= 1;
      });
      if (own != names.end()) state.name = without_slash(*own);
      state.labels = read_string_map(item, "Labels");
      state.status = read_status(item.require("State"));
      state.alive = is_alive(state.status);
      containers.push_back(std::move(state));
    }
    return containers;
  });
}

Result<std::optional<RuntimeEvent>> parse_event(std::string_view line) {
  return read_json(line, [](const JsonReader& message) -> std::optional<RuntimeEvent> {
    RuntimeEvent event;
    if (message.string("Type").value_or("container") != "container") return std::nullopt;
    if (!read_action(message.require("Action").as_string(), event)) return std::nullopt;
    const JsonReader actor = message.require("Actor");
    event.id = ContainerId(actor.require("ID").as_string());
    event.time_nano = message.require("timeNano").as_int();
    read_attributes(actor, event);
    return event;
  });
}

}  // namespace longshore::runtime::docker
