#include "runtime/docker/image_name.hpp"

#include <catch2/catch.hpp>

namespace longshore::runtime::docker {
namespace {

TEST_CASE("image names fall into repository and tag or digest", "[unit][docker]") {
  const auto [name, repository, tag] = GENERATE(table<std::string, std::string, std::string>(
      {{"busybox", "busybox", "latest"},
       {"busybox:1", "busybox", "1"},
       {"127.0.0.1:5000/team/app", "127.0.0.1:5000/team/app", "latest"},
       {"127.0.0.1:5000/team/app:v1", "127.0.0.1:5000/team/app", "v1"},
       {"r:1/app@sha256:0a", "r:1/app", "sha256:0a"},
       {"r:1/app:v1@sha256:0a", "r:1/app", "sha256:0a"},
       {"", "", "latest"}}));
  const ImageName parts = split_image_name(name);
  CHECK(parts.repository == repository);
  CHECK(parts.tag == tag);
}

}  // namespace
}  // namespace longshore::runtime::docker
