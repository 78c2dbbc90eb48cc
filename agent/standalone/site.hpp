#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace longshore::standalone {

/// Where this control plane pretends to be. ARNs take the partition of the region.
struct Site {
  std::string region = "us-east-1";
  std::string account = "000000000000";
  /// Hosts ("127.0.0.1:5000") whose images are pulled with this server's own ECR tokens.
  std::vector<std::string> ecr_registries{};

  std::string availability_zone() const { return region + "a"; }
  std::string cluster_arn(std::string_view cluster) const;
  std::string task_definition_arn(std::string_view family, int revision) const;
  std::string container_instance_arn(std::string_view cluster, std::string_view id) const;
  std::string task_arn(std::string_view cluster, std::string_view id) const;
  std::string container_arn(std::string_view cluster, std::string_view task_id,
                            std::string_view id) const;

 private:
  std::string arn(std::string_view resource) const;
};

/// "web" of "arn:…:cluster/web" and of "web": what follows the last '/'.
std::string_view last_segment(std::string_view name_or_arn);

}  // namespace longshore::standalone
