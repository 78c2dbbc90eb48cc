// The same thousand random requests through our signer and through botocore's, an independent one.
#include <stdio.h>

#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "agent/aws/sigv4.hpp"
#include "agent/base/time_text.hpp"

using namespace longshore;
using namespace longshore::aws;

namespace {

constexpr int kRequests = 1000;

std::string output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  std::array<char, 65536> buffer{};
  while (const std::size_t got = fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), got);
  }
  INFO("python3-botocore is needed: run packaging/setup");
  REQUIRE(pclose(pipe) == 0);
  return output;
}

/// "20530109T040035Z" in the form that parse_rfc3339 reads.
std::string to_extended(const std::string& basic) {
  return basic.substr(0, 4) + "-" + basic.substr(4, 2) + "-" + basic.substr(6, 5) + ":" +
         basic.substr(11, 2) + ":" + basic.substr(13);
}

}  // namespace

TEST_CASE("a thousand random requests are signed as botocore signs them", "[unit][aws][sigv4]") {
  const std::string seed = std::to_string(Catch::rngSeed());
  CAPTURE(seed);
  const auto answer =
      nlohmann::json::parse(output_of("/usr/bin/python3 '" LONGSHORE_BOTOCORE_SCRIPT "' " + seed +
                                      " " + std::to_string(kRequests)));
  REQUIRE(answer.at("requests").size() == kRequests);
  for (const auto& expected : answer.at("requests")) {
    SigningRequest request{
        .method = expected.at("method"), .url = expected.at("url"), .body = expected.at("body")};
    for (const auto& header : expected.at("headers")) {
      request.headers.emplace_back(header.at(0), header.at(1));
    }
    const auto signature =
        sign(request,
             {.access_key_id = expected.at("access_key"),
              .secret_access_key = Secret(expected.at("secret_key")),
              .session_token = Secret(expected.at("token"))},
             {.region = expected.at("region"),
              .service = expected.at("service"),
              .time = parse_rfc3339(to_extended(expected.at("time").get<std::string>()))});
    REQUIRE(signature);
    CAPTURE(request.url);
    REQUIRE(signature->canonical_request == expected.at("canonical_request").get<std::string>());
    REQUIRE(signature->string_to_sign == expected.at("string_to_sign").get<std::string>());
    REQUIRE(signature->signature == expected.at("signature").get<std::string>());
  }
}
