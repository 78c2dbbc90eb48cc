#include "agent/aws/user_agent.hpp"

#include <fmt/format.h>

namespace longshore::aws {

std::string user_agent(std::string_view version, std::string_view hash,
                       std::string_view os_family) {
  return fmt::format("Amazon ECS Agent - v{} (*{}) (linux; {}) (+http://aws.amazon.com/ecs/)",
                     version, hash, os_family);
}

}  // namespace longshore::aws
