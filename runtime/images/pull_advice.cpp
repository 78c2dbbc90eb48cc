#include "runtime/images/pull_advice.hpp"

#include <string_view>

namespace longshore::runtime::images {
namespace {

std::string_view advice_for(std::string_view text) {
  const auto user = text.find("denied: User: ");
  if (user != std::string_view::npos &&
      text.find(" is not authorized to perform: ecr:BatchGetImage on resource", user) !=
          std::string_view::npos) {
    return "The role that pulls this image lacks a permission: allow it ecr:BatchGetImage on the "
           "repository. ";
  }
  if (text.find("denied: requested access to the resource is denied") != std::string_view::npos) {
    return "Check that the image exists, and that the login for its registry may pull it. ";
  }
  if (text.find("request canceled while waiting for connection") != std::string_view::npos) {
    return "Check that this host can reach the image's registry. ";
  }
  return {};
}

}  // namespace

std::string with_pull_advice(std::string text) { return text.insert(0, advice_for(text)); }

}  // namespace longshore::runtime::images
