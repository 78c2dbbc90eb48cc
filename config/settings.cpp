#include <algorithm>
#include <array>
#include <type_traits>

#include "agent/base/text.hpp"
#include "config/codec.hpp"
#include "config/setting.hpp"

namespace longshore::config {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::milliseconds;

/// What becomes of a number or duration outside [least, most]. The official agent is not uniform
/// here, and neither may a drop-in for it be. Raise: to the least; such a row has no most.
enum class Outside { Raise, UseDefault };

template <typename T>
struct Rules {
  std::string_view accepted{};
  bool (*is_valid)(const T&) = nullptr;  ///< Further than the grammar of its type.
  std::optional<T> least{};
  std::optional<T> most{};
  Outside outside = Outside::Raise;
  bool zero_is_unset = false;           ///< As the official agent takes every zero timeout.
  bool refuse_outside_in_json = false;  ///< Outside the limits is an error in ecs.config.json.
};

template <typename T>
constexpr bool kHasLimits = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;
template <typename Rep, typename Period>
constexpr bool kHasLimits<std::chrono::duration<Rep, Period>> = true;

template <typename T>
constexpr bool kIsDuration = false;
template <typename Rep, typename Period>
constexpr bool kIsDuration<std::chrono::duration<Rep, Period>> = true;
/// Of every duration: ten years, far beyond use. Sums of a few still fit every clock.
constexpr std::chrono::hours kLongest{87'600};

template <typename T>
constexpr bool kIsCollection = false;
template <typename Item>
constexpr bool kIsCollection<std::vector<Item>> = true;
template <typename Key, typename Value>
constexpr bool kIsCollection<std::map<Key, Value>> = true;

/// The official agent takes an empty list or map for unset: amazon-ecs-agent:agent/utils/utils.go,
/// ZeroOrNil. The YAML file is ours, and there it means "none".
bool is_yaml_collection(const RawValue& raw) {
  return raw.dialect == Dialect::Text && !raw.value.is_string();
}

std::string as_text(const nlohmann::json& shown) {
  return shown.is_string() ? shown.get<std::string>() : shown.dump();
}

/// Brings `value` inside its limits. Returns the warning, empty when nothing was changed.
template <typename T>
std::string limit(T& value, const T& fallback, const Rules<T>& rules) {
  const bool below = rules.least && value < *rules.least;
  const bool above = rules.most && value > *rules.most;
  if (!below && !above) return {};
  value = rules.outside == Outside::UseDefault ? fallback : *rules.least;
  return fmt::format("{} {}; using {}", below ? "below the least," : "above the most,",
                     as_text(Codec<T>::show(below ? *rules.least : *rules.most)),
                     as_text(Codec<T>::show(value)));
}

/// As limit(), with kLongest for the most.
template <typename T>
std::string shorten(T& value) {
  if constexpr (kIsDuration<T>) {
    if (value > kLongest) {
      value = kLongest;
      const std::string most = as_text(Codec<T>::show(value));
      return fmt::format("above the most, {}; using {}", most, most);
    }
  }
  return {};
}

template <typename T>
std::optional<T> read_value(const RawValue& raw) {
  if (!raw.value.is_string()) return Codec<T>::from_json(raw.value);
  const std::string_view text = trim(raw.value.template get_ref<const std::string&>());
  return raw.dialect == Dialect::Text ? Codec<T>::from_text(text)
                                      : Codec<T>::from_json(nlohmann::json(text));
}

template <typename T>
Result<Applied> apply_value(Config& config, T Config::* member, const Rules<T>& rules,
                            const RawValue& raw) {
  const auto refuse = [&] { return fail(ErrorCode::InvalidInput, "{}", rules.accepted); };
  if (says_nothing(raw.value)) return Applied{.is_set = false};
  auto value = read_value<T>(raw);
  if (!value || (rules.is_valid != nullptr && !rules.is_valid(*value))) return refuse();
  if constexpr (kIsCollection<T>) {
    if (value->empty() && !is_yaml_collection(raw)) return Applied{.is_set = false};
  }
  Applied applied;
  if constexpr (kHasLimits<T>) {
    if (rules.zero_is_unset && *value == T{}) return Applied{.is_set = false};
    const T asked = *value;
    applied.warning = limit(*value, Config{}.*member, rules);
    if (*value != asked && rules.refuse_outside_in_json && raw.dialect == Dialect::Json) {
      return refuse();
    }
    if (applied.warning.empty()) applied.warning = shorten(*value);
  }
  config.*member = std::move(*value);
  return applied;
}

template <typename T>
Setting row(std::string_view name, std::string_view variable, std::string_view json_key,
            T Config::* member, std::string_view help, Rules<T> rules) {
  return {.name = name,
          .variable = variable,
          .json_key = json_key,
          .accepted = rules.accepted,
          .help = help,
          .secret = std::is_same_v<T, Secret>,
          .apply = [member, rules](
                       Config& config,
                       const RawValue& raw) { return apply_value(config, member, rules, raw); },
          .show = [member](const Config& config) { return Codec<T>::show(config.*member); }};
}

constexpr std::string_view kBool = "true or false";

Setting flag_row(std::string_view name, std::string_view variable, std::string_view json_key,
                 bool Config::* member, std::string_view help) {
  return row(name, variable, json_key, member, help, {.accepted = kBool});
}

bool is_absolute_path(const std::string& text) { return text.starts_with('/'); }

bool is_region(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_cluster(const std::string& text) {
  return text.size() <= 2048 && std::all_of(text.begin(), text.end(), [](char c) {
           return c > ' ' && c < '\x7f' && c != '"' && c != '\\';
         });
}

bool is_unix_url(const std::string& text) {
  constexpr std::string_view kScheme = "unix://";
  return text.starts_with(kScheme) && text.size() > kScheme.size() + 1 &&
         text[kScheme.size()] == '/';
}

bool is_endpoint(const std::string& text) {
  std::string_view rest = text;
  if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) {
    if (rest.substr(0, scheme) != "http" && rest.substr(0, scheme) != "https") return false;
    rest.remove_prefix(scheme + 3);
  }
  return !rest.empty() && rest.front() != '/' && rest.find(' ') == std::string_view::npos;
}

bool is_auth_type(const std::string& text) { return text == "docker" || text == "dockercfg"; }

bool are_logging_drivers(const std::vector<std::string>& drivers) {
  constexpr std::array<std::string_view, 11> kKnown{
      "json-file", "syslog",     "journald",  "gelf", "fluentd",    "awslogs",
      "splunk",    "logentries", "sumologic", "none", "awsfirelens"};
  return std::all_of(drivers.begin(), drivers.end(), [&](const std::string& driver) {
    return std::find(kKnown.begin(), kKnown.end(), driver) != kKnown.end();
  });
}

constexpr std::string_view kTimeout = "a duration such as 30s, 5m or 1h30m";
constexpr std::string_view kPath = "an absolute path";
constexpr std::string_view kPorts = "a list of ports from 0 to 65535 such as [22, 8080]";
constexpr std::string_view kMap = "a map of text to text such as {\"rack\":\"r1\"}";

// Limits and what lies outside them: amazon-ecs-agent:agent/config/config.go and parse.go.
std::vector<Setting> make_settings() {
  using Text = Rules<std::string>;
  using Span = Rules<milliseconds>;
  const auto at_least = [](milliseconds least, bool refuse_in_json = false) {
    return Span{.accepted = kTimeout,
                .least = least,
                .zero_is_unset = true,
                .refuse_outside_in_json = refuse_in_json};
  };
  const auto not_negative = [](const milliseconds& value) { return value >= 0ms; };
  const auto any_text = Text{.accepted = "text"};
  const auto path = Text{.accepted = kPath, .is_valid = is_absolute_path};
  return {
      row("cluster", "ECS_CLUSTER", "Cluster", &Config::cluster,
          "Cluster name or ARN; empty: \"default\", created when missing",
          Text{.accepted = "a cluster's name or ARN", .is_valid = is_cluster}),
      row("region", "AWS_DEFAULT_REGION", "AWSRegion", &Config::region, "AWS region; required",
          Text{.accepted = "a region such as us-west-2", .is_valid = is_region}),
      row("endpoint", "ECS_BACKEND_HOST", "APIEndpoint", &Config::endpoint,
          "ECS API to use in place of the region's own",
          Text{.accepted = "a host, host:port or http(s) URL", .is_valid = is_endpoint}),
      flag_row("external", "ECS_EXTERNAL", "External", &Config::external,
               "This host is not in EC2 (ECS Anywhere)"),
      row("instance.attributes", "ECS_INSTANCE_ATTRIBUTES", "InstanceAttributes",
          &Config::instance_attributes, "Attributes set when the host registers for the first time",
          {.accepted = kMap}),
      row("instance.tags", "ECS_CONTAINER_INSTANCE_TAGS", "ContainerInstanceTags",
          &Config::instance_tags, "Tags of the container instance", {.accepted = kMap}),
      row("instance.os_family", "ECS_DETAILED_OS_FAMILY", "", &Config::os_family,
          "Operating system as registered and named in User-Agent", any_text),
      row("aws.rotating_profile", "ECS_ALTERNATE_CREDENTIAL_PROFILE", "",
          &Config::credentials_profile, "Profile in /root/.aws/credentials", any_text),
      row("aws.max_attempts", "AWS_MAX_ATTEMPTS", "", &Config::api_attempts,
          "Attempts of one AWS call, the first included",
          {.accepted = "a number from 1 to 100",
           .is_valid = [](const int& n) { return n >= 1 && n <= 100; }}),

      row("data_dir", "ECS_DATADIR", "DataDir", &Config::data_dir,
          "Where the agent keeps its state", path),
      row("files.ecs_config_json", "ECS_AGENT_CONFIG_FILE_PATH", "", &Config::json_file,
          "The JSON settings file", path),
      row("docker.host", "DOCKER_HOST", "DockerEndpoint", &Config::docker_host,
          "Docker Engine's socket",
          Text{.accepted = "unix:// and an absolute path", .is_valid = is_unix_url}),

      row("reserved.memory_mib", "ECS_RESERVED_MEMORY", "ReservedMemory",
          &Config::reserved_memory_mib, "MiB of memory kept from tasks",
          {.accepted = "MiB, a number from 0 to 65535"}),
      row("reserved.ports_tcp", "ECS_RESERVED_PORTS", "ReservedPorts", &Config::reserved_ports_tcp,
          "TCP ports kept from tasks; replaces the default list", {.accepted = kPorts}),
      row("reserved.ports_udp", "ECS_RESERVED_PORTS_UDP", "ReservedPortsUDP",
          &Config::reserved_ports_udp, "UDP ports kept from tasks", {.accepted = kPorts}),
      row("ports.dynamic_range", "ECS_DYNAMIC_HOST_PORT_RANGE", "DynamicHostPortRange",
          &Config::dynamic_ports, "Where host ports are picked from; auto: the kernel's range",
          {.accepted = "auto, a port, or a range of ports such as 49153-65535"}),
      flag_row("ports.exclude_ipv6", "ECS_EXCLUDE_IPV6_PORTBINDING", "ShouldExcludeIPv6PortBinding",
               &Config::exclude_ipv6_bindings, "Leave IPv6 bindings out of what is reported"),

      row("timeouts.stop", "ECS_CONTAINER_STOP_TIMEOUT", "DockerStopTimeout", &Config::stop_timeout,
          "From SIGTERM to SIGKILL, unless the container says otherwise", at_least(1s, true)),
      row("timeouts.start", "ECS_CONTAINER_START_TIMEOUT", "ContainerStartTimeout",
          &Config::start_timeout, "For the engine to start a container", at_least(45s, true)),
      row("timeouts.create", "ECS_CONTAINER_CREATE_TIMEOUT", "ContainerCreateTimeout",
          &Config::create_timeout, "For the engine to create a container", at_least(1min)),
      row("timeouts.manifest_pull", "ECS_MANIFEST_PULL_TIMEOUT", "ManifestPullTimeout",
          &Config::manifest_pull_timeout, "For a registry to say an image's digest", at_least(30s)),
      row("timeouts.pull_inactivity", "ECS_IMAGE_PULL_INACTIVITY_TIMEOUT",
          "ImagePullInactivityTimeout", &Config::pull_inactivity_timeout,
          "Longest silence during a pull", at_least(1min)),
      row("timeouts.pull", "ECS_IMAGE_PULL_TIMEOUT", "ImagePullTimeout", &Config::pull_timeout,
          "For a whole pull",
          Span{.accepted = kTimeout, .is_valid = not_negative, .zero_is_unset = true}),

      row("images.pull_behavior", "ECS_IMAGE_PULL_BEHAVIOR", "ImagePullBehavior",
          &Config::pull_behavior, "When images are pulled",
          {.accepted = "default, always, once or prefer-cached (JSON file: 0 to 3)"}),
      flag_row("images.pull_upfront", "ECS_PULL_DEPENDENT_CONTAINERS_UPFRONT",
               "DependentContainersPullUpfront", &Config::pull_upfront,
               "Pull images of containers that wait for others at once"),
      row("registry_auth.type", "ECS_ENGINE_AUTH_TYPE", "EngineAuthType",
          &Config::registry_auth_type, "Form of registry_auth.data",
          Text{.accepted = "docker or dockercfg", .is_valid = is_auth_type}),
      row("registry_auth.data", "ECS_ENGINE_AUTH_DATA", "EngineAuthData",
          &Config::registry_auth_data, "Logins of registries", {.accepted = "a JSON object"}),

      row("tasks.cpu_mem_limit", "ECS_ENABLE_TASK_CPU_MEM_LIMIT", "TaskCPUMemLimit",
          &Config::task_limits, "Hold whole tasks to CPU and memory; auto: if the host can",
          {.accepted = "true, false or auto"}),
      row("tasks.cpu_period", "ECS_CGROUP_CPU_PERIOD", "CgroupCPUPeriod", &Config::cpu_period,
          "CPU quota's period",
          Rules<microseconds>{.accepted = "a duration from 8ms to 100ms",
                              .least = 8ms,
                              .most = 100ms,
                              .outside = Outside::UseDefault,
                              .zero_is_unset = true}),
      row("tasks.pids_limit", "ECS_TASK_PIDS_LIMIT", "TaskPidsLimit", &Config::task_pids_limit,
          "Most processes of a task; 0: unlimited",
          Rules<std::int64_t>{.accepted = "a number from 1 to 4194304",
                              .least = 1,
                              .most = 4'194'304,
                              .outside = Outside::UseDefault,
                              .zero_is_unset = true}),
      row("tasks.cleanup_wait", "ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION", "TaskCleanupWaitDuration",
          &Config::cleanup_wait, "How long a stopped task's containers are kept",
          Span{.accepted = kTimeout,
               .least = 1s,
               .outside = Outside::UseDefault,
               .zero_is_unset = true}),
      row("tasks.cleanup_jitter", "ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION_JITTER",
          "TaskCleanupWaitDurationJitter", &Config::cleanup_jitter,
          "A random part of this is added to tasks.cleanup_wait",
          Span{.accepted = kTimeout, .is_valid = not_negative}),
      row("tasks.pause_labels", "ECS_PAUSE_LABELS", "", &Config::pause_labels,
          "Labels of the containers that hold what a task's containers share", {.accepted = kMap}),
      flag_row("tasks.disable_privileged", "ECS_DISABLE_PRIVILEGED", "PrivilegedDisabled",
               &Config::disable_privileged, "Refuse privileged containers"),
      flag_row("tasks.match_shared_volumes", "ECS_SHARED_VOLUME_MATCH_FULL_CONFIG",
               "SharedVolumeMatchFullConfig", &Config::match_shared_volumes,
               "Use a shared volume that exists only if its labels and driver options match"),
      flag_row("tasks.disable_health_checks", "ECS_DISABLE_DOCKER_HEALTH_CHECK",
               "DisableDockerHealthCheck", &Config::disable_health_checks,
               "Register as one that cannot check containers; checks of tasks run all the same"),
      row("tasks.logging_drivers", "ECS_AVAILABLE_LOGGING_DRIVERS", "AvailableLoggingDrivers",
          &Config::logging_drivers, "Log drivers tasks may ask for",
          {.accepted = "a list of json-file, syslog, journald, gelf, fluentd, awslogs, splunk, "
                       "logentries, sumologic, none, awsfirelens",
           .is_valid = are_logging_drivers}),

      flag_row("metrics.disabled", "ECS_DISABLE_METRICS", "DisableMetrics",
               &Config::disable_metrics, "Send no metrics"),

      row("log.level", "ECS_LOGLEVEL", "", &Config::log_level, "Least severe lines that are logged",
          {.accepted = "debug, info, warn, error, crit or none"}),
      row("log.format", "ECS_LOG_OUTPUT_FORMAT", "", &Config::log_format, "Form of log lines",
          {.accepted = "logfmt or json"}),
      row("log.file", "ECS_LOGFILE", "", &Config::log_file,
          "Log file beside standard error; empty: none", path),
      row("log.max_file_mb", "ECS_LOG_MAX_FILE_SIZE_MB", "", &Config::log_max_file_mb,
          "The log file is rolled over at this size (decimal megabytes)",
          {.accepted = "a number from 0.001 to 100000",
           .is_valid = [](const double& mb) { return mb >= 0.001 && mb <= 100'000; }}),
      row("log.max_files", "ECS_LOG_MAX_ROLL_COUNT", "", &Config::log_max_files,
          "Rolled-over log files that are kept",
          {.accepted = "a number from 1 to 1000",
           .is_valid = [](const std::int64_t& n) { return n >= 1 && n <= 1000; }}),

      row("longshore.admission.head_patience", "LONGSHORE_ADMISSION_HEAD_PATIENCE", "",
          &Config::head_patience,
          "How long smaller tasks may pass, and put off, the longest waiting one; 0: not at all",
          Span{.accepted = kTimeout, .is_valid = not_negative}),
      row("longshore.orphans.policy", "LONGSHORE_ORPHANS_POLICY", "", &Config::orphan_policy,
          "What becomes of containers with our labels that belong to no known task",
          {.accepted = "keep or remove"}),
      flag_row("longshore.orphans.dry_run", "LONGSHORE_ORPHANS_DRY_RUN", "",
               &Config::orphan_dry_run,
               "Say which of them longshore.orphans.policy would remove, and remove nothing"),
  };
}

}  // namespace

bool says_nothing(const nlohmann::json& value) {
  if (!value.is_string()) return value.is_null();
  return trim(value.get_ref<const std::string&>()).empty();
}

const std::vector<Setting>& settings() {
  static const std::vector<Setting> table = make_settings();
  return table;
}

std::string flag_name(const Setting& setting) {
  std::string name(setting.name);
  std::replace_if(name.begin(), name.end(), [](char c) { return c == '.' || c == '_'; }, '-');
  return name;
}

}  // namespace longshore::config
