#include "agent/standalone/image_registry.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/standalone/secret_source.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

TEST_CASE("ECR hosts are told by their names", "[unit][standalone]") {
  CHECK(parse_ecr_host("111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1") ==
        EcrHost{"111122223333", "eu-west-1"});
  CHECK(parse_ecr_host("111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com/web") ==
        EcrHost{"111122223333", "us-gov-west-1"});
  CHECK_FALSE(parse_ecr_host("111122223333.dkr.ecr.eu-west-1.amazonaws.com"));
  CHECK_FALSE(parse_ecr_host("11112222333.dkr.ecr.eu-west-1.amazonaws.com/web"));
  CHECK_FALSE(parse_ecr_host("busybox"));
  CHECK_FALSE(parse_ecr_host("quay.io/a/b"));
}

TEST_CASE("images of configured registries get tokens from this server", "[unit][standalone]") {
  const Site site{
      .region = "eu-west-1", .account = "111122223333", .ecr_registries = {"127.0.0.1:5000"}};
  CHECK(registry_authentication("127.0.0.1:5000/web", "", true, site, "http://here") ==
        json{{"type", "ecr"},
             {"ecrAuthData",
              {{"registryId", "111122223333"},
               {"region", "eu-west-1"},
               {"endpointOverride", "http://here"},
               {"useExecutionRole", true}}}});
  CHECK(registry_authentication("127.0.0.1:5001/web", "", true, site, "http://here").is_null());
  CHECK(registry_authentication("busybox", "", true, site, "http://here").is_null());
}

TEST_CASE("images of real ECR are pulled with the agent's own credentials", "[unit][standalone]") {
  const json auth = registry_authentication("444455556666.dkr.ecr.us-east-2.amazonaws.com/web", "",
                                            true, Site{}, "http://here");
  CHECK(auth["ecrAuthData"] ==
        json{{"registryId", "444455556666"}, {"region", "us-east-2"}, {"useExecutionRole", false}});
}

TEST_CASE("repositoryCredentials go to Secrets Manager", "[unit][standalone]") {
  const json auth =
      registry_authentication("quay.io/a/b", "arn:secret", true, Site{.region = "x-1"}, "");
  CHECK(auth == json{{"type", "asm"},
                     {"asmAuthData", {{"credentialsParameter", "arn:secret"}, {"region", "x-1"}}}});
}

TEST_CASE("secrets are told apart by their ARNs", "[unit][standalone]") {
  CHECK(parse_secret_source("arn:aws:secretsmanager:eu-west-1:1:secret:db:password::", "x") ==
        SecretSource{"asm", "eu-west-1"});
  CHECK(parse_secret_source("arn:aws:ssm:us-east-1:1:parameter/db", "x") ==
        SecretSource{"ssm", "us-east-1"});
  CHECK(parse_secret_source("/db/password", "here") == SecretSource{"ssm", "here"});
}

}  // namespace
}  // namespace longshore::standalone
