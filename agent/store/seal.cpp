#include "agent/store/seal.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace longshore::store {
namespace {

constexpr std::string_view kHead = "{\"check\":\"";
constexpr std::string_view kTail = "\",";
constexpr std::size_t kSumSize = 16;
constexpr std::size_t kSealSize = kHead.size() + kSumSize + kTail.size();

}  // namespace

std::string sum_of(std::string_view text) {
  std::uint64_t sum = 0xcbf29ce484222325U;
  for (const char c : text) {
    sum ^= static_cast<unsigned char>(c);
    sum *= 0x100000001b3U;
  }
  return fmt::format("{:016x}", sum);
}

std::string seal(std::string_view object) {
  const std::string_view members = object.substr(1);
  return fmt::format("{}{}{}{}", kHead, sum_of(members), kTail, members);
}

bool is_sealed(std::string_view text) {
  return text.size() > kSealSize && text.starts_with(kHead) &&
         text.substr(kHead.size() + kSumSize).starts_with(kTail);
}

Status check_seal(std::string_view text) {
  if (!is_sealed(text)) return {};
  const std::string_view told = text.substr(kHead.size(), kSumSize);
  if (told == sum_of(text.substr(kSealSize))) return {};
  return fail(ErrorCode::InvalidInput, "its sum is not the one that was written with it");
}

}  // namespace longshore::store
