#include "agent/app/process.hpp"

#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <string>

namespace longshore::app {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

}  // namespace

TEST_CASE("proxies that the settings know are the process's own, nothing else is", "[unit][app]") {
  unsetenv("http_proxy");
  setenv("NO_PROXY", "before", 1);
  export_proxies({{"HTTPS_PROXY", "http://proxy:3128"}, {"AWS_PROFILE", "p"}, {"NO_PROXY", "x"}});
  CHECK(variable("HTTPS_PROXY") == "http://proxy:3128");
  CHECK(variable("NO_PROXY") == "x");
  CHECK(variable("AWS_PROFILE").empty());
  CHECK(variable("http_proxy").empty());
  unsetenv("HTTPS_PROXY");
  unsetenv("NO_PROXY");
}

TEST_CASE("a prepared process outlives peers that hang up and may open all it is allowed to",
          "[unit][app]") {
  unsetenv("RES_OPTIONS");
  std::signal(SIGPIPE, SIG_DFL);
  prepare_process();
  CHECK(std::signal(SIGPIPE, SIG_DFL) == SIG_IGN);
  CHECK(variable("RES_OPTIONS") == "timeout:2 attempts:2");
  rlimit files{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &files) == 0);
  CHECK(files.rlim_cur == files.rlim_max);
  setenv("RES_OPTIONS", "debug", 1);
  prepare_process();
  CHECK(variable("RES_OPTIONS") == "debug");
}

}  // namespace longshore::app
