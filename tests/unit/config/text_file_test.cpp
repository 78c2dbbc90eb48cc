#include "config/text_file.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/config/temporary_folder.hpp"

using namespace longshore;
using namespace longshore::config;

TEST_CASE("a settings file is read whole, or is absent, or says why not", "[unit][config]") {
  const testing::TemporaryFolder folder;
  CHECK(*read_text_file(folder.write("a", "text\n")) == "text\n");
  CHECK(*read_text_file(folder.write("empty", "")) == "");
  const auto absent = read_text_file(folder.path("absent"));
  REQUIRE(absent);
  CHECK_FALSE(*absent);
  CHECK(read_text_file(folder.path("")).error().message ==
        folder.path("") + ": expected a regular file");
  const std::string large = folder.write("large", std::string((1U << 20U) + 1, 'x'));
  CHECK(read_text_file(large).error().message == large + ": larger than 1 MiB");
}
