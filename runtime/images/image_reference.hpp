#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace longshore::runtime::images {

/// An image's name taken apart by Docker's rules.
struct ImageReference {
  std::string registry{};    ///< "docker.io", "127.0.0.1:5001", "[::1]:5000".
  std::string repository{};  ///< "library/busybox", "team/app": without the registry.
  std::string tag{};     ///< "latest" when the name has neither tag nor digest; else may be empty.
  std::string digest{};  ///< "sha256:<64 hex>", or empty.
  friend bool operator==(const ImageReference&, const ImageReference&) = default;
};

/// Takes "busybox", "team/app:1", "host:5000/app@sha256:…" apart. Docker Hub's short names get
/// registry "docker.io" and, without a user, "library/". Errors: InvalidInput that names the part
/// (registry, repository, tag, digest) and the accepted form.
/// Source: distribution/reference:reference.go, normalize.go.
Result<ImageReference> parse_image_reference(std::string_view text);

/// The whole name: "docker.io/library/busybox:latest", "host:5000/app:1@sha256:…".
/// parse_image_reference gives the same parts back.
std::string canonical_name(const ImageReference& reference);

/// The name as people write it and Docker lists it: "busybox:latest", "team/app:1", and
/// in full for other registries. parse_image_reference gives the same parts back.
std::string familiar_name(const ImageReference& reference);

}  // namespace longshore::runtime::images
