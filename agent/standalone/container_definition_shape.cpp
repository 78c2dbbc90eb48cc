#include "agent/standalone/container_definition_shape.hpp"

#include "agent/standalone/task_definition_shape.hpp"

namespace longshore::standalone {
namespace {

constexpr std::string_view kNoGpu = "GPUs and accelerators are not assigned by this control plane";

constexpr Member kNameValueMembers[] = {{"name", &kName, true}, {"value", &kText}};
constexpr Shape kNameValue = object_shape(kNameValueMembers);
constexpr Shape kNameValues = list_shape(kNameValue);

constexpr std::string_view kFileTypes[] = {"s3"};
constexpr Shape kFileType = choice_shape(kFileTypes);
constexpr Member kEnvironmentFileMembers[] = {{"value", &kName, true}, {"type", &kFileType, true}};
constexpr Shape kEnvironmentFile = object_shape(kEnvironmentFileMembers);
constexpr Shape kEnvironmentFiles = list_shape(kEnvironmentFile, 0, 10);

constexpr Member kRepositoryMembers[] = {{"credentialsParameter", &kName, true}};
constexpr Shape kRepository = object_shape(kRepositoryMembers);

constexpr Shape kPort = whole_shape(0, 65535);
constexpr std::string_view kProtocols[] = {"tcp", "udp"};
constexpr Shape kProtocol = choice_shape(kProtocols);
constexpr std::string_view kAppProtocols[] = {"http", "http2", "grpc"};
constexpr Shape kAppProtocol = choice_shape(kAppProtocols);
constexpr Member kPortMembers[] = {
    {"containerPort", &kPort}, {"hostPort", &kPort}, {"containerPortRange", &kName},
    {"protocol", &kProtocol},  {"name", &kName},     {"appProtocol", &kAppProtocol}};
constexpr Shape kPortMapping = object_shape(kPortMembers);
constexpr Shape kPortMappings = list_shape(kPortMapping, 0, 100);

constexpr Member kMountMembers[] = {
    {"sourceVolume", &kName, true}, {"containerPath", &kName, true}, {"readOnly", &kFlag}};
constexpr Shape kMount = object_shape(kMountMembers);
constexpr Shape kMounts = list_shape(kMount);
constexpr Member kVolumesFromMembers[] = {{"sourceContainer", &kName, true}, {"readOnly", &kFlag}};
constexpr Shape kVolumesFrom = object_shape(kVolumesFromMembers);
constexpr Shape kVolumesFroms = list_shape(kVolumesFrom);

constexpr Member kCapabilityMembers[] = {{"add", &kTexts}, {"drop", &kTexts}};
constexpr Shape kCapabilities = object_shape(kCapabilityMembers);
constexpr std::string_view kPermissionNames[] = {"read", "write", "mknod"};
constexpr Shape kPermission = choice_shape(kPermissionNames);
constexpr Shape kPermissions = list_shape(kPermission, 0, 3);
constexpr Member kDeviceMembers[] = {
    {"hostPath", &kName, true}, {"containerPath", &kName}, {"permissions", &kPermissions}};
constexpr Shape kDevice = object_shape(kDeviceMembers);
constexpr Shape kDevices = list_shape(kDevice);
constexpr Shape kMebibytes = whole_shape(1, 2'147'483'647);
constexpr Member kTmpfsMembers[] = {
    {"containerPath", &kName, true}, {"size", &kMebibytes, true}, {"mountOptions", &kTexts}};
constexpr Shape kTmpfs = object_shape(kTmpfsMembers);
constexpr Shape kTmpfsMounts = list_shape(kTmpfs);
constexpr Shape kSwappiness = whole_shape(0, 100);
constexpr Member kLinuxMembers[] = {
    {"capabilities", &kCapabilities},  {"devices", &kDevices},   {"initProcessEnabled", &kFlag},
    {"sharedMemorySize", &kMebibytes}, {"tmpfs", &kTmpfsMounts}, {"maxSwap", &kCount},
    {"swappiness", &kSwappiness}};
constexpr Shape kLinux = object_shape(kLinuxMembers);

constexpr Member kSecretMembers[] = {{"name", &kName, true}, {"valueFrom", &kName, true}};
constexpr Shape kSecret = object_shape(kSecretMembers);
constexpr Shape kSecrets = list_shape(kSecret);

constexpr std::string_view kConditions[] = {"START", "COMPLETE", "SUCCESS", "HEALTHY"};
constexpr Shape kCondition = choice_shape(kConditions);
constexpr Member kDependencyMembers[] = {{"containerName", &kName, true},
                                         {"condition", &kCondition, true}};
constexpr Shape kDependency = object_shape(kDependencyMembers);
constexpr Shape kDependencies = list_shape(kDependency);

constexpr Member kHostMembers[] = {{"hostname", &kName, true}, {"ipAddress", &kName, true}};
constexpr Shape kHost = object_shape(kHostMembers);
constexpr Shape kHosts = list_shape(kHost);

constexpr std::string_view kLimitNames[] = {"core",    "cpu",      "data",   "fsize",      "locks",
                                            "memlock", "msgqueue", "nice",   "nofile",     "nproc",
                                            "rss",     "rtprio",   "rttime", "sigpending", "stack"};
constexpr Shape kLimitName = choice_shape(kLimitNames);
constexpr Shape kLimitValue = whole_shape(-1, std::numeric_limits<std::int64_t>::max());
constexpr Member kLimitMembers[] = {{"name", &kLimitName, true},
                                    {"softLimit", &kLimitValue, true},
                                    {"hardLimit", &kLimitValue, true}};
constexpr Shape kLimit = object_shape(kLimitMembers);
constexpr Shape kLimits = list_shape(kLimit);

constexpr std::string_view kLogDrivers[] = {"json-file", "syslog",  "journald", "gelf",
                                            "fluentd",   "awslogs", "splunk",   "awsfirelens"};
constexpr Shape kLogDriver = choice_shape(kLogDrivers);
constexpr Member kLogMembers[] = {
    {"logDriver", &kLogDriver, true}, {"options", &kTextMap}, {"secretOptions", &kSecrets}};
constexpr Shape kLog = object_shape(kLogMembers);

// Ranges: Amazon ECS API reference, HealthCheck.
constexpr Shape kCommand = list_shape(kText, 1);
constexpr Shape kInterval = whole_shape(5, 300);
constexpr Shape kTimeout = whole_shape(2, 120);
constexpr Shape kRetries = whole_shape(1, 10);
constexpr Shape kStartPeriod = whole_shape(0, 300);
constexpr Member kHealthMembers[] = {{"command", &kCommand, true},
                                     {"interval", &kInterval},
                                     {"timeout", &kTimeout},
                                     {"retries", &kRetries},
                                     {"startPeriod", &kStartPeriod}};
constexpr Shape kHealth = object_shape(kHealthMembers);

constexpr Member kControlMembers[] = {{"namespace", &kName, true}, {"value", &kText, true}};
constexpr Shape kControl = object_shape(kControlMembers);
constexpr Shape kControls = list_shape(kControl);

constexpr std::string_view kRouters[] = {"fluentd", "fluentbit"};
constexpr Shape kRouter = choice_shape(kRouters);
constexpr Member kFirelensMembers[] = {{"type", &kRouter, true}, {"options", &kTextMap}};
constexpr Shape kFirelens = object_shape(kFirelensMembers);

// Ranges: Amazon ECS API reference, ContainerRestartPolicy.
constexpr Shape kExitCode = whole_shape(-2'147'483'648, 2'147'483'647);
constexpr Shape kExitCodes = list_shape(kExitCode, 0, 50);
constexpr Shape kAttemptPeriod = whole_shape(60, 1800);
constexpr Member kRestartMembers[] = {{"enabled", &kFlag, true},
                                      {"ignoredExitCodes", &kExitCodes},
                                      {"restartAttemptPeriod", &kAttemptPeriod}};
constexpr Shape kRestart = object_shape(kRestartMembers);

constexpr Member kContainerMembers[] = {
    {"name", &kName, true},
    {"image", &kName, true},
    {"repositoryCredentials", &kRepository},
    {"cpu", &kCount},
    {"memory", &kCount},
    {"memoryReservation", &kCount},
    {"links", &kTexts},
    {"portMappings", &kPortMappings},
    {"essential", &kFlag},
    {"restartPolicy", &kRestart},
    {"entryPoint", &kTexts},
    {"command", &kTexts},
    {"environment", &kNameValues},
    {"environmentFiles", &kEnvironmentFiles},
    {"mountPoints", &kMounts},
    {"volumesFrom", &kVolumesFroms},
    {"linuxParameters", &kLinux},
    {"secrets", &kSecrets},
    {"dependsOn", &kDependencies},
    {"startTimeout", &kCount},
    {"stopTimeout", &kCount},
    {"hostname", &kName},
    {"user", &kName},
    {"workingDirectory", &kName},
    {"disableNetworking", &kFlag},
    {"privileged", &kFlag},
    {"readonlyRootFilesystem", &kFlag},
    {"dnsServers", &kTexts},
    {"dnsSearchDomains", &kTexts},
    {"extraHosts", &kHosts},
    {"dockerSecurityOptions", &kTexts},
    {"interactive", &kFlag},
    {"pseudoTerminal", &kFlag},
    {"dockerLabels", &kTextMap},
    {"ulimits", &kLimits},
    {"logConfiguration", &kLog},
    {"healthCheck", &kHealth},
    {"systemControls", &kControls},
    {"firelensConfiguration", &kFirelens},
    {"credentialSpecs", &kTexts},
    {"resourceRequirements", &kText, false, kNoGpu},
    {"versionConsistency", &kText, false, "a task payload has no member for it"},
};
constexpr Shape kContainer = object_shape(kContainerMembers);

}  // namespace

const Shape& container_definition_shape() { return kContainer; }
const Shape& environment_shape() { return kNameValues; }
const Shape& environment_files_shape() { return kEnvironmentFiles; }

}  // namespace longshore::standalone
