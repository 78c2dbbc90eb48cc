#include "agent/standalone/ecr_token.hpp"

#include <openssl/evp.h>

#include "agent/standalone/json_access.hpp"

namespace longshore::standalone {
namespace {

constexpr std::chrono::hours kTokenLife{12};

std::string base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // EVP_EncodeBlock ends it with a 0.
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(length));
  return text;
}

}  // namespace

nlohmann::json authorization_token(const std::string& user, const Secret& password,
                                   const std::string& proxy_endpoint, WallTime now) {
  return {{"authorizationData",
           {{{"authorizationToken", base64(user + ":" + password.reveal())},
             {"expiresAt", epoch_seconds(now + kTokenLife)},
             {"proxyEndpoint", proxy_endpoint}}}}};
}

}  // namespace longshore::standalone
