#include "agent/standalone/operations.hpp"

#include "tests/unit/agent/standalone/plane_fixture.hpp"

namespace longshore::standalone {
namespace {

TEST_CASE("an unknown operation is refused with the list of known ones", "[unit][standalone]") {
  Plane plane;
  const std::string refusal = plane.refusal("CreateService", json::object());
  CHECK(refusal.starts_with("UnknownOperationException: CreateService is not an operation"));
  CHECK(refusal.find("RunTask") != std::string::npos);
}

TEST_CASE("a cluster that does not exist is said in the words agents look for",
          "[unit][standalone]") {
  Plane plane;
  CHECK(plane.refusal("ListTasks", {{"cluster", "other"}}) ==
        "ClusterNotFoundException: Cluster not found.");
  plane.call("CreateCluster", {{"clusterName", "other"}});
  plane.call("ListTasks", {{"cluster", "arn:aws:ecs:eu-west-1:111122223333:cluster/other"}});
  const json described = plane.call("DescribeClusters", {{"clusters", {"other", "no"}}});
  CHECK(described["clusters"][0]["status"] == "ACTIVE");
  CHECK(described["failures"][0]["reason"] == "MISSING");
}

TEST_CASE("task definitions get revisions that stay after deregistration", "[unit][standalone]") {
  Plane plane;
  const std::string prefix = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:";
  CHECK(plane.call("RegisterTaskDefinition", web_definition())["taskDefinition"]["revision"] == 1);
  plane.call("RegisterTaskDefinition", web_definition());
  CHECK(plane.call("DescribeTaskDefinition",
                   {{"taskDefinition", "web"}})["taskDefinition"]["taskDefinitionArn"] ==
        prefix + "2");
  plane.call("DeregisterTaskDefinition", {{"taskDefinition", "web:2"}});
  const json newest = plane.call("DescribeTaskDefinition", {{"taskDefinition", "web"}});
  CHECK(newest["taskDefinition"]["revision"] == 1);
  const json old = plane.call("DescribeTaskDefinition", {{"taskDefinition", prefix + "2"}});
  CHECK(old["taskDefinition"]["status"] == "INACTIVE");
  CHECK(plane.call("ListTaskDefinitions", json::object())["taskDefinitionArns"] ==
        json{prefix + "1"});
  CHECK(plane.call("ListTaskDefinitions", {{"status", "INACTIVE"}})["taskDefinitionArns"] ==
        json{prefix + "2"});
  CHECK(plane.call("RegisterTaskDefinition", web_definition())["taskDefinition"]["revision"] == 3);
  CHECK(plane.refusal("DeregisterTaskDefinition", {{"taskDefinition", "web"}}) ==
        "ClientException: taskDefinition: a revision is required, as in \"family:1\"");
}

TEST_CASE("long lists come in pages that miss and repeat nothing", "[unit][standalone]") {
  Plane plane;
  for (int i = 0; i < 5; ++i) plane.call("RegisterTaskDefinition", web_definition());
  std::vector<std::string> seen;
  json request = {{"maxResults", 2}};
  for (int pages = 0; pages < 3; ++pages) {
    const json page = plane.call("ListTaskDefinitions", request);
    for (const json& arn : page["taskDefinitionArns"]) seen.push_back(arn);
    CHECK(page.contains("nextToken") == (pages < 2));
    if (page.contains("nextToken")) request["nextToken"] = page["nextToken"];
  }
  CHECK(seen.size() == 5);
  CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == 5);
  CHECK(plane.refusal("ListTaskDefinitions", {{"nextToken", "77"}}) ==
        "InvalidParameterException: nextToken: unknown or expired");
  CHECK(plane.refusal("ListTaskDefinitions", {{"maxResults", 0}}) ==
        "InvalidParameterException: maxResults: 0 is outside 1..100");
}

TEST_CASE("registration echoes every attribute and adds the zone", "[unit][standalone]") {
  Plane plane;
  const std::string arn = plane.add_host();
  const json host = plane.call("DescribeContainerInstances",
                               {{"containerInstances", {arn}}})["containerInstances"][0];
  std::map<std::string, std::string> attributes;
  for (const json& attribute : host["attributes"]) {
    attributes[attribute["name"]] = attribute.value("value", "");
  }
  CHECK(attributes.at("color") == "blue");
  CHECK(attributes.at("ecs.capability.container-ordering").empty());
  CHECK(attributes.at("ecs.availability-zone") == "eu-west-1a");
  CHECK(host["registeredResources"][0]["integerValue"] == 2048);
  CHECK(host["registeredResources"][2]["stringSetValue"] == json({"22", "2375"}));
}

TEST_CASE("registering again finds the same instance by token and by ARN", "[unit][standalone]") {
  Plane plane;
  const std::string arn = plane.add_host("token");
  CHECK(plane.add_host("token") == arn);
  const json request = {{"containerInstanceArn", arn}, {"totalResources", json::array()}};
  const json again = plane.call("RegisterContainerInstance", request)["containerInstance"];
  CHECK(again["containerInstanceArn"] == arn);
  CHECK(again["registeredResources"][0]["integerValue"] == 0);
  CHECK(plane.add_host("other") != arn);
  const std::string foreign = "arn:aws:ecs:eu-west-1:111122223333:container-instance/default/abc";
  const json taken = plane.call("RegisterContainerInstance", {{"containerInstanceArn", foreign},
                                                              {"totalResources", json::array()}});
  CHECK(taken["containerInstance"]["containerInstanceArn"] == foreign);
}

TEST_CASE("agents may send members that no model knows", "[unit][standalone]") {
  Plane plane;
  CHECK(plane.call(
            "DiscoverPollEndpoint",
            {{"cluster", "default"}, {"containerInstance", "x"}, {"zoneId", ""}})["endpoint"] ==
        "http://127.0.0.1:51800");
}

TEST_CASE("a deregistered instance is gone for registration and its tasks have stopped",
          "[unit][standalone]") {
  Plane plane;
  const std::string host = plane.add_host();
  const std::string task = plane.run(web_definition());
  CHECK(plane.refusal("DeregisterContainerInstance", {{"containerInstance", host}})
            .starts_with("InvalidParameterException: Found running tasks"));
  plane.call("DeregisterContainerInstance", {{"containerInstance", host}, {"force", true}});
  CHECK(plane.effects.dropped_instances == std::vector{host});
  CHECK(plane.describe(task)["lastStatus"] == "STOPPED");
  CHECK(plane.call("ListContainerInstances", json::object())["containerInstanceArns"].empty());
  CHECK(plane
            .refusal("RegisterContainerInstance",
                     {{"containerInstanceArn", host}, {"totalResources", json::array()}})
            .starts_with("ClientException: The container instance"));
}

TEST_CASE("tags are kept for every kind of resource", "[unit][standalone]") {
  Plane plane;
  const std::string host = plane.add_host();
  const std::string task =
      plane.run(web_definition(), {{"tags", {{{"key", "a"}, {"value", "1"}}}}});
  const std::string definition = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:1";
  const std::string cluster = "arn:aws:ecs:eu-west-1:111122223333:cluster/default";
  for (const std::string& arn : {host, task, definition, cluster}) {
    INFO(arn);
    plane.call("TagResource", {{"resourceArn", arn}, {"tags", {{{"key", "b"}, {"value", "2"}}}}});
    const json tags = plane.call("ListTagsForResource", {{"resourceArn", arn}})["tags"];
    CHECK(tags.back() == json{{"key", "b"}, {"value", "2"}});
  }
  plane.call("UntagResource", {{"resourceArn", task}, {"tagKeys", {"a"}}});
  CHECK(plane.call("ListTagsForResource", {{"resourceArn", task}})["tags"].size() == 1);
  CHECK(plane.refusal("ListTagsForResource", {{"resourceArn", cluster + "x"}})
            .starts_with("InvalidParameterException"));
}

}  // namespace
}  // namespace longshore::standalone
