#pragma once

#include <string>
#include <string_view>

namespace longshore::runtime::docker {

/// `text` with "REDACTED ECR URL related to <image>" in place of each URL of an ECR layer bucket:
/// their queries are keys to the layer, for as long as they are signed. A URL ends at white space
/// or a quotation mark, or with the text, which may be cut inside it.
/// Source: amazon-ecs-agent:agent/dockerclient/dockerapi/errors.go.
std::string redact_layer_urls(std::string_view text, std::string_view image);

}  // namespace longshore::runtime::docker
