#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/aws/credentials.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"
#include "agent/net/http.hpp"

namespace longshore::aws {

/// What is about to be sent. Signing covers every header in `headers` but Authorization, Expect,
/// Transfer-Encoding, User-Agent and X-Amzn-Trace-Id, which proxies and clients change on the way.
struct SigningRequest {
  std::string method = "POST";
  std::string url{};       ///< Absolute, encoded as it will be on the wire.
  net::Headers headers{};  ///< Host may be left out: it is then taken from `url`.
  std::string body{};
  std::optional<std::string> payload_sha256{};  ///< Lower-case hex, in place of hashing `body`.
};

struct SigningOptions {
  bool normalize_path = true;        ///< Resolve ".", ".." and "//" in the path; S3 wants it off.
  bool sign_session_token = true;    ///< Off: X-Amz-Security-Token is added but not signed.
  bool send_payload_sha256 = false;  ///< Add (and sign) X-Amz-Content-Sha256.
};

/// For whom and when a signature is good.
struct SigningScope {
  std::string region{};
  std::string service{};
  WallTime time{};
};

/// The steps of a signature; tests and error reports compare them one by one. Only `headers` is
/// sent. `canonical_request` holds the session token: never log it.
struct Signature {
  net::Headers headers{};  ///< To add: X-Amz-Date, X-Amz-Security-Token (if any), Authorization, …
  std::string signed_headers{};  ///< "host;x-amz-date": lower case, sorted.
  std::string canonical_request{};
  std::string string_to_sign{};
  std::string signature{};  ///< 64 lower-case hex digits.
};

/// Signs with AWS Signature Version 4 in its header form. Query names and values are decoded ('+'
/// is a space) and encoded again, then sorted; the path is encoded once more than on the wire.
/// Errors: InvalidInput (`url` is not absolute, keys are empty).
/// Source: AWS General Reference, "Signature Version 4 signing process".
Result<Signature> sign(const SigningRequest& request, const Credentials& credentials,
                       const SigningScope& scope, const SigningOptions& options = {});

}  // namespace longshore::aws
