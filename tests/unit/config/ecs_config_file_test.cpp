#include "config/ecs_config_file.hpp"

#include <catch2/catch.hpp>

using namespace longshore::config;

TEST_CASE("an ecs.config's assignments are read with their lines", "[unit][config]") {
  const auto file = parse_ecs_config(
      "# ECS_CLUSTER=commented\n"
      "ECS_CLUSTER=first\n"
      "\n"
      "  ECS_LOGLEVEL = debug  \r\n"
      "; ECS_X=1\n"
      "ECS_CLUSTER=second\n"
      "ECS_EMPTY=");
  CHECK(file.assignments == std::vector<Assignment>{{"ECS_CLUSTER", "first", 2},
                                                    {"ECS_LOGLEVEL", "debug", 4},
                                                    {"ECS_CLUSTER", "second", 6},
                                                    {"ECS_EMPTY", "", 7}});
  CHECK(file.unreadable_lines.empty());
}

TEST_CASE("matching quotes around a value go, others stay", "[unit][config]") {
  const auto file =
      parse_ecs_config("A='[\"awslogs\"]'\nB=\"x y\"\nC=\"half\nD='a\"\nE=a=b='c'\nF=\"\nG=\"\"\n");
  CHECK(file.assignments == std::vector<Assignment>{{"A", "[\"awslogs\"]", 1},
                                                    {"B", "x y", 2},
                                                    {"C", "\"half", 3},
                                                    {"D", "'a\"", 4},
                                                    {"E", "a=b='c'", 5},
                                                    {"F", "\"", 6},
                                                    {"G", "", 7}});
}

TEST_CASE("lines that are no assignments are told", "[unit][config]") {
  const auto file = parse_ecs_config("ECS_CLUSTER\n=x\nA=1\nexport\n");
  CHECK(file.unreadable_lines == std::vector<int>{1, 2, 4});
  CHECK(file.assignments.size() == 1);
}
