#pragma once

#include <optional>
#include <string>

#include "agent/base/result.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::app {

/// What the container engine said of itself when this host last joined its cluster, for a start
/// during which it does not answer. In a file of its own in the data directory: it is written
/// rarely, and losing it costs no more than a wait.
std::optional<runtime::RuntimeInfo> remembered_engine(const std::string& data_dir);
/// Whether what this agent was built on at its start still holds. Volume drivers come and go with
/// their plugins.
bool is_same_engine(const runtime::RuntimeInfo& a, const runtime::RuntimeInfo& b);
/// Writes nothing where the same is remembered. Errors: Unavailable, PermissionDenied.
Status remember_engine(const std::string& data_dir, const runtime::RuntimeInfo& info);

/// The file's text, and back. Errors: InvalidInput.
std::string to_text(const runtime::RuntimeInfo& info);
Result<runtime::RuntimeInfo> parse_engine_facts(const std::string& text);

}  // namespace longshore::app
