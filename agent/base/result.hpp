#pragma once

#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "agent/base/error.hpp"

namespace longshore {

/// A value, or why there is none. Whoever returns one marks the function [[nodiscard]].
template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

/// `return fail(ErrorCode::NotFound, "no image {}", name);` from any function returning a Result.
template <typename... Args>
[[nodiscard]] tl::unexpected<Error> fail(ErrorCode code, fmt::format_string<Args...> text,
                                         Args&&... args) {
  return tl::make_unexpected(Error{code, fmt::format(text, std::forward<Args>(args)...)});
}

/// Passes another call's error on as it is.
[[nodiscard]] inline tl::unexpected<Error> fail(Error error) {
  return tl::make_unexpected(std::move(error));
}

/// Passes another call's error on with context: `return fail("read config", r.error());`.
[[nodiscard]] inline tl::unexpected<Error> fail(std::string_view what, Error error) {
  return tl::make_unexpected(with_context(what, std::move(error)));
}

}  // namespace longshore
