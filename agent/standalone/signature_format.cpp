#include "agent/standalone/signature_format.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <string>

#include "agent/base/text.hpp"

namespace longshore::standalone {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256 ";

bool is_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isxdigit(c) != 0; });
}

bool is_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Status check_authorization(std::string_view authorization, std::string_view service) {
  if (!authorization.starts_with(kAlgorithm)) {
    return fail(ErrorCode::InvalidInput, "Authorization: expected AWS4-HMAC-SHA256");
  }
  std::map<std::string_view, std::string_view> parts;
  for (std::string_view part : split(authorization.substr(kAlgorithm.size()), ',')) {
    part = trim(part);
    const auto equals = part.find('=');
    if (equals != std::string_view::npos) parts[part.substr(0, equals)] = part.substr(equals + 1);
  }
  const auto scope = split(parts["Credential"], '/');
  if (scope.size() != 5 || scope[0].empty() || scope[1].size() != 8 || !is_digits(scope[1]) ||
      scope[2].empty() || scope[3] != service || scope[4] != "aws4_request") {
    return fail(ErrorCode::InvalidInput,
                "Authorization: expected Credential=<key>/<yyyymmdd>/<region>/{}/aws4_request",
                service);
  }
  const auto signed_headers = split(parts["SignedHeaders"], ';');
  for (const std::string_view name : {"host", "x-amz-date"}) {
    if (std::find(signed_headers.begin(), signed_headers.end(), name) == signed_headers.end()) {
      return fail(ErrorCode::InvalidInput, "Authorization: {} is not in SignedHeaders", name);
    }
  }
  if (parts["Signature"].size() != 64 || !is_hex(parts["Signature"])) {
    return fail(ErrorCode::InvalidInput, "Authorization: expected Signature=<64 hex digits>");
  }
  return {};
}

}  // namespace longshore::standalone
