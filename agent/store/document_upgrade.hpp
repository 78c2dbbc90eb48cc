#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

namespace longshore::store {

/// Brings a task's document of an older schema to the present one in place: what it has no member
/// for gets the value that it meant then. A document that is broken stays broken, for the reader to
/// say where.
void upgrade_document(nlohmann::json& document, std::int64_t schema);

}  // namespace longshore::store
