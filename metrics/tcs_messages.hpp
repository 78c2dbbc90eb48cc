#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/ids.hpp"
#include "metrics/report.hpp"

namespace longshore::metrics {

/// Who speaks: part of every message.
struct TelemetrySource {
  std::string cluster{};  ///< As configured: a name or an ARN.
  ContainerInstanceArn container_instance{};
};

/// At most this many tasks go into one message, …
inline constexpr std::size_t kTasksPerMessage = 10;
/// … and at most this many bytes of JSON, the envelope not counted (a single task that is larger
/// goes alone). Source of both: amazon-ecs-agent:ecs-agent/tcs/client/client.go.
inline constexpr std::size_t kMaxRequestBytes = 1'048'576;

/// The messages below are whole envelopes, `{"message":{…},"type":"…"}`, ready to be signed. Those
/// of one report share `message_id` (a UUID); only the last has "fin":true. `now` is their
/// timestamp: the moment of sending. Wire format:
/// amazon-ecs-agent:ecs-agent/tcs/model/api/api-2.json.

/// PublishMetricsRequest, one or more.
std::vector<std::string> metrics_messages(const TelemetrySource& source,
                                          const MetricsReport& report,
                                          const std::string& message_id, WallTime now);

/// PublishHealthRequest, one for every ten tasks; none for none.
std::vector<std::string> health_messages(const TelemetrySource& source,
                                         const std::vector<TaskHealth>& tasks,
                                         const std::string& message_id, WallTime now);

/// PublishInstanceStatusRequest, of the one check there is: ContainerRuntime.
std::string instance_status_message(const TelemetrySource& source, const InstanceStatus& status,
                                    const std::string& request_id, WallTime now);

/// What the service sends.
enum class TelemetryMessageKind {
  Heartbeat,
  Acknowledgement,  ///< Of metrics, health or instance status; they carry no id.
  Stop,             ///< StopTelemetrySessionMessage: informational, the service closes by itself.
  Exception,        ///< ServerException and its kind: informational.
  Unknown,
};
struct TelemetryMessage {
  TelemetryMessageKind kind = TelemetryMessageKind::Unknown;
  std::string type{};  ///< "AckPublishMetric".
  std::string text{};  ///< Its "message" member, or what an exception says; often empty.
};

/// Reads `{"type":…,"message":{…}}`, or `{"<ExceptionName>":"<text>"}`, which refused handshakes
/// use. Errors: InvalidInput.
Result<TelemetryMessage> parse_telemetry_message(std::string_view text);

}  // namespace longshore::metrics
