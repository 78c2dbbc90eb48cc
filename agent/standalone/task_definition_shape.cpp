#include "agent/standalone/task_definition_shape.hpp"

#include "agent/standalone/container_definition_shape.hpp"

namespace longshore::standalone {
namespace {

constexpr std::string_view kReadOnly = "set by ECS; leave it out";
constexpr std::string_view kFargateOnly = "works on Fargate only, which this control plane is not";

constexpr Shape kTagKey = text_shape(1, 128);
constexpr Shape kTagValue = text_shape(0, 256);
constexpr Member kTagMembers[] = {{"key", &kTagKey, true}, {"value", &kTagValue}};
constexpr Shape kTag = object_shape(kTagMembers);
constexpr Shape kTags = list_shape(kTag, 0, 50);

constexpr Member kHostMembers[] = {{"sourcePath", &kText}};
constexpr Shape kHost = object_shape(kHostMembers);
constexpr std::string_view kScopes[] = {"task", "shared"};
constexpr Shape kScope = choice_shape(kScopes);
constexpr Member kDockerVolumeMembers[] = {{"scope", &kScope},
                                           {"autoprovision", &kFlag},
                                           {"driver", &kName},
                                           {"driverOpts", &kTextMap},
                                           {"labels", &kTextMap}};
constexpr Shape kDockerVolume = object_shape(kDockerVolumeMembers);
constexpr std::string_view kSwitchValues[] = {"ENABLED", "DISABLED"};
constexpr Shape kSwitch = choice_shape(kSwitchValues);
constexpr Member kAccessMembers[] = {{"accessPointId", &kName}, {"iam", &kSwitch}};
constexpr Shape kAccess = object_shape(kAccessMembers);
constexpr Shape kPort = whole_shape(0, 65535);
constexpr Member kEfsMembers[] = {{"fileSystemId", &kName, true},
                                  {"rootDirectory", &kText},
                                  {"transitEncryption", &kSwitch},
                                  {"transitEncryptionPort", &kPort},
                                  {"authorizationConfig", &kAccess}};
constexpr Shape kEfs = object_shape(kEfsMembers);
constexpr Member kVolumeMembers[] = {
    {"name", &kName, true},
    {"host", &kHost},
    {"dockerVolumeConfiguration", &kDockerVolume},
    {"efsVolumeConfiguration", &kEfs},
    {"fsxWindowsFileServerVolumeConfiguration", &kText, false, "works on Windows only"},
    {"s3filesVolumeConfiguration", &kText, false, "S3 Files volumes are not attached here"},
    {"configuredAtLaunch", &kText, false, "EBS volumes are not attached by this control plane"},
};
constexpr Shape kVolume = object_shape(kVolumeMembers);
constexpr Shape kVolumes = list_shape(kVolume, 0, 100);

constexpr std::string_view kNetworkModes[] = {"bridge", "host", "none", "awsvpc"};
constexpr Shape kNetworkMode = choice_shape(kNetworkModes);
constexpr std::string_view kLaunchTypes[] = {"EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"};
constexpr Shape kLaunchType = choice_shape(kLaunchTypes);
constexpr Shape kLaunchTypeList = list_shape(kLaunchType, 0, 4);
constexpr std::string_view kPidModes[] = {"host", "task"};
constexpr Shape kPidMode = choice_shape(kPidModes);
constexpr std::string_view kIpcModes[] = {"host", "task", "none"};
constexpr Shape kIpcMode = choice_shape(kIpcModes);
constexpr std::string_view kArchitectures[] = {"X86_64", "ARM64"};
constexpr Shape kArchitecture = choice_shape(kArchitectures);
constexpr std::string_view kSystems[] = {"LINUX"};
constexpr Shape kSystem = choice_shape(kSystems);
constexpr Member kPlatformMembers[] = {{"cpuArchitecture", &kArchitecture},
                                       {"operatingSystemFamily", &kSystem}};
constexpr Shape kPlatform = object_shape(kPlatformMembers);
constexpr Shape kNothing = list_shape(kText, 0, 0);

const Shape& containers() {
  static const Shape shape = list_shape(container_definition_shape(), 1, 10);
  return shape;
}

}  // namespace

const Shape& tags_shape() { return kTags; }

const Shape& task_definition_shape() {
  static const Member members[] = {
      {"family", &kName, true},
      {"containerDefinitions", &containers(), true},
      {"taskRoleArn", &kText},
      {"executionRoleArn", &kText},
      {"networkMode", &kNetworkMode},
      {"volumes", &kVolumes},
      // An empty list of constraints is what `aws ecs describe-task-definition` prints.
      {"placementConstraints", &kNothing},  // Expressions are not evaluated here.
      {"requiresCompatibilities", &kLaunchTypeList},
      {"cpu", &kName},
      {"memory", &kName},
      {"tags", &kTags},
      {"pidMode", &kPidMode},
      {"ipcMode", &kIpcMode},
      {"runtimePlatform", &kPlatform},
      {"enableFaultInjection", &kFlag},
      {"proxyConfiguration", &kText, false, "needs the awsvpc network mode, which needs AWS ENIs"},
      {"inferenceAccelerators", &kText, false,
       "GPUs and accelerators are not assigned by this control plane"},
      {"ephemeralStorage", &kText, false, kFargateOnly},
      {"taskDefinitionArn", &kText, false, kReadOnly},
      {"revision", &kText, false, kReadOnly},
      {"status", &kText, false, kReadOnly},
      {"requiresAttributes", &kText, false, kReadOnly},
      {"compatibilities", &kText, false, kReadOnly},
      {"registeredAt", &kText, false, kReadOnly},
      {"registeredBy", &kText, false, kReadOnly},
      {"deregisteredAt", &kText, false, kReadOnly},
  };
  static const Shape shape = object_shape(members);
  return shape;
}

}  // namespace longshore::standalone
