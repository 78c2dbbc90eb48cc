#pragma once

#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace longshore::standalone {

/// A refusal as the ECS API words it: HTTP `status` and {"__type":code,"message":message}.
struct ApiError {
  std::string code = "ServerException";
  std::string message{};
  int status = 400;
};

/// The answer of an operation, or the error the caller is shown.
template <typename T>
using ApiResult = tl::expected<T, ApiError>;

/// ClientException, 400: the request is not what the API accepts.
template <typename... Args>
[[nodiscard]] tl::unexpected<ApiError> client_error(fmt::format_string<Args...> text,
                                                    Args&&... args) {
  return tl::make_unexpected(
      ApiError{"ClientException", fmt::format(text, std::forward<Args>(args)...), 400});
}

/// InvalidParameterException, 400: a member's value does not fit.
template <typename... Args>
[[nodiscard]] tl::unexpected<ApiError> invalid_parameter(fmt::format_string<Args...> text,
                                                         Args&&... args) {
  return tl::make_unexpected(
      ApiError{"InvalidParameterException", fmt::format(text, std::forward<Args>(args)...), 400});
}

/// Passes another call's error on as it is.
[[nodiscard]] inline tl::unexpected<ApiError> refuse(ApiError error) {
  return tl::make_unexpected(std::move(error));
}

}  // namespace longshore::standalone
