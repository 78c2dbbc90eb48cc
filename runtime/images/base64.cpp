#include "runtime/images/base64.hpp"

#include <cstdint>

namespace longshore::runtime::images {
namespace {

int value_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

}  // namespace

Result<std::string> decode_base64(std::string_view text) {
  const bool padded = text.ends_with('=');
  if (padded && text.size() % 4 != 0) {
    return fail(ErrorCode::InvalidInput, "broken base64: its length is no multiple of 4");
  }
  if (text.ends_with("==")) {
    text.remove_suffix(2);
  } else if (padded) {
    text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return fail(ErrorCode::InvalidInput, "broken base64: it is cut off");

  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int value = value_of(text[i]);
    if (value < 0) {
      return fail(ErrorCode::InvalidInput, "broken base64: unexpected character at {}", i);
    }
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>((bits >> static_cast<unsigned>(held)) & 0xFFU);
    }
  }
  return bytes;
}

}  // namespace longshore::runtime::images
