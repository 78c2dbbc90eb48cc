#include "runtime/cgroup/zero_pages.hpp"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace longshore::runtime::cgroup {
namespace {

struct Search {
  std::string_view library{};
  std::size_t released = 0;
};

/// What of a segment comes from no file is the library's zero-initialised variables.
int release_in(dl_phdr_info* object, std::size_t, void* data) {
  auto& search = *static_cast<Search*>(data);
  std::string_view name(object->dlpi_name);
  name.remove_prefix(name.rfind('/') + 1);  // npos + 1 is 0.
  if (!name.starts_with(search.library)) return 0;
  for (const auto& segment : std::span(object->dlpi_phdr, object->dlpi_phnum)) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) == 0) continue;
    const auto begin = object->dlpi_addr + segment.p_vaddr + segment.p_filesz;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address, as the loader gives it.
    search.released += release_zero_pages(
        {reinterpret_cast<const std::byte*>(begin), segment.p_memsz - segment.p_filesz});
  }
  return 1;
}

}  // namespace

std::size_t release_zero_pages(std::span<const std::byte> memory) {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
  const std::size_t before_first = (page - address % page) % page;
  std::size_t released = 0;
  for (auto at = before_first; at + page <= memory.size(); at += page) {
    const auto bytes = memory.subspan(at, page);
    const bool is_zero =
        std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{}; });
    if (!is_zero) continue;
    // The kernel takes the address of what it may forget as writable.
    auto* const begin = const_cast<std::byte*>(bytes.data());
    if (::madvise(begin, page, MADV_DONTNEED) == 0) released += page;
  }
  return released;
}

std::size_t release_zero_pages_of(std::string_view library) {
  Search search{.library = library};
  ::dl_iterate_phdr(&release_in, &search);
  return search.released;
}

}  // namespace longshore::runtime::cgroup
