#pragma once

#include <string>

#include "agent/base/clock.hpp"

namespace longshore {

/// "2026-01-01T00:00:00.125Z" (UTC; milliseconds always shown).
std::string to_rfc3339(WallTime time);
/// "20260101T000000Z": SigV4's date form.
std::string to_amz_date(WallTime time);
/// Epoch seconds with at most three decimals and no exponent, as ECS and TCS take times:
/// "1746802078.031", "1746802078".
std::string to_epoch_seconds(WallTime time);
/// Reads RFC 3339 UTC with any number of decimals ("2024-11-21T16:00:00Z", Docker's nanoseconds).
/// Docker's "never" ("0001-01-01T00:00:00Z") and anything unreadable give the epoch.
WallTime parse_rfc3339(std::string_view text);

}  // namespace longshore
