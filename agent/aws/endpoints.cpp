#include "agent/aws/endpoints.hpp"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace longshore::aws {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSuffixes{{
    {"cn-", "amazonaws.com.cn"},
    {"us-iso-", "c2s.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov"},
    {"us-isof-", "csp.hci.ic.gov"},
    {"eu-isoe-", "cloud.adc-e.uk"},
    {"eusc-", "amazonaws.eu"},
}};

std::string with_scheme(std::string_view endpoint) {
  const bool has_scheme = endpoint.starts_with("http://") || endpoint.starts_with("https://");
  return has_scheme ? std::string(endpoint) : fmt::format("https://{}", endpoint);
}

std::string resolve(std::string_view explicit_endpoint, std::string_view variable,
                    std::string_view host, std::string_view region,
                    const Environment& environment) {
  if (!explicit_endpoint.empty()) return with_scheme(explicit_endpoint);
  for (const std::string_view name : {variable, std::string_view("AWS_ENDPOINT_URL")}) {
    if (const auto url = find_variable(environment, name); !url.empty()) return with_scheme(url);
  }
  return fmt::format("https://{}.{}.{}", host, region, partition_suffix(region));
}

}  // namespace

std::string_view partition_suffix(std::string_view region) {
  for (const auto& [prefix, suffix] : kSuffixes) {
    if (region.starts_with(prefix)) return suffix;
  }
  return "amazonaws.com";
}

std::string ecs_endpoint(std::string_view region, std::string_view backend_host,
                         const Environment& environment) {
  return resolve(backend_host, "AWS_ENDPOINT_URL_ECS", "ecs", region, environment);
}

std::string ecr_endpoint(std::string_view region, std::string_view override_endpoint,
                         const Environment& environment) {
  return resolve(override_endpoint, "AWS_ENDPOINT_URL_ECR", "api.ecr", region, environment);
}

}  // namespace longshore::aws
