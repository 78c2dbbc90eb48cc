#include "runtime/docker/layer_url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "agent/base/text.hpp"

namespace longshore::runtime::docker {

std::string redact_layer_urls(std::string_view text, std::string_view image) {
  constexpr std::string_view kScheme = "https://";
  constexpr std::string_view kBucket = "starport-layer-bucket";
  const std::string lower = to_lower(text);
  std::string safe;
  std::size_t done = 0;
  while (true) {
    const std::size_t start = lower.find(kScheme, done);
    if (start == std::string::npos) break;
    const std::size_t end = std::min(lower.find_first_of(" \t\r\n\v\f\"", start), lower.size());
    const bool is_layer =
        std::string_view(lower).substr(start, end - start).find(kBucket) != std::string_view::npos;
    safe += text.substr(done, start - done);
    safe += is_layer ? fmt::format("REDACTED ECR URL related to {}", image)
                     : std::string(text.substr(start, end - start));
    done = end;
  }
  return safe.append(text.substr(done));
}

}  // namespace longshore::runtime::docker
