#include "agent/base/text.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <set>
#include <string>

using namespace longshore;

TEST_CASE("text is cut at code points, never inside one", "[unit][base]") {
  CHECK(truncate_utf8("abc", 3) == "abc");
  CHECK(truncate_utf8("abcd", 3) == "abc");
  CHECK(truncate_utf8("a\xc3\xa9z", 2) == "a");  // é takes two bytes
  CHECK(truncate_utf8("a\xc3\xa9z", 3) == "a\xc3\xa9");
  CHECK(truncate_utf8("\xf0\x9f\x9a\xa2", 3).empty());  // a ship takes four
  CHECK(truncate_utf8("x", 0).empty());
  CHECK(truncate_utf8("\x80\x80\x80", 2).empty());  // nothing but insides
}

TEST_CASE("trimming takes white space from both ends only", "[unit][base]") {
  CHECK(trim("\t a b \r\n") == "a b");
  CHECK(trim(" \n ").empty());
  CHECK(trim("").empty());
}

TEST_CASE("splitting keeps empty parts", "[unit][base]") {
  CHECK(split("a,,b", ',') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
  CHECK(split(",", ',') == std::vector<std::string_view>{"", ""});
}

TEST_CASE("lower case touches ASCII letters only", "[unit][base]") {
  CHECK(to_lower("AbC-1\xc3\x84") == "abc-1\xc3\x84");
}

TEST_CASE("percent encoding follows RFC 3986", "[unit][base]") {
  CHECK(percent_encode("az AZ09-._~") == "az%20AZ09-._~");
  CHECK(percent_encode("a/b") == "a%2Fb");
  CHECK(percent_encode("a/b c", true) == "a/b%20c");
  CHECK(percent_encode("\xc3\xa9+") == "%C3%A9%2B");
}

TEST_CASE("percent decoding leaves broken escapes alone", "[unit][base]") {
  CHECK(percent_decode("a%2Fb%2f") == "a/b/");
  CHECK(percent_decode("%") == "%");
  CHECK(percent_decode("%2") == "%2");
  CHECK(percent_decode("%zz%20") == "%zz ");
  CHECK(percent_decode("a+b") == "a+b");
  CHECK(percent_decode("a+b%2B", true) == "a b+");
}

TEST_CASE("form encoding writes spaces as plus, also at the ends and in a row", "[unit][base]") {
  CHECK(form_encode("a b") == "a+b");
  CHECK(form_encode("  a  b ") == "++a++b+");
  CHECK(form_encode("DockerVersion: 20.10") == "DockerVersion%3A+20.10");
  CHECK(form_encode("a+b&c") == "a%2Bb%26c");
  CHECK(form_encode("").empty());
}

TEST_CASE("what is encoded decodes to itself", "[unit][base]") {
  CHECK(rc::check("percent", [](const std::string& text) {
    RC_ASSERT(percent_decode(percent_encode(text)) == text);
    RC_ASSERT(percent_decode(percent_encode(text, true)) == text);
  }));
  CHECK(rc::check("form", [](const std::string& text) {
    RC_ASSERT(percent_decode(form_encode(text), true) == text);
  }));
}

TEST_CASE("hex is lower case and two digits a byte", "[unit][base]") {
  CHECK(to_hex(std::string("\x00\x0f\xff", 3)) == "000fff");
  CHECK(to_hex("").empty());
}

TEST_CASE("random ids have their form and do not repeat", "[unit][base]") {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string id = random_uuid();
    REQUIRE(id.size() == 36);
    CHECK(id[8] == '-');
    CHECK(id[13] == '-');
    CHECK(id[14] == '4');                                          // version
    CHECK(std::string("89ab").find(id[19]) != std::string::npos);  // variant
    CHECK(id.find_first_not_of("0123456789abcdef-") == std::string::npos);
    CHECK(seen.insert(id).second);
  }
  CHECK(random_hex(16).size() == 32);
  CHECK(random_hex(16) != random_hex(16));
}

TEST_CASE("random numbers are within [0, 1) and spread", "[unit][base]") {
  int low = 0;
  for (int i = 0; i < 1000; ++i) {
    const double value = random_unit();
    REQUIRE(value >= 0.0);
    REQUIRE(value < 1.0);
    low += value < 0.5 ? 1 : 0;
  }
  // Ten standard deviations: a fair generator fails this less than once in 10^23 runs.
  CHECK(low > 340);
  CHECK(low < 660);
}
