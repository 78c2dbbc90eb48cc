#include "runtime/images/pull_advice.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace longshore::runtime::images {

TEST_CASE("a pull that failed comes with what can be done about it", "[unit][images]") {
  const std::string engine =
      "Error response from daemon: pull access denied for 1.dkr.ecr.r.amazonaws.com/web, "
      "repository does not exist or may require 'docker login': ";
  const auto [text, advice] = GENERATE_COPY(table<std::string, std::string>(
      {{engine + "denied: User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: "
                 "ecr:BatchGetImage on resource: arn:aws:ecr:r:1:repository/web",
        "The role that pulls this image lacks a permission: allow it ecr:BatchGetImage on the "
        "repository. "},
       {engine + "denied: requested access to the resource is denied",
        "Check that the image exists, and that the login for its registry may pull it. "},
       {"Error response from daemon: Get https://r/v2/: net/http: request canceled while waiting "
        "for connection (Client.Timeout exceeded while awaiting headers)",
        "Check that this host can reach the image's registry. "},
       // Another permission, and one who is not told: there is nothing to advise.
       {engine + "denied: User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: "
                 "ecr:GetAuthorizationToken on resource: *",
        ""},
       {"x is not authorized to perform: ecr:BatchGetImage on resource: y", ""},
       {"manifest unknown", ""},
       {"", ""}}));
  CHECK(with_pull_advice(text) == advice + text);
}

}  // namespace longshore::runtime::images
