#include "agent/standalone/task_request_shape.hpp"

#include "agent/standalone/task_definition_shape.hpp"

namespace longshore::standalone {
namespace {

constexpr std::string_view kOneMachine = "this control plane has one machine and no choice to make";
constexpr std::string_view kFargateOnly = "works on Fargate only, which this control plane is not";
constexpr std::string_view kNoGpu = "GPUs and accelerators are not assigned by this control plane";
constexpr std::string_view kNoEni = "needs the awsvpc network mode, which needs AWS ENIs";
constexpr std::string_view kNoVolumes = "EBS volumes are not attached by this control plane";

constexpr std::string_view kLaunchTypeNames[] = {"EC2", "EXTERNAL"};
constexpr Shape kLaunchType = choice_shape(kLaunchTypeNames);
constexpr std::string_view kPropagations[] = {"TASK_DEFINITION", "NONE"};
constexpr Shape kPropagation = choice_shape(kPropagations);
constexpr Shape kTaskCount = whole_shape(1, 10);
// Below 6 MiB Docker Engine refuses the container.
constexpr Shape kMemory = whole_shape(6, 2'147'483'647);
constexpr std::string_view kStatusNames[] = {"RUNNING", "PENDING", "STOPPED"};
constexpr Shape kStatus = choice_shape(kStatusNames);
constexpr std::string_view kIncludeNames[] = {"TAGS"};
constexpr Shape kIncludeName = choice_shape(kIncludeNames);
constexpr Shape kInclude = list_shape(kIncludeName);
constexpr Shape kTaskNames = list_shape(kName, 1, 100);
constexpr Shape kInstanceNames = list_shape(kName, 1, 10);

const Shape& overrides_shape() {
  static const Member container_members[] = {
      {"name", &kName, true},
      {"command", &kTexts},
      {"environment", &environment_shape()},
      {"environmentFiles", &environment_files_shape()},
      {"cpu", &kCount},
      {"memory", &kMemory},
      {"memoryReservation", &kMemory},
      {"resourceRequirements", &kText, false, kNoGpu},
  };
  static const Shape container = object_shape(container_members);
  static const Shape containers = list_shape(container, 0, 10);
  static const Member members[] = {
      {"containerOverrides", &containers},
      {"cpu", &kName},
      {"memory", &kName},
      {"taskRoleArn", &kText},
      {"executionRoleArn", &kText},
      {"inferenceAcceleratorOverrides", &kText, false, kNoGpu},
      {"ephemeralStorage", &kText, false, kFargateOnly},
  };
  static const Shape shape = object_shape(members);
  return shape;
}

}  // namespace

const Shape& run_task_shape() {
  static const Member members[] = {
      {"taskDefinition", &kName, true},
      {"cluster", &kText},
      {"count", &kTaskCount},
      {"overrides", &overrides_shape()},
      {"startedBy", &kText},
      {"group", &kText},
      {"tags", &tags_shape()},
      {"propagateTags", &kPropagation},
      {"enableECSManagedTags", &kFlag},
      {"launchType", &kLaunchType},
      {"clientToken", &kText},
      {"enableExecuteCommand", &kOff},
      {"networkConfiguration", &kText, false, kNoEni},
      {"capacityProviderStrategy", &kText, false, kOneMachine},
      {"placementConstraints", &kText, false, kOneMachine},
      {"placementStrategy", &kText, false, kOneMachine},
      {"platformVersion", &kText, false, kFargateOnly},
      {"referenceId", &kText, false, "belongs to callers inside AWS"},
      {"volumeConfigurations", &kText, false, kNoVolumes},
  };
  static const Shape shape = object_shape(members);
  return shape;
}

const Shape& start_task_shape() {
  static const Member members[] = {
      {"taskDefinition", &kName, true},
      {"containerInstances", &kInstanceNames, true},
      {"cluster", &kText},
      {"overrides", &overrides_shape()},
      {"startedBy", &kText},
      {"group", &kText},
      {"tags", &tags_shape()},
      {"propagateTags", &kPropagation},
      {"enableECSManagedTags", &kFlag},
      {"enableExecuteCommand", &kOff},
      {"networkConfiguration", &kText, false, kNoEni},
      {"referenceId", &kText, false, "belongs to callers inside AWS"},
      {"volumeConfigurations", &kText, false, kNoVolumes},
  };
  static const Shape shape = object_shape(members);
  return shape;
}

const Shape& stop_task_shape() {
  static constexpr Member kMembers[] = {
      {"task", &kName, true}, {"cluster", &kText}, {"reason", &kText}};
  static constexpr Shape kShape = object_shape(kMembers);
  return kShape;
}

const Shape& describe_tasks_shape() {
  static constexpr Member kMembers[] = {
      {"tasks", &kTaskNames, true}, {"cluster", &kText}, {"include", &kInclude}};
  static constexpr Shape kShape = object_shape(kMembers);
  return kShape;
}

const Shape& list_tasks_shape() {
  static constexpr Member kMembers[] = {
      {"cluster", &kText},
      {"containerInstance", &kText},
      {"family", &kText},
      {"startedBy", &kText},
      {"desiredStatus", &kStatus},
      {"launchType", &kLaunchType},
      {"maxResults", &kWhole},
      {"nextToken", &kText},
      {"serviceName", &kText, false, "there are no services on this control plane"}};
  static constexpr Shape kShape = object_shape(kMembers);
  return kShape;
}

}  // namespace longshore::standalone
