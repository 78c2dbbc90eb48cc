#pragma once

#include <string>
#include <string_view>

#include "agent/aws/environment.hpp"

namespace longshore::aws {

/// The DNS suffix of a region's partition: "amazonaws.com", "amazonaws.com.cn" for cn-…, ….
/// Unknown regions belong to the public partition.
/// Source: AWS SDK partition metadata (botocore:botocore/data/partitions.json).
std::string_view partition_suffix(std::string_view region);

/// Where the ECS API is: `backend_host` (ECS_BACKEND_HOST) with "https://" when it has no scheme;
/// else AWS_ENDPOINT_URL_ECS or AWS_ENDPOINT_URL; else "https://ecs.<region>.<suffix>".
/// ACS, TCS and Service Connect endpoints are not here: DiscoverPollEndpoint gives them.
std::string ecs_endpoint(std::string_view region, std::string_view backend_host,
                         const Environment& environment);

/// Where ECR's API is: `override_endpoint` (a task's ecrAuthData.endpointOverride) with "https://"
/// when it has no scheme; else AWS_ENDPOINT_URL_ECR or AWS_ENDPOINT_URL; else
/// "https://api.ecr.<region>.<suffix>".
std::string ecr_endpoint(std::string_view region, std::string_view override_endpoint,
                         const Environment& environment);

}  // namespace longshore::aws
