#include "agent/net/url.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>
#include <string>

using namespace longshore;
using namespace longshore::net;

TEST_CASE("a URL is split into its parts as written", "[unit][net]") {
  const auto url = parse_url("WSS://us%40er:p%3Aw@ECS-a-1.Example:8443/ws?a=%2F&b=c+d#top").value();
  CHECK(url.scheme == "wss");
  CHECK(url.user == "us@er");
  CHECK(url.password.reveal() == "p:w");
  CHECK(url.host == "ecs-a-1.example");
  CHECK(url.port == 8443);
  CHECK(url.authority == "ECS-a-1.Example:8443");
  CHECK(url.target == "/ws?a=%2F&b=c+d");
}

TEST_CASE("a URL without a path has the root as target", "[unit][net]") {
  CHECK(parse_url("https://host")->target == "/");
  CHECK(parse_url("https://host#x")->target == "/");
  CHECK(parse_url("https://host?a=b")->target == "/?a=b");
}

TEST_CASE("each scheme has its own port", "[unit][net]") {
  CHECK(parse_url("http://h")->port == 80);
  CHECK(parse_url("ws://h")->port == 80);
  CHECK(parse_url("https://h")->port == 443);
  CHECK(parse_url("wss://h:/")->port == 443);
  CHECK(parse_url("socks5://h")->port == 1080);
  CHECK(parse_url("ftp://h")->port == 0);
}

TEST_CASE("IPv6 hosts lose their brackets, the authority keeps them", "[unit][net]") {
  const auto url = parse_url("http://[FE80::1]:81/x").value();
  CHECK(url.host == "fe80::1");
  CHECK(url.port == 81);
  CHECK(url.authority == "[FE80::1]:81");
  CHECK(parse_url("http://[::1]")->port == 80);
}

TEST_CASE("what is no URL is refused with the accepted form", "[unit][net]") {
  for (const char* text :
       {"", "host", "host:80/x", "://host", "http://", "http:///path", "http://:80", "http://h:0",
        "http://h:65536", "http://h:8o", "http://[::1", "http://[::1]x", "http://a b/",
        "http://h/\n", "http://user@"}) {
    const auto url = parse_url(text);
    INFO(text);
    REQUIRE(!url);
    CHECK(url.error().code == ErrorCode::InvalidInput);
    CHECK(url.error().message.find("expected scheme://host[:port]/path") != std::string::npos);
  }
}

TEST_CASE("neither errors nor printable URLs show credentials or a signed query", "[unit][net]") {
  CHECK(printable_url("https://user:secret@host/p?X-Amz-Signature=abc") == "https://host/p");
  CHECK(printable_url("https://host/p@q?x") == "https://host/p@q");
  CHECK(printable_url("user:secret@host") == "host");
  CHECK(printable_url("https://host") == "https://host");
  const auto refused = parse_url("http://user:secret@host:port/?token=abc");
  REQUIRE(!refused);
  CHECK(refused.error().message.find("secret") == std::string::npos);
  CHECK(refused.error().message.find("abc") == std::string::npos);
}

TEST_CASE("a password that is not encoded is not shown when it breaks the URL", "[unit][net]") {
  for (const char* text : {"http://user:se/cret@host:3128", "http://user:se?cret@host",
                           "http://user:se#cret@host", "http://user:se/cr@et@host"}) {
    const auto refused = parse_url(text);
    INFO(text);
    REQUIRE(!refused);
    CHECK(refused.error().message.starts_with("URL \"http://…\": "));
  }
}

TEST_CASE("no text makes the URL parser misbehave", "[unit][net]") {
  CHECK(rc::check("parse any text", [](const std::string& text) {
    const auto url = parse_url("http://" + text);
    if (url) {
      RC_ASSERT(!url->host.empty());
      RC_ASSERT(url->port != 0);
      RC_ASSERT(url->target.front() == '/');
    }
    (void)printable_url(text);
  }));
}
