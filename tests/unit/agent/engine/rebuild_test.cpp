#include "agent/engine/rebuild.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/core/decide.hpp"
#include "agent/engine/container_request.hpp"
#include "tests/support/core_builders.hpp"

namespace longshore::engine {
namespace {

using namespace std::chrono_literals;
using Shown = runtime::ContainerState;

const std::string kArn = "arn:aws:ecs:us-west-2:123456789012:task/test/0123456789abcdef";

/// A container that was created.
Shown created(const std::string& name, const std::string& arn = kArn) {
  return {.id = ContainerId("id-" + name),
          .name = "ecs-family-3-" + name,
          .labels = {{kTaskArnLabel, arn},
                     {kContainerNameLabel, name},
                     {kFamilyLabel, "family"},
                     {kVersionLabel, "3"},
                     {kClusterLabel, "test"}},
          .image = "busybox:test"};
}

Shown running(const std::string& name, std::chrono::seconds started,
              const std::string& arn = kArn) {
  Shown shown = created(name, arn);
  shown.status = runtime::ContainerStatus::Running;
  shown.alive = true;
  shown.started_at = test::kNoon + started;
  return shown;
}

Shown ended(const std::string& name, std::chrono::seconds started, int code) {
  Shown shown = running(name, started);
  shown.status = runtime::ContainerStatus::Exited;
  shown.alive = false;
  shown.exit_code = code;
  shown.finished_at = test::kNoon + started + 1s;
  return shown;
}

/// Created that long after noon.
Shown created_at(const std::string& name, std::chrono::milliseconds after) {
  Shown shown = created(name);
  shown.created_at = test::kNoon + after;
  return shown;
}

TEST_CASE("containers are told apart by the time of their creation", "[unit][engine]") {
  const std::vector<Shown> shown{created_at("before", -1ms), created_at("then", 0ms),
                                 created_at("after", 1ms), created("unknown")};
  const auto since = [&](WallTime time) {
    std::vector<std::string> names;
    for (const Shown& c : created_since(shown, time))
      names.push_back(c.labels.at(kContainerNameLabel));
    return names;
  };
  CHECK(since(test::kNoon) == std::vector<std::string>{"then", "after"});
  CHECK(since(test::kNoon - 1h).size() == 3);
  CHECK(since(after_creation(shown, test::kNoon)).empty());
  CHECK(after_creation(shown, test::kNoon) == test::kNoon + 2ms);
  CHECK(after_creation(shown, test::kNoon + 1h) == test::kNoon + 1h);
  CHECK(after_creation({}, test::kNoon) == test::kNoon);
}

core::TaskState only_task(const std::vector<Shown>& shown) {
  auto tasks = rebuild_tasks(shown);
  REQUIRE(tasks.size() == 1);
  return std::move(tasks[0]);
}

std::vector<std::string> names(const core::TaskState& task) {
  std::vector<std::string> found;
  for (const auto& c : task.spec->containers) found.push_back(c.name.str());
  return found;
}

core::ContainerIndex index_of(const core::TaskState& task, const std::string& name) {
  const auto all = names(task);
  return static_cast<core::ContainerIndex>(std::find(all.begin(), all.end(), name) - all.begin());
}

const core::ContainerSpec& spec_of(const core::TaskState& task, const std::string& name) {
  return task.spec->containers.at(index_of(task, name));
}

template <typename Action>
std::vector<std::string> asked(const core::Decision& decision) {
  std::vector<std::string> found;
  for (const auto& action : decision.actions) {
    if (const auto* a = std::get_if<Action>(&action)) {
      found.push_back(decision.next.spec->containers[a->container].name.str());
    }
  }
  return found;
}

/// The task as it is once the agent has looked at its containers.
core::Decision resumed(const std::vector<Shown>& shown) {
  core::Decision d = core::resume(only_task(shown), test::kNoon);
  const auto actions = d.actions;
  for (const auto& action : actions) {
    const auto* recover = std::get_if<core::action::Recover>(&action);
    if (recover == nullptr) continue;
    const auto& name = d.next.spec->containers[recover->container].name.str();
    const auto seen = std::find_if(shown.begin(), shown.end(), [&](const Shown& s) {
      return s.labels.at(kContainerNameLabel) == name;
    });
    core::Observation observation;
    observation.alive = seen->alive;
    observation.has_run = seen->alive || seen->started_at.has_value();
    observation.started_at = seen->started_at;
    observation.exit.code = seen->exit_code;
    core::Decision next = core::decide(
        d.next, test::at_noon(core::event::Recovered{recover->container, std::move(observation)}));
    d.next = std::move(next.next);
    for (auto& a : next.actions) d.actions.push_back(std::move(a));
  }
  return d;
}

std::vector<core::TaskChange> reports(const core::Decision& decision) {
  std::vector<core::TaskChange> found;
  for (const auto& action : decision.actions) {
    if (const auto* a = std::get_if<core::action::Report>(&action)) found.push_back(a->change);
  }
  return found;
}

TEST_CASE("containers are sorted into tasks by their labels", "[unit][engine]") {
  const std::string other = kArn + "0";
  const auto tasks =
      rebuild_tasks({running("a", 1s), running("a", 1s, other), running("b", 2s, other)});
  REQUIRE(tasks.size() == 2);
  CHECK(tasks[0].spec->arn == TaskArn(kArn));
  CHECK(tasks[1].spec->arn == TaskArn(other));
  CHECK(tasks[0].containers.size() == 1);
  CHECK(names(tasks[1]) == std::vector<std::string>{"a", "b"});
  CHECK(rebuild_tasks({}).empty());
}

TEST_CASE("a task that runs is as it was, and nothing is done or told", "[unit][engine]") {
  Shown web = running("web", 1s);
  web.health = runtime::HealthStatus::Healthy;
  web.network_mode = "host";
  web.cpu_shares = 256;
  web.memory_bytes = 64 * 1'048'576;
  web.ports = {{80, 8080, "tcp", "0.0.0.0"}, {80, 8080, "tcp", "::"}};
  const core::TaskState task = only_task({web});
  CHECK(task.spec->family == "family");
  CHECK(task.spec->version == "3");
  CHECK(task.spec->network_mode == "host");
  CHECK(task.admitted);
  CHECK(task.reported == core::ReportedStatus::Running);
  const core::ContainerSpec& spec = task.spec->containers[0];
  CHECK(spec.name == ContainerName("web"));
  CHECK(spec.image == "busybox:test");
  CHECK(spec.has_health_check);
  CHECK(spec.cpu_units == 256);
  CHECK(spec.memory_mib == 64);
  REQUIRE(spec.ports.size() == 1);
  CHECK(spec.ports[0].host_port == 8080);
  const core::ContainerState& state = task.containers[0];
  CHECK(state.phase == core::Phase::Running);
  CHECK(state.runtime_name == "ecs-family-3-web");
  CHECK(state.runtime_id == ContainerId("id-web"));
  CHECK(state.health == core::Health::Healthy);
  CHECK(state.started_at == test::kNoon + 1s);

  const core::Decision d = resumed({web});
  CHECK(d.next.containers[0].phase == core::Phase::Running);
  REQUIRE(d.actions.size() == 1);
  CHECK(asked<core::action::Recover>(d) == std::vector<std::string>{"web"});
}

TEST_CASE("the cgroup that there is, is left as it is", "[unit][engine]") {
  CHECK(only_task({running("web", 1s)}).resources == core::Resources::Ready);
}

TEST_CASE("a rebuilt task is stopped in the reverse order of its starts", "[unit][engine]") {
  const std::vector<Shown> shown{running("last", 9s), running("first", 1s), running("middle", 5s)};
  core::Decision d = core::decide(resumed(shown).next, test::at_noon(core::event::StopRequested{}));
  for (const std::string& name : {"last", "middle", "first"}) {
    CHECK(asked<core::action::Stop>(d) == std::vector<std::string>{name});
    d = core::decide(d.next,
                     test::at_noon(core::event::Observed{index_of(d.next, name), test::exited(7)}));
  }
  REQUIRE(reports(d).size() == 1);
  CHECK(reports(d)[0].status == core::ReportedStatus::Stopped);
  CHECK(reports(d)[0].containers.size() == 3);
  CHECK(reports(d)[0].containers[0].exit_code == 7);
}

TEST_CASE("the end of one that lived ends the task", "[unit][engine]") {
  const auto now = resumed({running("a", 1s), running("b", 2s)}).next;
  const core::Decision d =
      core::decide(now, test::at_noon(core::event::Observed{index_of(now, "a"), test::exited(0)}));
  CHECK(asked<core::action::Stop>(d) == std::vector<std::string>{"b"});
}

TEST_CASE("one that ended before the others is told, and they live on", "[unit][engine]") {
  const std::vector<Shown> shown{ended("init", 1s, 3), running("web", 5s)};
  CHECK_FALSE(spec_of(only_task(shown), "init").essential);
  CHECK(spec_of(only_task(shown), "web").essential);
  const core::Decision d = resumed(shown);
  CHECK(asked<core::action::Stop>(d).empty());
  CHECK_FALSE(d.next.stop_requested);
  REQUIRE(d.next.unreported.size() == 1);
  CHECK(d.next.unreported[0].name == ContainerName("init"));
  CHECK(d.next.unreported[0].exit_code == 3);
}

TEST_CASE("a task that ended while nobody looked is reported once, with its codes",
          "[unit][engine]") {
  const core::Decision d = resumed({ended("a", 1s, 3), ended("b", 2s, 4)});
  REQUIRE(reports(d).size() == 1);
  CHECK(reports(d)[0].status == core::ReportedStatus::Stopped);
  REQUIRE(reports(d)[0].containers.size() == 2);
  CHECK(reports(d)[0].containers[0].exit_code == 3);
  CHECK(reports(d)[0].containers[1].exit_code == 4);
  CHECK(reports(d)[0].execution_stopped_at);
}

TEST_CASE("a launch that was cut short is ended, and nothing of it is started", "[unit][engine]") {
  const std::vector<Shown> shown{running("db", 1s), created("web")};
  const core::TaskState task = only_task(shown);
  CHECK_FALSE(task.reported);
  const core::Decision d = resumed(shown);
  CHECK(asked<core::action::Start>(d).empty());
  CHECK(asked<core::action::Create>(d).empty());
  CHECK(asked<core::action::Stop>(d) == std::vector<std::string>{"db"});
  const core::Decision end = core::decide(
      d.next, test::at_noon(core::event::Observed{index_of(d.next, "db"), test::exited(0)}));
  REQUIRE(reports(end).size() == 1);
  REQUIRE(reports(end)[0].containers.size() == 2);
  const core::ContainerChange web = reports(end)[0].containers[0];
  CHECK(web.name.str() == "web");
  CHECK_FALSE(web.exit_code);
  CHECK_THAT(web.reason, Catch::Matchers::StartsWith("CannotStartContainerError: "));
}

TEST_CASE("one whose start failed, while others went on, ends nothing", "[unit][engine]") {
  Shown broken = created("broken");
  broken.error = "no such file";
  const core::Decision d = resumed({running("web", 1s), broken});
  CHECK(d.next.reported == core::ReportedStatus::Running);
  CHECK(asked<core::action::Stop>(d).empty());
  CHECK(asked<core::action::Start>(d).empty());
  REQUIRE(d.next.unreported.size() == 1);
  CHECK(d.next.unreported[0].reason == "CannotStartContainerError: no such file");
}

TEST_CASE("the pause container is never told of, and ends last", "[unit][engine]") {
  Shown pause = running(core::kNamespacePauseName, 0s);
  pause.network_mode = "none";
  const core::TaskState task = only_task({running("web", 1s), pause});
  CHECK(spec_of(task, core::kNamespacePauseName).kind == core::ContainerKind::NamespacePause);
  CHECK(task.spec->network_mode.empty());
  core::Decision d = core::decide(task, test::at_noon(core::event::StopRequested{}));
  CHECK(asked<core::action::Stop>(d) == std::vector<std::string>{"web"});

  SECTION("alone it holds no task up") {
    d = resumed({ended("web", 1s, 0), pause});
    CHECK(asked<core::action::Stop>(d) == std::vector<std::string>{core::kNamespacePauseName});
  }
}

TEST_CASE("of two containers of one name, the one that lives is the task's", "[unit][engine]") {
  Shown older = ended("web", 9s, 1);
  older.id = ContainerId("older");
  CHECK(only_task({running("web", 1s), older}).containers[0].runtime_id == ContainerId("id-web"));
  CHECK(only_task({older, running("web", 1s)}).containers[0].runtime_id == ContainerId("id-web"));
  const Shown earlier = ended("web", 1s, 2);
  CHECK(only_task({older, earlier}).containers[0].runtime_id == ContainerId("older"));
}

TEST_CASE("only containers of this cluster, with labels that an agent writes, are ours",
          "[unit][engine]") {
  CHECK(labelled_task(created("web"), "test") == TaskArn(kArn));
  CHECK_FALSE(labelled_task(created("web"), "other"));
  CHECK_FALSE(labelled_task(created(""), "test"));
  CHECK_FALSE(labelled_task(Shown{}, ""));
  for (const char* arn : {"", "task-1", "arn:aws:ecs:us-west-2:1:task/test/", "arn:a:task/../..",
                          "arn:a:task/x/a b", "arn:a:service/test/1"}) {
    INFO(arn);
    CHECK_FALSE(labelled_task(created("web", arn), "test"));
  }
}

}  // namespace
}  // namespace longshore::engine
