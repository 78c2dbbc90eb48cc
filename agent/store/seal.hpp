#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.hpp"

namespace longshore::store {

// SQLite finds a broken page, but not a bit that changed inside a text. So every text carries a sum
// of itself. It finds damage by chance; against somebody who means harm, the file's mode helps.

/// 16 hex digits that differ whenever one byte of `text` does (FNV-1a, 64 bits: each step is a
/// bijection). Source: http://www.isthe.com/chongo/tech/comp/fnv/
std::string sum_of(std::string_view text);

/// `object`, the text of a JSON object that has members, with its sum as a first member "check".
/// Whoever knows nothing of it reads the object as before.
std::string seal(std::string_view object);

/// Whether a text is as seal() made it. One without a sum passes: the release before wrote none.
/// Errors: InvalidInput (the sum is that of another text).
Status check_seal(std::string_view text);

/// Whether the text carries a sum.
bool is_sealed(std::string_view text);

}  // namespace longshore::store
