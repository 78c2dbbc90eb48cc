#pragma once

#include <string>
#include <string_view>

namespace longshore::runtime::docker {

/// An image name in the two parts that the engine's calls take.
struct ImageName {
  std::string repository{};  ///< "127.0.0.1:5000/team/app"
  std::string tag{};         ///< "v1" or "sha256:…"; "latest" when the name has neither.
};

/// "repo@sha256:…", "repo:tag@sha256:…" (the digest decides) or "repo:tag"; a ':' before the last
/// '/' is a port. The engine checks the rest.
ImageName split_image_name(std::string_view name);

}  // namespace longshore::runtime::docker
