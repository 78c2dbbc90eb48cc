#include "runtime/docker/layer_url.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace longshore::runtime::docker {
namespace {

constexpr const char* kImage = "111122223333.dkr.ecr.us-west-2.amazonaws.com/app:1";
const std::string kRedacted = std::string("REDACTED ECR URL related to ") + kImage;
const std::string kSigned =
    "X-Amz-Security-Token=IQoJb3JpZ2luX2VjEJ%2F%2F%2F%2FwEaCXVzLXdlc3QtMiJHMEUCIQ"
    "&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261121T093011Z&X-Amz-SignedHeaders=host"
    "&X-Amz-Expires=3600&X-Amz-Credential=ASIAEXAMPLEKEY%2F20261121%2Fus-west-2%2Fs3%2Faws4_request"
    "&X-Amz-Signature=8f6f0a4e1c7d2b3a";
const std::string kUrl =
    "https://prod-us-west-2-starport-layer-bucket.s3.us-west-2.amazonaws.com/"
    "1a2b3c-111122223333-0d9e8f7a/4b5c6d7e-8f90-1234-5678-9abcdef01234?" +
    kSigned;

TEST_CASE("a layer's presigned URL is replaced, and what stands around it stays",
          "[unit][docker]") {
  const auto [text, safe] = GENERATE(table<std::string, std::string>({
      {"Get \"" + kUrl + "\": dial tcp 52.218.1.2:443: i/o timeout",
       "Get \"" + kRedacted + "\": dial tcp 52.218.1.2:443: i/o timeout"},
      {"error pulling image configuration: download failed after attempts=6: Get " + kUrl +
           " net/http: TLS handshake timeout",
       "error pulling image configuration: download failed after attempts=6: Get " + kRedacted +
           " net/http: TLS handshake timeout"},
      {kUrl, kRedacted},
      {kUrl + "\n" + kUrl + "\tand on", kRedacted + "\n" + kRedacted + "\tand on"},
      // China's, over a dual-stack host.
      {"Get "
       "\"https://prod-cn-north-1-starport-layer-bucket.s3.dualstack.cn-north-1.amazonaws.com.cn/"
       "x?" +
           kSigned + "\": EOF",
       "Get \"" + kRedacted + "\": EOF"},
      // A Go program's JSON inside an error: '&' is escaped.
      {"{url: https://prod-us-east-1-starport-layer-bucket.s3.amazonaws.com/x?a=1\\u0026"
       "X-Amz-Signature=8f6f }",
       "{url: " + kRedacted + " }"},
      {"parse \"HTTPS://PROD-US-EAST-1-STARPORT-LAYER-BUCKET.s3.amazonaws.com/x?a=1\"",
       "parse \"" + kRedacted + "\""},
      {"see https://docs.docker.com/go/ and \"" + kUrl + "\"",
       "see https://docs.docker.com/go/ and \"" + kRedacted + "\""},
  }));
  CHECK(redact_layer_urls(text, kImage) == safe);
}

TEST_CASE("a URL that was cut short is replaced to the text's end", "[unit][docker]") {
  const std::size_t signature = kUrl.find("X-Amz-Security-Token");
  for (std::size_t length = signature; length <= kUrl.size(); ++length) {
    CHECK(redact_layer_urls("Get " + kUrl.substr(0, length), kImage) == "Get " + kRedacted);
  }
}

TEST_CASE("other text stays as it is", "[unit][docker]") {
  for (const std::string text :
       {"", "no space left on device", "https://", "starport-layer-bucket",
        "Get \"https://registry-1.docker.io/v2/\": net/http: request canceled",
        "Head \"https://111122223333.dkr.ecr.us-west-2.amazonaws.com/v2/app/manifests/1\": EOF",
        "https://a.test/ then starport-layer-bucket"}) {
    CHECK(redact_layer_urls(text, kImage) == text);
  }
}

}  // namespace
}  // namespace longshore::runtime::docker
