#pragma once

#include <string>
#include <string_view>

#include "agent/base/result.hpp"
#include "agent/core/task_state.hpp"

namespace longshore::store {

/// Version of a task's document. A reader accepts its own and every older one.
inline constexpr int kDocumentSchema = 2;

/// A task as one JSON document, as it lies in the database. Keys of roles are never part of it.
std::string to_document(const core::TaskState& task);
/// Errors: InvalidInput with the path of the member that is wrong.
Result<core::TaskState> parse_task(std::string_view document);

/// The same for an unsent report.
std::string to_document(const core::TaskChange& change);
Result<core::TaskChange> parse_change(std::string_view document);

}  // namespace longshore::store
