#include "runtime/images/tar_archive.hpp"

#include <catch2/catch.hpp>

namespace longshore::runtime::images {
namespace {

TEST_CASE("an archive has a header and whole blocks for each file, and ends with two empty blocks",
          "[unit][images]") {
  const std::string content(513, 'x');
  const std::string archive =
      tar_archive({{.name = "pause", .content = content, .executable = true},
                   {.name = "a/b.json", .content = "{}"},
                   {.name = "empty"}});
  REQUIRE(archive.size() == 512 * (3 + 2 + 1 + 2));
  CHECK(archive.substr(512, 513) == content);
  CHECK(archive.substr(512 + 513, 511) == std::string(511, '\0'));
  CHECK(archive.substr(512 * 3, 8) == "a/b.json");
  CHECK(archive.substr(512 * 4, 3) == std::string("{}\0", 3));
  CHECK(archive.substr(512 * 5, 6) == std::string("empty\0", 6));
  CHECK(archive.substr(512 * 6) == std::string(1024, '\0'));
}

TEST_CASE("a header is one that other programs write, too", "[unit][images]") {
  const std::string archive =
      tar_archive({{.name = "pause", .content = std::string(513, 'x'), .executable = true}});
  // By Python 3.11, tarfile.USTAR_FORMAT.
  std::string expected(512, '\0');
  expected.replace(0, 5, "pause");
  expected.replace(100, 7, "0000755");
  expected.replace(108, 7, "0000000");
  expected.replace(116, 7, "0000000");
  expected.replace(124, 11, "00000001001");
  expected.replace(136, 11, "00000000000");
  expected.replace(148, 8, std::string("007000\0 ", 8));
  expected.replace(156, 1, "0");
  expected.replace(257, 8,
                   std::string("ustar\0"
                               "00",
                               8));
  CHECK(archive.substr(0, 512) == expected);
}

TEST_CASE("a file that is no program is not executable", "[unit][images]") {
  CHECK(tar_archive({{.name = "a"}}).substr(100, 7) == "0000644");
}

}  // namespace
}  // namespace longshore::runtime::images
