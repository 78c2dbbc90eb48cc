#include "runtime/cgroup/zero_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

namespace longshore::runtime::cgroup {
namespace {

const auto kPage = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));

/// Private memory of the kernel's own, all of it written to.
struct Pages {
  explicit Pages(std::size_t count) : size(count * kPage) {
    void* const made =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(made != MAP_FAILED);
    memory = static_cast<std::byte*>(made);
    for (std::size_t at = 0; at < size; at += kPage) memory[at] = std::byte{1};
  }
  ~Pages() { ::munmap(memory, size); }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;

  std::size_t resident() const {
    std::vector<unsigned char> shown(size / kPage);
    REQUIRE(::mincore(memory, size, shown.data()) == 0);
    std::size_t count = 0;
    for (const auto page : shown) count += page & 1U;
    return count;
  }

  std::size_t size;
  std::byte* memory = nullptr;
};

TEST_CASE("pages of zeros go, others stay as they are", "[unit][cgroup]") {
  Pages pages(4);
  pages.memory[0] = std::byte{0};
  pages.memory[2 * kPage] = std::byte{0};
  pages.memory[3 * kPage - 1] = std::byte{7};  // The last byte of the third.
  CHECK(release_zero_pages({pages.memory, pages.size}) == kPage);
  CHECK(pages.resident() == 3);
  CHECK(pages.memory[0] == std::byte{0});
  CHECK(pages.memory[kPage] == std::byte{1});
  CHECK(pages.memory[3 * kPage - 1] == std::byte{7});
}

TEST_CASE("what shares its page with something else stays", "[unit][cgroup]") {
  Pages pages(3);
  std::memset(pages.memory, 0, pages.size);
  CHECK(release_zero_pages({pages.memory + 1, pages.size - 2}) == kPage);
  CHECK(pages.resident() == 2);
  CHECK(release_zero_pages({pages.memory + 1, 10}) == 0);
  CHECK(release_zero_pages({}) == 0);
}

TEST_CASE("of a library that is not loaded there is nothing", "[unit][cgroup]") {
  CHECK(release_zero_pages_of("libnothing.so") == 0);
}

}  // namespace
}  // namespace longshore::runtime::cgroup
