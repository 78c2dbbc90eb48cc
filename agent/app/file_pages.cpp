#include "agent/app/file_pages.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string_view>

#include "agent/app/host.hpp"
#include "agent/base/log.hpp"

namespace longshore::app {
namespace {

/// Reads a mapping's first line: "7f00-7f10 r-xp 00000000 08:01 42  /lib/x.so". An empty range for
/// one that is writable or shows no file.
FilePages parse_heading(std::string_view line) {
  FilePages pages;
  const char* end = line.data() + line.size();
  const auto begin = std::from_chars(line.data(), end, pages.begin, 16);
  if (begin.ec != std::errc() || begin.ptr == end || *begin.ptr != '-') return {};
  const auto stop = std::from_chars(begin.ptr + 1, end, pages.end, 16);
  if (stop.ec != std::errc() || end - stop.ptr < 5) return {};
  const bool writable = stop.ptr[2] == 'w';
  return writable || line.find(" /") == std::string_view::npos ? FilePages{} : pages;
}

/// "Private_Dirty:   4 kB" and the like: what is this process's own and would be lost.
bool tells_own_pages(std::string_view line) {
  const auto colon = std::min(line.find(':'), line.size());
  const std::string_view key = line.substr(0, colon);
  if (key != "Private_Dirty" && key != "Anonymous" && key != "Swap") return false;
  return line.find_first_of("123456789", colon) != std::string_view::npos;
}

}  // namespace

std::vector<FilePages> rereadable_pages(const std::string& smaps) {
  std::vector<FilePages> found;
  std::istringstream lines(smaps);
  bool open = false;  // Whether the last of `found` is what the lines tell of.
  for (std::string line; std::getline(lines, line);) {
    const bool is_heading = !line.empty() && (line[0] < 'A' || line[0] > 'Z');
    if (is_heading) {
      const FilePages pages = parse_heading(line);
      open = pages != FilePages{};
      if (open) found.push_back(pages);
    } else if (open && tells_own_pages(line)) {
      found.pop_back();
      open = false;
    }
  }
  return found;
}

void release_file_pages() {
  const auto smaps = read_proc_file("/proc/self/smaps");
  if (!smaps)
    return log_debug("cannot read this process's memory map", {{"error", smaps.error().message}});
  for (const FilePages& pages : rereadable_pages(*smaps)) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): an address, as the kernel writes it.
    ::madvise(reinterpret_cast<void*>(pages.begin), pages.end - pages.begin, MADV_DONTNEED);
  }
  ::malloc_trim(0);
}

}  // namespace longshore::app
