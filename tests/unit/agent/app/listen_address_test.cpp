#include "agent/app/listen_address.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace longshore::app {
namespace {

TEST_CASE("a listen address is a host and a port", "[unit][app]") {
  struct Row {
    std::string text{};
    std::string address{};
    int port = 0;
  };
  for (const Row& row :
       {Row{"127.0.0.1:51800", "127.0.0.1", 51800}, Row{"127.0.0.1:0", "127.0.0.1", 0},
        Row{"0.0.0.0:65535", "0.0.0.0", 65535}, Row{"[::1]:0", "::1", 0},
        Row{"[fe80::1]:80", "fe80::1", 80}, Row{"localhost:80", "localhost", 80}}) {
    INFO(row.text);
    const auto parsed = parse_listen_address(row.text);
    REQUIRE(parsed);
    CHECK(parsed->address == row.address);
    CHECK(parsed->port == row.port);
  }
}

TEST_CASE("a listen address that is none is refused with the accepted form", "[unit][app]") {
  for (const std::string text :
       {"", ":", ":80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:80x", "127.0.0.1:-1",
        "127.0.0.1:+1", "127.0.0.1:65536", "127.0.0.1: 80", "[::1]"}) {
    INFO(text);
    const auto parsed = parse_listen_address(text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().code == ErrorCode::InvalidInput);
    CHECK(parsed.error().message ==
          "--listen " + text + ": expected ADDRESS:PORT, such as 127.0.0.1:51800 or [::1]:0");
  }
}

}  // namespace
}  // namespace longshore::app
