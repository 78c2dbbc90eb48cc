#pragma once

#include <nlohmann/json.hpp>

#include "agent/base/json_reader.hpp"
#include "agent/base/result.hpp"

namespace longshore::protocol {

/// Reads one message into its struct. Absent members and nulls are empty, unknown members are
/// ignored, a wrong type makes the whole message undecodable: InvalidInput, with its path.
template <typename Message>
Result<Message> decode(const nlohmann::json& message) {
  return read_json(message, [](const JsonReader& reader) { return Message::read(reader); });
}

}  // namespace longshore::protocol
