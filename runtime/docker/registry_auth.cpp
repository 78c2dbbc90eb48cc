#include "runtime/docker/registry_auth.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "agent/base/json_reader.hpp"

namespace longshore::runtime::docker {
namespace {

std::string url_safe_base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group =
          (group << 8U) | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      const bool padding = i + k > bytes.size();
      out += padding ? '=' : kAlphabet[(group >> (18U - 6U * k)) & 63U];
    }
  }
  return out;
}

}  // namespace

Secret registry_auth_header(const RegistryAuth& auth) {
  nlohmann::json members = nlohmann::json::object();
  const auto add = [&members](const char* name, const std::string& value) {
    if (!value.empty()) members[name] = value;
  };
  add("username", auth.username);
  add("password", auth.password.reveal());
  add("serveraddress", auth.server_address);
  add("identitytoken", auth.identity_token.reveal());
  add("registrytoken", auth.registry_token.reveal());
  return Secret(url_safe_base64(dump_json(members)));
}

}  // namespace longshore::runtime::docker
