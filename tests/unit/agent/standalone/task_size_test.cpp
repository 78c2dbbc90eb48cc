#include "agent/standalone/task_size.hpp"

#include <catch2/catch.hpp>

namespace longshore::standalone {
namespace {

TEST_CASE("task sizes are read in plain units and in vCPU and GB", "[unit][standalone]") {
  CHECK(parse_task_cpu("256") == 256);
  CHECK(parse_task_cpu(".25 vcpu") == 256);
  CHECK(parse_task_cpu("0.5vCPU") == 512);
  CHECK(parse_task_cpu("2 vCPU") == 2048);
  CHECK(parse_task_memory("512") == 512);
  CHECK(parse_task_memory("0.5GB") == 512);
  CHECK(parse_task_memory(" 1 gb ") == 1024);
}

TEST_CASE("task sizes that mean nothing are refused", "[unit][standalone]") {
  for (const char* text : {"", "0", "-1", "vcpu", "0.5", "1.0001 vcpu", "256 GB", "1e3", "nan",
                           "99999999999999999999", "2 vCPUs"}) {
    INFO(text);
    CHECK_FALSE(parse_task_cpu(text));
  }
  CHECK_FALSE(parse_task_memory("1 vcpu"));
}

}  // namespace
}  // namespace longshore::standalone
