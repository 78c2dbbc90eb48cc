#include "agent/standalone/role_credentials.hpp"
#include "tests/unit/agent/standalone/plane_fixture.hpp"

namespace longshore::standalone {
namespace {

using namespace std::chrono_literals;

json failures_of(Plane& plane, const json& definition) {
  plane.call("RegisterTaskDefinition", definition);
  return plane.call("RunTask", {{"taskDefinition", definition["family"]}})["failures"];
}

json with_container(const json& members) {
  json definition = web_definition();
  definition["containerDefinitions"][0].update(members);
  return definition;
}

TEST_CASE("a new task is PENDING, on its host, and is to be delivered", "[unit][standalone]") {
  Plane plane;
  const std::string host = plane.add_host();
  const std::string arn = plane.run(web_definition(), {{"startedBy", "me"}});
  REQUIRE(plane.effects.deliveries.size() == 1);
  CHECK(plane.effects.deliveries[0].instance_arn == host);
  CHECK(plane.effects.deliveries[0].task_arns == std::vector{arn});
  const json task = plane.describe(arn);
  CHECK(task["lastStatus"] == "PENDING");
  CHECK(task["desiredStatus"] == "RUNNING");
  CHECK(task["containerInstanceArn"] == host);
  CHECK(task["group"] == "family:web");
  CHECK(task["startedBy"] == "me");
  CHECK(task["createdAt"] == 1'750'000'000.125);
  CHECK(task["memory"] == "64");
  CHECK(task["containers"][0]["image"] == "busybox");
  CHECK(plane.refusal("DescribeTasks", json::object()) ==
        "ClientException: tasks: required, but missing");
  const json missing = plane.call("DescribeTasks", {{"tasks", {"abc"}}})["failures"][0];
  CHECK(missing == json{{"arn", "arn:aws:ecs:eu-west-1:111122223333:task/default/abc"},
                        {"reason", "MISSING"}});
}

TEST_CASE("without a host nothing runs, and why is said", "[unit][standalone]") {
  Plane plane;
  plane.call("RegisterTaskDefinition", web_definition());
  CHECK(plane.refusal("RunTask", {{"taskDefinition", "web"}}) ==
        "InvalidParameterException: No Container Instances were found in your cluster.");
  const std::string host = plane.add_host();
  plane.state.instances.at(host).connected = false;
  CHECK(failures_of(plane, web_definition())[0]["reason"] == "AGENT");
  plane.state.instances.at(host).connected = true;
  CHECK(failures_of(plane, with_container({{"memory", 1025}}))[0] ==
        json{{"arn", host}, {"reason", "RESOURCE:MEMORY"}, {"detail", "1025 asked, 1024 left."}});
  CHECK(failures_of(plane, with_container({{"cpu", 2049}}))[0]["reason"] == "RESOURCE:CPU");
  CHECK(failures_of(plane,
                    with_container({{"portMappings",
                                     {{{"containerPort", 22}, {"hostPort", 22}}}}}))[0]["reason"] ==
        "RESOURCE:PORTS");
  CHECK(failures_of(plane, with_container({{"privileged", true}}))[0]["detail"] ==
        "The container instance has not registered "
        "com.amazonaws.ecs.capability.privileged-container.");
  CHECK(failures_of(plane, with_container({{"memory", 1024}, {"cpu", 2048}})).empty());
}

TEST_CASE("a draining host takes no tasks", "[unit][standalone]") {
  Plane plane;
  const std::string host = plane.add_host();
  plane.call("UpdateContainerInstancesState",
             {{"containerInstances", {host}}, {"status", "DRAINING"}});
  plane.call("RegisterTaskDefinition", web_definition());
  CHECK(plane.refusal("RunTask", {{"taskDefinition", "web"}}).starts_with("InvalidParameter"));
  const json started = plane.call(
      "StartTask", {{"taskDefinition", "web"}, {"containerInstances", {host, "nobody"}}});
  CHECK(started["failures"][0]["reason"] == "INACTIVE");
  CHECK(started["failures"][1]["reason"] == "MISSING");
}

TEST_CASE("tasks take from their host until they stop", "[unit][standalone]") {
  Plane plane;
  const std::string host = plane.add_host();
  plane.call("RegisterTaskDefinition", with_container({{"memory", 400}}));
  const json answer = plane.call("RunTask", {{"taskDefinition", "web"}, {"count", 3}});
  CHECK(answer["tasks"].size() == 2);
  CHECK(answer["failures"].size() == 1);
  const auto remaining = [&] {
    return plane.call("DescribeContainerInstances",
                      {{"containerInstances", {host}}})["containerInstances"][0];
  };
  CHECK(remaining()["remainingResources"][1]["integerValue"] == 224);
  CHECK(remaining()["pendingTasksCount"] == 2);
  plane.call("SubmitTaskStateChange",
             {{"task", answer["tasks"][0]["taskArn"]}, {"status", "STOPPED"}, {"reason", ""}});
  CHECK(remaining()["remainingResources"][1]["integerValue"] == 624);
}

TEST_CASE("the task's size counts in place of its containers' sum", "[unit][standalone]") {
  Plane plane;
  plane.add_host();
  json definition = with_container({{"cpu", 100}});
  definition["cpu"] = "0.5 vCPU";
  definition["memory"] = "512";
  const json task = plane.describe(plane.run(definition));
  CHECK(task["cpu"] == "512");
  CHECK(task["memory"] == "512");
}

TEST_CASE("the same clientToken runs a task once", "[unit][standalone]") {
  Plane plane;
  plane.add_host();
  const std::string arn = plane.run(web_definition(), {{"clientToken", "t"}});
  const json again = plane.call("RunTask", {{"taskDefinition", "web"}, {"clientToken", "t"}});
  CHECK(again["tasks"][0]["taskArn"] == arn);
  CHECK(plane.state.tasks.size() == 1);
}

TEST_CASE("StopTask asks the agent and keeps the reason", "[unit][standalone]") {
  Plane plane;
  plane.add_host();
  const std::string arn = plane.run(web_definition());
  const json stopping = plane.call("StopTask", {{"task", arn}, {"reason", "enough"}})["task"];
  CHECK(stopping["desiredStatus"] == "STOPPED");
  CHECK(stopping["lastStatus"] == "PENDING");
  CHECK(stopping["stoppedReason"] == "enough");
  CHECK(stopping["stopCode"] == "UserInitiated");
  CHECK(plane.effects.deliveries.size() == 1);
  plane.call("StopTask", {{"task", arn}, {"reason", "again"}});
  CHECK(plane.effects.deliveries.empty());
  CHECK(plane.describe(arn)["stoppedReason"] == "enough");
  CHECK(plane.refusal("StopTask", {{"task", "abc"}}) ==
        "InvalidParameterException: The referenced task was not found.");
}

TEST_CASE("ListTasks filters by what it is given", "[unit][standalone]") {
  Plane plane;
  plane.add_host();
  const std::string a = plane.run(web_definition(), {{"startedBy", "a"}});
  json other = web_definition();
  other["family"] = "db";
  const std::string b = plane.run(other);
  plane.call("StopTask", {{"task", b}});
  const auto list = [&](const json& request) {
    return plane.call("ListTasks", request)["taskArns"];
  };
  CHECK(list(json::object()) == json{a});
  CHECK(list({{"desiredStatus", "STOPPED"}}) == json{b});
  CHECK(list({{"family", "db"}}).empty());
  CHECK(list({{"startedBy", "a"}}) == json{a});
  CHECK(list({{"startedBy", "x"}}).empty());
}

TEST_CASE("overrides are checked against the task definition", "[unit][standalone]") {
  Plane plane;
  plane.add_host();
  plane.call("RegisterTaskDefinition", web_definition());
  const auto mistake = [&](const json& overrides) {
    return plane.refusal("RunTask", {{"taskDefinition", "web"}, {"overrides", overrides}});
  };
  CHECK(mistake({{"containerOverrides", {{{"name", "wep"}}}}}) ==
        "InvalidParameterException: overrides.containerOverrides[0].name: no container \"wep\" in "
        "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:1");
  CHECK(mistake({{"containerOverrides", {{{"name", "web"}, {"comand", {"x"}}}}}}) ==
        "ClientException: overrides.containerOverrides[0].comand: no such member; did you mean "
        "command?");
  CHECK(mistake({{"containerOverrides", {{{"name", "web"}, {"memoryReservation", 65}}}}}) ==
        "InvalidParameterException: overrides.containerOverrides[0]: memoryReservation is more "
        "than memory");
}

TEST_CASE("stopped tasks are forgotten after an hour, and beyond a thousand",
          "[unit][standalone]") {
  Plane plane;
  plane.add_host();
  const std::string arn = plane.run(web_definition());
  plane.call("SubmitTaskStateChange", {{"task", arn}, {"status", "STOPPED"}});
  plane.now += 59min;
  CHECK(plane.call("DescribeTasks", {{"tasks", {arn}}})["tasks"].size() == 1);
  plane.now += 1min;
  CHECK(plane.call("DescribeTasks", {{"tasks", {arn}}})["tasks"].empty());

  for (std::size_t i = 0; i < kMaxStoppedTasks + 5; ++i) {
    Task& task = plane.state.tasks[std::to_string(i)];
    task.last_status = "STOPPED";
    task.stopped_at = plane.now + std::chrono::milliseconds(i);
  }
  forget_old_tasks(plane.state, plane.now);
  CHECK(plane.state.tasks.size() == kMaxStoppedTasks);
  CHECK_FALSE(plane.state.tasks.contains("4"));
  CHECK(plane.state.tasks.contains("5"));
}

TEST_CASE("role credentials are renewed under their id before they end", "[unit][standalone]") {
  Plane plane;
  plane.add_host();
  json definition = web_definition();
  definition["taskRoleArn"] = "arn:aws:iam::111122223333:role/task";
  const std::string arn = plane.run(definition);
  const RoleCredentials before = *plane.state.tasks.at(arn).task_role;
  CHECK(renew_credentials(plane.state, plane.now + 44min).empty());
  const auto renewed = renew_credentials(plane.state, plane.now + 45min);
  REQUIRE(renewed.size() == 1);
  CHECK(renewed[0].task_arn == arn);
  CHECK_FALSE(renewed[0].execution_role);
  const RoleCredentials after = *plane.state.tasks.at(arn).task_role;
  CHECK(after.id == before.id);
  CHECK(after.access_key_id != before.access_key_id);
  CHECK(after.expiration == plane.now + 45min + 1h);
}

}  // namespace
}  // namespace longshore::standalone
