#include "agent/net/proxy.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>

using namespace longshore;
using namespace longshore::net;

namespace {

/// "scheme://host:port" of the proxy chosen for `target`, or "direct".
std::string chosen(const ProxyEnvironment& environment, const std::string& target) {
  const auto proxy = choose_proxy(environment, parse_url(target).value()).value();
  if (!proxy) return "direct";
  return proxy->scheme + "://" + proxy->host + ":" + std::to_string(proxy->port);
}

bool is_exempt(const std::string& no_proxy, const std::string& target) {
  return chosen({.http_proxy = "http://p:3128", .no_proxy = no_proxy}, target) == "direct";
}

}  // namespace

TEST_CASE("without variables every connection is direct", "[unit][net]") {
  CHECK(chosen({}, "https://ecs.eu-west-1.amazonaws.com") == "direct");
  CHECK(chosen({.no_proxy = "*"}, "http://a.example") == "direct");
}

TEST_CASE("https and wss take HTTPS_PROXY and fall back to HTTP_PROXY", "[unit][net]") {
  const ProxyEnvironment both{.http_proxy = "http://plain:1", .https_proxy = "http://secure:2"};
  CHECK(chosen(both, "https://a.example") == "http://secure:2");
  CHECK(chosen(both, "wss://a.example") == "http://secure:2");
  CHECK(chosen({.http_proxy = "http://plain:1"}, "https://a.example") == "http://plain:1");
  CHECK(chosen({.http_proxy = "http://plain:1"}, "wss://a.example") == "http://plain:1");
}

TEST_CASE("http and ws take HTTP_PROXY and nothing else", "[unit][net]") {
  const ProxyEnvironment both{.http_proxy = "http://plain:1", .https_proxy = "http://secure:2"};
  CHECK(chosen(both, "http://a.example") == "http://plain:1");
  CHECK(chosen(both, "ws://a.example") == "http://plain:1");
  CHECK(chosen({.https_proxy = "http://secure:2"}, "http://a.example") == "direct");
}

TEST_CASE("a proxy may be https or socks5, and without a scheme it is http", "[unit][net]") {
  CHECK(chosen({.http_proxy = "proxy.example:3128"}, "http://a") == "http://proxy.example:3128");
  CHECK(chosen({.http_proxy = "proxy.example"}, "http://a") == "http://proxy.example:80");
  CHECK(chosen({.http_proxy = "https://proxy.example"}, "http://a") == "https://proxy.example:443");
  CHECK(chosen({.http_proxy = "socks5://proxy.example"}, "http://a") ==
        "socks5://proxy.example:1080");
}

TEST_CASE("a proxy that cannot be used names its variable", "[unit][net]") {
  const Url target = parse_url("https://a.example").value();
  const auto wrong_scheme = choose_proxy({.https_proxy = "ftp://u:secret@p"}, target);
  REQUIRE(!wrong_scheme);
  CHECK(wrong_scheme.error() ==
        Error{ErrorCode::InvalidInput,
              "HTTPS_PROXY: scheme \"ftp\" is not known; expected http, https or socks5"});
  const auto no_url = choose_proxy({.http_proxy = "http://u:secret@p:x"}, target);
  REQUIRE(!no_url);
  CHECK(no_url.error().message.starts_with("HTTP_PROXY: URL \"http://p:x\""));
}

TEST_CASE("this host and the link-local services of AWS are never proxied", "[unit][net]") {
  const ProxyEnvironment proxied{.http_proxy = "http://p:3128", .no_proxy = "other.example"};
  for (const char* target :
       {"http://localhost", "http://LOCALHOST:8080", "http://127.0.0.1", "http://127.8.9.10",
        "http://[::1]:80", "http://[::ffff:127.0.0.1]", "http://169.254.169.254/latest/",
        "http://169.254.170.2/v2/credentials", "http://[fd00:ec2::254]"}) {
    INFO(target);
    CHECK(chosen(proxied, target) == "direct");
  }
  for (const char* target :
       {"http://localhost.example", "http://128.0.0.1", "http://169.254.169.253"}) {
    INFO(target);
    CHECK(chosen(proxied, target) == "http://p:3128");
  }
}

TEST_CASE("NO_PROXY exempts a domain and what is below it, not what merely ends alike",
          "[unit][net]") {
  CHECK(is_exempt("example.com", "http://example.com"));
  CHECK(is_exempt("example.com", "http://a.b.Example.COM"));
  CHECK(is_exempt("Example.com", "http://example.com"));
  CHECK(!is_exempt("example.com", "http://badexample.com"));
  CHECK(!is_exempt("example.com", "http://example.com.evil"));
}

TEST_CASE("a leading dot or star exempts only what is below", "[unit][net]") {
  CHECK(is_exempt(".example.com", "http://a.example.com"));
  CHECK(!is_exempt(".example.com", "http://example.com"));
  CHECK(is_exempt("*.example.com", "http://a.example.com"));
  CHECK(!is_exempt("*.example.com", "http://example.com"));
}

TEST_CASE("a star exempts everything", "[unit][net]") {
  CHECK(is_exempt("*", "https://a.example"));
  CHECK(is_exempt("b.example, *", "https://a.example"));
}

TEST_CASE("a port in NO_PROXY must be the target's", "[unit][net]") {
  CHECK(is_exempt("example.com:8080", "http://example.com:8080"));
  CHECK(!is_exempt("example.com:8080", "http://example.com"));
  CHECK(is_exempt("example.com:443", "https://a.example.com"));
  CHECK(is_exempt("10.0.0.1:80", "http://10.0.0.1"));
  CHECK(!is_exempt("10.0.0.1:81", "http://10.0.0.1"));
  CHECK(is_exempt("[fd00::1]:80", "http://[fd00::1]"));
  CHECK(!is_exempt("[fd00::1]:81", "http://[fd00::1]"));
}

TEST_CASE("addresses and blocks are compared as numbers", "[unit][net]") {
  CHECK(is_exempt("10.1.0.0/16", "http://10.1.255.255"));
  CHECK(!is_exempt("10.1.0.0/16", "http://10.2.0.0"));
  CHECK(is_exempt("10.1.2.3/16", "http://10.1.9.9"));
  CHECK(is_exempt("fd00::/8", "http://[fd12:3::4]"));
  CHECK(!is_exempt("fd00::/8", "http://[fe80::1]"));
  CHECK(is_exempt("fd00:0::1", "http://[fd00::1]"));
  CHECK(!is_exempt("10.1.0.0/16", "http://[fd00::1]"));
  CHECK(!is_exempt("10.1.0.0/16", "http://name.example"));
  CHECK(!is_exempt("0.1", "http://10.0.0.1.example"));
}

TEST_CASE("a list is read with spaces and empty entries; what makes no sense exempts nothing",
          "[unit][net]") {
  CHECK(is_exempt(" a.example ,, b.example", "http://b.example"));
  CHECK(is_exempt("a.example ,, b.example", "http://a.example"));
  for (const char* nonsense : {"", ",", " ", ".", "*.", "10.0.0.0/33", "/8", "[", ":80"}) {
    INFO(nonsense);
    CHECK(!is_exempt(nonsense, "http://a.example"));
    CHECK(!is_exempt(nonsense, "http://10.0.0.1"));
  }
}

TEST_CASE("the environment's upper-case names win, empty ones do not count", "[unit][net]") {
  setenv("HTTP_PROXY", "", 1);
  setenv("http_proxy", "http://lower", 1);
  setenv("HTTPS_PROXY", "http://upper", 1);
  setenv("https_proxy", "http://lower", 1);
  setenv("no_proxy", "x", 1);
  unsetenv("NO_PROXY");
  const auto environment = read_proxy_environment();
  CHECK(environment.http_proxy == "http://lower");
  CHECK(environment.https_proxy == "http://upper");
  CHECK(environment.no_proxy == "x");
  for (const char* name : {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "no_proxy"}) {
    unsetenv(name);
  }
  CHECK(read_proxy_environment().http_proxy.empty());
}
