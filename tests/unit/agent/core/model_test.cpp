// Random tasks in a world that loses, repeats and reorders everything, against a model that knows
// only what each container is bound to do: both must come to the same end.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "agent/store/task_document.hpp"
#include "tests/support/core_builders.hpp"
#include "tests/unit/agent/core/dice.hpp"

namespace longshore::core {
namespace {

using namespace longshore::test;
using namespace std::chrono_literals;

constexpr int kStopCode = 137;

/// What happens to a container if it gets its turn.
struct Fate {
  bool pull_fails = false;    ///< Softly: creating decides.
  bool create_fails = false;  ///< For want of the image, if the pull failed.
  bool start_fails = false;
  std::vector<int> exits{};  ///< Of its runs, as far as they come.
  bool stays = false;        ///< The run after those does not end by itself.
  bool healthy = false;      ///< In that run.
};

struct Plan {
  TaskState task;
  std::vector<Fate> fates;
};

Fate random_fate(Dice& dice) {
  Fate fate;
  fate.pull_fails = dice.one_in(6);
  fate.create_fails = dice.one_in(8);
  fate.start_fails = dice.one_in(8);
  fate.stays = dice.one_in(2);
  const int runs = fate.stays ? dice.below(3) : 1 + dice.below(3);
  for (int i = 0; i < runs; ++i) fate.exits.push_back(dice.below(3));
  fate.healthy = fate.stays && dice.one_in(2);
  return fate;
}

/// Runs 0, 1, … end with `exits`; this is the one after which there is none.
std::size_t last_run(const ContainerSpec& spec, const Fate& fate) {
  std::size_t run = 0;
  while (run < fate.exits.size()) {
    const bool again = spec.restart_policy && fate.exits[run] != 0;
    // The last of a container that does not stay is given no other, whatever its policy.
    if (!again) break;
    if (run + 1 == fate.exits.size() && !fate.stays) break;
    ++run;
  }
  return run;
}

Plan random_plan(Dice& dice) {
  const std::size_t size = 1 + dice.index(6);
  std::vector<ContainerSpec> containers;
  std::vector<Fate> fates;
  for (std::size_t i = 0; i < size; ++i) {
    ContainerSpec c = container("c" + std::to_string(i), false);
    c.has_health_check = true;
    Fate fate = random_fate(dice);
    if (dice.one_in(2)) {
      c.restart_policy = RestartPolicy{.ignored_exit_codes = {0}};
      if (!fate.stays) fate.exits.back() = 0;  // or it would be restarted for ever
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!dice.one_in(3)) continue;
      constexpr DependencyCondition kAll[] = {
          DependencyCondition::Create, DependencyCondition::Start, DependencyCondition::Complete,
          DependencyCondition::Success, DependencyCondition::Healthy};
      auto condition = kAll[dice.index(std::size(kAll))];
      // One that is created and then does not start has existed for a moment: whether a dependant
      // saw it is chance.
      if (condition == DependencyCondition::Create && fates[j].start_fails) {
        condition = DependencyCondition::Start;
      }
      c.depends_on.push_back({ContainerName("c" + std::to_string(j)), condition});
    }
    containers.push_back(std::move(c));
    fates.push_back(std::move(fate));
  }
  // Holds the task up until all the others have come to rest.
  containers.push_back(container("anchor"));
  fates.push_back({.stays = true});
  return {task_of(std::move(containers)), std::move(fates)};
}

// ---- the model ----

enum class Turn { Runs, NeverStarts, WaitsForEver };

struct Outcome {
  bool ran = false;
  bool ended = false;  ///< By itself.
  bool healthy = false;
  Turn turn = Turn::Runs;
  std::optional<int> exit_code{};
  std::string reason_name{};  ///< What stands before the colon.
  int restarts = 0;
};

/// nullopt: waits for ever.
std::optional<bool> holds(const Outcome& on, DependencyCondition condition) {
  if (on.turn == Turn::WaitsForEver) return std::nullopt;
  if (!on.ran) return false;
  switch (condition) {
    case DependencyCondition::Create:
    case DependencyCondition::Start:
      return true;
    case DependencyCondition::Complete:
      return on.ended ? std::optional(true) : std::nullopt;
    case DependencyCondition::Success:
      return on.ended ? std::optional(on.exit_code == 0) : std::nullopt;
    case DependencyCondition::Healthy:
      if (on.ended) return false;
      return on.healthy ? std::optional(true) : std::nullopt;
  }
  return std::nullopt;
}

Turn turn_of(const ContainerSpec& spec, const std::vector<Outcome>& before) {
  Turn turn = Turn::Runs;
  for (const Dependency& needs : spec.depends_on) {
    const auto at = static_cast<std::size_t>(std::stoi(needs.container.str().substr(1)));
    const auto verdict = holds(before[at], needs.condition);
    if (verdict == false) return Turn::NeverStarts;
    if (!verdict) turn = Turn::WaitsForEver;
  }
  return turn;
}

Outcome outcome_of(const ContainerSpec& spec, const Fate& fate,
                   const std::vector<Outcome>& before) {
  Outcome out{.turn = turn_of(spec, before)};
  if (out.turn == Turn::WaitsForEver) return out;
  if (out.turn == Turn::NeverStarts) {
    out.exit_code = 143;
    out.reason_name = "CannotStartContainerError";
    return out;
  }
  if (fate.create_fails) {
    out.reason_name = fate.pull_fails ? "CannotPullContainerError" : "CannotCreateContainerError";
    return out;
  }
  if (fate.start_fails) {
    out.reason_name = "CannotStartContainerError";
    return out;
  }
  const std::size_t last = last_run(spec, fate);
  out.ran = true;
  out.restarts = static_cast<int>(last);
  out.ended = last < fate.exits.size();
  out.healthy = !out.ended && fate.healthy;
  out.exit_code = out.ended ? fate.exits[last] : kStopCode;
  return out;
}

std::vector<Outcome> model_of(const Plan& plan) {
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < plan.fates.size(); ++i) {
    outcomes.push_back(outcome_of(plan.task.spec->containers[i], plan.fates[i], outcomes));
  }
  return outcomes;
}

// ---- the world ----

struct World {
  struct Process {
    bool alive = false;
    std::size_t runs = 0;  ///< Begun so far.
    int exit_code = 0;
  };
  Dice& dice;
  Plan plan;
  TaskState task;
  std::vector<Process> processes;
  std::vector<Event> inbox{};
  bool forgotten = false;

  World(Dice& d, Plan p)
      : dice(d), plan(std::move(p)), task(plan.task), processes(plan.fates.size()) {}

  Observation look(ContainerIndex i) const {
    const Process& p = processes[i];
    if (p.runs == 0) return never_started();
    Observation seen = p.alive ? alive() : exited(p.exit_code);
    seen.run = task.containers[i].restart_count;
    seen.started_at = kNoon - 1h + std::chrono::seconds{p.runs};
    const Fate& fate = plan.fates[i];
    if (p.alive && fate.healthy && p.runs > fate.exits.size()) seen.health = Health::Healthy;
    return seen;
  }

  template <typename What>
  void answer(What what) {
    inbox.push_back(at_noon(std::move(what)));
  }

  void run(const action::CreateResources&) { answer(event::ResourcesReady{}); }
  void run(const action::Resolve& a) { answer(event::Resolved{.container = a.container}); }
  void run(const action::Pull& a) {
    event::Pulled pulled{.container = a.container, .needed = true};
    if (plan.fates[a.container].pull_fails) pulled.failure = broken("registry");
    answer(std::move(pulled));
  }
  void run(const action::CancelPull&) {}
  void run(const action::CancelStart&) {}  // All are begun at once here.
  void run(const action::Create& a) {
    event::Created created{.container = a.container, .id = ContainerId("id")};
    const Fate& fate = plan.fates[a.container];
    if (fate.create_fails && fate.pull_fails) {
      created.failure = broken("No such image", ErrorCode::NotFound);
    } else if (fate.create_fails) {
      created.failure = broken("conflict");
    }
    answer(std::move(created));
  }
  void run(const action::Start& a) {
    if (plan.fates[a.container].start_fails) {
      return answer(event::StartFailed{.container = a.container, .failure = broken("no file")});
    }
    Process& p = processes[a.container];
    if (!p.alive) {
      p.alive = true;
      ++p.runs;
    }
    if (dice.one_in(4)) end(a.container);
    answer(event::Observed{a.container, look(a.container)});
  }
  /// Its fate ends this run, if that is what this run is bound to.
  bool end(ContainerIndex i) {
    Process& p = processes[i];
    const Fate& fate = plan.fates[i];
    if (!p.alive || p.runs > fate.exits.size()) return false;
    p.alive = false;
    p.exit_code = fate.exits[p.runs - 1];
    if (!dice.one_in(3)) answer(event::Observed{i, look(i)});  // else its news is lost
    return true;
  }
  void run(const action::Stop& a) {
    Process& p = processes[a.container];
    if (p.alive) p.exit_code = kStopCode;
    p.alive = false;
    answer(event::Observed{a.container, look(a.container)});
  }
  void run(const action::Recover& a) { answer(event::Recovered{a.container, look(a.container)}); }
  void run(const action::ArmStartTimeout&) {}
  void run(const action::Report& a) {
    if (a.change.status == ReportedStatus::Stopped) answer(event::StopAccepted{});
  }
  void run(const action::ArmCleanup&) { answer(event::CleanupDue{}); }
  void run(const action::RemoveContainers&) { answer(event::ContainersRemoved{}); }
  void run(const action::RemoveResources&) { answer(event::ResourcesRemoved{}); }
  void run(const action::Forget&) { forgotten = true; }

  void take(Decision d) {
    task = std::move(d.next);
    for (const Action& a : d.actions) std::visit([this](const auto& what) { run(what); }, a);
  }
  void tell(const Event& e) { take(decide(task, e)); }

  void crash() {
    std::erase_if(
        inbox, [](const Event& e) { return !std::holds_alternative<event::StopAccepted>(e.what); });
    auto loaded = store::parse_task(store::to_document(task));
    RC_ASSERT(loaded.has_value());
    take(resume(std::move(*loaded), kNoon));
  }

  /// The comparison with the list of containers, which finds what no event told.
  void compare() {
    for (ContainerIndex i = 0; i < processes.size(); ++i) {
      if (task.containers[i].phase >= Phase::Running && !processes[i].alive) {
        answer(event::Observed{i, look(i)});
      }
    }
  }

  bool deliver_one() {
    if (inbox.empty()) return false;
    const auto at = dice.index(inbox.size());
    const Event e = inbox[at];
    // News of the stream may come twice; a call is answered once.
    const bool twice = dice.one_in(8) && std::holds_alternative<event::Observed>(e.what);
    if (!twice) inbox.erase(inbox.begin() + static_cast<std::ptrdiff_t>(at));
    tell(e);
    return true;
  }

  /// Until nothing is on its way and no process is about to end.
  void settle(int& crashes) {
    for (int step = 0; step < 5'000; ++step) {
      if (crashes > 0 && dice.one_in(30)) {
        --crashes;
        crash();
      }
      const bool ended = dice.one_in(3) && end(dice.index(processes.size()));
      if (deliver_one() || ended) continue;
      bool more = false;
      for (ContainerIndex i = 0; i < processes.size(); ++i) more = end(i) || more;
      if (more) continue;
      const TaskState before = task;
      compare();
      while (deliver_one()) {
      }
      if (task == before) return;
    }
    RC_FAIL("the task does not come to rest");
  }
};

void live_and_compare(Dice& dice) {
  World world(dice, random_plan(dice));
  const std::vector<Outcome> expected = model_of(world.plan);
  int crashes = dice.below(6);
  world.tell(at_noon(event::Accepted{}));
  world.settle(crashes);
  world.tell(at_noon(event::StopRequested{}));
  for (int step = 0; step < 3'000 && !world.forgotten; ++step) {
    if (!world.deliver_one()) world.compare();
  }
  RC_ASSERT(world.forgotten);
  for (ContainerIndex i = 0; i < expected.size(); ++i) {
    const ContainerState& c = world.task.containers[i];
    RC_ASSERT(c.phase == Phase::Stopped);
    RC_ASSERT(c.exit_code == expected[i].exit_code);
    RC_ASSERT(c.reason.substr(0, c.reason.find(':')) == expected[i].reason_name);
    RC_ASSERT(c.restart_count == expected[i].restarts);
    RC_ASSERT((world.processes[i].runs > 0) == expected[i].ran);
  }
}

}  // namespace

TEST_CASE("1,000 random tasks end as the model says, whatever is lost, repeated or reordered",
          "[unit][core]") {
  const bool ok = rc::check("random tasks against the model", [](std::uint64_t seed) {
    Dice dice(seed);
    for (int task = 0; task < 10; ++task) live_and_compare(dice);
  });
  CHECK(ok);
}

}  // namespace longshore::core
