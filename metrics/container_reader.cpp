#include "metrics/container_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <span>

#include "metrics/kernel_text.hpp"
#include "runtime/kernel_text.hpp"

namespace longshore::metrics {

using runtime::CgroupVersion;
using runtime::ContainerCgroup;
using runtime::find_container_cgroup;
using runtime::find_value;
using runtime::KernelFile;
using runtime::parse_number;

namespace {

/// Room for io.stat with some 500 devices; the other files need 4 KiB at most.
using Buffer = std::array<char, std::size_t{64} * 1024>;

Result<std::uint64_t> read_cpu_ns(CgroupVersion version, const KernelFile& file,
                                  std::span<char> buffer) {
  const auto text = file.read(buffer);
  if (!text) return fail("cpu", text.error());
  if (version == CgroupVersion::V1) {
    const auto nanoseconds = parse_number(*text);
    if (!nanoseconds) return fail(ErrorCode::InvalidInput, "cpuacct.usage is no number");
    return *nanoseconds;
  }
  const auto microseconds = find_value(*text, "usage_usec");
  if (!microseconds) return fail(ErrorCode::InvalidInput, "cpu.stat has no usage_usec");
  return *microseconds * 1000;
}

Result<std::uint64_t> read_memory(CgroupVersion version, const KernelFile& usage_file,
                                  const KernelFile& stat_file, std::span<char> buffer) {
  const auto usage_text = usage_file.read(buffer);
  if (!usage_text) return fail("memory", usage_text.error());
  const auto usage = parse_number(*usage_text);
  if (!usage) return fail(ErrorCode::InvalidInput, "the memory usage is no number");
  const auto stat = stat_file.read(buffer);
  if (!stat) return fail("memory.stat", stat.error());
  return memory_in_use(version, *usage, *stat);
}

Result<StorageCounters> read_storage(CgroupVersion version, const KernelFile& file,
                                     std::span<char> buffer) {
  if (!file.is_open()) return StorageCounters{};
  const auto text = file.read(buffer);
  if (!text) return fail("block I/O", text.error());
  return version == CgroupVersion::V1 ? parse_blkio_bytes(*text) : parse_io_stat(*text);
}

Result<NetworkCounters> read_network(const KernelFile& process, std::span<char> buffer) {
  const auto file = process.open_below("net/dev");
  if (!file) return fail(file.error());
  const auto text = file->read(buffer);
  if (!text) return fail("net/dev", text.error());
  return parse_net_dev(*text);
}

/// Hosts without the io controller account nothing: that is no error.
Result<KernelFile> open_storage(const ContainerCgroup& cgroup) {
  if (cgroup.io.empty()) return KernelFile{};
  // The first also counts groups below the container's; older kernels have only the second.
  const auto names = cgroup.version == CgroupVersion::V2
                         ? std::array{"io.stat", "io.stat"}
                         : std::array{"blkio.throttle.io_service_bytes_recursive",
                                      "blkio.throttle.io_service_bytes"};
  for (const char* name : names) {
    auto file = KernelFile::open(fmt::format("{}/{}", cgroup.io, name));
    if (file || file.error().code != ErrorCode::NotFound) return file;
  }
  return KernelFile{};
}

}  // namespace

Result<ContainerReader> ContainerReader::open(const std::string& proc, int pid, bool with_network,
                                              const ContainerId& id,
                                              const runtime::CgroupMounts& mounts) {
  ContainerReader reader;
  reader.with_network_ = with_network;
  auto process = KernelFile::open_directory(fmt::format("{}/{}", proc, pid));
  if (!process) return fail(process.error());
  reader.process_ = std::move(*process);

  Buffer buffer;
  const auto cgroup_file = reader.process_.open_below("cgroup");
  if (!cgroup_file) return fail(cgroup_file.error());
  const auto text = cgroup_file->read(buffer);
  if (!text) return fail("cgroup", text.error());
  const auto cgroup = find_container_cgroup(*text, id, mounts);
  if (!cgroup) return fail(cgroup.error());

  reader.version_ = cgroup->version;
  const bool v1 = cgroup->version == CgroupVersion::V1;
  auto cpu = KernelFile::open(cgroup->cpu + (v1 ? "/cpuacct.usage" : "/cpu.stat"));
  if (!cpu) return fail(cpu.error());
  auto memory =
      KernelFile::open(cgroup->memory + (v1 ? "/memory.usage_in_bytes" : "/memory.current"));
  if (!memory) return fail(memory.error());
  auto memory_stat = KernelFile::open(cgroup->memory + "/memory.stat");
  if (!memory_stat) return fail(memory_stat.error());
  auto io = open_storage(*cgroup);
  if (!io) return fail(io.error());
  reader.cpu_ = std::move(*cpu);
  reader.memory_ = std::move(*memory);
  reader.memory_stat_ = std::move(*memory_stat);
  reader.io_ = std::move(*io);
  return reader;
}

Result<ContainerSample> ContainerReader::read(SteadyTime now) const {
  Buffer buffer;
  const auto cpu_ns = read_cpu_ns(version_, cpu_, buffer);
  if (!cpu_ns) return fail(cpu_ns.error());
  const auto memory = read_memory(version_, memory_, memory_stat_, buffer);
  if (!memory) return fail(memory.error());
  const auto storage = read_storage(version_, io_, buffer);
  if (!storage) return fail(storage.error());
  ContainerSample sample{.time = now,
                         .cpu_ns = *cpu_ns,
                         .memory_bytes = *memory,
                         .read_bytes = storage->read_bytes,
                         .write_bytes = storage->write_bytes};
  if (with_network_) {
    const auto network = read_network(process_, buffer);
    if (!network) return fail(network.error());
    sample.network = *network;
  }
  return sample;
}

}  // namespace longshore::metrics
