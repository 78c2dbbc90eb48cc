#include "runtime/images/image_reference.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

using namespace longshore;
using namespace longshore::runtime::images;

namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

ImageReference parse(std::string_view text) {
  const auto reference = parse_image_reference(text);
  CAPTURE(text);
  REQUIRE(reference);
  return *reference;
}

std::string error_of(std::string_view text) {
  CAPTURE(text);
  const auto reference = parse_image_reference(text);
  REQUIRE_FALSE(reference);
  CHECK(reference.error().code == ErrorCode::InvalidInput);
  return reference.error().message;
}

rc::Gen<std::string> text_of(const std::string& letters, int least, int most) {
  return rc::gen::mapcat(rc::gen::inRange(least, most + 1), [letters](int length) {
    return rc::gen::container<std::string>(static_cast<std::size_t>(length),
                                           rc::gen::elementOf(letters));
  });
}

const std::string kAlphanumeric = "abcdefghijklmnopqrstuvwxyz0123456789";

rc::Gen<std::string> path_component() {
  return rc::gen::map(rc::gen::tuple(text_of(kAlphanumeric, 1, 6),
                                     rc::gen::element<std::string>(".", "_", "__", "-", "---", "x"),
                                     text_of(kAlphanumeric, 1, 6)),
                      [](const auto& parts) {
                        return std::get<0>(parts) + std::get<1>(parts) + std::get<2>(parts);
                      });
}

ImageReference arbitrary_reference() {
  ImageReference reference;
  reference.registry = *rc::gen::element<std::string>("docker.io", "localhost", "r.test:5000",
                                                      "[::1]:5000", "127.0.0.1:5001", "UPPER",
                                                      "1.dkr.ecr.us-west-2.amazonaws.com");
  const int depth = *rc::gen::inRange(1, 4);
  for (int i = 0; i < depth; ++i) {
    reference.repository += (i == 0 ? "" : "/") + *path_component();
  }
  if (reference.registry == "docker.io" && depth == 1) {
    reference.repository.insert(0, "library/");
  }
  if (*rc::gen::arbitrary<bool>()) {
    reference.tag = *text_of(kAlphanumeric + "ABC_", 1, 1) + *text_of(kAlphanumeric + "_.-", 0, 20);
  }
  if (reference.tag.empty() || *rc::gen::arbitrary<bool>()) {
    reference.digest = "sha256:" + *text_of("0123456789abcdef", 64, 64);
  }
  return reference;
}

}  // namespace

TEST_CASE("short names belong to Docker Hub and get tag latest", "[unit][images]") {
  CHECK(parse("busybox") ==
        ImageReference{.registry = "docker.io", .repository = "library/busybox", .tag = "latest"});
  CHECK(parse("team/app:1.2") ==
        ImageReference{.registry = "docker.io", .repository = "team/app", .tag = "1.2"});
  CHECK(parse("index.docker.io/busybox") == parse("busybox"));
  CHECK(parse("docker.io/library/busybox:latest") == parse("busybox"));
}

TEST_CASE("a first part with a dot, a port or capitals is a registry", "[unit][images]") {
  CHECK(parse("r.test/app").registry == "r.test");
  CHECK(parse("localhost/app").registry == "localhost");
  CHECK(parse("host:5000/a/b:t") ==
        ImageReference{.registry = "host:5000", .repository = "a/b", .tag = "t"});
  CHECK(parse("Host/app").registry == "Host");
  CHECK(parse("[2001:db8::1]:5000/app").registry == "[2001:db8::1]:5000");
  CHECK(parse("[::1]/app").registry == "[::1]");
  CHECK(parse("host/app").registry == "docker.io");
  // Without a slash, what follows the colon is a tag.
  CHECK(parse("host:5000") ==
        ImageReference{.registry = "docker.io", .repository = "library/host", .tag = "5000"});
}

TEST_CASE("a digest stands alone or beside a tag", "[unit][images]") {
  CHECK(parse("app@" + kDigest).tag.empty());
  CHECK(parse("app@" + kDigest).digest == kDigest);
  CHECK(parse("r.test:1/app:2@" + kDigest) ==
        ImageReference{.registry = "r.test:1", .repository = "app", .tag = "2", .digest = kDigest});
  CHECK(parse("app@sha512:" + std::string(128, '0')).digest.size() == 135);
}

TEST_CASE("names have a whole and a familiar form", "[unit][images]") {
  CHECK(canonical_name(parse("busybox")) == "docker.io/library/busybox:latest");
  CHECK(familiar_name(parse("docker.io/library/busybox")) == "busybox:latest");
  CHECK(familiar_name(parse("docker.io/team/app:1")) == "team/app:1");
  CHECK(familiar_name(parse("docker.io/1.x/app")) == "docker.io/1.x/app:latest");
  CHECK(familiar_name(parse("docker.io/library/deep/app")) == "library/deep/app:latest");
  CHECK(familiar_name(parse("r.test/library/app@" + kDigest)) == "r.test/library/app@" + kDigest);
}

TEST_CASE("only a bare name of 64 hex digits is an image id", "[unit][images]") {
  const std::string hex(64, 'a');
  for (const std::string& text : {"index.docker.io/" + hex, hex + ":latest", hex + "@" + kDigest}) {
    const auto reference = parse_image_reference(text);
    INFO(text);
    REQUIRE(reference);
    CHECK(reference->repository == "library/" + hex);
    CHECK(parse_image_reference(familiar_name(*reference)) == reference);
  }
  CHECK_FALSE(parse_image_reference(hex));
}

TEST_CASE("a bad image name says which part and what is accepted", "[unit][images]") {
  CHECK(error_of("") ==
        "image repository \"\": expected lower-case letters and digits, with '.', '_', '__' or '-' "
        "only between them, in parts separated by '/'");
  CHECK(error_of("app@sha256:12") ==
        "image digest \"sha256:12\": expected sha256: and 64 lower-case hex digits");
  CHECK(error_of("app:-x").find("image tag \"-x\": expected") == 0);
  CHECK(error_of("-bad.host/app").find("image registry \"-bad.host\": expected") == 0);
  CHECK(error_of("host:port/app").find("image registry") == 0);
  CHECK(error_of("app/Upper").find("image repository \"app/Upper\"") == 0);
  CHECK(error_of(std::string(64, 'a')).find("not 64 hex digits") != std::string::npos);
  CHECK(error_of("r.test/" + std::string(255, 'a')).find("at most 255") != std::string::npos);
  for (const char* text :
       {"app:", "a//b", "/a", "a/", "a._b", "a___b", ".a", "a.", "a b", "app@", "app@md5:1",
        "app@@", "a:b:c", "r.test:/a", "[::1/a", "[]/a", "a..b/c", "[::1]5000/a", "r_x.test/a"}) {
    error_of(text);
  }
  CHECK(error_of("app:" + std::string(129, 't')).find("image tag") == 0);
}

TEST_CASE("parsing undoes both forms of any name", "[unit][images]") {
  CHECK(rc::check("canonical and familiar names parse to the same parts", [] {
    const ImageReference reference = arbitrary_reference();
    RC_ASSERT(parse_image_reference(canonical_name(reference)) == reference);
    RC_ASSERT(parse_image_reference(familiar_name(reference)) == reference);
  }));
}

TEST_CASE("any text either parses to a name that parses again or is refused", "[unit][images]") {
  CHECK(rc::check("parse is stable", [] {
    const std::string text = *text_of("ab/:@.-_[]A1", 0, 16);
    const auto once = parse_image_reference(text);
    if (once) RC_ASSERT(parse_image_reference(canonical_name(*once)) == *once);
  }));
}
