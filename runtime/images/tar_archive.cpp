#include "runtime/images/tar_archive.hpp"

#include <fmt/format.h>

#include <cassert>
#include <cstddef>
#include <numeric>
#include <string_view>

namespace longshore::runtime::images {
namespace {

constexpr std::size_t kBlock = 512;
[[maybe_unused]] constexpr std::size_t kMaxName = 100;  // Asserted only.

/// Where a field stands in the header, which is one block of zeros otherwise.
constexpr std::size_t kModeAt = 100;
constexpr std::size_t kOwnerAt = 108;
constexpr std::size_t kGroupAt = 116;
constexpr std::size_t kSizeAt = 124;
constexpr std::size_t kTimeAt = 136;
constexpr std::size_t kChecksumAt = 148;
constexpr std::size_t kTypeAt = 156;
constexpr std::size_t kMagicAt = 257;

void put(std::string& header, std::size_t at, std::string_view text) {
  header.replace(at, text.size(), text);
}

std::string header_of(const TarFile& file) {
  assert(file.name.size() <= kMaxName);
  std::string header(kBlock, '\0');
  put(header, 0, file.name);
  put(header, kModeAt, file.executable ? "0000755" : "0000644");
  put(header, kOwnerAt, "0000000");
  put(header, kGroupAt, "0000000");
  put(header, kSizeAt, fmt::format("{:011o}", file.content.size()));
  put(header, kTimeAt, "00000000000");
  put(header, kTypeAt, "0");
  put(header, kMagicAt, std::string_view("ustar\00000", 8));
  // Counted with blanks in its own place. All bytes are ASCII, so the sign of char does not matter.
  put(header, kChecksumAt, "        ");
  const int sum = std::accumulate(header.begin(), header.end(), 0);
  put(header, kChecksumAt, std::string_view(fmt::format("{:06o}", sum) + std::string("\0 ", 2)));
  return header;
}

}  // namespace

std::string tar_archive(const std::vector<TarFile>& files) {
  std::string archive;
  for (const TarFile& file : files) {
    archive += header_of(file);
    archive += file.content;
    archive.resize((archive.size() + kBlock - 1) / kBlock * kBlock);
  }
  archive.resize(archive.size() + 2 * kBlock);
  return archive;
}

}  // namespace longshore::runtime::images
