#include "tests/fuzz/fuzz.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "agent/base/log.hpp"

namespace longshore::fuzz {

void require(bool holds, std::string_view rule) {
  if (holds) return;
  std::fprintf(stderr, "broken rule: %.*s\n", static_cast<int>(rule.size()), rule.data());
  std::abort();
}

void require_refusal(const Error& error) {
  require(error.code == ErrorCode::InvalidInput, "data from outside is refused as InvalidInput");
  require(!error.message.empty(), "an error says what is wrong");
}

std::vector<std::string_view> parts(std::string_view input, std::size_t count) {
  constexpr std::string_view kCut = "\n%%\n";
  std::vector<std::string_view> all;
  while (all.size() + 1 < count) {
    const auto end = input.find(kCut);
    all.push_back(input.substr(0, end));
    input.remove_prefix(end == std::string_view::npos ? input.size() : end + kCut.size());
  }
  all.push_back(input);
  return all;
}

}  // namespace longshore::fuzz

/// Called by libFuzzer once.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  // Refusals are what is looked for; thousands of log lines a second would only hide a finding.
  static_cast<void>(longshore::configure_logging({.level = longshore::LogLevel::None}));
  return 0;
}

/// Called by libFuzzer for each input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  longshore::fuzz::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
