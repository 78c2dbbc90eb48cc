#include "agent/store/task_document.hpp"

#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/core_builders.hpp"
#include "tests/unit/agent/store/random_tasks.hpp"

namespace longshore::store {
namespace {

using nlohmann::json;

core::TaskState full_task() {
  core::ContainerSpec web = test::container_after("web", "db", core::DependencyCondition::Healthy);
  web.ports.push_back({.container_port = 80, .host_port = 8080});
  web.environment["KEY"] = "value";
  web.mounts.push_back({.container_path = "/s", .volume = "scratch"});
  web.restart_policy = core::RestartPolicy{.ignored_exit_codes = {0}};
  core::TaskState task = test::task_of({web, test::container("db")});
  core::TaskSpec spec = *task.spec;
  spec.volumes.push_back({.name = "scratch", .driver_options = {{"type", "tmpfs"}}});
  task.spec = std::make_shared<const core::TaskSpec>(std::move(spec));
  task.volume_names = {"ecs-family-3-scratch-0f"};
  task.containers[0].network_bindings.push_back({.bind_ip = "0.0.0.0", .container_port = 80});
  task.unreported.push_back({.name = ContainerName("db")});
  return task;
}

json full_document() { return json::parse(to_document(full_task())); }

/// The message that the full document gives once `pointer` holds `value`.
std::string refusal(const std::string& pointer, const json& value) {
  json document = full_document();
  document[json::json_pointer(pointer)] = value;
  const auto parsed = parse_task(document.dump());
  if (parsed) return "accepted";
  CHECK(parsed.error().code == ErrorCode::InvalidInput);
  return parsed.error().message;
}

TEST_CASE("every task comes back from its document as it was", "[unit][store]") {
  CHECK(rc::check([] {
    const core::TaskState task = random_task();
    auto parsed = parse_task(to_document(task));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(*parsed->spec == *task.spec);
    parsed->spec = task.spec;
    RC_ASSERT(*parsed == task);
  }));
}

TEST_CASE("every report comes back from its document as it was", "[unit][store]") {
  CHECK(rc::check([] {
    const core::TaskChange change = random_change();
    const auto parsed = parse_change(to_document(change));
    RC_ASSERT(parsed.has_value());
    RC_ASSERT(*parsed == change);
  }));
}

TEST_CASE("that the keys of a role are here is never written", "[unit][store]") {
  core::TaskState task = full_task();
  const std::string without = to_document(task);
  task.execution_role_ready = true;
  CHECK(to_document(task) == without);
  CHECK_FALSE(parse_task(without)->execution_role_ready);
}

TEST_CASE("a document of a newer longshore is refused, an older one is read", "[unit][store]") {
  CHECK(refusal("/schema", kDocumentSchema + 1) ==
        "schema: written by a newer longshore (this one reads up to 2)");
  CHECK(refusal("/schema", 0) == "accepted");
}

TEST_CASE("members that are not known are passed over", "[unit][store]") {
  CHECK(refusal("/later", json{{"more", 1}}) == "accepted");
}

TEST_CASE("a wrong member is named with its place", "[unit][store]") {
  const auto starts = [](const std::string& text) { return Catch::Matchers::StartsWith(text); };
  CHECK_THAT(refusal("/containers/1/phase", "napping"),
             starts("containers[1].phase: unknown word \"napping\""));
  CHECK_THAT(refusal("/containers/0/stopRequested", 1), starts("containers[0].stopRequested: "));
  CHECK_THAT(refusal("/containers/0/exitCode", "x"), starts("containers[0].exitCode: "));
  CHECK_THAT(refusal("/containers/0/bindings/0/ip", nullptr),
             starts("containers[0].bindings[0].ip: required"));
  CHECK_THAT(refusal("/spec/containers/0/dependsOn/0/condition", "SOON"),
             starts("spec.containers[0].dependsOn[0].condition: unknown word"));
  CHECK_THAT(refusal("/spec/containers/0/environment/KEY", 3),
             starts("spec.containers[0].environment.KEY: "));
  CHECK_THAT(refusal("/unreported/0/status", "GONE"), starts("unreported[0].status: unknown word"));
  CHECK_THAT(refusal("/spec/containers/0/kind", "sidecar"),
             starts("spec.containers[0].kind: unknown word"));
  CHECK_THAT(refusal("/spec/containers/0/restartPolicy/ignoredExitCodes/0", 1LL << 40),
             starts("spec.containers[0].restartPolicy.ignoredExitCodes[0]: expected a 32-bit"));
  CHECK_THAT(refusal("/spec/containers/0/mounts/0/volume", nullptr),
             starts("spec.containers[0].mounts[0].volume: required"));
  CHECK_THAT(refusal("/spec/volumes/0/scope", "host"),
             starts("spec.volumes[0].scope: unknown word"));
  CHECK_THAT(refusal("/spec/volumes/0/driverOptions/type", 1),
             starts("spec.volumes[0].driverOptions.type: "));
  CHECK_THAT(refusal("/containers/0/restartCount", "many"), starts("containers[0].restartCount: "));
  CHECK_THAT(refusal("/arrival", -1), starts("arrival: expected 0 or more"));
  CHECK_THAT(refusal("/cleanup", nullptr), starts("cleanup: required"));
  CHECK_THAT(refusal("/pullStartedAt", "noon"), starts("pullStartedAt: "));
}

TEST_CASE("a port beyond 65535 is refused", "[unit][store]") {
  CHECK_THAT(refusal("/spec/containers/0/ports/0/host", 65536),
             Catch::Matchers::Contains("spec.containers[0].ports[0]"));
  CHECK_THAT(refusal("/spec/containers/0/ports/0/container", -1),
             Catch::Matchers::Contains("spec.containers[0].ports[0]"));
}

TEST_CASE("a size, a wait or a time that no task can have is refused", "[unit][store]") {
  const std::string web = "/spec/containers/0/";
  const json too_much = (std::int64_t{1} << 30) + 1;
  for (const char* member : {"cpu", "memory", "memoryReservation", "stopTimeout", "startTimeout",
                             "restartPolicy/attemptPeriod"}) {
    INFO(member);
    CHECK(refusal(web + member, 0) == "accepted");
    CHECK_THAT(refusal(web + member, too_much),
               Catch::Contains("expected 0 to 1073741824, got 1073741825"));
    CHECK(refusal(web + member, -1) != "accepted");
  }
  CHECK(refusal("/spec/memory", too_much) ==
        "spec.memory: expected 0 to 1073741824, got 1073741825");
  CHECK(refusal("/spec/cpu", -0.5) == "spec.cpu: expected 0 to 1048576 vCPUs, got -0.5");
  const json last = std::int64_t{253'402'300'799'999};
  for (const char* member : {"/stoppedAt", "/containers/0/startedAt"}) {
    INFO(member);
    CHECK(refusal(member, last) == "accepted");
    CHECK_THAT(refusal(member, last.get<std::int64_t>() + 1),
               Catch::Contains("expected a time from 1970 to 9999 in milliseconds"));
    CHECK(refusal(member, INT64_MIN) != "accepted");
  }
}

TEST_CASE("a task whose states and specification differ in number is refused", "[unit][store]") {
  json document = full_document();
  document["containers"].erase(0);
  const auto parsed = parse_task(document.dump());
  REQUIRE_FALSE(parsed);
  CHECK(parsed.error().message == "containers: not as many as in the specification");
}

TEST_CASE("a task whose volumes and their names differ in number is refused", "[unit][store]") {
  CHECK(refusal("/volumeNames", json::array()) ==
        "volumeNames: not as many as volumes in the specification");
}

TEST_CASE("every required member of a document is asked for", "[unit][store]") {
  const json whole = full_document();
  for (const char* part : {"", "/spec", "/spec/containers/0", "/spec/volumes/0",
                           "/spec/containers/0/restartPolicy", "/containers/0"}) {
    for (const auto& [member, value] : whole[json::json_pointer(part)].items()) {
      INFO(part << "/" << member << ": " << value);
      json document = whole;
      document[json::json_pointer(part)].erase(member);
      if (const auto parsed = parse_task(document.dump()); !parsed) {
        CHECK_THAT(parsed.error().message, Catch::Matchers::Contains(member + ": required"));
      } else {
        // What may be absent is written as null or as a list, or not at all, or is new.
        CHECK((value.is_null() || value.is_array() || member == "restartPolicy" ||
               member == "portConflicts"));
      }
    }
  }
}

TEST_CASE("text that is no document is refused", "[unit][store]") {
  for (const char* text : {"", "[]", "null", "{", "{}", "\"task\""}) {
    INFO(text);
    CHECK_FALSE(parse_task(text));
    CHECK_FALSE(parse_change(text));
  }
  const auto change = parse_change(R"({"task":"t","status":"DONE","reason":""})");
  REQUIRE_FALSE(change);
  CHECK(change.error().message == "status: unknown word \"DONE\"");
}

}  // namespace
}  // namespace longshore::store
