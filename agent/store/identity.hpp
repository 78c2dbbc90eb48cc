#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/ids.hpp"
#include "agent/base/result.hpp"

namespace longshore::store {

/// Which container instance of which cluster this host is.
struct Identity {
  ContainerInstanceArn instance{};
  std::string cluster{};  ///< As configured.
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// What the identity's file holds: a sealed JSON object and a line end.
std::string to_text(const Identity& identity);
/// Errors: InvalidInput (not such a text, or damaged; one without a sum is damaged).
Result<Identity> parse_identity(std::string_view text);

/// The identity as the database has it.
struct IdentityCopy {
  Identity identity{};
  bool has_sums = false;  ///< The release before wrote none.
};

/// Which of the two is true. The file is: it is small, seldom written and checked as a whole. But a
/// copy without sums was written by the release before, which knows no file: after a downgrade that
/// went on as a new instance, the file is what is out of date.
std::optional<Identity> choose_identity(const std::optional<Identity>& file,
                                        const std::optional<IdentityCopy>& copy);

}  // namespace longshore::store
