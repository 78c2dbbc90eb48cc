// Random lives of random tasks: a world that carries out the core's actions in random order, with
// failures, delays, repeated and lost answers, crashes and stops at any moment.
#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <iterator>
#include <map>
#include <set>

#include "agent/core/dependency.hpp"
#include "agent/store/task_document.hpp"
#include "tests/support/core_builders.hpp"
#include "tests/unit/agent/core/dice.hpp"

namespace longshore::core {
namespace {

using namespace longshore::test;

TaskState random_task(Dice& dice) {
  const std::size_t size = 1 + dice.index(5);
  std::vector<ContainerSpec> containers;
  for (std::size_t i = 0; i < size; ++i) {
    ContainerSpec c = container("c" + std::to_string(i), dice.one_in(2));
    c.has_health_check = true;
    if (dice.one_in(3)) c.start_timeout = std::chrono::seconds{5};
    // Only on earlier ones: a graph without circles.
    for (std::size_t j = 0; j < i; ++j) {
      if (!dice.one_in(3)) continue;
      constexpr DependencyCondition kAll[] = {
          DependencyCondition::Create, DependencyCondition::Start, DependencyCondition::Complete,
          DependencyCondition::Success, DependencyCondition::Healthy};
      const auto condition = kAll[dice.index(std::size(kAll))];
      c.depends_on.push_back({ContainerName("c" + std::to_string(j)), condition});
    }
    containers.push_back(std::move(c));
  }
  containers.front().essential = true;
  return task_of(std::move(containers));
}

/// The engine as the world has it: which containers exist, live, or are over.
struct World {
  struct Process {
    bool exists = false;
    bool alive = false;
    bool has_run = false;
    int starts = 0;
    int exit_code = 0;
  };
  TaskState task;
  std::vector<Process> processes;
  std::vector<Event> inbox;              ///< Answers on their way, delivered in any order.
  std::set<ContainerIndex> queued;       ///< Starts that wait for their turn in the engine.
  std::set<ContainerIndex> ended_alone;  ///< Asked to end while their task was not.
  std::vector<TaskChange> reports;
  bool forgotten = false;

  Dice& dice;

  explicit World(Dice& d) : task(random_task(d)), processes(task.containers.size()), dice(d) {}

  Observation look(ContainerIndex i) const {
    const Process& p = processes[i];
    if (p.alive) {
      Observation seen = alive();
      seen.health = Health::Healthy;
      return seen;
    }
    return p.has_run ? exited(p.exit_code) : never_started();
  }

  template <typename What>
  void answer(What what) {
    inbox.push_back(at_noon(std::move(what)));
  }

  void carry_out(const Action& action) {
    std::visit([this](const auto& a) { run(a); }, action);
  }

  bool unlucky() { return dice.one_in(12); }

  void run(const action::CreateResources&) {
    if (unlucky()) return answer(event::ResourcesReady{broken("no controller")});
    answer(event::ResourcesReady{});
  }
  void run(const action::Resolve& a) {
    if (unlucky()) return answer(event::Resolved{.container = a.container, .failure = broken("x")});
    answer(event::Resolved{.container = a.container, .digest = "sha256:1"});
  }
  void run(const action::Pull& a) {
    if (unlucky()) {
      return answer(
          event::Pulled{.container = a.container, .failure = broken("x"), .fatal = dice.one_in(2)});
    }
    answer(event::Pulled{.container = a.container, .needed = true});
  }
  void run(const action::CancelPull&) {}
  void run(const action::Create& a) {
    if (unlucky()) return answer(event::Created{.container = a.container, .failure = broken("x")});
    processes[a.container].exists = true;
    answer(event::Created{.container = a.container,
                          .id = ContainerId("id" + std::to_string(a.container))});
  }
  void run(const action::Start& a) {
    if (dice.one_in(3)) {
      queued.insert(a.container);
    } else {
      start(a);
    }
  }
  void run(const action::CancelStart& a) {
    if (queued.erase(a.container) != 0) answer(event::Recovered{a.container, look(a.container)});
  }
  /// The next one of those that wait has its turn. What shall stop waits for none.
  void start_queued() {
    const ContainerIndex i = queued.extract(queued.begin()).value();
    RC_ASSERT(!task.containers[i].stop_requested);
    start({i});
  }
  void start(const action::Start& a) {
    Process& p = processes[a.container];
    RC_ASSERT(p.exists);
    if (unlucky()) {
      const bool may_run = dice.one_in(2);
      if (may_run) launch(p);
      return answer(
          event::StartFailed{.container = a.container, .failure = broken("x"), .may_run = may_run});
    }
    launch(p);
    // The stream's news of an early death may come before our own look does.
    if (dice.one_in(4)) die(a.container);
    answer(event::Observed{a.container, look(a.container)});
  }
  void launch(Process& p) {
    p.alive = p.has_run = true;
    ++p.starts;
  }
  void die(ContainerIndex i) {
    Process& p = processes[i];
    if (!p.alive) return;
    p.alive = false;
    p.exit_code = dice.below(3);
    answer(event::Observed{i, look(i)});
  }
  void run(const action::Stop& a) {
    // In a task that lives on, whoever needs it runs on, too.
    if (!task.stop_requested) ended_alone.insert(a.container);
    if (!ended_alone.contains(a.container)) check_nobody_needs(a);
    die(a.container);
    answer(event::Observed{a.container, look(a.container)});
  }
  void check_nobody_needs(const action::Stop& a) {
    // Asked of a container that is over, it does nothing.
    for (ContainerIndex j = 0; j < task.containers.size(); ++j) {
      for (const auto& needs : task.spec->containers[j].depends_on) {
        if (needs.container == task.spec->containers[a.container].name) {
          // Whoever needs it is gone first.
          RC_ASSERT((!processes[a.container].alive || !processes[j].alive));
        }
      }
    }
  }
  void run(const action::Recover& a) { answer(event::Recovered{a.container, look(a.container)}); }
  void run(const action::ArmStartTimeout& a) {
    if (dice.one_in(2)) answer(event::StartTimeoutPassed{a.container});
  }
  void run(const action::Report& a) {
    // In brackets of its own, since RC_ASSERT takes || apart and would look at both sides.
    RC_ASSERT((reports.empty() || reports.back().status != ReportedStatus::Stopped));
    RC_ASSERT((reports.empty() || a.change.status >= reports.back().status));
    reports.push_back(a.change);
    if (a.change.status == ReportedStatus::Stopped) {
      for (const Process& p : processes) RC_ASSERT(!p.alive);  // STOPPED is the truth
      answer(event::StopAccepted{});
    }
  }
  void run(const action::ArmCleanup&) { answer(event::CleanupDue{}); }
  void run(const action::RemoveContainers&) {
    for (Process& p : processes) RC_ASSERT(!p.alive);
    answer(event::ContainersRemoved{});
  }
  void run(const action::RemoveResources&) { answer(event::ResourcesRemoved{}); }
  void run(const action::Forget&) { forgotten = true; }

  void take(Decision d) {
    task = std::move(d.next);
    for (const Action& a : d.actions) carry_out(a);
  }

  /// The agent dies and comes back: answers on their way are lost, what was saved is read again.
  /// Reports are durable, so their acceptance is not lost.
  void crash() {
    std::erase_if(
        inbox, [](const Event& e) { return !std::holds_alternative<event::StopAccepted>(e.what); });
    auto loaded = store::parse_task(store::to_document(task));
    RC_ASSERT(loaded.has_value());
    queued.clear();
    take(resume(std::move(*loaded), kNoon));
  }
};

void live(World& world) {
  world.take(decide(world.task, at_noon(event::Accepted{})));
  bool stop_sent = false;
  int crashes = 0;  // An agent that does nothing but crash gets nowhere, and proves nothing.
  for (int step = 0; step < 2'000 && !world.forgotten; ++step) {
    const int turn = world.dice.below(20);
    if (turn == 0 && ++crashes < 30) {
      world.crash();
    } else if (turn == 1 && step > 5) {
      world.die(world.dice.index(world.processes.size()));
    } else if ((turn == 2 && step > 20) || (step > 200 && !stop_sent)) {
      stop_sent = true;
      world.take(decide(world.task, at_noon(event::StopRequested{})));
    } else if (turn == 3) {
      world.take(decide(world.task, at_noon(event::FlushDue{})));
    } else if (!world.queued.empty() && (turn == 5 || world.inbox.empty())) {
      world.start_queued();
    } else if (!world.inbox.empty()) {
      const auto at = world.dice.index(world.inbox.size());
      const Event e = world.inbox[at];
      // News of the stream may come twice; a call is answered once.
      const bool twice = turn == 4 && std::holds_alternative<event::Observed>(e.what);
      if (!twice) world.inbox.erase(world.inbox.begin() + static_cast<std::ptrdiff_t>(at));
      world.take(decide(world.task, e));
    }
  }
}

void live_and_check(Dice& dice) {
  World world(dice);
  live(world);
  RC_ASSERT(world.forgotten);
  RC_ASSERT(!world.reports.empty());
  RC_ASSERT(world.reports.back().status == ReportedStatus::Stopped);
  std::map<std::string, ReportedStatus> last;
  std::size_t words = 0;
  for (const TaskChange& report : world.reports) {
    for (const ContainerChange& c : report.containers) {
      ++words;
      const auto found = last.find(c.name.str());
      RC_ASSERT((found == last.end() || c.status >= found->second));
      last[c.name.str()] = c.status;
    }
  }
  for (const auto& spec : world.task.spec->containers) {
    RC_ASSERT(last.at(spec.name.str()) == ReportedStatus::Stopped);
  }
  for (const World::Process& p : world.processes) RC_ASSERT(p.starts <= 1);
  // So what a task may leave unsent is bounded by what it is made of, not by how long it lives.
  const std::size_t containers = world.task.spec->containers.size();
  RC_ASSERT(words <= 3 * containers);
  RC_ASSERT(world.reports.size() <= 3 + 3 * containers);
}

}  // namespace

TEST_CASE("2,000 random lives end stopped, told once, in order and cleaned up", "[unit][core]") {
  const bool ok = rc::check("random lives", [](std::uint64_t seed) {
    Dice dice(seed);
    for (int life = 0; life < 20; ++life) live_and_check(dice);
  });
  CHECK(ok);
}

TEST_CASE("a random order is refused exactly when it has a circle", "[unit][core]") {
  const bool ok = rc::check("random graphs", [] {
    const auto size = *rc::gen::inRange<std::size_t>(1, 6);
    std::vector<std::set<std::size_t>> edges(size);
    std::vector<ContainerSpec> containers;
    for (std::size_t i = 0; i < size; ++i) containers.push_back(container("c" + std::to_string(i)));
    for (std::size_t i = 0; i < size; ++i) {
      for (std::size_t j = 0; j < size; ++j) {
        if (*rc::gen::inRange(0, 5) != 0) continue;
        edges[i].insert(j);
        containers[i].depends_on.push_back(
            {ContainerName("c" + std::to_string(j)), DependencyCondition::Start});
      }
    }
    // Reachability by repeated squaring of the edge set: a circle is a node that reaches itself.
    for (std::size_t round = 0; round < size; ++round) {
      for (auto& from : edges) {
        const std::set<std::size_t> now = from;
        for (const std::size_t middle : now)
          from.insert(edges[middle].begin(), edges[middle].end());
      }
    }
    bool circle = false;
    for (std::size_t i = 0; i < size; ++i) circle = circle || edges[i].contains(i);
    const TaskState task = task_of(std::move(containers));
    RC_ASSERT(check_order(*task.spec).has_value() == !circle);
  });
  CHECK(ok);
}

}  // namespace longshore::core
