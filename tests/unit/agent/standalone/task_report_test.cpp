#include "agent/standalone/task_report.hpp"

#include "tests/unit/agent/standalone/plane_fixture.hpp"

namespace longshore::standalone {
namespace {

using namespace std::chrono_literals;

struct RunningPlane : Plane {
  RunningPlane() {
    add_host();
    arn = run(web_definition());
  }
  void report(const char* status, const json& more = json::object()) {
    json request = {{"cluster", "default"}, {"task", arn}, {"status", status}, {"reason", ""}};
    request.update(more);
    CHECK(call("SubmitTaskStateChange", request) == json{{"acknowledgment", "ok"}});
  }
  std::string arn;
};

TEST_CASE("a report of RUNNING shows in the task and its containers", "[unit][standalone]") {
  RunningPlane plane;
  plane.now += 2s;
  plane.report("RUNNING",
               {{"pullStartedAt", 1750000000.5},
                {"containers",
                 {{{"containerName", "web"},
                   {"status", "RUNNING"},
                   {"runtimeId", "abc"},
                   {"imageDigest", "sha256:1"},
                   {"networkBindings",
                    {{{"bindIP", "0.0.0.0"}, {"containerPort", 80}, {"hostPort", 32768}}}}}}}});
  const json task = plane.describe(plane.arn);
  CHECK(task["lastStatus"] == "RUNNING");
  CHECK(task["startedAt"] == 1'750'000'002.125);
  CHECK(task["pullStartedAt"] == 1750000000.5);
  CHECK(task["containers"][0]["runtimeId"] == "abc");
  CHECK(task["containers"][0]["imageDigest"] == "sha256:1");
  CHECK(task["containers"][0]["networkBindings"][0]["hostPort"] == 32768);
}

TEST_CASE("a task shows the ports and port ranges that were reported", "[unit][standalone]") {
  RunningPlane plane;
  const json bindings = json::parse(R"([
      {"bindIP": "0.0.0.0", "containerPort": 80, "hostPort": 32768, "protocol": "tcp"},
      {"bindIP": "0.0.0.0", "containerPortRange": "9000-9004", "hostPortRange": "40000-40004",
       "protocol": "udp"}])");
  plane.report(
      "RUNNING",
      {{"containers",
        {{{"containerName", "web"}, {"status", "RUNNING"}, {"networkBindings", bindings}}}}});
  CHECK(plane.describe(plane.arn)["containers"][0]["networkBindings"] == bindings);
}

TEST_CASE("status never moves backwards", "[unit][standalone]") {
  RunningPlane plane;
  plane.report("RUNNING");
  const json started = plane.describe(plane.arn)["startedAt"];
  plane.now += 1s;
  plane.report("PENDING");
  plane.report("RUNNING");
  CHECK(plane.describe(plane.arn)["lastStatus"] == "RUNNING");
  CHECK(plane.describe(plane.arn)["startedAt"] == started);
}

TEST_CASE("the end of an essential container ends the task in ECS's words", "[unit][standalone]") {
  RunningPlane plane;
  plane.report("RUNNING");
  plane.report("STOPPED", {{"reason", "whatever the agent says"},
                           {"containers",
                            {{{"containerName", "web"}, {"status", "STOPPED"}, {"exitCode", 3}}}}});
  const json task = plane.describe(plane.arn);
  CHECK(task["lastStatus"] == "STOPPED");
  CHECK(task["desiredStatus"] == "STOPPED");
  CHECK(task["stopCode"] == "EssentialContainerExited");
  CHECK(task["stoppedReason"] == "Essential container in task exited");
  CHECK(task["containers"][0]["exitCode"] == 3);
  CHECK(task["stoppedAt"] == task["stoppingAt"]);
}

TEST_CASE("a task that never ran failed to start, for the agent's reason", "[unit][standalone]") {
  RunningPlane plane;
  plane.report("STOPPED", {{"reason", "CannotPullContainerError: no"}});
  CHECK(plane.describe(plane.arn)["stopCode"] == "TaskFailedToStart");
  CHECK(plane.describe(plane.arn)["stoppedReason"] == "CannotPullContainerError: no");
  RunningPlane silent;
  silent.report("STOPPED");
  CHECK(silent.describe(silent.arn)["stoppedReason"] == "Task failed to start");
}

TEST_CASE("a stopped task keeps the reason of who stopped it", "[unit][standalone]") {
  RunningPlane plane;
  plane.report("RUNNING");
  plane.call("StopTask", {{"task", plane.arn}});
  plane.report("STOPPED", {{"containers", {{{"containerName", "web"}, {"exitCode", 137}}}}});
  CHECK(plane.describe(plane.arn)["stopCode"] == "UserInitiated");
  CHECK(plane.describe(plane.arn)["stoppedReason"] == "Task stopped by user");
}

TEST_CASE("reports after the end change nothing", "[unit][standalone]") {
  RunningPlane plane;
  plane.report("STOPPED");
  const json before = plane.describe(plane.arn);
  plane.report("STOPPED", {{"containers", {{{"containerName", "web"}, {"exitCode", 9}}}}});
  CHECK(plane.describe(plane.arn) == before);
  CHECK(plane.refusal("SubmitTaskStateChange", {{"task", plane.arn}, {"status", "RUNNING"}}) ==
        "InvalidParameterException: The task is STOPPED and cannot become RUNNING.");
  CHECK(plane
            .refusal("SubmitContainerStateChange",
                     {{"task", plane.arn}, {"containerName", "web"}, {"status", "RUNNING"}})
            .starts_with("InvalidParameterException"));
}

TEST_CASE("reports about what does not exist are refused for good", "[unit][standalone]") {
  RunningPlane plane;
  CHECK(plane.refusal("SubmitTaskStateChange", {{"task", "abc"}, {"status", "RUNNING"}}) ==
        "InvalidParameterException: The referenced task was not found.");
  CHECK(plane.refusal("SubmitTaskStateChange",
                      {{"task", plane.arn},
                       {"status", "RUNNING"},
                       {"containers", {{{"containerName", "wep"}, {"status", "RUNNING"}}}}}) ==
        "InvalidParameterException: The task has no container \"wep\".");
  CHECK(plane.refusal("SubmitTaskStateChange", {{"task", plane.arn}, {"status", "CREATED"}}) ==
        "ClientException: status: \"CREATED\" is not one of: PENDING, RUNNING, STOPPED");
}

TEST_CASE("reports about raw tasks are acknowledged", "[unit][standalone]") {
  Plane plane;
  note_raw_tasks(plane.state, {{{"arn", "raw"}, {"desiredStatus", "RUNNING"}}, 7, {{"x", 1}}});
  CHECK(plane.call("SubmitTaskStateChange", {{"task", "raw"}, {"status", "STOPPED"}}) ==
        json{{"acknowledgment", "ok"}});
  CHECK(plane.state.raw_tasks.at("raw") == "STOPPED");
}

}  // namespace
}  // namespace longshore::standalone
