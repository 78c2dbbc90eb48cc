#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/base/ids.hpp"
#include "agent/base/result.hpp"
#include "agent/store/machine.hpp"

namespace longshore::store {

/// Which container instance of which cluster this host is.
struct Identity {
  ContainerInstanceArn instance{};
  std::string cluster{};  ///< As configured.
  friend bool operator==(const Identity&, const Identity&) = default;
};

/// An identity as its file keeps it.
struct IdentityRecord {
  Identity identity{};
  Machine machine{};               ///< Whose identity it is; unknown: the release before wrote it.
  std::string containers_since{};  ///< See kContainersSinceKey; empty: never set.
  friend bool operator==(const IdentityRecord&, const IdentityRecord&) = default;
};

/// What the identity's file holds: a sealed JSON object and a line end. The release before reads
/// it, and passes over what it does not know.
std::string to_text(const IdentityRecord& record);
/// Errors: InvalidInput (not such a text, or damaged; one without a sum is damaged).
Result<IdentityRecord> parse_identity(std::string_view text);

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

/// What of the state another machine wrote, whose disk this one's is a copy of.
struct Foreign {
  bool file = false;      ///< The identity's file.
  bool database = false;  ///< All that is in it.
  friend bool operator==(const Foreign&, const Foreign&) = default;
};

/// Each of the two speaks for itself, and for the other where that one says nothing. What no fact
/// speaks against is this machine's. A copy without sums makes the file say nothing: see above.
Foreign find_foreign(const std::optional<IdentityRecord>& file,
                     const std::optional<IdentityCopy>& copy, const Machine& in_database,
                     const Machine& present);

}  // namespace longshore::store
