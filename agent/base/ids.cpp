#include "agent/base/ids.hpp"

namespace longshore {

std::string_view task_id(const TaskArn& arn) {
  const std::string_view text = arn.str();
  const auto slash = text.rfind('/');
  return slash == std::string_view::npos ? text : text.substr(slash + 1);
}

}  // namespace longshore
