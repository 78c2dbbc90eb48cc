#pragma once

#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "runtime/cgroup/exit_watch.hpp"

namespace longshore::testing {

/// A child of this program that lives until it is ended, or ends with 7 at SIGUSR1.
class Process {
 public:
  Process() {
    // Held back until the child is ready for it.
    sigset_t held{};
    sigset_t before{};
    ::sigaddset(&held, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &held, &before);
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("fork");
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::signal(SIGUSR1, [](int) { ::_exit(7); });
      ::sigprocmask(SIG_SETMASK, &before, nullptr);
      while (true) ::pause();
    }
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
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
  pid_t pid_ = -1;
  bool ended_ = false;
};

/// `code` where the kernel tells exit codes, which it does from Linux 6.15 on.
inline std::optional<int> if_told(int code) {
  utsname kernel{};
  ::uname(&kernel);
  int major_number = 0;
  int minor_number = 0;
  char dot = 0;
  std::istringstream(kernel.release) >> major_number >> dot >> minor_number;
  return std::pair(major_number, minor_number) >= std::pair(6, 15) ? std::optional(code)
                                                                   : std::nullopt;
}

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
