#include "runtime/images/base64.hpp"

#include <catch2/catch.hpp>

using namespace longshore;
using namespace longshore::runtime::images;

TEST_CASE("base64 decodes its standard's examples, padded or not", "[unit][images]") {
  // RFC 4648, section 10.
  CHECK(decode_base64("") == "");
  CHECK(decode_base64("Zg==") == "f");
  CHECK(decode_base64("Zg") == "f");
  CHECK(decode_base64("Zm8=") == "fo");
  CHECK(decode_base64("Zm8") == "fo");
  CHECK(decode_base64("Zm9v") == "foo");
  CHECK(decode_base64("Zm9vYmFy") == "foobar");
  CHECK(decode_base64("+/+/") == "\xfb\xff\xbf");
}

TEST_CASE("broken base64 is refused without quoting it", "[unit][images]") {
  for (const std::string text : {"Zm9vY", "Zm9v=", "Zg===", "Zm 9v", "Zm9v\n", "Z-9_", "="}) {
    CAPTURE(text);
    const auto decoded = decode_base64(text);
    REQUIRE_FALSE(decoded);
    CHECK(decoded.error().code == ErrorCode::InvalidInput);
    if (text.size() > 1) CHECK(decoded.error().message.find(text) == std::string::npos);
  }
}
