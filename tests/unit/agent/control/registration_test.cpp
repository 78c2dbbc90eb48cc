#include "agent/control/registration.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

namespace longshore::control {
namespace {

Registration first() {
  return {.custom_attributes = {{.name = "rack", .value = "7"}},
          .attributes = {{.name = "ecs.os-type", .value = "linux"}, {.name = "plain"}},
          .resources = {.cpu_units = 2048,
                        .memory_mib = 24105,
                        .reserved_ports = {22, 2375, 2376, 51678, 51679}}};
}

protocol::RegisterContainerInstanceResponse echo(
    const protocol::RegisterContainerInstanceRequest& request) {
  protocol::RegisterContainerInstanceResponse response{.container_instance_arn = "new-arn",
                                                       .attributes = request.attributes};
  response.attributes.push_back({.name = "ecs.availability-zone", .value = "us-west-2a"});
  return response;
}

}  // namespace

TEST_CASE("a registration has the recorded members and resources", "[unit][control]") {
  std::ifstream file(std::string(LONGSHORE_TEST_DATA) + "/golden/registration.json");
  const auto golden = nlohmann::json::parse(file)["register"];
  const auto body = to_register_request(first()).to_json();
  auto keys = nlohmann::json::array();
  for (const auto& member : body.items()) keys.push_back(member.key());
  CHECK(keys == golden["keys"]);
  REQUIRE(body["totalResources"].size() == golden["resources"].size());
  for (std::size_t i = 0; i < golden["resources"].size(); ++i) {
    CHECK(body["totalResources"][i] ==
          nlohmann::json::parse(golden["resources"][i].get<std::string>()));
  }
}

TEST_CASE("registering again leaves out the custom attributes and names the instance",
          "[unit][control]") {
  Registration again = first();
  again.known_arn = ContainerInstanceArn("old-arn");
  again.tags = {{.key = "k", .value = "v"}};
  const auto request = to_register_request(again);
  CHECK(request.attributes == again.attributes);
  CHECK(request.container_instance_arn == "old-arn");
  CHECK(request.tags == again.tags);
  CHECK(to_register_request(first()).attributes.size() == 3);
}

TEST_CASE("an answer with every attribute gives the instance and its zone", "[unit][control]") {
  const auto request = to_register_request(first());
  const auto registered = to_registered(request, echo(request));
  REQUIRE(registered);
  CHECK(registered->arn.str() == "new-arn");
  CHECK(registered->availability_zone == "us-west-2a");
}

TEST_CASE("registering again keeps the identity, whatever the answer calls it", "[unit][control]") {
  Registration again = first();
  again.known_arn = ContainerInstanceArn("old-arn");
  const auto request = to_register_request(again);
  CHECK(to_registered(request, echo(request)).value().arn.str() == "old-arn");
}

TEST_CASE("an attribute that is missing or changed in the answer ends the agent for good",
          "[unit][control]") {
  const auto request = to_register_request(first());
  for (std::size_t i = 0; i < request.attributes.size(); ++i) {
    auto missing = echo(request);
    missing.attributes.erase(missing.attributes.begin() + static_cast<std::ptrdiff_t>(i));
    auto changed = echo(request);
    changed.attributes[i].value += "x";
    for (const auto& response : {missing, changed}) {
      const auto registered = to_registered(request, response);
      REQUIRE_FALSE(registered);
      CHECK(registered.error().kind == RegistrationFailureKind::Terminal);
      CHECK_THAT(registered.error().error.message, Catch::Contains(request.attributes[i].name));
    }
  }
}

TEST_CASE("an answer without an ARN is a reason to start over", "[unit][control]") {
  const auto request = to_register_request(first());
  auto response = echo(request);
  response.container_instance_arn.clear();
  const auto registered = to_registered(request, response);
  REQUIRE_FALSE(registered);
  CHECK(registered.error().kind == RegistrationFailureKind::Restart);
}

}  // namespace longshore::control
