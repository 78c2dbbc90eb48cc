#include "agent/aws/endpoints.hpp"

#include <catch2/catch.hpp>

#include "agent/aws/user_agent.hpp"

using namespace longshore::aws;

TEST_CASE("a configured host is used as it is", "[unit][aws]") {
  const Environment variables{{"AWS_ENDPOINT_URL_ECS", "https://ignored"}};
  CHECK(ecs_endpoint("us-west-2", "http://127.0.0.1:51800", variables) == "http://127.0.0.1:51800");
  CHECK(ecs_endpoint("us-west-2", "https://ecs.test/", variables) == "https://ecs.test/");
  CHECK(ecs_endpoint("us-west-2", "ecs.test:8443", variables) == "https://ecs.test:8443");
}

TEST_CASE("without one, AWS's endpoint variables count, the service's own first", "[unit][aws]") {
  Environment variables{{"AWS_ENDPOINT_URL", "http://all"}, {"AWS_ENDPOINT_URL_ECS", "http://ecs"}};
  CHECK(ecs_endpoint("us-west-2", "", variables) == "http://ecs");
  CHECK(ecr_endpoint("us-west-2", "", variables) == "http://all");
  variables["AWS_ENDPOINT_URL_ECR"] = "http://ecr";
  variables["AWS_ENDPOINT_URL_ECS"] = "";
  CHECK(ecs_endpoint("us-west-2", "", variables) == "http://all");
  CHECK(ecr_endpoint("us-west-2", "", variables) == "http://ecr");
  CHECK(ecr_endpoint("us-west-2", "127.0.0.1:1", variables) == "https://127.0.0.1:1");
}

TEST_CASE("regional endpoints carry their partition's suffix", "[unit][aws]") {
  CHECK(ecs_endpoint("us-west-2", "", {}) == "https://ecs.us-west-2.amazonaws.com");
  CHECK(ecs_endpoint("us-gov-west-1", "", {}) == "https://ecs.us-gov-west-1.amazonaws.com");
  CHECK(ecs_endpoint("cn-north-1", "", {}) == "https://ecs.cn-north-1.amazonaws.com.cn");
  CHECK(ecr_endpoint("us-iso-east-1", "", {}) == "https://api.ecr.us-iso-east-1.c2s.ic.gov");
  CHECK(ecr_endpoint("us-isob-east-1", "", {}) == "https://api.ecr.us-isob-east-1.sc2s.sgov.gov");
  CHECK(partition_suffix("eusc-de-east-1") == "amazonaws.eu");
}

TEST_CASE("the user agent names version, hash and system family", "[unit][aws]") {
  CHECK(user_agent("1.105.1", "a8b3e7d3", "LINUX") ==
        "Amazon ECS Agent - v1.105.1 (*a8b3e7d3) (linux; LINUX) (+http://aws.amazon.com/ecs/)");
}
