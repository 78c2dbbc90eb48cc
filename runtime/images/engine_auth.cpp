#include "runtime/images/engine_auth.hpp"

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "agent/base/json_reader.hpp"
#include "runtime/images/base64.hpp"
#include "runtime/images/image_reference.hpp"

namespace longshore::runtime::images {
namespace {

constexpr std::string_view kDockerHubKey = "index.docker.io/v1/";
constexpr std::array<std::string_view, 3> kDockerHubHosts{"docker.io", "index.docker.io",
                                                          "registry-1.docker.io"};

std::string without_scheme(std::string_view registry) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (registry.starts_with(scheme)) registry.remove_prefix(scheme.size());
  }
  return std::string(registry);
}

std::string text_of(const JsonReader& entry, std::string_view member) {
  return entry.string(member).value_or("");
}

RegistryAuth read_login(const JsonReader& entry) {
  RegistryAuth login;
  login.username = text_of(entry, "username");
  login.password = Secret(text_of(entry, "password"));
  login.identity_token = Secret(text_of(entry, "identitytoken"));
  login.registry_token = Secret(text_of(entry, "registrytoken"));
  return login;
}

std::optional<RegistryAuth> read_encoded_login(const JsonReader& entry) {
  const auto decoded = decode_base64(text_of(entry, "auth"));
  if (!decoded) JsonReader(entry.raw(), entry.path() + ".auth").reject(decoded.error().message);
  const auto colon = decoded->find(':');
  if (colon == std::string::npos) return std::nullopt;
  RegistryAuth login;
  login.username = decoded->substr(0, colon);
  login.password = Secret(decoded->substr(colon + 1));
  return login;
}

std::string_view host_of(std::string_view key) { return key.substr(0, key.find('/')); }

bool is_docker_hub(std::string_view host) {
  return std::find(kDockerHubHosts.begin(), kDockerHubHosts.end(), host) != kDockerHubHosts.end();
}

}  // namespace

Result<EngineAuth> EngineAuth::parse(std::string_view type, const Secret& data) {
  EngineAuth auth;
  if (type.empty()) return auth;
  const bool encoded = type == "dockercfg";
  if (!encoded && type != "docker") {
    return fail(ErrorCode::InvalidInput,
                "ECS_ENGINE_AUTH_TYPE \"{}\": expected docker or dockercfg", type);
  }
  auto logins = read_json(std::string_view(data.reveal()), [&](const JsonReader& document) {
    Logins found;
    for (const auto& [registry, entry] : document.members()) {
      if (!entry.raw().is_object()) entry.reject("expected an object");
      auto login = encoded ? read_encoded_login(entry) : std::optional(read_login(entry));
      if (!login) continue;
      login->server_address = without_scheme(registry);
      found.insert_or_assign(login->server_address, std::move(*login));
    }
    return found;
  });
  if (!logins) return fail("ECS_ENGINE_AUTH_DATA", std::move(logins).error());
  auth.logins_ = std::move(*logins);
  return auth;
}

RegistryAuth EngineAuth::find(std::string_view image) const {
  const auto reference = parse_image_reference(image);
  if (!reference) return {};
  if (is_docker_hub(reference->registry)) {
    const auto hub = logins_.find(kDockerHubKey);
    return hub == logins_.end() ? RegistryAuth{} : hub->second;
  }
  const RegistryAuth* longest_prefix = nullptr;
  const Logins::value_type* shortest = nullptr;
  for (const auto& login : logins_) {
    const std::string& key = login.first;
    if (host_of(key) != reference->registry) continue;
    // Of an image's prefixes the map has the longest last.
    if (image.starts_with(key)) longest_prefix = &login.second;
    if (shortest == nullptr || key.size() < shortest->first.size()) shortest = &login;
  }
  if (longest_prefix != nullptr) return *longest_prefix;
  return shortest == nullptr ? RegistryAuth{} : shortest->second;
}

}  // namespace longshore::runtime::images
