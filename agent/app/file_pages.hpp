#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace longshore::app {

/// A part of this process's memory that only shows a file: [begin, end), in bytes.
struct FilePages {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool operator==(const FilePages&) const = default;
};

/// The parts that could be read from their files again at any time: nothing was written to them,
/// by this process or by the loader. `smaps` is the text of /proc/self/smaps; see proc(5).
std::vector<FilePages> rereadable_pages(const std::string& smaps);

/// Gives back this process's pages of programs and libraries. What is used again comes back from
/// the page cache, some microseconds each time; the rest (parsers of settings, the loader's tables,
/// set-up of TLS) stays away.
void release_file_pages();

}  // namespace longshore::app
