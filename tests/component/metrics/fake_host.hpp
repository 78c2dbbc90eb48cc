#pragma once

#include <fmt/format.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "runtime/cgroup_mounts.hpp"

namespace longshore::testing {

/// What the kernel would say about one container.
struct FakeUsage {
  std::uint64_t cpu_ns = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t cache_bytes = 0;
  std::uint64_t read_bytes = 0;
  std::uint64_t write_bytes = 0;
  std::uint64_t rx_bytes = 0;
  std::uint64_t tx_bytes = 0;
};

/// A /proc and cgroup hierarchies of plain files, in a directory that goes with this object.
class FakeHost {
 public:
  explicit FakeHost(int cgroup_version) : version_(cgroup_version) {
    std::string name = (std::filesystem::temp_directory_path() / "longshore-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    root_ = name;
  }
  ~FakeHost() { std::filesystem::remove_all(root_); }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  std::string proc() const { return (root_ / "proc").string(); }

  runtime::CgroupMounts mounts() const {
    if (version_ == 2) {
      return runtime::CgroupMounts({{.version = 2, .mount_point = (root_ / "cg").string()}});
    }
    const auto one = [&](const char* name) {
      return runtime::CgroupHierarchy{
          .version = 1, .mount_point = (root_ / "cg" / name).string(), .controllers = {name}};
    };
    return runtime::CgroupMounts({one("cpuacct"), one("memory"), one("blkio")});
  }

  /// Starts or goes on with a process of the container `id`. Files keep their identity, as those
  /// of a living cgroup do.
  void set(int pid, const std::string& id, const FakeUsage& usage) const {
    const std::filesystem::path group = "docker/" + id;
    const std::filesystem::path process = root_ / "proc" / std::to_string(pid);
    write(process / "net/dev",
          fmt::format("Inter-| Receive | Transmit\n face |bytes\n    lo: 7 7 7 7 0 0 0 0 7 7 7 7 0 "
                      "0 0 0\n  eth0: {} 1 0 0 0 0 0 0 {} 2 0 0 0 0 0 0\n",
                      usage.rx_bytes, usage.tx_bytes));
    if (version_ == 2) {
      const auto directory = root_ / "cg" / group;
      write(process / "cgroup", fmt::format("0::/docker/{}\n", id));
      write(directory / "cpu.stat",
            fmt::format("usage_usec {}\nuser_usec 1\n", usage.cpu_ns / 1000));
      write(directory / "memory.current", fmt::format("{}\n", usage.memory_bytes));
      write(directory / "memory.stat",
            fmt::format("anon 5\ninactive_file {}\n", usage.cache_bytes));
      write(directory / "io.stat",
            fmt::format("8:0 rbytes={} wbytes={} rios=1\n", usage.read_bytes, usage.write_bytes));
      return;
    }
    write(process / "cgroup", fmt::format("3:blkio:/docker/{0}\n2:memory:/docker/{0}\n"
                                          "1:cpuacct:/docker/{0}\n0::/\n",
                                          id));
    write(root_ / "cg/cpuacct" / group / "cpuacct.usage", fmt::format("{}\n", usage.cpu_ns));
    write(root_ / "cg/memory" / group / "memory.usage_in_bytes",
          fmt::format("{}\n", usage.memory_bytes));
    write(root_ / "cg/memory" / group / "memory.stat",
          fmt::format("cache {}\n", usage.cache_bytes));
    write(root_ / "cg/blkio" / group / "blkio.throttle.io_service_bytes",
          fmt::format("8:0 Read {}\n8:0 Write {}\n8:0 Total 1\n", usage.read_bytes,
                      usage.write_bytes));
  }

  /// The process `pid` ends.
  void end(int pid) const { std::filesystem::remove_all(root_ / "proc" / std::to_string(pid)); }

  /// Makes the container's CPU accounting unreadable as a number.
  void damage(const std::string& id) const {
    write(root_ / "cg/cpuacct/docker" / id / "cpuacct.usage", "what?\n");
  }

 private:
  static void write(const std::filesystem::path& file, const std::string& text) {
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::trunc) << text;
  }

  int version_;
  std::filesystem::path root_{};
};

}  // namespace longshore::testing
