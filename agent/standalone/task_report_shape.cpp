#include "agent/standalone/task_report.hpp"

namespace longshore::standalone {
namespace {

// Lengths: aws/amazon-ecs-agent ecs-agent/api/ecs/client/ecs_client.go cuts to them.
constexpr Shape kReason = text_shape(0, 1024);
constexpr Shape kId = text_shape(0, 255);
constexpr Shape kPort = whole_shape(0, 65535);
constexpr std::string_view kProtocolNames[] = {"tcp", "udp"};
constexpr Shape kProtocol = choice_shape(kProtocolNames);
constexpr Member kBindingMembers[] = {{"bindIP", &kText},        {"containerPort", &kPort},
                                      {"hostPort", &kPort},      {"containerPortRange", &kText},
                                      {"hostPortRange", &kText}, {"protocol", &kProtocol}};
constexpr Shape kBinding = open_object_shape(kBindingMembers);
constexpr Shape kBindings = list_shape(kBinding, 0, 100);

constexpr std::string_view kStatusNames[] = {"PENDING", "RUNNING", "STOPPED"};
constexpr Shape kStatus = choice_shape(kStatusNames);
constexpr Member kContainerMembers[] = {
    {"containerName", &kName, true}, {"status", &kStatus},  {"runtimeId", &kId},
    {"imageDigest", &kId},           {"exitCode", &kWhole}, {"reason", &kReason},
    {"networkBindings", &kBindings}};
constexpr Shape kContainer = open_object_shape(kContainerMembers);
constexpr Shape kContainers = list_shape(kContainer, 0, 100);

constexpr std::string_view kAgentNames[] = {"ExecuteCommandAgent"};
constexpr Shape kAgentName = choice_shape(kAgentNames);
constexpr Member kAgentMembers[] = {{"containerName", &kName, true},
                                    {"managedAgentName", &kAgentName, true},
                                    {"status", &kName, true},
                                    {"reason", &kReason}};
constexpr Shape kAgent = open_object_shape(kAgentMembers);
constexpr Shape kAgents = list_shape(kAgent, 0, 100);

constexpr Member kTaskMembers[] = {
    {"cluster", &kText},         {"task", &kName, true},       {"status", &kStatus},
    {"reason", &kReason},        {"containers", &kContainers}, {"managedAgents", &kAgents},
    {"pullStartedAt", &kNumber}, {"pullStoppedAt", &kNumber},  {"executionStoppedAt", &kNumber}};
constexpr Shape kTaskReport = open_object_shape(kTaskMembers);

constexpr Member kContainerReportMembers[] = {{"cluster", &kText},
                                              {"task", &kName, true},
                                              {"containerName", &kName, true},
                                              {"status", &kStatus},
                                              {"runtimeId", &kId},
                                              {"exitCode", &kWhole},
                                              {"reason", &kReason},
                                              {"networkBindings", &kBindings}};
constexpr Shape kContainerReport = open_object_shape(kContainerReportMembers);

}  // namespace

const Shape& task_report_shape() { return kTaskReport; }
const Shape& container_report_shape() { return kContainerReport; }

}  // namespace longshore::standalone
