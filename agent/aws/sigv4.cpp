#include "agent/aws/sigv4.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "agent/aws/digest.hpp"
#include "agent/base/text.hpp"
#include "agent/base/time_text.hpp"

namespace longshore::aws {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::array<std::string_view, 5> kUnsignedHeaders{
    "authorization", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id"};

struct Url {
  std::string host{};  ///< With its port, unless that is the scheme's own.
  std::string path{};
  std::string query{};
};

Result<Url> parse_url(std::string_view text) {
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos || scheme_end == 0) {
    return fail(ErrorCode::InvalidInput, "sign: expected an absolute URL, got \"{}\"",
                truncate_utf8(text, 256));
  }
  const std::string scheme = to_lower(text.substr(0, scheme_end));
  std::string_view rest = text.substr(scheme_end + 3);
  rest = rest.substr(0, rest.find('#'));
  Url url;
  if (const auto query = rest.find('?'); query != std::string_view::npos) {
    url.query = rest.substr(query + 1);
    rest = rest.substr(0, query);
  }
  const auto slash = rest.find('/');
  url.host = to_lower(rest.substr(0, slash));
  url.path = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  const bool secure = scheme == "https" || scheme == "wss";
  const std::string_view own_port = secure ? ":443" : ":80";
  if (url.host.ends_with(own_port)) url.host.resize(url.host.size() - own_port.size());
  if (url.host.empty()) return fail(ErrorCode::InvalidInput, "sign: URL without a host");
  return url;
}

/// Drops ".", empty segments, and ".." with the segment before it. A trailing slash stays.
std::string normalize_path(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const std::string_view segment : split(path, '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string normal;
  for (const std::string_view segment : kept) normal.append("/").append(segment);
  if (normal.empty() || path.ends_with('/')) normal += '/';
  return normal;
}

std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string_view part : split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const auto recode = [](std::string_view text) {
      return percent_encode(percent_decode(text, true));
    };
    pairs.emplace_back(recode(part.substr(0, equals)), equals == std::string_view::npos
                                                           ? std::string{}
                                                           : recode(part.substr(equals + 1)));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string canonical;
  for (const auto& [name, value] : pairs) {
    if (!canonical.empty()) canonical += '&';
    canonical.append(name).append("=").append(value);
  }
  return canonical;
}

/// Runs of white space (line breaks of folded headers too) become one space.
std::string collapse_spaces(std::string_view text) {
  std::string out;
  bool pending = false;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f') {
      pending = !out.empty();
      continue;
    }
    if (std::exchange(pending, false)) out += ' ';
    out += c;
  }
  return out;
}

/// Lower-case name to value; several headers of one name are joined in the order they are sent.
std::map<std::string, std::string> canonical_headers(const net::Headers& headers) {
  std::map<std::string, std::string> canonical;
  for (const auto& [name, value] : headers) {
    const std::string lower = to_lower(trim(name));
    if (std::find(kUnsignedHeaders.begin(), kUnsignedHeaders.end(), lower) !=
        kUnsignedHeaders.end()) {
      continue;
    }
    const auto [at, is_new] = canonical.try_emplace(lower, collapse_spaces(value));
    if (!is_new) at->second.append(",").append(collapse_spaces(value));
  }
  return canonical;
}

std::string signing_key(const Secret& secret, std::string_view date, const SigningScope& scope) {
  std::string key = hmac_sha256("AWS4" + secret.reveal(), date);
  key = hmac_sha256(key, scope.region);
  key = hmac_sha256(key, scope.service);
  return hmac_sha256(key, "aws4_request");
}

}  // namespace

Result<Signature> sign(const SigningRequest& request, const Credentials& credentials,
                       const SigningScope& scope, const SigningOptions& options) {
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
    return fail(ErrorCode::InvalidInput, "sign: the credentials have no access key or no secret");
  }
  const auto url = parse_url(request.url);
  if (!url) return fail(url.error());

  const std::string payload_hash =
      request.payload_sha256 ? *request.payload_sha256 : sha256_hex(request.body);
  const std::string timestamp = to_amz_date(scope.time);
  const std::string date = timestamp.substr(0, 8);

  Signature result;
  result.headers.emplace_back("X-Amz-Date", timestamp);
  if (options.send_payload_sha256) {
    result.headers.emplace_back("X-Amz-Content-Sha256", payload_hash);
  }
  net::Headers to_sign = request.headers;
  to_sign.insert(to_sign.end(), result.headers.begin(), result.headers.end());
  if (!credentials.session_token.empty()) {
    result.headers.emplace_back("X-Amz-Security-Token", credentials.session_token.reveal());
    if (options.sign_session_token) to_sign.push_back(result.headers.back());
  }
  auto headers = canonical_headers(to_sign);
  headers.try_emplace("host", url->host);

  std::string header_lines;
  for (const auto& [name, value] : headers) {
    header_lines.append(name).append(":").append(value).append("\n");
    if (!result.signed_headers.empty()) result.signed_headers += ';';
    result.signed_headers += name;
  }
  const std::string path = options.normalize_path ? normalize_path(url->path) : url->path;
  result.canonical_request =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, percent_encode(path, true),
                  canonical_query(url->query), header_lines, result.signed_headers, payload_hash);

  const std::string credential_scope =
      fmt::format("{}/{}/{}/aws4_request", date, scope.region, scope.service);
  result.string_to_sign = fmt::format("{}\n{}\n{}\n{}", kAlgorithm, timestamp, credential_scope,
                                      sha256_hex(result.canonical_request));
  result.signature = to_hex(
      hmac_sha256(signing_key(credentials.secret_access_key, date, scope), result.string_to_sign));
  result.headers.emplace_back("Authorization",
                              fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}",
                                          kAlgorithm, credentials.access_key_id, credential_scope,
                                          result.signed_headers, result.signature));
  return result;
}

}  // namespace longshore::aws
