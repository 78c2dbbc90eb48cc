#include "metrics/sample_queue.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <vector>

using namespace longshore;
using namespace longshore::metrics;
using namespace std::chrono_literals;

namespace {

ContainerSample at(std::chrono::nanoseconds time, std::uint64_t cpu_ns = 0) {
  return {.time = SteadyTime{} + time, .cpu_ns = cpu_ns};
}

ContainerSample with_network(std::chrono::nanoseconds time, std::uint64_t rx, std::uint64_t tx) {
  ContainerSample sample = at(time);
  sample.network = NetworkCounters{.rx_bytes = rx, .tx_bytes = tx};
  return sample;
}

SampleQueue with_restarts(const std::vector<std::uint64_t>& counts) {
  SampleQueue queue(1);
  auto time = 0s;
  for (const auto count : counts) queue.add(at(time += 1s), count);
  return queue;
}

}  // namespace

TEST_CASE("CPU is a percentage of the whole host", "[unit][metrics]") {
  SampleQueue queue(4);
  queue.add(at(0s), {});
  queue.add(at(1s, 500'000'000), {});
  const auto stats = queue.stats();
  REQUIRE(stats);
  CHECK(stats->cpu_percent ==
        DoubleStats{.min = 12.5, .max = 12.5, .sum = 12.5, .sample_count = 1});
}

TEST_CASE("a duplicate time takes over the rates of the sample before", "[unit][metrics]") {
  SECTION("of which the first has none") {
    SampleQueue queue(1);
    queue.add(at(-1000us, 0), {});
    queue.add(at(-1000us, 10'000'000), {});
    queue.add(at(0us, 20'000'000), {});
    const auto stats = queue.stats();
    REQUIRE(stats);
    CHECK(stats->cpu_percent.sample_count == 1);
    CHECK(stats->cpu_percent.max == Approx(1000));
    CHECK(stats->memory_mib.sample_count == 3);
  }
  SECTION("of which a later one has some") {
    SampleQueue queue(1);
    queue.add(with_network(0s, 0, 0), {});
    ContainerSample second = with_network(1s, 100, 50);
    second.cpu_ns = 100'000'000;
    queue.add(second, {});
    queue.add(second, {});
    const auto stats = queue.stats();
    REQUIRE(stats);
    CHECK(stats->cpu_percent.sample_count == 2);
    CHECK(stats->cpu_percent.min == Approx(10));
    REQUIRE(stats->network);
    CHECK(stats->network->rx_bytes_per_second ==
          DoubleStats{.min = 100, .max = 100, .sum = 200, .sample_count = 2});
  }
}

TEST_CASE("a counter that went backwards gives no rate, and the next one does", "[unit][metrics]") {
  SampleQueue queue(1);
  queue.add(at(0s, 1'000'000'000), {});
  queue.add(at(1s, 5), {});
  CHECK_FALSE(queue.stats());
  queue.add(at(2s, 250'000'005), {});
  const auto stats = queue.stats();
  REQUIRE(stats);
  CHECK(stats->cpu_percent.sample_count == 1);
  CHECK(stats->cpu_percent.max == Approx(25));
  CHECK(stats->memory_mib.sample_count == 3);

  SampleQueue network(1);
  network.add(with_network(0s, 10, 10), {});
  network.add(with_network(1s, 9, 20), {});
  network.add(with_network(2s, 20, 19), {});
  REQUIRE(network.stats());
  CHECK_FALSE(network.stats()->network);
}

TEST_CASE("memory is whole mebibytes, rounded down", "[unit][metrics]") {
  SampleQueue queue(1);
  ContainerSample sample = at(0s);
  sample.memory_bytes = 7'377'772'544;
  queue.add(sample, {});
  sample.time += 1s;
  sample.memory_bytes = 1'048'575;
  queue.add(sample, {});
  const auto stats = queue.stats();
  REQUIRE(stats);
  CHECK(stats->memory_mib == DoubleStats{.min = 0, .max = 7035, .sum = 7035, .sample_count = 2});
}

TEST_CASE("storage and network counters are sent as they stand, only rates are per second",
          "[unit][metrics]") {
  SampleQueue queue(2);
  for (std::uint64_t i = 1; i <= 3; ++i) {
    ContainerSample sample = at(2s * i);
    sample.read_bytes = 100 * i;
    sample.write_bytes = 10 * i;
    sample.network = NetworkCounters{1000 * i, i, 2 * i, 3 * i, 500 * i, 4 * i, 5 * i, 6 * i};
    queue.add(sample, {});
  }
  const auto stats = queue.stats();
  REQUIRE(stats);
  const auto counted = [](std::uint64_t step) {
    return CounterStats{.min = step, .max = 3 * step, .sum = 6 * step, .sample_count = 3};
  };
  CHECK(stats->read_bytes == counted(100));
  CHECK(stats->write_bytes == counted(10));
  REQUIRE(stats->network);
  CHECK(stats->network->rx_bytes == counted(1000));
  CHECK(stats->network->rx_packets == counted(1));
  CHECK(stats->network->rx_errors == counted(2));
  CHECK(stats->network->rx_dropped == counted(3));
  CHECK(stats->network->tx_bytes == counted(500));
  CHECK(stats->network->tx_packets == counted(4));
  CHECK(stats->network->tx_errors == counted(5));
  CHECK(stats->network->tx_dropped == counted(6));
  CHECK(stats->network->rx_bytes_per_second ==
        DoubleStats{.min = 500, .max = 500, .sum = 1000, .sample_count = 2});
  CHECK(stats->network->tx_bytes_per_second ==
        DoubleStats{.min = 250, .max = 250, .sum = 500, .sample_count = 2});
}

TEST_CASE("a container without a network of its own has no network set", "[unit][metrics]") {
  SampleQueue queue(1);
  queue.add(at(0s), {});
  queue.add(at(1s), {});
  REQUIRE(queue.stats());
  CHECK_FALSE(queue.stats()->network);
}

TEST_CASE("two samples are the least that has statistics", "[unit][metrics]") {
  SampleQueue queue(1);
  CHECK_FALSE(queue.stats());
  queue.add(at(0s), {});
  CHECK_FALSE(queue.stats());
  queue.add(at(1s), {});
  CHECK(queue.stats());
}

TEST_CASE("each sample is collected once, and the last one still serves the next rate",
          "[unit][metrics]") {
  SampleQueue queue(1);
  queue.add(at(0s, 0), {});
  queue.add(at(1s, 100'000'000), {});
  queue.mark_collected();
  CHECK_FALSE(queue.stats());
  queue.mark_collected();
  queue.add(at(2s, 400'000'000), {});
  const auto stats = queue.stats();
  REQUIRE(stats);
  CHECK(stats->cpu_percent.sample_count == 1);
  CHECK(stats->cpu_percent.max == Approx(30));
  CHECK(stats->memory_mib.sample_count == 1);
}

TEST_CASE("when the queue is full the oldest sample goes", "[unit][metrics]") {
  SampleQueue queue(1);
  for (std::uint64_t i = 0; i < SampleQueue::kCapacity + 5; ++i) {
    ContainerSample sample = at(1s * static_cast<std::int64_t>(i));
    sample.read_bytes = i;
    queue.add(sample, {});
  }
  const auto stats = queue.stats();
  REQUIRE(stats);
  CHECK(stats->read_bytes.sample_count == 80);
  CHECK(stats->read_bytes.min == 5);
  CHECK(stats->read_bytes.max == 84);
  CHECK(stats->cpu_percent.sample_count == 80);
}

TEST_CASE("restarts are counted since the last collection", "[unit][metrics]") {
  SECTION("all of them when nothing was collected") {
    CHECK(with_restarts({0, 1, 3, 3, 4, 5}).stats()->restarts == 5U);
  }
  SECTION("against the last sample that was collected") {
    SampleQueue queue = with_restarts({0, 1, 3});
    queue.mark_collected();
    auto time = 10s;
    for (const std::uint64_t count : {4U, 5U, 7U}) queue.add(at(time += 1s), count);
    CHECK(queue.stats()->restarts == 4U);
  }
  SECTION("none is zero, not absent") { CHECK(with_restarts({2, 2}).stats()->restarts == 0U); }
  SECTION("a count that fell is no answer") {
    CHECK_FALSE(with_restarts({2, 1}).stats()->restarts);
  }
  SECTION("a container without a restart policy has none") {
    SampleQueue queue(1);
    queue.add(at(0s), {});
    queue.add(at(1s), {});
    CHECK_FALSE(queue.stats()->restarts);
  }
}

TEST_CASE("the newest sample is known before and after a collection", "[unit][metrics]") {
  SampleQueue queue(1);
  CHECK(queue.newest() == nullptr);
  queue.add(at(1s, 5), {});
  REQUIRE(queue.newest() != nullptr);
  CHECK(queue.newest()->cpu_ns == 5);
  queue.mark_collected();
  REQUIRE(queue.newest() != nullptr);
  CHECK(queue.newest()->cpu_ns == 5);
}
