#include "runtime/docker/signal_name.hpp"

#include <signal.h>

#include <catch2/catch.hpp>

namespace longshore::runtime::docker {
namespace {

TEST_CASE("signals are known by their names and numbers", "[unit][docker]") {
  CHECK(signal_number("SIGTERM") == SIGTERM);
  CHECK(signal_number("SIGQUIT") == SIGQUIT);
  CHECK(signal_number("quit") == SIGQUIT);
  CHECK(signal_number("Int") == SIGINT);
  CHECK(signal_number("28") == SIGWINCH);
  CHECK(signal_number("SIGRTMIN+3") == SIGRTMIN + 3);
  CHECK(signal_number("RTMAX-2") == SIGRTMAX - 2);
  CHECK(signal_number("SIGRTMIN") == SIGRTMIN);
}

TEST_CASE("what names no signal is what the engine would send by itself", "[unit][docker]") {
  for (const char* name : {"", "SIG", "SIGNONE", "0", "-9", "65", "9x", "RTMIN+", "RTMIN-1",
                           "RTMIN+99", "RTMAX+1", "99999999999999999999"}) {
    CAPTURE(name);
    CHECK(signal_number(name) == SIGTERM);
  }
}

}  // namespace
}  // namespace longshore::runtime::docker
