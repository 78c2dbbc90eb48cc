#include "agent/standalone/image_registry.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/base/text.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

bool is_account(std::string_view text) {
  return text.size() == 12 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view host_of(std::string_view image) {
  const auto slash = image.find('/');
  return slash == std::string_view::npos ? std::string_view{} : image.substr(0, slash);
}

}  // namespace

std::optional<EcrHost> parse_ecr_host(std::string_view image) {
  // <account>.dkr.ecr[-fips].<region>.<suffix>
  const auto parts = split(host_of(image), '.');
  if (parts.size() < 6 || !is_account(parts[0]) || parts[1] != "dkr") return std::nullopt;
  if (parts[2] != "ecr" && parts[2] != "ecr-fips") return std::nullopt;
  return EcrHost{std::string(parts[0]), std::string(parts[3])};
}

json registry_authentication(std::string_view image, std::string_view credentials_parameter,
                             bool has_execution_role, const Site& site, std::string_view origin) {
  if (!credentials_parameter.empty()) {
    return {{"type", "asm"},
            {"asmAuthData",
             {{"credentialsParameter", credentials_parameter}, {"region", site.region}}}};
  }
  const std::string_view host = host_of(image);
  const auto ecr = parse_ecr_host(image);
  if (!host.empty() && std::find(site.ecr_registries.begin(), site.ecr_registries.end(), host) !=
                           site.ecr_registries.end()) {
    return {{"type", "ecr"},
            {"ecrAuthData",
             {{"registryId", ecr ? ecr->account : site.account},
              {"region", ecr ? ecr->region : site.region},
              {"endpointOverride", origin},
              {"useExecutionRole", has_execution_role}}}};
  }
  if (!ecr) return nullptr;
  return {{"type", "ecr"},
          {"ecrAuthData",
           {{"registryId", ecr->account}, {"region", ecr->region}, {"useExecutionRole", false}}}};
}

}  // namespace longshore::standalone
