#include "runtime/cgroup/limit_files.hpp"

#include <rapidcheck.h>

#include <catch2/catch.hpp>
#include <string>

namespace longshore::runtime::cgroup {
namespace {

using Files = std::vector<LimitFile>;

std::string value_of(const Files& files, std::string_view file) {
  for (const LimitFile& f : files) {
    if (f.file == file) return f.value;
  }
  return {};
}

TEST_CASE("a task without limits gets its shares and nothing else", "[unit][cgroup]") {
  CHECK(limit_files({}, 1) == Files{{"cpu", "cpu.shares", "2"}});
  CHECK(limit_files({}, 2) == Files{{"cpu", "cpu.weight", "1"}});
}

TEST_CASE("a task's limits in v1 files, in an order the kernel accepts", "[unit][cgroup]") {
  const TaskLimits limits{.cpu_vcpus = 0.5, .memory_bytes = 64 << 20, .pids = 100};
  CHECK(limit_files(limits, 1) == Files{{"cpu", "cpu.cfs_period_us", "100000"},
                                        {"cpu", "cpu.cfs_quota_us", "50000"},
                                        {"memory", "memory.use_hierarchy", "1"},
                                        {"memory", "memory.limit_in_bytes", "67108864"},
                                        {"pids", "pids.max", "100"}});
}

TEST_CASE("a task's limits in v2 files", "[unit][cgroup]") {
  const TaskLimits limits{.cpu_vcpus = 0.5, .memory_bytes = 64 << 20, .pids = 100};
  CHECK(limit_files(limits, 2) == Files{{"cpu", "cpu.max", "50000 100000"},
                                        {"memory", "memory.max", "67108864"},
                                        {"pids", "pids.max", "100"}});
}

TEST_CASE("the quota follows the period", "[unit][cgroup]") {
  const TaskLimits limits{.cpu_vcpus = 1.5, .cpu_period = std::chrono::milliseconds{8}};
  CHECK(value_of(limit_files(limits, 1), "cpu.cfs_period_us") == "8000");
  CHECK(value_of(limit_files(limits, 1), "cpu.cfs_quota_us") == "12000");
  CHECK(value_of(limit_files(limits, 2), "cpu.max") == "12000 8000");
}

TEST_CASE("a v2 quota is rounded up to 10 ms a second", "[unit][cgroup]") {
  const auto max_of = [](double vcpus) {
    return value_of(limit_files({.cpu_vcpus = vcpus}, 2), "cpu.max");
  };
  CHECK(max_of(0.251) == "26000 100000");
  CHECK(max_of(0.25) == "25000 100000");
  CHECK(max_of(0.001) == "1000 100000");
}

TEST_CASE("a part of a microsecond is cut off", "[unit][cgroup]") {
  CHECK(value_of(limit_files({.cpu_vcpus = 0.29296875}, 1), "cpu.cfs_quota_us") == "29296");
  CHECK(value_of(limit_files({.cpu_vcpus = 0.5859375}, 1), "cpu.cfs_quota_us") == "58593");
  // Before it is rounded up, too: 0.30000976 of a second is no more than 30 %.
  CHECK(value_of(limit_files({.cpu_vcpus = 0.30000976}, 2), "cpu.max") == "30000 100000");
}

TEST_CASE("binary fractions do not cost a microsecond", "[unit][cgroup]") {
  for (int percent = 1; percent < 1000; ++percent) {
    const std::string quota = std::to_string(percent * 1000);
    CHECK(value_of(limit_files({.cpu_vcpus = percent / 100.0}, 1), "cpu.cfs_quota_us") == quota);
    CHECK(value_of(limit_files({.cpu_vcpus = percent / 100.0}, 2), "cpu.max") == quota + " 100000");
  }
  CHECK(value_of(limit_files({.cpu_vcpus = 0.29}, 1), "cpu.cfs_quota_us") == "29000");
  CHECK(value_of(limit_files({.cpu_vcpus = 0.29}, 2), "cpu.max") == "29000 100000");
}

TEST_CASE("shares are kept within what the kernel takes", "[unit][cgroup]") {
  const auto shares = [](std::int64_t wanted) {
    return value_of(limit_files({.cpu_shares = wanted}, 1), "cpu.shares");
  };
  CHECK(shares(0) == "2");
  CHECK(shares(-1) == "2");
  CHECK(shares(1024) == "1024");
  CHECK(shares(262'145) == "262144");
}

TEST_CASE("weights are shares on another scale", "[unit][cgroup]") {
  const auto weight = [](std::int64_t shares) {
    return value_of(limit_files({.cpu_shares = shares}, 2), "cpu.weight");
  };
  CHECK(weight(2) == "1");
  CHECK(weight(1024) == "39");
  CHECK(weight(262'144) == "10000");
}

TEST_CASE("no limit overflows, however large", "[unit][cgroup]") {
  CHECK(value_of(limit_files({.cpu_vcpus = 1e300}, 1), "cpu.cfs_quota_us") == "1000000000000000");
  CHECK_FALSE(value_of(limit_files({.cpu_vcpus = 1e300}, 2), "cpu.max").starts_with('-'));
}

TEST_CASE("a v2 quota never gives less than was asked, nor 10 ms a second more", "[unit][cgroup]") {
  CHECK(rc::check([] {
    const double vcpus = *rc::gen::inRange(1, 64'000) / 1000.0;
    const std::string text = value_of(limit_files({.cpu_vcpus = vcpus}, 2), "cpu.max");
    const double given = std::stod(text) / 100'000;
    RC_ASSERT(given >= vcpus - 1e-9);
    RC_ASSERT(given < vcpus + 0.01);
  }));
}

TEST_CASE("more shares never weigh less", "[unit][cgroup]") {
  CHECK(rc::check([] {
    const auto few = *rc::gen::inRange<std::int64_t>(0, 300'000);
    const auto more = few + *rc::gen::inRange<std::int64_t>(0, 1000);
    const auto weight = [](std::int64_t shares) {
      return std::stoll(value_of(limit_files({.cpu_shares = shares}, 2), "cpu.weight"));
    };
    RC_ASSERT(weight(few) <= weight(more));
    RC_ASSERT(weight(more) <= 10'000);
    RC_ASSERT(weight(few) >= 1);
  }));
}

}  // namespace
}  // namespace longshore::runtime::cgroup
