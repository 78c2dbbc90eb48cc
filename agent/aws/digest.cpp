#include "agent/aws/digest.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

#include "agent/base/text.hpp"

namespace longshore::aws {
namespace {

constexpr std::size_t kDigestBytes = 32;

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

std::string sha256_hex(std::string_view data) {
  std::string digest(kDigestBytes, '\0');
  // Fails only when memory is out or OpenSSL lost its default provider: nothing works then.
  if (EVP_Digest(data.data(), data.size(), bytes_of(digest), nullptr, EVP_sha256(), nullptr) != 1) {
    std::abort();
  }
  return to_hex(digest);
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  std::string digest(kDigestBytes, '\0');
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(data.data()), data.size(), bytes_of(digest),
           nullptr) == nullptr) {
    std::abort();
  }
  return digest;
}

}  // namespace longshore::aws
