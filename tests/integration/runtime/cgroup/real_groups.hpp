#pragma once

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "agent/base/lane.hpp"
#include "agent/base/text.hpp"
#include "runtime/cgroup/cgroup_limiter.hpp"
#include "runtime/cgroup/group_removal.hpp"
#include "runtime/cgroup/group_tree.hpp"
#include "runtime/cgroup_mounts.hpp"
#include "tests/integration/runtime/docker/engine_under_test.hpp"

namespace longshore::runtime::cgroup {

namespace fs = std::filesystem;

/// A kernel file's text without its end; empty when there is none.
inline std::string read_file(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return std::string(trim(text.str()));
}

/// Task groups below a root of this run alone, in the kernel's own files.
struct RealGroups {
  RealGroups() {
    const auto info = engine.run(engine.docker.info());
    REQUIRE(info);
    // What follows is about the kernel; an engine with systemd has a test of its own.
    REQUIRE(info->cgroup_driver == "cgroupfs");
    settings = {.version = info->cgroup_version,
                .driver = info->cgroup_driver,
                .root = "/longshore-test-" + random_hex(4)};
    auto found = parse_cgroup_mounts(read_file("/proc/self/mountinfo"));
    REQUIRE(found);
    mounts = *found;
    limiter.emplace(lane, settings);
  }
  ~RealGroups() { remains.paths = everywhere(""); }
  RealGroups(const RealGroups&) = delete;
  RealGroups& operator=(const RealGroups&) = delete;

  /// A container of the task that runs `command`, started.
  ContainerId start(const std::string& task_id, const std::string& name,
                    std::vector<std::string> command, std::int64_t memory_bytes = 0) {
    auto spec = engine.spec(name, std::move(command));
    spec.cgroup_parent = limiter->cgroup_parent(task_id);
    spec.memory_bytes = memory_bytes;
    if (memory_bytes > 0) {
      spec.host_config_patch = fmt::format(R"({{"MemorySwap": {}}})", memory_bytes);
    }
    const auto id = engine.create(spec);
    REQUIRE(id);
    REQUIRE(run(engine.docker.start(*id, "")));
    return *id;
  }
  /// Processes in the container's own group and below it, in any hierarchy.
  std::set<int> processes(const std::string& task_id, const ContainerId& id) const {
    std::set<int> found;
    for (const auto& path : everywhere(task_id + "/" + id.str())) {
      const auto groups = groups_at(path);
      REQUIRE(groups);
      for (const auto& group : *groups) {
        const auto inside = processes_in(group);
        REQUIRE(inside);
        found.insert(inside->begin(), inside->end());
      }
    }
    return found;
  }
  /// Waits for what the kernel or the engine does meanwhile, at most 20 s.
  bool wait_until(const std::function<bool()>& done) {
    constexpr std::chrono::milliseconds kPause{1};
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (!done() && std::chrono::steady_clock::now() < limit) {
      engine.io.restart();
      engine.io.run_for(kPause);
      // A loop without work returns at once.
      if (engine.io.stopped()) std::this_thread::sleep_for(kPause);
    }
    return done();
  }

  template <typename T>
  T run(boost::asio::awaitable<T> call) {
    return engine.run(std::move(call));
  }
  /// Paths of a task's group that exist.
  std::vector<fs::path> everywhere(const std::string& task_id) const {
    std::vector<fs::path> paths;
    for (const auto& hierarchy : mounts.hierarchies()) {
      const fs::path path =
          hierarchy.mount_point + settings.root + (task_id.empty() ? std::string{} : "/" + task_id);
      if (fs::exists(path)) paths.push_back(path);
    }
    return paths;
  }
  std::string value(const std::string& controller, const std::string& v1_file,
                    const std::string& v2_file) const {
    return read_file(mounts.path_for(controller) + settings.root + "/task/" +
                     (settings.version == 2 ? v2_file : v1_file));
  }

  /// Goes after the engine has removed its containers, whose groups would be busy before.
  struct Remains {
    std::vector<fs::path> paths{};
    ~Remains() { (void)remove_groups(paths); }
  };
  Remains remains{};
  docker::EngineUnderTest engine;
  Lane lane{1};
  CgroupSettings settings{};
  CgroupMounts mounts{{}};
  std::optional<CgroupLimiter> limiter{};
};

}  // namespace longshore::runtime::cgroup
