#include "runtime/docker/docker_settings.hpp"

namespace longshore::runtime::docker {

Result<std::string> parse_docker_host(std::string_view url) {
  constexpr std::string_view kScheme = "unix://";
  const std::string_view path = url.starts_with(kScheme) ? url.substr(kScheme.size()) : "";
  if (!path.starts_with('/')) {
    return fail(ErrorCode::InvalidInput, "DOCKER_HOST \"{}\": expected unix:///path/of/the/socket",
                url);
  }
  return std::string(path);
}

}  // namespace longshore::runtime::docker
