#include "agent/app/file_pages.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace longshore::app {
namespace {

std::string mapping(const std::string& heading, const std::string& own) {
  return heading + "\nSize:  4 kB\nPrivate_Clean:  4 kB\n" + own + "VmFlags: rd mr mw me\n";
}

const std::string kClean = "Private_Dirty:  0 kB\nAnonymous:  0 kB\nSwap:  0 kB\n";
const std::string kText = "7f0000001000-7f0000003000 r-xp 00001000 08:01 42    /lib/libx.so.1";

TEST_CASE("pages of a file that nobody wrote to can be read again", "[unit][app]") {
  CHECK(rereadable_pages(mapping(kText, kClean)) ==
        std::vector<FilePages>{{0x7f0000001000, 0x7f0000003000}});
}

TEST_CASE("pages that would be lost are left alone", "[unit][app]") {
  const std::string heading = GENERATE(
      as<std::string>{}, "7f0000001000-7f0000003000 rw-p 00001000 08:01 42    /lib/libx.so.1",
      "7f0000001000-7f0000003000 rw-s 00001000 08:01 42    /var/lib/ecs/data/agent.db-shm",
      "7f0000001000-7f0000003000 r-xp 00000000 00:00 0     [vdso]",
      "7f0000001000-7f0000003000 r--p 00000000 00:00 0 ", "7f0000001000", "");
  CHECK(rereadable_pages(mapping(heading, kClean)).empty());
  const std::string own =
      GENERATE(as<std::string>{}, "Private_Dirty:  4 kB\n", "Anonymous:  4 kB\n", "Swap:  4 kB\n");
  CHECK(rereadable_pages(mapping(kText, own)).empty());
}

TEST_CASE("one mapping's pages do not speak for the next", "[unit][app]") {
  const std::string relocated =
      "7f0000003000-7f0000004000 r--p 00003000 08:01 42    /lib/libx.so.1";
  const std::string last = "7f0000004000-7f0000005000 r--p 00004000 08:01 42    /lib/liby.so.1";
  CHECK(rereadable_pages(mapping(kText, kClean) + mapping(relocated, "Private_Dirty: 4 kB\n") +
                         mapping(last, kClean)) ==
        std::vector<FilePages>{{0x7f0000001000, 0x7f0000003000}, {0x7f0000004000, 0x7f0000005000}});
}

}  // namespace
}  // namespace longshore::app
