#include <catch2/catch.hpp>
#include <queue>
#include <random>
#include <string>

#include "agent/core/admission_queue.hpp"
#include "tests/unit/agent/core/admission_model.hpp"

using longshore::SteadyTime;
using longshore::TaskArn;
using longshore::core::AdmissionQueue;
using longshore::core::ResourceNeed;
using longshore::test::AdmissionModel;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

namespace {

constexpr int kArrivals = 10'000;
constexpr milliseconds kLongestRun = 15s;

struct Happening {
  SteadyTime at{};
  enum class Kind { Arrival, Stop, Second } kind = Kind::Second;
  int task = 0;
  friend bool operator<(const Happening& a, const Happening& b) {
    return a.at > b.at;  // std::priority_queue gives the greatest first.
  }
};

TaskArn arn(int task) {
  return TaskArn("arn:aws:ecs:us-west-2:123456789012:task/test/" + std::to_string(task));
}

/// A host on which tasks arrive, run and stop, in simulated time, beside the model of the rules.
class Simulation {
 public:
  /// `lost`: of a hundred looks that a release asks for, so many are not made.
  Simulation(std::uint64_t seed, milliseconds patience, int lost)
      : random_(seed),
        patience_(patience),
        lost_(lost),
        queue_(AdmissionModel::host(), patience),
        model_(patience) {}

  void run() {
    SteadyTime arrival{1h};
    for (int task = 0; task < kArrivals; ++task) {
      arrival += milliseconds(chance(5) ? 20'000 : between(0, 900));
      happenings_.push({arrival, Happening::Kind::Arrival, task});
      // A stop by the control plane, which often finds the task still waiting.
      if (chance(5)) {
        happenings_.push({arrival + milliseconds(between(0, 20'000)), Happening::Kind::Stop, task});
      }
    }
    happenings_.push({SteadyTime{1h}, Happening::Kind::Second, 0});
    while (!happenings_.empty()) {
      const Happening next = happenings_.top();
      happenings_.pop();
      happen(next);
    }
    for (int task = 0; task < kArrivals; ++task) queue_.release(arn(task));
    CHECK(queue_.used() == ResourceNeed{});
    CHECK(queue_.waiting() == 0);
    CHECK(started_ > kArrivals / 2);
    CHECK(passed_ > 0);
  }

 private:
  bool chance(int percent) { return between(1, 100) <= percent; }
  int between(int least, int most) {
    return std::uniform_int_distribution<int>(least, most)(random_);
  }

  AdmissionModel::Amounts some_amounts() {
    AdmissionModel::Amounts amounts{};
    const bool large = chance(10);
    if (!chance(10)) amounts[0] = large ? between(2'000, 8'192) : between(1, 1'000);
    if (!chance(10)) amounts[1] = large ? between(4'000, 16'384) : between(1, 2'000);
    if (chance(20)) amounts[static_cast<std::size_t>(between(2, 10))] = 1;
    if (chance(10)) amounts[static_cast<std::size_t>(between(12, 15))] = 1;
    if (chance(10)) amounts[static_cast<std::size_t>(between(16, 17))] = 1;
    if (chance(1)) amounts[0] = 8'193;
    if (chance(1)) amounts[1] = 16'385;
    if (chance(1)) amounts[11] = 1;  // A reserved port.
    if (chance(1)) amounts[18] = 1;  // A GPU that the host has not.
    return amounts;
  }

  void happen(const Happening& happening) {
    const SteadyTime now = happening.at;
    const TaskArn task = arn(happening.task);
    switch (happening.kind) {
      case Happening::Kind::Arrival: {
        const AdmissionModel::Amounts amounts = some_amounts();
        queue_.enqueue(task, AdmissionModel::need(amounts), now);
        model_.arrive(task, amounts, now);
        // Else they would fill the line.
        if (!AdmissionModel::possible(amounts)) {
          happenings_.push({now + 10s, Happening::Kind::Stop, happening.task});
        }
        break;
      }
      case Happening::Kind::Stop:
        queue_.release(task);
        if (chance(10)) queue_.release(task);
        model_.leave(task);
        break;
      case Happening::Kind::Second:
        break;
    }
    check_times(now);
    const bool look = happening.kind == Happening::Kind::Second || !chance(lost_);
    if (!look) return;
    const std::vector<TaskArn> admitted = queue_.admit(now);
    model_.admit(admitted, now);
    for (const TaskArn& one : admitted) begin(one, now);
    if (happening.kind == Happening::Kind::Second && !happenings_.empty()) {
      happenings_.push({now + 1s, Happening::Kind::Second, 0});
    }
    check_times(now);
    REQUIRE_FALSE(model_.leaves_room_unused(now));
    REQUIRE(queue_.used() == model_.used());
    REQUIRE(queue_.waiting() == model_.waiting());
    if (queue_.waiting() > 0 && !admitted.empty()) ++passed_;
  }

  void begin(const TaskArn& task, SteadyTime now) {
    ++started_;
    REQUIRE(queue_.waits_for(task) == std::nullopt);
    const int number = std::stoi(std::string(longshore::task_id(task)));
    const milliseconds run{between(1, static_cast<int>(kLongestRun.count()))};
    happenings_.push({now + run, Happening::Kind::Stop, number});
  }

  void check_times(SteadyTime now) {
    REQUIRE(model_.longest_due(now) < (lost_ == 0 ? 100ms : 5'000ms));
    // When its patience is over, those that run then are the last ones that the head waits for.
    REQUIRE(model_.head_for(now) <= patience_ + kLongestRun + (lost_ == 0 ? 0ms : 5'000ms));
  }

  std::mt19937_64 random_;
  milliseconds patience_;
  int lost_;
  AdmissionQueue queue_;
  AdmissionModel model_;
  std::priority_queue<Happening> happenings_;
  int started_ = 0;
  int passed_ = 0;
};

}  // namespace

TEST_CASE("ten thousand arrivals and stops follow the rules of admission", "[unit][core]") {
  const auto patience = GENERATE(0ms, 5'000ms, 60'000ms);
  const auto seed = GENERATE(1U, 2U);
  CAPTURE(patience.count(), seed);
  Simulation(seed, patience, 0).run();
}

TEST_CASE("wake-ups that are lost are made up for by the next second's look", "[unit][core]") {
  const auto lost = GENERATE(30, 100);
  CAPTURE(lost);
  Simulation(3, 5'000ms, lost).run();
}
