#include "metrics/tcs_messages.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/base/time_text.hpp"

using namespace longshore;
using namespace longshore::metrics;
using nlohmann::json;

namespace {

const TelemetrySource kSource{
    .cluster = "edge",
    .container_instance =
        ContainerInstanceArn{"arn:aws:ecs:eu-west-1:111122223333:container-instance/edge/0a1b2c"}};
const WallTime kNow = parse_rfc3339("2026-01-01T00:00:00.125Z");

TaskIdentity task_number(std::size_t number) {
  return {.arn = TaskArn{"arn:aws:ecs:eu-west-1:111122223333:task/edge/" + std::to_string(number)},
          .family = "shop",
          .version = "12"};
}

MetricsReport report_of(std::size_t tasks) {
  MetricsReport report;
  for (std::size_t i = 0; i < tasks; ++i) {
    report.tasks.push_back(
        {.task = task_number(i), .containers = {{.name = ContainerName{"web"}}}});
  }
  return report;
}

std::vector<json> parse_all(const std::vector<std::string>& messages) {
  std::vector<json> parsed;
  for (const std::string& message : messages) parsed.push_back(json::parse(message).at("message"));
  return parsed;
}

}  // namespace

TEST_CASE("an idle host says so in one message", "[unit][metrics]") {
  const auto messages = metrics_messages(kSource, {.idle = true}, "id-1", kNow);
  REQUIRE(messages.size() == 1);
  CHECK(messages[0] == R"({"message":{"metadata":{"cluster":"edge","containerInstance":)"
                       R"("arn:aws:ecs:eu-west-1:111122223333:container-instance/edge/0a1b2c",)"
                       R"("fin":true,"idle":true,"messageId":"id-1"},"timestamp":1767225600.125},)"
                       R"("type":"PublishMetricsRequest"})");
}

TEST_CASE("a container's metrics have every member the service knows", "[unit][metrics]") {
  ContainerStats stats{
      .cpu_percent = {.min = 1.25, .max = 6.5, .sum = 70.5, .sample_count = 20},
      .memory_mib = {.min = 180, .max = 182, .sum = 3620, .sample_count = 20},
      .read_bytes = {.min = 1, .max = 40960, .sum = 819200, .sample_count = 20},
      .write_bytes = {.min = 0, .max = std::uint64_t{1} << 63U, .sum = 5, .sample_count = 20},
      .network =
          NetworkStats{
              .rx_bytes = {.min = 8000, .max = 9000, .sum = 170000, .sample_count = 20},
              .rx_packets = {.sum = 1},
              .rx_errors = {.sum = 2},
              .rx_dropped = {.sum = 3},
              .tx_bytes = {.sum = 4},
              .tx_packets = {.sum = 5},
              .tx_errors = {.sum = 6},
              .tx_dropped = {.sum = 7},
              .rx_bytes_per_second = {.min = 0, .max = 120.5, .sum = 1000, .sample_count = 20},
              .tx_bytes_per_second = {.sum = 8}},
      .restarts = 3};
  const MetricsReport report{
      .tasks = {{.task = {.arn = TaskArn{"arn:task"}, .family = "shop", .version = "12"},
                 .containers = {{.name = ContainerName{"web"}, .stats = stats},
                                {.name = ContainerName{"bare"}}}}}};
  const auto messages = metrics_messages(kSource, report, "id-1", kNow);
  REQUIRE(messages.size() == 1);
  const json envelope = json::parse(messages[0]);
  CHECK(envelope.at("type") == "PublishMetricsRequest");
  CHECK(envelope.at("message").at("metadata").at("idle") == false);
  CHECK(envelope.at("message").at("timestamp") == 1767225600.125);
  const json& task = envelope.at("message").at("taskMetrics").at(0);
  CHECK(task.at("taskArn") == "arn:task");
  CHECK(task.at("taskDefinitionFamily") == "shop");
  CHECK(task.at("taskDefinitionVersion") == "12");

  const json& web = task.at("containerMetrics").at(0);
  CHECK(web.at("containerName") == "web");
  CHECK(web.at("cpuStatsSet").dump() == R"({"max":6.5,"min":1.25,"sampleCount":20,"sum":70.5})");
  CHECK(web.at("memoryStatsSet").dump() == R"({"max":182,"min":180,"sampleCount":20,"sum":3620})");
  CHECK(web.at("storageStatsSet").at("readSizeBytes").dump() ==
        R"({"max":40960,"min":1,"overflowMax":0,"overflowMin":0,"overflowSum":0,)"
        R"("sampleCount":20,"sum":819200})");
  CHECK(web.at("storageStatsSet").at("writeSizeBytes").dump() ==
        R"({"max":9223372036854775807,"min":0,"overflowMax":1,"overflowMin":0,"overflowSum":0,)"
        R"("sampleCount":20,"sum":5})");
  CHECK(web.at("restartStatsSet").dump() == R"({"restartCount":3})");
  const json& network = web.at("networkStatsSet");
  CHECK(network.size() == 10);
  CHECK(network.at("rxBytes").dump() ==
        R"({"max":9000,"min":8000,"overflowMax":0,"overflowMin":0,"overflowSum":0,)"
        R"("sampleCount":20,"sum":170000})");
  CHECK(network.at("rxBytesPerSecond").dump() ==
        R"({"max":120.5,"min":0,"sampleCount":20,"sum":1000})");
  CHECK(network.at("rxPackets").at("sum") == 1);
  CHECK(network.at("rxErrors").at("sum") == 2);
  CHECK(network.at("rxDropped").at("sum") == 3);
  CHECK(network.at("txBytes").at("sum") == 4);
  CHECK(network.at("txPackets").at("sum") == 5);
  CHECK(network.at("txErrors").at("sum") == 6);
  CHECK(network.at("txDropped").at("sum") == 7);
  CHECK(network.at("txBytesPerSecond").at("sum") == 8);

  const json& bare = task.at("containerMetrics").at(1);
  CHECK_FALSE(bare.contains("networkStatsSet"));
  CHECK_FALSE(bare.contains("restartStatsSet"));
}

TEST_CASE("ten tasks go into a message, and only the last message is final", "[unit][metrics]") {
  const auto [tasks, sizes] = GENERATE(table<std::size_t, std::vector<std::size_t>>(
      {{1, {1}}, {10, {10}}, {11, {10, 1}}, {20, {10, 10}}, {25, {10, 10, 5}}}));
  std::vector<TaskHealth> health;
  for (std::size_t i = 0; i < tasks; ++i) {
    health.push_back({.task = task_number(i), .containers = {{.name = ContainerName{"web"}}}});
  }
  const auto check = [&, &expected = sizes](const std::vector<json>& pages, const char* list) {
    REQUIRE(pages.size() == expected.size());
    std::size_t task = 0;
    for (std::size_t i = 0; i < pages.size(); ++i) {
      CHECK(pages[i].at(list).size() == expected[i]);
      CHECK(pages[i].at("metadata").at("fin") == (i + 1 == pages.size()));
      CHECK(pages[i].at("metadata").at("messageId") == "id-1");
      for (const json& entry : pages[i].at(list)) {
        CHECK(entry.at("taskArn") == task_number(task++).arn.str());
      }
    }
  };
  check(parse_all(metrics_messages(kSource, report_of(tasks), "id-1", kNow)), "taskMetrics");
  check(parse_all(health_messages(kSource, health, "id-1", kNow)), "tasks");
}

TEST_CASE("no message is larger than the service takes, and none is empty", "[unit][metrics]") {
  // Containers with names of some size stand for tasks of all sizes below the limit.
  using Sizes = std::vector<std::size_t>;
  const auto [sizes, page_count] =
      GENERATE(table<Sizes, std::size_t>({{Sizes(5, 400'000), 3},
                                          {Sizes{600'000, 600'000, 1}, 2},
                                          {Sizes{1, 1'000'000, 1, 1'000'000}, 2},
                                          {Sizes(11, 100'000), 2}}));
  MetricsReport report = report_of(sizes.size());
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    report.tasks[i].containers[0].name = ContainerName{std::string(sizes[i], 'x')};
  }
  std::size_t tasks = 0;
  const auto pages = parse_all(metrics_messages(kSource, report, "id", kNow));
  CHECK(pages.size() == page_count);
  for (const json& page : pages) {
    CHECK(page.dump().size() <= kMaxRequestBytes);
    CHECK_FALSE(page.at("taskMetrics").empty());
    tasks += page.at("taskMetrics").size();
  }
  CHECK(tasks == report.tasks.size());
}

TEST_CASE("the size limit is used up to the last byte", "[unit][metrics]") {
  MetricsReport report = report_of(2);
  const auto size_with_name = [&](std::size_t name) {
    report.tasks[0].containers[0].name = ContainerName{std::string(name, 'x')};
    return parse_all(metrics_messages(kSource, report, "id", kNow));
  };
  const std::size_t rest = size_with_name(0).at(0).dump().size();
  // "fin":false is one byte longer than "fin":true, and may be needed.
  const auto fits = size_with_name(kMaxRequestBytes - rest - 3);
  CHECK(fits.size() == 1);
  CHECK(size_with_name(kMaxRequestBytes - rest + 1).size() == 2);
}

TEST_CASE("a task larger than the limit goes alone", "[unit][metrics]") {
  MetricsReport report = report_of(3);
  const std::size_t large = GENERATE(std::size_t{0}, std::size_t{1});
  report.tasks[large].containers[0].name = ContainerName{std::string(kMaxRequestBytes, 'x')};
  const auto pages = parse_all(metrics_messages(kSource, report, "id", kNow));
  REQUIRE(pages.size() == large + 2);
  CHECK(pages[large].at("taskMetrics").size() == 1);
  CHECK(pages.back().at("taskMetrics").size() == 2 - large);
  CHECK(pages.back().at("metadata").at("fin") == true);
}

TEST_CASE("health is reported in the service's words", "[unit][metrics]") {
  const std::vector<TaskHealth> tasks{
      {.task = {.arn = TaskArn{"arn:task"}, .family = "shop", .version = "12"},
       .containers = {{ContainerName{"a"}, ContainerHealthStatus::Healthy, kNow},
                      {ContainerName{"b"}, ContainerHealthStatus::Unhealthy, kNow},
                      {ContainerName{"c"}, ContainerHealthStatus::Unknown,
                       parse_rfc3339("2026-01-01T00:00:00Z")}}}};
  const auto messages = health_messages(kSource, tasks, "id-1", kNow);
  REQUIRE(messages.size() == 1);
  CHECK(messages[0] ==
        R"({"message":{"metadata":{"cluster":"edge","containerInstance":)"
        R"("arn:aws:ecs:eu-west-1:111122223333:container-instance/edge/0a1b2c",)"
        R"("fin":true,"messageId":"id-1"},"tasks":[{"containers":[)"
        R"({"containerName":"a","healthStatus":"HEALTHY","statusSince":1767225600.125},)"
        R"({"containerName":"b","healthStatus":"UNHEALTHY","statusSince":1767225600.125},)"
        R"({"containerName":"c","healthStatus":"UNKNOWN","statusSince":1767225600}],)"
        R"("taskArn":"arn:task","taskDefinitionFamily":"shop","taskDefinitionVersion":"12"}],)"
        R"("timestamp":1767225600.125},"type":"PublishHealthRequest"})");
  CHECK(health_messages(kSource, {}, "id-1", kNow).empty());
}

TEST_CASE("the instance's status is that of its container runtime", "[unit][metrics]") {
  const InstanceStatus status{.status = InstanceHealth::Ok,
                              .last_updated = parse_rfc3339("2025-12-31T23:59:20.2Z"),
                              .last_change = parse_rfc3339("2025-12-31T23:50:01Z")};
  CHECK(instance_status_message(kSource, status, "id-2", kNow) ==
        R"({"message":{"metadata":{"cluster":"edge","containerInstance":)"
        R"("arn:aws:ecs:eu-west-1:111122223333:container-instance/edge/0a1b2c",)"
        R"("requestId":"id-2"},"statuses":[{"lastStatusChange":1767225001,)"
        R"("lastUpdated":1767225560.2,"status":"OK","type":"ContainerRuntime"}],)"
        R"("timestamp":1767225600.125},"type":"PublishInstanceStatusRequest"})");
  const auto word = [](InstanceHealth health) {
    return json::parse(instance_status_message(kSource, {.status = health}, "id", kNow))
        .at("message")
        .at("statuses")
        .at(0)
        .at("status")
        .get<std::string>();
  };
  CHECK(word(InstanceHealth::Initializing) == "INITIALIZING");
  CHECK(word(InstanceHealth::Impaired) == "IMPAIRED");
  CHECK(word(InstanceHealth::InsufficientData) == "INSUFFICIENT_DATA");
}

TEST_CASE("times are numbers in seconds with at most three decimals", "[unit][metrics]") {
  const auto timestamp_text = [](WallTime time) {
    const auto message = metrics_messages(kSource, {.idle = true}, "id", time).at(0);
    const auto begin = message.find("\"timestamp\":") + 12;
    return message.substr(begin, message.find('}', begin) - begin);
  };
  CHECK(timestamp_text(WallTime{std::chrono::milliseconds{1746802078031}}) == "1746802078.031");
  CHECK(timestamp_text(WallTime{std::chrono::milliseconds{1746802078000}}) == "1746802078");
  CHECK(rc::check([&] {
    const WallTime time{
        std::chrono::milliseconds{*rc::gen::inRange<std::int64_t>(0, 9'999'999'999'999)}};
    RC_ASSERT(timestamp_text(time) == to_epoch_seconds(time));
  }));
}

TEST_CASE("what the service sends is recognised", "[unit][metrics]") {
  const auto kind = [](std::string_view text) {
    const auto message = parse_telemetry_message(text);
    REQUIRE(message);
    return message->kind;
  };
  using Kind = TelemetryMessageKind;
  CHECK(kind(R"({"type":"HeartbeatMessage","message":{"healthy":true}})") == Kind::Heartbeat);
  CHECK(kind(R"({"type":"AckPublishMetric","message":{"message":"ok"}})") == Kind::Acknowledgement);
  CHECK(kind(R"({"type":"AckPublishHealth","message":{}})") == Kind::Acknowledgement);
  CHECK(kind(R"({"type":"AckPublishInstanceStatus"})") == Kind::Acknowledgement);
  CHECK(kind(R"({"type":"StopTelemetrySessionMessage","message":{}})") == Kind::Stop);
  CHECK(kind(R"({"type":"ServerException","message":{"message":"try later"}})") == Kind::Exception);
  CHECK(kind(R"({"type":"Novelty","message":{}})") == Kind::Unknown);
  CHECK(kind(R"({"InvalidParameterException":"cluster not found"})") == Kind::Exception);
}

TEST_CASE("what the service says is kept for the log", "[unit][metrics]") {
  const auto envelope =
      parse_telemetry_message(R"({"type":"ServerException","message":{"message":"try later"}})");
  REQUIRE(envelope);
  CHECK(envelope->type == "ServerException");
  CHECK(envelope->text == "try later");
  const auto pair = parse_telemetry_message(R"({"InvalidParameterException":"cluster not found"})");
  REQUIRE(pair);
  CHECK(pair->type == "InvalidParameterException");
  CHECK(pair->text == "cluster not found");
}

TEST_CASE("broken messages are errors, not exceptions", "[unit][metrics]") {
  for (const char* text : {"", "{", "[]", "\"x\"", "{}", R"({"type":5})", R"({"Other":"x"})",
                           R"({"type":"X","message":"text"})", R"({"ServerException":{}})"}) {
    const auto message = parse_telemetry_message(text);
    REQUIRE_FALSE(message);
    CHECK(message.error().code == ErrorCode::InvalidInput);
  }
}
