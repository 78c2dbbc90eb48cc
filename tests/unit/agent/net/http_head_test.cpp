#include "agent/net/http_head.hpp"

#include <catch2/catch.hpp>
#include <string>

using namespace longshore;
using namespace longshore::net;

TEST_CASE("headers are found in any case, the first of several", "[unit][net]") {
  const Headers headers{{"Content-Type", "a"}, {"X", "1"}, {"x", "2"}};
  CHECK(find_header(headers, "content-TYPE") == "a");
  CHECK(find_header(headers, "X") == "1");
  CHECK(!find_header(headers, "Content"));
}

TEST_CASE("a request head has Host first and a length where one is due", "[unit][net]") {
  CHECK(request_head({}, "/a", "h").value() == "GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(request_head({.method = "POST"}, "/", "h").value() ==
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  CHECK(request_head({.headers = {{"host", "mine"}}, .body = "abc"}, "/", "h").value() ==
        "GET / HTTP/1.1\r\nhost: mine\r\nContent-Length: 3\r\n\r\n");
}

TEST_CASE("a request head cannot be broken apart by its parts", "[unit][net]") {
  CHECK(!request_head({.method = ""}, "/", "h"));
  CHECK(!request_head({.method = "GET\r\n"}, "/", "h"));
  CHECK(!request_head({}, "/ HTTP/1.1\r\nX: y", "h"));
  CHECK(!request_head({}, "", "h"));
  CHECK(!request_head({.headers = {{"A", "b\rc"}}}, "/", "h"));
  CHECK(!request_head({.headers = {{"A", std::string("b\0c", 3)}}}, "/", "h"));
  CHECK(!request_head({.headers = {{"A:", "b"}}}, "/", "h"));
  CHECK(!request_head({.headers = {{"", "b"}}}, "/", "h"));
}

TEST_CASE("an error about a header names it but not its value", "[unit][net]") {
  const auto head = request_head({.headers = {{"Authorization", "secret\n"}}}, "/", "h");
  REQUIRE(!head);
  CHECK(head.error().message ==
        "HTTP header \"Authorization\": a line break or NUL is not allowed");
}

TEST_CASE("a response head says how long and whether the connection stays", "[unit][net]") {
  CHECK(response_head({.status = 200, .headers = {{"A", "b"}}}, 5, true) ==
        "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n");
  CHECK(response_head({.status = 418}, 0, false) ==
        "HTTP/1.1 418 Status\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST_CASE("204 and 304 carry neither length nor body", "[unit][net]") {
  for (const int status : {204, 304}) {
    CHECK(response_head({.status = status}, 0, true).find("Content-Length") == std::string::npos);
    CHECK(!may_have_body(status));
  }
}

TEST_CASE("a handler's framing headers and unfit headers are left out", "[unit][net]") {
  const std::string head = response_head({.status = 200,
                                          .headers = {{"content-length", "9"},
                                                      {"Transfer-Encoding", "chunked"},
                                                      {"Connection", "upgrade"},
                                                      {"Bad", "a\r\nEvil: 1"}}},
                                         2, true);
  CHECK(head == "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n");
}
