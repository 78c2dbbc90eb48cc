#pragma once

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "runtime/cgroup/exit_watch.hpp"

namespace longshore::testing {

/// A child of this program that lives until it is ended.
class Process {
 public:
  Process() : pid_(::fork()) {
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      while (true) ::pause();
    }
  }
  ~Process() { end(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  int pid() const { return pid_; }
  void kill() const { ::kill(pid_, SIGKILL); }
  void end() {
    if (std::exchange(ended_, true)) return;
    kill();
    ::waitpid(pid_, nullptr, 0);
  }

 private:
  pid_t pid_;
  bool ended_ = false;
};

/// Real processes, and plain files for what the kernel says of their groups.
struct WatchedHost {
  explicit WatchedHost(int cgroup_version = 1) : version(cgroup_version) {}
  ~WatchedHost() { std::filesystem::remove_all(root); }

  runtime::CgroupMounts mounts() const {
    if (version == 2)
      return runtime::CgroupMounts({{.version = 2, .mount_point = (root / "cg").string()}});
    return runtime::CgroupMounts({{.version = 1,
                                   .mount_point = (root / "cg").string(),
                                   .controllers = {"memory", "cpuacct"}}});
  }
  void place(int pid, const std::string& id) const {
    const char* line = version == 2 ? "0::/ecs/t/{}\n" : "4:cpuacct,memory:/ecs/t/{}\n0::/\n";
    write(root / "proc" / std::to_string(pid) / "cgroup", fmt::format(fmt::runtime(line), id));
  }
  void count_kills(const std::string& id, int kills) const {
    const std::filesystem::path group = root / "cg/ecs/t" / id;
    if (version == 2) {
      write(group / "memory.events", fmt::format("low 0\nmax 7\noom 9\noom_kill {}\n", kills));
    } else {
      write(group / "memory.oom_control",
            fmt::format("oom_kill_disable 0\nunder_oom 0\noom_kill {}\n", kills));
    }
  }
  Status watch(const std::string& id, int pid) {
    return exits.watch(ContainerId{id}, pid,
                       [this](runtime::cgroup::ContainerExit e) { heard.push_back(e); });
  }
  /// Lets the loop run until something was heard, at most 10 s.
  bool hears() {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    io.restart();
    while (heard.empty() && io.run_one_until(limit) > 0) {
    }
    return !heard.empty();
  }
  void poll() {
    io.restart();
    io.poll();
  }

  static std::filesystem::path make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "longshore-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    return name;
  }
  static void write(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::trunc) << text;
  }

  int version;
  std::filesystem::path root = make_folder();
  boost::asio::io_context io{};
  std::vector<runtime::cgroup::ContainerExit> heard{};
  runtime::cgroup::ExitWatch exits{io.get_executor(), mounts(), (root / "proc").string(), 2};
};

}  // namespace longshore::testing
