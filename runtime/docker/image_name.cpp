#include "runtime/docker/image_name.hpp"

namespace longshore::runtime::docker {

ImageName split_image_name(std::string_view name) {
  std::string_view digest;
  if (const auto at = name.find('@'); at != std::string_view::npos) {
    digest = name.substr(at + 1);
    name = name.substr(0, at);
  }
  std::string_view tag = "latest";
  const auto colon = name.rfind(':');
  const auto slash = name.rfind('/');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
    tag = name.substr(colon + 1);
    name = name.substr(0, colon);
  }
  return {.repository = std::string(name), .tag = std::string(digest.empty() ? tag : digest)};
}

}  // namespace longshore::runtime::docker
