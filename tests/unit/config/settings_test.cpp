#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <set>

#include "config/grammar.hpp"
#include "config/setting.hpp"

using namespace longshore;
using namespace longshore::config;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

const Setting& setting(std::string_view name) {
  for (const Setting& s : settings()) {
    if (s.name == name) return s;
  }
  throw std::logic_error("no setting " + std::string(name));
}

struct Outcome {
  Config config{};
  Applied applied{};
};

Outcome given(std::string_view name, json value, Dialect dialect = Dialect::Text) {
  Outcome outcome;
  const auto applied =
      setting(name).apply(outcome.config, {.value = std::move(value), .dialect = dialect});
  INFO(name);
  REQUIRE(applied);
  outcome.applied = *applied;
  return outcome;
}

bool refuses(std::string_view name, json value, Dialect dialect = Dialect::Text) {
  Config config;
  const auto applied = setting(name).apply(config, {.value = std::move(value), .dialect = dialect});
  if (applied) return false;
  CHECK(applied.error() == Error{ErrorCode::InvalidInput, std::string(setting(name).accepted)});
  CHECK(config == Config{});
  return true;
}

}  // namespace

TEST_CASE("the table of settings is whole and unambiguous", "[unit][config]") {
  std::set<std::string> names;
  std::set<std::string> flags;
  for (const Setting& s : settings()) {
    CAPTURE(s.name);
    CHECK(names.insert(std::string(s.name)).second);
    CHECK(flags.insert(flag_name(s)).second);
    CHECK_FALSE(s.accepted.empty());
    CHECK_FALSE(s.help.empty());
    // A path must not be both a value and a group.
    for (const Setting& other : settings()) {
      CHECK_FALSE(other.name.starts_with(std::string(s.name) + "."));
    }
  }
  CHECK(flag_name(setting("docker.host")) == "docker-host");
  CHECK(flag_name(setting("images.pull_behavior")) == "images-pull-behavior");
}

TEST_CASE("what a setting shows it reads back to the same", "[unit][config]") {
  for (const Setting& s : settings()) {
    CAPTURE(s.name);
    const Config defaults;
    Config config;
    const json shown = s.show(defaults);
    // In a variable, what is not text stands as JSON.
    const json text = shown.is_string() ? shown : json(shown.dump());
    const auto applied = s.apply(config, {.value = text});
    REQUIRE(applied);
    CHECK(applied->warning.empty());
    CHECK(config == defaults);
  }
}

TEST_CASE("an empty text and a null mean unset, in the JSON file too", "[unit][config]") {
  const auto dialect = GENERATE(Dialect::Text, Dialect::Json);
  for (const Setting& s : settings()) {
    for (const json& value : {json(""), json(" \t"), json(nullptr)}) {
      CAPTURE(s.name);
      Config config;
      const auto applied = s.apply(config, {.value = value, .dialect = dialect});
      REQUIRE(applied);
      CHECK_FALSE(applied->is_set);
      CHECK(config == Config{});
    }
  }
}

TEST_CASE("blanks around a text do not count", "[unit][config]") {
  CHECK(given("cluster", " edge\n", Dialect::Json).config.cluster == "edge");
  CHECK(given("cluster", " edge ").config.cluster == "edge");
  CHECK(given("ports.dynamic_range", " 1-2 ", Dialect::Json).config.dynamic_ports ==
        PortRange{1, 2});
  CHECK(refuses("cluster", "two words", Dialect::Json));
}

TEST_CASE("no duration is longer than ten years", "[unit][config]") {
  const auto kept = given("tasks.cleanup_wait", "87600h");
  CHECK(kept.config.cleanup_wait == 87'600h);
  CHECK(kept.applied.warning.empty());
  for (const Setting& s : settings()) {
    CAPTURE(s.name);
    if (!s.accepted.starts_with("a duration such as")) continue;
    // The longest there is, in nanoseconds of 64 bits.
    const auto shortened = given(s.name, "2562047h47m16.854775807s");
    CHECK(shortened.applied.warning == "above the most, 87600h; using 87600h");
    CHECK(s.show(shortened.config) == "87600h");
  }
  CHECK(given("timeouts.stop", 9'000'000'000'000'000'000, Dialect::Json).config.stop_timeout ==
        87'600h);
  CHECK(given("tasks.cpu_period", "2562047h").config.cpu_period == 100ms);
}

TEST_CASE("timeouts below their least are raised, zero means unset", "[unit][config]") {
  CHECK(given("timeouts.stop", "90s").config.stop_timeout == 90s);
  const auto raised = given("timeouts.stop", "100ms");
  CHECK(raised.config.stop_timeout == 1s);
  CHECK(raised.applied.warning == "below the least, 1s; using 1s");
  CHECK(given("timeouts.stop", "-5s").config.stop_timeout == 1s);
  CHECK_FALSE(given("timeouts.stop", "0s").applied.is_set);
  CHECK(given("timeouts.start", "1s").config.start_timeout == 45s);
  CHECK(given("timeouts.create", "1s").config.create_timeout == 1min);
  CHECK(given("timeouts.manifest_pull", "1s").config.manifest_pull_timeout == 30s);
  CHECK(given("timeouts.pull_inactivity", "1s").config.pull_inactivity_timeout == 1min);
  CHECK(given("timeouts.pull", "1s").config.pull_timeout == 1s);
  CHECK(refuses("timeouts.pull", "-1s"));
}

TEST_CASE("in the JSON file durations are nanoseconds, and too short stops refused",
          "[unit][config]") {
  CHECK(given("timeouts.stop", 5'000'000'000, Dialect::Json).config.stop_timeout == 5s);
  CHECK(refuses("timeouts.stop", 5, Dialect::Json));
  CHECK(refuses("timeouts.start", 1'000'000'000, Dialect::Json));
  CHECK(refuses("timeouts.stop", "5s", Dialect::Json));
  CHECK(given("timeouts.create", 5, Dialect::Json).config.create_timeout == 1min);
}

TEST_CASE("some settings fall back to their default outside their limits", "[unit][config]") {
  CHECK(given("tasks.cleanup_wait", "1s").config.cleanup_wait == 1s);
  CHECK(given("tasks.cleanup_wait", "999ms").config.cleanup_wait == 3h);
  CHECK(given("tasks.cleanup_wait", "999ms").applied.warning == "below the least, 1s; using 3h");
  CHECK(given("tasks.cpu_period", "8ms").config.cpu_period == 8ms);
  CHECK(given("tasks.cpu_period", "8.5ms").config.cpu_period == 8500us);
  CHECK(given("tasks.cpu_period", "7ms").config.cpu_period == 100ms);
  CHECK(given("tasks.cpu_period", "101ms").applied.warning == "above the most, 100ms; using 100ms");
  CHECK(given("tasks.pids_limit", "4194304").config.task_pids_limit == 4'194'304);
  CHECK(given("tasks.pids_limit", "4194305").config.task_pids_limit == 0);
  CHECK(given("tasks.pids_limit", "-1").applied.warning == "below the least, 1; using 0");
}

TEST_CASE("any duration leaves a timeout within its limits", "[unit][config]") {
  CHECK(rc::check("limits hold", [](std::int64_t nanos) {
    Config config;
    const auto text = format_duration(std::chrono::nanoseconds{nanos / 2});
    (void)setting("timeouts.start").apply(config, {.value = text});
    RC_ASSERT(config.start_timeout >= 45s);
    RC_ASSERT(config.start_timeout <= 87'600h);
    (void)setting("tasks.cpu_period").apply(config, {.value = text});
    RC_ASSERT(config.cpu_period >= 8ms);
    RC_ASSERT(config.cpu_period <= 100ms);
    (void)setting("tasks.cleanup_jitter").apply(config, {.value = text});
    RC_ASSERT(config.cleanup_jitter >= 0ms);
    RC_ASSERT(config.cleanup_jitter <= 87'600h);
  }));
}

TEST_CASE("texts are held to their forms", "[unit][config]") {
  CHECK(given("cluster", "arn:aws:ecs:us-west-2:1:cluster/a").config.cluster ==
        "arn:aws:ecs:us-west-2:1:cluster/a");
  CHECK(refuses("cluster", "two words"));
  CHECK(given("region", "us-gov-west-1").config.region == "us-gov-west-1");
  CHECK(refuses("region", "us west"));
  CHECK(refuses("region", "evil.example/"));
  CHECK(given("endpoint", "127.0.0.1:51800").config.endpoint == "127.0.0.1:51800");
  CHECK(given("endpoint", "http://x/").config.endpoint == "http://x/");
  CHECK(refuses("endpoint", "ftp://x"));
  CHECK(refuses("endpoint", "https://"));
  CHECK(refuses("docker.host", "tcp://127.0.0.1:2375"));
  CHECK(refuses("docker.host", "unix://relative"));
  CHECK(refuses("docker.host", "unix:///"));
  CHECK(given("docker.host", "unix:///run/d.sock").config.docker_host == "unix:///run/d.sock");
  CHECK(refuses("data_dir", "relative/path"));
  CHECK(refuses("external", "yes"));
  CHECK(given("external", "T").config.external);
  CHECK(refuses("external", "true", Dialect::Json));
  CHECK(given("external", true, Dialect::Json).config.external);
}

TEST_CASE("numbers are held to their ranges", "[unit][config]") {
  CHECK(given("reserved.memory_mib", "65535").config.reserved_memory_mib == 65535);
  CHECK(refuses("reserved.memory_mib", "65536"));
  CHECK(refuses("reserved.memory_mib", "-1"));
  CHECK(refuses("reserved.memory_mib", "1.5"));
  CHECK(refuses("reserved.memory_mib", 1.5, Dialect::Json));
  CHECK(given("reserved.memory_mib", 32, Dialect::Json).config.reserved_memory_mib == 32);
  CHECK(refuses("aws.max_attempts", "0"));
  CHECK(given("aws.max_attempts", "5").config.api_attempts == 5);
  CHECK(given("log.max_file_mb", "0.5").config.log_max_file_mb == 0.5);
  CHECK(refuses("log.max_file_mb", "-5"));
  CHECK(refuses("log.max_files", "0"));
}

TEST_CASE("lists and maps are strict JSON, or YAML's own", "[unit][config]") {
  using Ports = std::vector<std::uint16_t>;
  CHECK(given("reserved.ports_tcp", "[22, 80]").config.reserved_ports_tcp == Ports{22, 80});
  CHECK(given("reserved.ports_tcp", json::array({22, 80})).config.reserved_ports_tcp ==
        Ports{22, 80});
  for (const char* text : {"22", "[22,]", "[\"22\"]", "[65536]", "[-1]", "{}", "[1.5]"}) {
    CAPTURE(text);
    CHECK(refuses("reserved.ports_tcp", text));
  }
  CHECK(given("instance.attributes", R"({"rack":"r1"})").config.instance_attributes.at("rack") ==
        "r1");
  CHECK(refuses("instance.attributes", R"({"rack":1})"));
  CHECK(refuses("instance.tags", "rack=r1"));
  CHECK(given("tasks.logging_drivers", R"(["awslogs"])").config.logging_drivers ==
        std::vector<std::string>{"awslogs"});
  CHECK(refuses("tasks.logging_drivers", R"(["awslog"])"));
}

TEST_CASE("an empty list or map means unset, in the YAML file none", "[unit][config]") {
  int collections = 0;
  for (const Setting& s : settings()) {
    CAPTURE(s.name);
    const bool is_list = s.accepted.starts_with("a list of ");
    if (!is_list && !s.accepted.starts_with("a map of ")) continue;
    ++collections;
    const json empty = is_list ? json::array() : json::object();
    CHECK_FALSE(given(s.name, empty.dump()).applied.is_set);
    CHECK_FALSE(given(s.name, empty, Dialect::Json).applied.is_set);
    const auto none = given(s.name, empty);
    CHECK(none.applied.is_set);
    CHECK(s.show(none.config) == empty);
  }
  CHECK(collections == 6);
  CHECK(given("reserved.ports_tcp", "[]").config.reserved_ports_tcp == Config{}.reserved_ports_tcp);
  CHECK(given("reserved.ports_tcp", json::array()).config.reserved_ports_tcp.empty());
  CHECK(refuses("reserved.ports_tcp", "{}"));
  CHECK(refuses("instance.tags", "[]"));
}

TEST_CASE("port ranges are two ports in order, or one", "[unit][config]") {
  CHECK(given("ports.dynamic_range", "40000-50000").config.dynamic_ports ==
        PortRange{40000, 50000});
  CHECK(given("ports.dynamic_range", "50000").config.dynamic_ports == PortRange{50000, 50000});
  CHECK(given("ports.dynamic_range", "50000", Dialect::Json).config.dynamic_ports ==
        PortRange{50000, 50000});
  CHECK_FALSE(given("ports.dynamic_range", "auto").config.dynamic_ports);
  for (const char* text :
       {"0", "65536", "-", "40000-", "-40000", "50000-40000", "0-10", "1-65536", "a-b", "1-2-3"}) {
    CAPTURE(text);
    CHECK(refuses("ports.dynamic_range", text));
  }
}

TEST_CASE("choices are taken by name, in the JSON file by number", "[unit][config]") {
  CHECK(given("images.pull_behavior", "prefer-cached").config.pull_behavior ==
        ImagePullBehavior::PreferCached);
  CHECK(given("images.pull_behavior", 2, Dialect::Json).config.pull_behavior ==
        ImagePullBehavior::Once);
  CHECK(refuses("images.pull_behavior", "sometimes"));
  CHECK(refuses("images.pull_behavior", 4, Dialect::Json));
  CHECK(refuses("images.pull_behavior", -1, Dialect::Json));
  CHECK(given("log.level", "WARN").config.log_level == LogLevel::Warn);
  CHECK(given("log.level", "crit").config.log_level == LogLevel::Critical);
  CHECK(refuses("log.level", "verbose"));
  CHECK(given("log.format", "json").config.log_format == LogFormat::Json);
  CHECK(refuses("registry_auth.type", "ecr"));
  CHECK(given("tasks.cpu_mem_limit", "true").config.task_limits == true);
  CHECK(given("tasks.cpu_mem_limit", "false").config.task_limits == false);
}

TEST_CASE("what is ours alone has no place in the official JSON file", "[unit][config]") {
  for (const Setting& s : settings()) {
    CAPTURE(s.name);
    CHECK(s.name.starts_with("longshore.") == s.variable.starts_with("LONGSHORE_"));
    if (s.name.starts_with("longshore.")) CHECK(s.json_key.empty());
  }
}

TEST_CASE("the head's patience may be none, but not negative", "[unit][config]") {
  CHECK(Config{}.head_patience == 60s);
  const auto none = given("longshore.admission.head_patience", "0");
  CHECK(none.applied.is_set);
  CHECK(none.config.head_patience == 0s);
  CHECK(given("longshore.admission.head_patience", "1h30m").config.head_patience == 90min);
  CHECK(refuses("longshore.admission.head_patience", "-1s"));
  CHECK(refuses("longshore.admission.head_patience", "60"));
  CHECK(refuses("longshore.admission.head_patience", "forever"));
}

TEST_CASE("orphans are kept or removed, and a dry run is a truth value", "[unit][config]") {
  CHECK(Config{}.orphan_policy == OrphanPolicy::Keep);
  CHECK_FALSE(Config{}.orphan_dry_run);
  CHECK(given("longshore.orphans.policy", "remove").config.orphan_policy == OrphanPolicy::Remove);
  CHECK(given("longshore.orphans.policy", "keep").config.orphan_policy == OrphanPolicy::Keep);
  for (const char* text : {"delete", "Remove", "true"}) {
    CHECK(refuses("longshore.orphans.policy", text));
  }
  CHECK(given("longshore.orphans.dry_run", "true").config.orphan_dry_run);
  CHECK(refuses("longshore.orphans.dry_run", "yes"));
}

TEST_CASE("registry logins are a JSON object and never shown", "[unit][config]") {
  const auto from_text = given("registry_auth.data", R"({"r":{"password":"p"}})");
  CHECK(from_text.config.registry_auth_data.reveal() == R"({"r":{"password":"p"}})");
  CHECK(setting("registry_auth.data").show(from_text.config) == "***");
  CHECK(setting("registry_auth.data").secret);
  const json object = {{"r", {{"password", "p"}}}};
  CHECK(given("registry_auth.data", object, Dialect::Json).config.registry_auth_data.reveal() ==
        R"({"r":{"password":"p"}})");
  CHECK(refuses("registry_auth.data", "[1]"));
  CHECK(refuses("registry_auth.data", "password"));
}

TEST_CASE("the log's settings are handed to the logger", "[unit][config]") {
  Config config;
  config.log_level = LogLevel::Debug;
  config.log_format = LogFormat::Json;
  config.log_file = "/var/log/x";
  config.log_max_file_mb = 2.5;
  config.log_max_files = 3;
  const LogSettings log = log_settings(config);
  CHECK(log.level == LogLevel::Debug);
  CHECK(log.format == LogFormat::Json);
  CHECK(log.file == "/var/log/x");
  CHECK(log.max_file_bytes == 2'500'000);
  CHECK(log.max_files == 3);
}
