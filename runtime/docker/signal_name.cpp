#include "runtime/docker/signal_name.hpp"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace longshore::runtime::docker {
namespace {

/// A number at the very end of `text`; -1 when it is none.
int whole_number(std::string_view text) {
  int number = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? number : -1;
}

bool is_signal(int number) { return number > 0 && number <= SIGRTMAX; }

/// "RTMIN+3", "RTMAX-2", "RTMIN"; 0 for other names.
int real_time_signal(std::string_view name) {
  const bool from_least = name.starts_with("RTMIN");
  if (!from_least && !name.starts_with("RTMAX")) return 0;
  const int base = from_least ? SIGRTMIN : SIGRTMAX;
  const std::string_view rest = name.substr(5);
  if (rest.empty()) return base;
  const int offset = whole_number(rest.substr(1));
  if (offset < 0 || rest[0] != (from_least ? '+' : '-')) return 0;
  const int number = from_least ? base + offset : base - offset;
  return number >= SIGRTMIN && number <= SIGRTMAX ? number : 0;
}

int named_signal(std::string_view name) {
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* known = ::sigabbrev_np(number);
    if (known != nullptr && name == known) return number;
  }
  return real_time_signal(name);
}

}  // namespace

int signal_number(std::string_view name) {
  if (const int number = whole_number(name); is_signal(number)) return number;
  std::string plain(name);
  std::transform(plain.begin(), plain.end(), plain.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  const int number =
      named_signal(plain.starts_with("SIG") ? std::string_view(plain).substr(3) : plain);
  return number == 0 ? SIGTERM : number;
}

}  // namespace longshore::runtime::docker
