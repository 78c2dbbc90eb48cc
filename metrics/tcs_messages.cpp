#include "metrics/tcs_messages.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "agent/base/json_reader.hpp"

namespace longshore::metrics {
namespace {

using nlohmann::json;

/// Epoch seconds as a number with at most three decimals. Whole seconds must not end in ".0".
json to_timestamp(WallTime time) {
  const auto milliseconds = time.time_since_epoch().count();
  if (milliseconds % 1000 == 0) return milliseconds / 1000;
  return static_cast<double>(milliseconds) / 1000.0;
}

/// Whole numbers without ".0", as Go writes doubles.
json to_number(double value) {
  constexpr double kExactlyWhole = 9007199254740992.0;  // 2^53
  if (std::trunc(value) == value && std::abs(value) < kExactlyWhole) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

json to_json_set(const DoubleStats& stats) {
  return {{"min", to_number(stats.min)},
          {"max", to_number(stats.max)},
          {"sum", to_number(stats.sum)},
          {"sampleCount", stats.sample_count}};
}

/// The overflow members are always there: the official agent sends them, normally 0.
json to_json_set(const CounterStats& stats) {
  const WireCounter min = to_wire_counter(stats.min);
  const WireCounter max = to_wire_counter(stats.max);
  const WireCounter sum = to_wire_counter(stats.sum);
  return {{"min", min.value},
          {"max", max.value},
          {"sum", sum.value},
          {"sampleCount", stats.sample_count},
          {"overflowMin", min.overflow},
          {"overflowMax", max.overflow},
          {"overflowSum", sum.overflow}};
}

json to_json_set(const NetworkStats& stats) {
  return {{"rxBytes", to_json_set(stats.rx_bytes)},
          {"rxPackets", to_json_set(stats.rx_packets)},
          {"rxErrors", to_json_set(stats.rx_errors)},
          {"rxDropped", to_json_set(stats.rx_dropped)},
          {"txBytes", to_json_set(stats.tx_bytes)},
          {"txPackets", to_json_set(stats.tx_packets)},
          {"txErrors", to_json_set(stats.tx_errors)},
          {"txDropped", to_json_set(stats.tx_dropped)},
          {"rxBytesPerSecond", to_json_set(stats.rx_bytes_per_second)},
          {"txBytesPerSecond", to_json_set(stats.tx_bytes_per_second)}};
}

json task_members(const TaskIdentity& task) {
  return {{"taskArn", task.arn.str()},
          {"taskDefinitionFamily", task.family},
          {"taskDefinitionVersion", task.version}};
}

json to_task_json(const TaskMetrics& task) {
  json containers = json::array();
  for (const ContainerMetrics& container : task.containers) {
    const ContainerStats& stats = container.stats;
    json entry = {{"containerName", container.name.str()},
                  {"cpuStatsSet", to_json_set(stats.cpu_percent)},
                  {"memoryStatsSet", to_json_set(stats.memory_mib)},
                  {"storageStatsSet",
                   {{"readSizeBytes", to_json_set(stats.read_bytes)},
                    {"writeSizeBytes", to_json_set(stats.write_bytes)}}}};
    if (stats.network) entry["networkStatsSet"] = to_json_set(*stats.network);
    if (stats.restarts) entry["restartStatsSet"] = {{"restartCount", *stats.restarts}};
    containers.push_back(std::move(entry));
  }
  json members = task_members(task.task);
  members["containerMetrics"] = std::move(containers);
  return members;
}

std::string_view to_wire(ContainerHealthStatus status) {
  switch (status) {
    case ContainerHealthStatus::Healthy:
      return "HEALTHY";
    case ContainerHealthStatus::Unhealthy:
      return "UNHEALTHY";
    case ContainerHealthStatus::Unknown:
      break;
  }
  return "UNKNOWN";
}

std::string_view to_wire(InstanceHealth status) {
  switch (status) {
    case InstanceHealth::Initializing:
      return "INITIALIZING";
    case InstanceHealth::Ok:
      return "OK";
    case InstanceHealth::Impaired:
      return "IMPAIRED";
    case InstanceHealth::InsufficientData:
      break;
  }
  return "INSUFFICIENT_DATA";
}

json to_task_json(const TaskHealth& task) {
  json containers = json::array();
  for (const ContainerHealth& container : task.containers) {
    containers.push_back({{"containerName", container.name.str()},
                          {"healthStatus", to_wire(container.status)},
                          {"statusSince", to_timestamp(container.since)}});
  }
  json members = task_members(task.task);
  members["containers"] = std::move(containers);
  return members;
}

json to_metadata(const TelemetrySource& source) {
  return {{"cluster", source.cluster}, {"containerInstance", source.container_instance.str()}};
}

std::string to_envelope(std::string_view type, json message) {
  return dump_json({{"type", type}, {"message", std::move(message)}});
}

/// Splits tasks into messages of `type`: `request` with its "metadata" completed, and `list` its
/// member for the tasks.
std::vector<std::string> to_pages(std::string_view type, std::string_view list, const json& request,
                                  const std::vector<json>& tasks) {
  const std::size_t fixed_bytes =
      dump_json(request).size() + sizeof(",\"fin\":false,\"\":[]") + list.size();
  std::vector<std::string> pages;
  json page = json::array();
  std::size_t page_bytes = fixed_bytes;
  const auto flush = [&](bool last) {
    json message = request;
    message["metadata"]["fin"] = last;
    message[std::string(list)] = std::exchange(page, json::array());
    page_bytes = fixed_bytes;
    pages.push_back(to_envelope(type, std::move(message)));
  };
  for (const json& task : tasks) {
    const std::size_t bytes = dump_json(task).size() + 1;  // And a comma.
    const bool full = page.size() == kTasksPerMessage || page_bytes + bytes > kMaxRequestBytes;
    if (full && !page.empty()) flush(false);
    page.push_back(task);
    page_bytes += bytes;
  }
  if (!page.empty()) flush(true);
  return pages;
}

template <typename TaskReport>
std::vector<json> to_task_list(const std::vector<TaskReport>& tasks) {
  std::vector<json> list;
  list.reserve(tasks.size());
  for (const TaskReport& task : tasks) list.push_back(to_task_json(task));
  return list;
}

constexpr std::array<std::string_view, 4> kExceptions = {"ServerException", "BadRequestException",
                                                         "ResourceValidationException",
                                                         "InvalidParameterException"};

bool is_exception(std::string_view type) {
  return std::find(kExceptions.begin(), kExceptions.end(), type) != kExceptions.end();
}

TelemetryMessageKind kind_of(std::string_view type) {
  if (type == "HeartbeatMessage") return TelemetryMessageKind::Heartbeat;
  if (type == "AckPublishMetric" || type == "AckPublishHealth" ||
      type == "AckPublishInstanceStatus") {
    return TelemetryMessageKind::Acknowledgement;
  }
  if (type == "StopTelemetrySessionMessage") return TelemetryMessageKind::Stop;
  return is_exception(type) ? TelemetryMessageKind::Exception : TelemetryMessageKind::Unknown;
}

}  // namespace

std::vector<std::string> metrics_messages(const TelemetrySource& source,
                                          const MetricsReport& report,
                                          const std::string& message_id, WallTime now) {
  constexpr std::string_view kType = "PublishMetricsRequest";
  json request = {{"metadata", to_metadata(source)}, {"timestamp", to_timestamp(now)}};
  request["metadata"]["idle"] = report.idle;
  request["metadata"]["messageId"] = message_id;
  if (report.idle) {
    request["metadata"]["fin"] = true;
    return {to_envelope(kType, std::move(request))};
  }
  return to_pages(kType, "taskMetrics", request, to_task_list(report.tasks));
}

std::vector<std::string> health_messages(const TelemetrySource& source,
                                         const std::vector<TaskHealth>& tasks,
                                         const std::string& message_id, WallTime now) {
  json request = {{"metadata", to_metadata(source)}, {"timestamp", to_timestamp(now)}};
  request["metadata"]["messageId"] = message_id;
  return to_pages("PublishHealthRequest", "tasks", request, to_task_list(tasks));
}

std::string instance_status_message(const TelemetrySource& source, const InstanceStatus& status,
                                    const std::string& request_id, WallTime now) {
  json metadata = to_metadata(source);
  metadata["requestId"] = request_id;
  json statuses = json::array();
  statuses.push_back({{"type", "ContainerRuntime"},
                      {"status", to_wire(status.status)},
                      {"lastUpdated", to_timestamp(status.last_updated)},
                      {"lastStatusChange", to_timestamp(status.last_change)}});
  return to_envelope("PublishInstanceStatusRequest", {{"metadata", std::move(metadata)},
                                                      {"statuses", std::move(statuses)},
                                                      {"timestamp", to_timestamp(now)}});
}

Result<TelemetryMessage> parse_telemetry_message(std::string_view text) {
  return read_json(text, [](const JsonReader& reader) {
    const auto members = reader.members();
    if (members.size() == 1 && is_exception(members.front().first)) {
      return TelemetryMessage{.kind = TelemetryMessageKind::Exception,
                              .type = members.front().first,
                              .text = members.front().second.as_string()};
    }
    TelemetryMessage message;
    message.type = reader.require("type").as_string();
    message.kind = kind_of(message.type);
    if (const auto body = reader.get("message")) {
      message.text = body->string("message").value_or("");
    }
    return message;
  });
}

}  // namespace longshore::metrics
