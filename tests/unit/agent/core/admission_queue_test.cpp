#include "agent/core/admission_queue.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>

using longshore::SteadyTime;
using longshore::TaskArn;
using longshore::core::AdmissionQueue;
using longshore::core::HostResources;
using longshore::core::ResourceNeed;
using namespace std::chrono_literals;

namespace {

constexpr SteadyTime kStart{1h};

TaskArn task(const std::string& id) {
  return TaskArn("arn:aws:ecs:us-west-2:123456789012:task/test/" + id);
}

/// Two CPUs, 1,024 MiB, two GPUs.
HostResources host() {
  return {.cpu_units = 2048,
          .memory_mib = 1024,
          .reserved_tcp_ports = {22},
          .reserved_udp_ports = {53},
          .gpus = {"gpu-0", "gpu-1"}};
}

ResourceNeed memory(std::int64_t mib) { return {.memory_mib = mib}; }
ResourceNeed cpu(std::int64_t units) { return {.cpu_units = units}; }

using Tasks = std::vector<TaskArn>;

}  // namespace

TEST_CASE("tasks that fit begin in the order in which they came", "[unit][core]") {
  AdmissionQueue queue(host(), 60s);
  for (const char* id : {"c", "a", "b"}) queue.enqueue(task(id), memory(256), kStart);
  CHECK(queue.admit(kStart) == Tasks{task("c"), task("a"), task("b")});
  CHECK(queue.used() == memory(768));
  CHECK(queue.admit(kStart).empty());
  CHECK(queue.waiting() == 0);
}

TEST_CASE("a task that does not fit begins when room is made", "[unit][core]") {
  AdmissionQueue queue(host(), 60s);
  queue.enqueue(task("a"), memory(800), kStart);
  queue.enqueue(task("b"), memory(300), kStart);
  CHECK(queue.admit(kStart) == Tasks{task("a")});
  queue.release(task("a"));
  CHECK(queue.admit(kStart) == Tasks{task("b")});
  CHECK(queue.used() == memory(300));
}

TEST_CASE("until the head has waited its patience, small tasks pass it", "[unit][core]") {
  AdmissionQueue queue(host(), 60s);
  queue.hold(task("running"), memory(512));
  queue.enqueue(task("large"), memory(1024), kStart);
  queue.enqueue(task("small"), memory(64), kStart);
  CHECK(queue.admit(kStart + 59'999ms) == Tasks{task("small")});

  queue.enqueue(task("late"), memory(64), kStart + 60s);
  CHECK(queue.admit(kStart + 60s).empty());
  CHECK(queue.waits_for(task("late")) ==
        "would put off task large, which has waited longer; "
        "behind 1 task");
  queue.release(task("running"));
  queue.release(task("small"));
  CHECK(queue.admit(kStart + 61s) == Tasks{task("large")});
}

TEST_CASE("what does not put the head off passes it at any time", "[unit][core]") {
  AdmissionQueue queue(host(), 0s);
  queue.hold(task("running"), {.cpu_units = 1024, .memory_mib = 512, .tcp_ports = {8080}});
  SECTION("it takes nothing of what the head lacks") {
    queue.enqueue(task("head"), {.cpu_units = 512, .memory_mib = 1024}, kStart);
    queue.enqueue(task("takes memory"), {.cpu_units = 128, .memory_mib = 1}, kStart);
    queue.enqueue(task("leaves too little"), cpu(513), kStart);
    queue.enqueue(task("leaves just enough"), cpu(512), kStart);
    CHECK(queue.admit(kStart) == Tasks{task("leaves just enough")});
  }
  SECTION("nor a port that the head is to have") {
    queue.enqueue(task("head"), {.tcp_ports = {8080, 8081}}, kStart);
    queue.enqueue(task("same"), {.tcp_ports = {8081}}, kStart);
    queue.enqueue(task("other protocol"), {.udp_ports = {8081}}, kStart);
    queue.enqueue(task("other"), {.memory_mib = 512, .tcp_ports = {8082}}, kStart);
    CHECK(queue.admit(kStart) == Tasks{task("other protocol"), task("other")});
  }
  SECTION("nor a GPU") {
    queue.enqueue(task("head"), {.tcp_ports = {8080}, .gpus = {"gpu-0"}}, kStart);
    queue.enqueue(task("same"), {.gpus = {"gpu-0"}}, kStart);
    queue.enqueue(task("other"), {.gpus = {"gpu-1"}}, kStart);
    CHECK(queue.admit(kStart) == Tasks{task("other")});
  }
  SECTION("several that are harmless alone are not so together") {
    queue.enqueue(task("head"), {.cpu_units = 512, .memory_mib = 1024}, kStart);
    queue.enqueue(task("first"), cpu(300), kStart);
    queue.enqueue(task("second"), cpu(300), kStart);
    CHECK(queue.admit(kStart) == Tasks{task("first")});
  }
}

TEST_CASE("a task that can never start holds nobody up and says why", "[unit][core]") {
  AdmissionQueue queue(host(), 0s);
  queue.enqueue(task("cpu"), cpu(2049), kStart);
  queue.enqueue(task("memory"), memory(1025), kStart);
  queue.enqueue(task("tcp"), {.tcp_ports = {22}}, kStart);
  queue.enqueue(task("udp"), {.udp_ports = {53}}, kStart);
  queue.enqueue(task("gpu"), {.gpus = {"gpu-9"}}, kStart);
  queue.enqueue(task("fits"), {.cpu_units = 2048, .memory_mib = 1024}, kStart);
  CHECK(queue.admit(kStart) == Tasks{task("fits")});
  CHECK(queue.waiting() == 5);
  CHECK(queue.waits_for(task("cpu")) ==
        "can never start here: needs 2049 CPU units, this host has 2048 for tasks");
  CHECK(queue.waits_for(task("memory")) ==
        "can never start here: needs 1025 MiB of memory, this host has 1024 MiB for tasks");
  CHECK(queue.waits_for(task("tcp")) ==
        "can never start here: host port 22/tcp is reserved on this host");
  CHECK(queue.waits_for(task("udp")) ==
        "can never start here: host port 53/udp is reserved on this host");
  CHECK(queue.waits_for(task("gpu")) ==
        "can never start here: needs GPU gpu-9, this host has none of that id");
  queue.release(task("tcp"));
  CHECK(queue.waits_for(task("tcp")) == std::nullopt);
}

TEST_CASE("what a task waits for is told to people", "[unit][core]") {
  AdmissionQueue queue(host(), 60s);
  queue.hold(task("running"),
             {.cpu_units = 1024, .memory_mib = 768, .tcp_ports = {8080}, .gpus = {"gpu-0"}});
  CHECK(queue.waits_for(task("running")) == std::nullopt);
  CHECK(queue.waits_for(task("unheard of")) == std::nullopt);
  queue.enqueue(task("a"), memory(512), kStart);
  queue.enqueue(task("b"), {.cpu_units = 2000, .tcp_ports = {8080}}, kStart);
  queue.enqueue(task("c"), {.gpus = {"gpu-0"}}, kStart);
  CHECK(queue.admit(kStart).empty());
  CHECK(queue.waits_for(task("a")) == "needs 512 MiB of memory, 256 MiB are free");
  CHECK(queue.waits_for(task("b")) ==
        "needs 2000 CPU units, 1024 are free; host port 8080/tcp is held by task running; "
        "behind 1 task");
  CHECK(queue.waits_for(task("c")) == "GPU gpu-0 is held by task running; behind 2 tasks");
  queue.release(task("a"));
  CHECK(queue.waits_for(task("c")) == "GPU gpu-0 is held by task running; behind 1 task");
  queue.release(task("running"));
  CHECK(queue.waits_for(task("c")) == "begins with the next look at the host; behind 1 task");
}

TEST_CASE("what was admitted before a restart counts even beyond the host", "[unit][core]") {
  AdmissionQueue queue(host(), 60s);
  for (const char* id : {"a", "b"}) {
    queue.hold(task(id), {.cpu_units = 2048, .memory_mib = 1024, .tcp_ports = {22, 80}});
  }
  CHECK(queue.used() == ResourceNeed{.cpu_units = 4096, .memory_mib = 2048, .tcp_ports = {22, 80}});
  queue.enqueue(task("next"), {.tcp_ports = {80}}, kStart);
  queue.enqueue(task("last"), cpu(1), kStart);
  queue.enqueue(task("needs nothing"), {}, kStart);
  CHECK(queue.admit(kStart) == Tasks{task("needs nothing")});
  CHECK(queue.waits_for(task("next")) == "host port 80/tcp is held by task a");
  CHECK(queue.waits_for(task("last")) == "needs 1 CPU units, 0 are free; behind 1 task");
  queue.release(task("a"));
  CHECK(queue.admit(kStart).empty());
  CHECK(queue.waits_for(task("next")) == "host port 80/tcp is held by task b");
  queue.release(task("b"));
  CHECK(queue.admit(kStart) == Tasks{task("next"), task("last")});
}

TEST_CASE("holding, entering and leaving are safe to repeat", "[unit][core]") {
  AdmissionQueue queue(host(), 60s);
  queue.hold(task("a"), memory(600));
  queue.hold(task("a"), memory(300));
  queue.enqueue(task("a"), memory(300), kStart);
  CHECK(queue.used() == memory(600));
  queue.enqueue(task("b"), memory(600), kStart);
  queue.enqueue(task("b"), memory(1), kStart);
  CHECK(queue.admit(kStart).empty());
  CHECK(queue.holders() == Tasks{task("a")});
  for (int i = 0; i < 2; ++i) queue.release(task("a"));
  CHECK(queue.used() == ResourceNeed{});
  CHECK(queue.admit(kStart) == Tasks{task("b")});
  CHECK(queue.admit(kStart).empty());
  queue.release(task("b"));
  CHECK(queue.holders().empty());
}

TEST_CASE("a waiting task that leaves frees nothing and makes way", "[unit][core]") {
  AdmissionQueue queue(host(), 0s);
  queue.hold(task("running"), memory(512));
  queue.enqueue(task("head"), memory(1024), kStart);
  queue.enqueue(task("next"), memory(512), kStart);
  CHECK(queue.admit(kStart).empty());
  queue.release(task("head"));
  CHECK(queue.used() == memory(512));
  CHECK(queue.admit(kStart) == Tasks{task("next")});
}

TEST_CASE("a waiting task that turns out to run leaves the line", "[unit][core]") {
  AdmissionQueue queue(host(), 0s);
  queue.hold(task("running"), memory(512));
  queue.enqueue(task("head"), {.cpu_units = 2048, .memory_mib = 1024}, kStart);
  queue.enqueue(task("next"), cpu(100), kStart);
  CHECK(queue.admit(kStart).empty());
  queue.hold(task("head"), memory(1024));
  CHECK(queue.waits_for(task("head")) == std::nullopt);
  CHECK(queue.used() == memory(1536));
  CHECK(queue.admit(kStart) == Tasks{task("next")});
}

TEST_CASE("sums over tasks of any size do not overflow", "[unit][core]") {
  constexpr auto kHuge = std::numeric_limits<std::int64_t>::max();
  AdmissionQueue queue(host(), 60s);
  for (int i = 0; i < 1'000; ++i) {
    queue.hold(task(std::to_string(i)), {.cpu_units = kHuge, .memory_mib = kHuge});
  }
  queue.enqueue(task("negative"), memory(-1'000), kStart);
  CHECK(queue.admit(kStart) == Tasks{task("negative")});
  queue.enqueue(task("next"), memory(1), kStart);
  CHECK(queue.admit(kStart).empty());
  for (int i = 0; i < 1'000; ++i) queue.release(task(std::to_string(i)));
  CHECK(queue.used() == ResourceNeed{});
  CHECK(queue.admit(kStart) == Tasks{task("next")});
}

TEST_CASE("a line of 10,000 tasks is worked off in order", "[unit][core]") {
  constexpr std::size_t kTasks = 10'000;
  AdmissionQueue queue(host(), 60s);
  queue.hold(task("running"), memory(1'024));
  for (std::size_t i = 0; i < kTasks; ++i) {
    queue.enqueue(task(std::to_string(i)), memory(16), kStart);
    REQUIRE(queue.admit(kStart).empty());
  }
  CHECK(queue.waits_for(task("9999")) ==
        "needs 16 MiB of memory, 0 MiB are free; behind 9999 tasks");
  queue.release(task("running"));
  std::size_t next = 0;
  while (next < kTasks) {
    const Tasks admitted = queue.admit(kStart);
    REQUIRE(admitted.size() == std::min<std::size_t>(64, kTasks - next));
    for (const TaskArn& one : admitted) {
      REQUIRE(one == task(std::to_string(next++)));
      queue.release(one);
    }
  }
  CHECK(queue.waiting() == 0);
  CHECK(queue.used() == ResourceNeed{});
}
