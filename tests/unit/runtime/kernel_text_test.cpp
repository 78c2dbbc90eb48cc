#include "runtime/kernel_text.hpp"

#include <catch2/catch.hpp>

using namespace longshore::runtime;

TEST_CASE("a file with one number reads as that number", "[unit][runtime]") {
  CHECK(parse_number("0\n") == 0U);
  CHECK(parse_number("18446744073709551615\n") == 18446744073709551615U);
  CHECK_FALSE(parse_number("18446744073709551616\n"));
  CHECK_FALSE(parse_number(""));
  CHECK_FALSE(parse_number("max\n"));
  CHECK_FALSE(parse_number("12 34\n"));
  CHECK_FALSE(parse_number("-1\n"));
}

TEST_CASE("a keyed file gives the value of exactly that key", "[unit][runtime]") {
  const char* text = "cache 10\nrss 20\nhierarchical_memory_limit 5\ntotal_cache 40\nlast 50";
  CHECK(find_value(text, "cache") == 10U);
  CHECK(find_value(text, "total_cache") == 40U);
  CHECK(find_value(text, "last") == 50U);
  CHECK_FALSE(find_value(text, "cach"));
  CHECK_FALSE(find_value("", "cache"));
  CHECK_FALSE(find_value("cache many\n", "cache"));
}
