#include "config/grammar.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <limits>

using namespace longshore::config;
using namespace std::chrono_literals;

TEST_CASE("booleans are spelt as Go spells them", "[unit][config]") {
  for (const char* text : {"1", "t", "T", "TRUE", "true", "True"}) CHECK(parse_bool(text) == true);
  for (const char* text : {"0", "f", "F", "FALSE", "false", "False"}) {
    CHECK(parse_bool(text) == false);
  }
  for (const char* text : {"", "yes", "no", "on", "tRUE", " true", "2"}) {
    CHECK_FALSE(parse_bool(text));
  }
}

TEST_CASE("durations are numbers with units, one after another", "[unit][config]") {
  CHECK(parse_duration("30s") == 30s);
  CHECK(parse_duration("1h30m") == 90min);
  CHECK(parse_duration("1.5s") == 1500ms);
  CHECK(parse_duration(".5s") == 500ms);
  CHECK(parse_duration("1.s") == 1s);
  CHECK(parse_duration("100ms") == 100ms);
  CHECK(parse_duration("1us") == 1us);
  CHECK(parse_duration("1\u00b5s") == 1us);
  CHECK(parse_duration("1\u03bcs") == 1us);
  CHECK(parse_duration("1s1s") == 2s);
  CHECK(parse_duration("+5m") == 5min);
  CHECK(parse_duration("-1.5h") == -90min);
  CHECK(parse_duration("0") == 0s);
  CHECK(parse_duration("0s") == 0s);
  CHECK(parse_duration("0.000000001s") == 1ns);
}

TEST_CASE("a duration without its unit, or with another, is refused", "[unit][config]") {
  for (const char* text : {"",
                           "30",
                           "s",
                           ".s",
                           "1x",
                           "1d",
                           "1 s",
                           " 1s",
                           "1s ",
                           "-",
                           "+",
                           "1.5",
                           "--1s",
                           "1h30",
                           "1e3s",
                           "1s-1s",
                           "9223372036854775808ns",
                           "9999999h",
                           "99999999999999999999s",
                           "5124096h",
                           "9223372036.9s",
                           "9223372036s9223372036s"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
  CHECK(parse_duration("9223372036854775807ns") ==
        std::chrono::nanoseconds{std::numeric_limits<std::int64_t>::max()});
}

TEST_CASE("a duration that is written out is read back", "[unit][config]") {
  CHECK(format_duration(0s) == "0s");
  CHECK(format_duration(90min) == "1h30m");
  CHECK(format_duration(1500ms) == "1s500ms");
  CHECK(format_duration(-2h) == "-2h");
  CHECK(rc::check("parse undoes format", [](std::int64_t nanos) {
    // The most negative number has no positive counterpart, in Go's grammar neither.
    RC_PRE(nanos != std::numeric_limits<std::int64_t>::min());
    const std::chrono::nanoseconds duration{nanos};
    RC_ASSERT(parse_duration(format_duration(duration)) == duration);
  }));
}

TEST_CASE("a duration is the sum of its terms", "[unit][config]") {
  CHECK(rc::check("terms add up", [] {
    const auto term = rc::gen::tuple(rc::gen::inRange(0, 100'000),
                                     rc::gen::element<std::string>("ns", "us", "ms", "s", "m"));
    const auto terms =
        *rc::gen::nonEmpty(rc::gen::container<std::vector<std::tuple<int, std::string>>>(term));
    std::string text;
    std::chrono::nanoseconds sum{0};
    for (const auto& [count, unit] : terms) {
      const std::string one = std::to_string(count) + unit;
      text += one;
      sum += parse_duration(one).value();
    }
    RC_ASSERT(parse_duration(text) == sum);
  }));
}

TEST_CASE("no text makes the duration parser fail otherwise than by refusing", "[unit][config]") {
  CHECK(rc::check("any text", [] {
    const std::string text = *rc::gen::container<std::string>(
        rc::gen::elementOf(std::string("0123456789.hmsnu+- \xc2\xb5")));
    const auto duration = parse_duration(text);
    if (duration) RC_ASSERT(parse_duration(format_duration(*duration)) == *duration);
  }));
}

TEST_CASE("numbers are decimal and whole texts", "[unit][config]") {
  CHECK(parse_integer("0") == 0);
  CHECK(parse_integer("-12") == -12);
  for (const char* text : {"", "+1", "1.0", "0x10", "1 ", "1e3", "9223372036854775808"}) {
    CHECK_FALSE(parse_integer(text));
  }
  CHECK(parse_number("2.5") == 2.5);
  CHECK(parse_number("5") == 5.0);
  for (const char* text : {"", "1e3", "nan", "inf", "1,5", "5 "}) CHECK_FALSE(parse_number(text));
}
