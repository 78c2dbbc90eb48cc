// AWS's published signing suite, where it is at hand; sigv4_test.cpp has vectors that always are.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "agent/aws/sigv4.hpp"
#include "agent/base/text.hpp"
#include "agent/base/time_text.hpp"

using namespace longshore;
using namespace longshore::aws;

namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Reads a vector's request.txt: request line, headers (some folded), empty line, body.
SigningRequest parse_request(const std::string& text) {
  SigningRequest request;
  const auto head_end = text.find("\n\n");
  const std::string head = text.substr(0, head_end);
  if (head_end != std::string::npos) request.body = text.substr(head_end + 2);
  bool first = true;
  for (const std::string_view line : split(head, '\n')) {
    if (first) {
      const auto target_begin = line.find(' ') + 1;
      request.method = line.substr(0, target_begin - 1);
      request.url = "https://example.amazonaws.com" +
                    std::string(line.substr(target_begin, line.rfind(' ') - target_begin));
      first = false;
    } else if (line.starts_with(' ')) {
      request.headers.back().second.append("\n").append(line);
    } else if (!line.empty()) {
      const auto colon = line.find(':');
      request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 1));
    }
  }
  return request;
}

void check_vector(const fs::path& folder) {
  CAPTURE(folder.filename().string());
  const auto context = nlohmann::json::parse(read(folder / "context.json"));
  const auto& keys = context.at("credentials");
  const Credentials credentials{.access_key_id = keys.at("access_key_id").get<std::string>(),
                                .secret_access_key = Secret(keys.at("secret_access_key")),
                                .session_token = Secret(keys.value("token", std::string{}))};
  const auto signature = sign(parse_request(read(folder / "request.txt")), credentials,
                              {.region = context.at("region"),
                               .service = context.at("service"),
                               .time = parse_rfc3339(context.at("timestamp").get<std::string>())},
                              {.normalize_path = context.at("normalize").get<bool>(),
                               .sign_session_token = !context.value("omit_session_token", false),
                               .send_payload_sha256 = context.at("sign_body").get<bool>()});
  REQUIRE(signature);
  CHECK(signature->canonical_request == read(folder / "header-canonical-request.txt"));
  CHECK(signature->string_to_sign == read(folder / "header-string-to-sign.txt"));
  CHECK(signature->signature == read(folder / "header-signature.txt"));
  const std::string sent = read(folder / "header-signed-request.txt");
  for (const auto& [name, value] : signature->headers) {
    CHECK_THAT(to_lower(sent), Catch::Contains(to_lower(name + ":" + value)));
  }
}

}  // namespace

TEST_CASE("every published signing vector is met step by step", "[unit][aws][sigv4]") {
  const fs::path suite = LONGSHORE_SIGV4_VECTORS;
  if (!fs::is_directory(suite)) {
    WARN("no signing suite at " << suite.string() << "; only the vectors in sigv4_test.cpp ran");
    return;
  }
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(suite)) {
    if (!entry.is_directory()) continue;
    check_vector(entry.path());
    ++count;
  }
  CHECK(count >= 38);
}
