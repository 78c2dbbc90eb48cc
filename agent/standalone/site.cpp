#include "agent/standalone/site.hpp"

#include <fmt/format.h>

namespace longshore::standalone {
namespace {

std::string_view partition_of(std::string_view region) {
  if (region.starts_with("cn-")) return "aws-cn";
  if (region.starts_with("us-gov-")) return "aws-us-gov";
  return "aws";
}

}  // namespace

std::string Site::arn(std::string_view resource) const {
  return fmt::format("arn:{}:ecs:{}:{}:{}", partition_of(region), region, account, resource);
}

std::string Site::cluster_arn(std::string_view cluster) const {
  return arn(fmt::format("cluster/{}", cluster));
}

std::string Site::task_definition_arn(std::string_view family, int revision) const {
  return arn(fmt::format("task-definition/{}:{}", family, revision));
}

std::string Site::container_instance_arn(std::string_view cluster, std::string_view id) const {
  return arn(fmt::format("container-instance/{}/{}", cluster, id));
}

std::string Site::task_arn(std::string_view cluster, std::string_view id) const {
  return arn(fmt::format("task/{}/{}", cluster, id));
}

std::string Site::container_arn(std::string_view cluster, std::string_view task_id,
                                std::string_view id) const {
  return arn(fmt::format("container/{}/{}/{}", cluster, task_id, id));
}

std::string_view last_segment(std::string_view name_or_arn) {
  return name_or_arn.substr(name_or_arn.rfind('/') + 1);
}

}  // namespace longshore::standalone
