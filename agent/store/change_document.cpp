#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "agent/store/document_parts.hpp"
#include "agent/store/enum_words.hpp"
#include "agent/store/task_document.hpp"

namespace longshore::store {

using nlohmann::json;

json time_json(const std::optional<WallTime>& time) {
  return time ? json(time->time_since_epoch().count()) : json();
}

std::optional<WallTime> read_time(const JsonReader& object, std::string_view member) {
  constexpr std::int64_t kEndOf9999 = 253'402'300'799'999;
  const auto millis = object.integer(member);
  if (!millis) return std::nullopt;
  if (*millis < 0 || *millis > kEndOf9999) {
    object.require(member).reject(
        fmt::format("expected a time from 1970 to 9999 in milliseconds, got {}", *millis));
  }
  return WallTime{std::chrono::milliseconds{*millis}};
}

std::int64_t read_amount(const JsonReader& value) {
  constexpr std::int64_t kMost = std::int64_t{1} << 30;
  const std::int64_t amount = value.as_int();
  if (amount < 0 || amount > kMost) {
    value.reject(fmt::format("expected 0 to {}, got {}", kMost, amount));
  }
  return amount;
}

std::uint16_t read_port(const JsonReader& object, std::string_view member) {
  const auto port = object.integer(member).value_or(0);
  if (port < 0 || port > 65535) object.require(member).reject("expected a port, 0 to 65535");
  return static_cast<std::uint16_t>(port);
}

int read_int(const JsonReader& value) {
  const std::int64_t number = value.as_int();
  if (number < INT32_MIN || number > INT32_MAX) value.reject("expected a 32-bit number");
  return static_cast<int>(number);
}

std::map<std::string, std::string> read_string_map(const JsonReader& object,
                                                   std::string_view member) {
  std::map<std::string, std::string> values;
  for (const auto& [key, value] : object.require(member).members()) {
    values[key] = value.as_string();
  }
  return values;
}

json bindings_json(const std::vector<core::NetworkBinding>& bindings) {
  json list = json::array();
  for (const auto& b : bindings) {
    list.push_back({{"ip", b.bind_ip},
                    {"container", b.container_port},
                    {"host", b.host_port},
                    {"protocol", b.protocol},
                    {"containerLast", b.container_port_last},
                    {"hostLast", b.host_port_last}});
  }
  return list;
}

std::vector<core::NetworkBinding> read_bindings(const JsonReader& object, std::string_view member) {
  std::vector<core::NetworkBinding> bindings;
  for (const JsonReader& b : object.list(member)) {
    bindings.push_back({b.require("ip").as_string(), read_port(b, "container"),
                        read_port(b, "host"), b.require("protocol").as_string(),
                        read_port(b, "containerLast"), read_port(b, "hostLast")});
  }
  return bindings;
}

json change_json(const core::ContainerChange& c) {
  return {{"name", c.name.str()},
          {"status", kStatusWords.word(c.status)},
          {"runtimeId", c.runtime_id.str()},
          {"digest", c.image_digest},
          {"exitCode", c.exit_code ? json(*c.exit_code) : json()},
          {"reason", c.reason},
          {"bindings", bindings_json(c.network_bindings)}};
}

core::ContainerChange read_container_change(const JsonReader& r) {
  core::ContainerChange c;
  c.name = ContainerName(r.require("name").as_string());
  c.status = kStatusWords.value(r.require("status"));
  c.runtime_id = ContainerId(r.require("runtimeId").as_string());
  c.image_digest = r.require("digest").as_string();
  if (const auto code = r.get("exitCode")) c.exit_code = read_int(*code);
  c.reason = r.require("reason").as_string();
  c.network_bindings = read_bindings(r, "bindings");
  return c;
}

std::string to_document(const core::TaskChange& change) {
  json containers = json::array();
  for (const auto& c : change.containers) containers.push_back(change_json(c));
  return dump_json({{"task", change.task.str()},
                    {"status", kStatusWords.word(change.status)},
                    {"reason", change.reason},
                    {"containers", std::move(containers)},
                    {"pullStartedAt", time_json(change.pull_started_at)},
                    {"pullStoppedAt", time_json(change.pull_stopped_at)},
                    {"executionStoppedAt", time_json(change.execution_stopped_at)}});
}

Result<core::TaskChange> parse_change(std::string_view document) {
  return read_json(document, [](const JsonReader& r) {
    core::TaskChange change;
    change.task = TaskArn(r.require("task").as_string());
    change.status = kStatusWords.value(r.require("status"));
    change.reason = r.require("reason").as_string();
    for (const JsonReader& c : r.list("containers")) {
      change.containers.push_back(read_container_change(c));
    }
    change.pull_started_at = read_time(r, "pullStartedAt");
    change.pull_stopped_at = read_time(r, "pullStoppedAt");
    change.execution_stopped_at = read_time(r, "executionStoppedAt");
    return change;
  });
}

}  // namespace longshore::store
