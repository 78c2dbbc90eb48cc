#include "metrics/container_reader.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <string>

#include "metrics/collector.hpp"
#include "runtime/cgroup_mounts.hpp"

using namespace longshore;
using namespace longshore::metrics;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t kMib = 1U << 20U;

runtime::CgroupMounts host_mounts() {
  std::ifstream file("/proc/self/mountinfo");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto mounts = runtime::parse_cgroup_mounts(text);
  REQUIRE(mounts);
  return *mounts;
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  INFO(path);
  REQUIRE(file.good());
}

/// A cgroup of this test's own in every hierarchy the reader uses; works on v1 and on v2.
class TestCgroup {
 public:
  explicit TestCgroup(const runtime::CgroupMounts& mounts)
      : id_(fmt::format("longshore-test-{}", getpid())) {
    if (mounts.version() == 2) {
      write_file(mounts.path_for("memory") + "/cgroup.subtree_control", "+cpu +memory +io");
    }
    for (const char* controller : {"cpuacct", "memory", "blkio"}) {
      const std::string mount = mounts.path_for(controller);
      if (!mount.empty()) directories_.insert(mount + "/" + id_);
    }
    for (const std::string& directory : directories_) {
      INFO(directory);
      REQUIRE(::mkdir(directory.c_str(), 0755) == 0);
    }
  }
  ~TestCgroup() { remove(); }
  TestCgroup(const TestCgroup&) = delete;
  TestCgroup& operator=(const TestCgroup&) = delete;

  void add(pid_t pid) const {
    for (const std::string& directory : directories_) {
      write_file(directory + "/cgroup.procs", std::to_string(pid));
    }
  }
  void remove() {
    for (const std::string& directory : std::exchange(directories_, {})) {
      ::rmdir(directory.c_str());
    }
  }
  ContainerId id() const { return ContainerId{id_}; }

 private:
  std::string id_;
  std::set<std::string> directories_{};
};

/// A process that does what the bytes written to it say: 'm' takes 64 MiB of memory, 'c' uses
/// 300 ms of CPU. It answers each with one byte.
class Worker {
 public:
  Worker() {
    int to[2];
    int from[2];
    REQUIRE(::pipe(to) == 0);
    REQUIRE(::pipe(from) == 0);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(to[1]);
      ::close(from[0]);
      work(to[0], from[1]);
    }
    ::close(to[0]);
    ::close(from[1]);
    commands_ = to[1];
    answers_ = from[0];
  }
  ~Worker() {
    end();
    ::close(commands_);
    ::close(answers_);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  pid_t pid() const { return pid_; }
  void tell(char command) const {
    char answer = 0;
    REQUIRE(::write(commands_, &command, 1) == 1);
    REQUIRE(::read(answers_, &answer, 1) == 1);
  }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, 0), nullptr, 0);
  }

 private:
  [[noreturn]] static void work(int commands, int answers) {
    char command = 0;
    while (::read(commands, &command, 1) == 1) {
      if (command == 'm') {
        void* memory =
            ::mmap(nullptr, 64 * kMib, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory != MAP_FAILED) std::memset(memory, 1, 64 * kMib);
      } else {
        const auto cpu_time = [] {
          timespec used{};
          ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
          return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
        };
        const auto end = cpu_time() + 300ms;
        while (cpu_time() < end) {
        }
      }
      if (::write(answers, &command, 1) != 1) break;
    }
    ::_exit(0);
  }

  pid_t pid_ = 0;
  int commands_ = -1;
  int answers_ = -1;
};

std::size_t open_descriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

}  // namespace

TEST_CASE("the reader's numbers are what the process used", "[integration][metrics]") {
  const auto mounts = host_mounts();
  TestCgroup cgroup(mounts);
  Worker worker;
  cgroup.add(worker.pid());
  const auto reader = ContainerReader::open("/proc", worker.pid(), true, cgroup.id(), mounts);
  if (!reader) FAIL(reader.error().message);
  const auto before = reader->read(SteadyTime{});
  if (!before) FAIL(before.error().message);

  worker.tell('m');
  const auto with_memory = reader->read(SteadyTime{});
  REQUIRE(with_memory);
  CHECK(with_memory->memory_bytes >= before->memory_bytes + 60 * kMib);
  CHECK(with_memory->memory_bytes <= before->memory_bytes + 80 * kMib);

  worker.tell('c');
  const auto with_cpu = reader->read(SteadyTime{});
  REQUIRE(with_cpu);
  const auto used = std::chrono::nanoseconds(with_cpu->cpu_ns - with_memory->cpu_ns);
  CHECK(used >= 290ms);
  CHECK(used <= 600ms);
  CHECK(with_cpu->network.has_value());
}

TEST_CASE("a container that is gone is not found", "[integration][metrics]") {
  const auto mounts = host_mounts();
  TestCgroup cgroup(mounts);
  Worker worker;
  cgroup.add(worker.pid());
  const auto reader = ContainerReader::open("/proc", worker.pid(), false, cgroup.id(), mounts);
  REQUIRE(reader);
  const pid_t pid = worker.pid();
  worker.end();
  cgroup.remove();
  const auto read = reader->read(SteadyTime{});
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::NotFound);
  const auto opened = ContainerReader::open("/proc", pid, false, cgroup.id(), mounts);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == ErrorCode::NotFound);
}

TEST_CASE("a process that ended while its cgroup stays has no network numbers",
          "[integration][metrics]") {
  const auto mounts = host_mounts();
  TestCgroup cgroup(mounts);
  Worker worker;
  cgroup.add(worker.pid());
  const auto reader = ContainerReader::open("/proc", worker.pid(), true, cgroup.id(), mounts);
  REQUIRE(reader);
  REQUIRE(reader->read(SteadyTime{}));
  worker.end();
  const auto read = reader->read(SteadyTime{});
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::NotFound);
}

TEST_CASE("a thousand containers come and go without leaving a descriptor",
          "[integration][metrics]") {
  const auto mounts = host_mounts();
  TestCgroup cgroup(mounts);
  Worker worker;
  cgroup.add(worker.pid());
  SystemClock clock;
  Collector collector(clock, mounts);
  const std::size_t before = open_descriptors();
  const auto watched = [&](int number) {
    return WatchedContainer{.id = ContainerId{fmt::format("{}", number)},
                            .task = {.arn = TaskArn{"arn:task"}},
                            .name = ContainerName{"web"},
                            .pid = worker.pid(),
                            .network_mode = "bridge"};
  };
  for (int i = 0; i < 1000; ++i) {
    collector.add(watched(i));
    CHECK(open_descriptors() <= before + 5);
    collector.remove(watched(i).id);
  }
  CHECK(open_descriptors() == before);

  for (int i = 0; i < 100; ++i) collector.add(watched(i));
  CHECK(open_descriptors() <= before + 500);
  worker.end();
  cgroup.remove();
  collector.sample();
  CHECK(open_descriptors() == before);
}
