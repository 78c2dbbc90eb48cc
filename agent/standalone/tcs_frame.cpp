#include "agent/standalone/tcs_frame.hpp"

#include <algorithm>
#include <cctype>
#include <map>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"
#include "agent/standalone/signature_format.hpp"

namespace longshore::standalone {
namespace {

bool is_amz_date(std::string_view text) {  // 20250102T030405Z
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return false;
  const auto digit = [](unsigned char c) { return std::isdigit(c) != 0; };
  return std::all_of(text.begin(), text.begin() + 8, digit) &&
         std::all_of(text.begin() + 9, text.begin() + 15, digit);
}

}  // namespace

Result<Envelope> parse_envelope(std::string_view text) {
  return read_json(text, [](const JsonReader& frame) {
    Envelope envelope;
    envelope.type = frame.require("type").as_string();
    const JsonReader message = frame.require("message");
    if (!message.raw().is_object()) message.reject("expected an object");
    envelope.message = message.raw();
    return envelope;
  });
}

Result<Envelope> parse_tcs_frame(std::string_view frame) {
  const auto end = frame.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    return fail(ErrorCode::InvalidInput, "frame: no block of headers in front of the message");
  }
  std::map<std::string, std::string_view> headers;
  std::string_view block = frame.substr(0, end);
  while (!block.empty()) {
    const auto line_end = std::min(block.find("\r\n"), block.size());
    const std::string_view line = block.substr(0, line_end);
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos) {
      return fail(ErrorCode::InvalidInput, "frame: a header line without \": \"");
    }
    headers[to_lower(line.substr(0, colon))] = line.substr(colon + 2);
    block.remove_prefix(std::min(line_end + 2, block.size()));
  }
  if (headers["host"].empty()) return fail(ErrorCode::InvalidInput, "frame: no Host header");
  if (!is_amz_date(headers["x-amz-date"])) {
    return fail(ErrorCode::InvalidInput, "frame: X-Amz-Date is not of the form 20250102T030405Z");
  }
  if (auto checked = check_authorization(headers["authorization"], "ecs"); !checked) {
    return fail("frame", std::move(checked).error());
  }
  return parse_envelope(frame.substr(end + 4));
}

}  // namespace longshore::standalone
