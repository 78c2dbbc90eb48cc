#include "agent/control/unsupported.hpp"

#include <fmt/format.h>

#include <utility>

#include "wire_task.hpp"

namespace longshore::control {

using testing::container_with;
using testing::read_task;
using testing::task_with;

namespace {

void check_refused(const nlohmann::json& task, const std::string& member) {
  INFO(member);
  const Status status = check_supported(read_task(task));
  REQUIRE_FALSE(status);
  CHECK(status.error() ==
        Error{ErrorCode::Conflict,
              fmt::format("{}: not supported by this version of the agent", member)});
}

}  // namespace

TEST_CASE("a task that needs what is not there is refused by the member's name",
          "[unit][control]") {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"networkMode": "awsvpc"})", "networkMode awsvpc"},
      {R"({"elasticNetworkInterfaces": [{}]})", "elasticNetworkInterfaces"},
      {R"({"proxyConfiguration": {"type": "APPMESH"}})", "proxyConfiguration"},
      {R"({"associations": [{"type": "gpu"}]})", "associations"},
      {R"({"enableFaultInjection": true})", "enableFaultInjection true"},
      {R"({"attachments": [{"attachmentType": "amazonebs"}]})",
       "attachments[0].attachmentType amazonebs"},
      {R"({"attachments": [{"attachmentType": "serviceconnectdetail"}]})",
       "attachments[0].attachmentType serviceconnectdetail"},
      {R"({"volumes": [{"name": "v", "type": "efs"}]})", "volumes[0].type efs"}};
  for (const auto& [patch, member] : cases) check_refused(task_with(patch), member);
}

TEST_CASE("a container that needs what is not there is refused by the member's name",
          "[unit][control]") {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"secrets": [{"name": "S"}]})", "secrets"},
      {R"({"environmentFiles": [{"type": "s3"}]})", "environmentFiles"},
      {R"({"firelensConfiguration": {"type": "fluentd"}})", "firelensConfiguration"},
      {R"({"managedAgents": [{"name": "ExecuteCommandAgent"}]})", "managedAgents"},
      {R"({"credentialSpecs": ["x"]})", "credentialSpecs"},
      {R"({"logsAuthStrategy": "ExecutionRole"})", "logsAuthStrategy ExecutionRole"},
      {R"({"registryAuthentication": {"type": "asm"}})", "registryAuthentication.type asm"}};
  for (const auto& [patch, member] : cases) {
    check_refused(container_with(patch), std::string("containers[0].") + member);
  }
}

TEST_CASE("empty and disabled forms of what is not there are fine", "[unit][control]") {
  nlohmann::json task = container_with(R"({
      "secrets": [], "environmentFiles": [], "firelensConfiguration": {}, "managedAgents": [],
      "credentialSpecs": [], "logsAuthStrategy": "", "registryAuthentication": null})");
  task.merge_patch(nlohmann::json::parse(R"({
      "networkMode": "", "elasticNetworkInterfaces": [], "proxyConfiguration": {},
      "associations": [], "enableFaultInjection": false,
      "attachments": [{"attachmentType": "other"}]})"));
  CHECK(check_supported(read_task(task)));
}

}  // namespace longshore::control
