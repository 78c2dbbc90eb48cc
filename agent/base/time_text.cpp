#include "agent/base/time_text.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <ctime>

namespace longshore {
namespace {

std::tm utc(WallTime time) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

long long millis_of(WallTime time) {
  return (time - std::chrono::floor<std::chrono::seconds>(time)).count();
}

}  // namespace

std::string to_rfc3339(WallTime time) {
  const std::tm t = utc(time);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", t.tm_year + 1900, t.tm_mon + 1,
                     t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, millis_of(time));
}

std::string to_amz_date(WallTime time) {
  const std::tm t = utc(time);
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday,
                     t.tm_hour, t.tm_min, t.tm_sec);
}

std::string to_epoch_seconds(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  const auto millis = millis_of(time);
  if (millis == 0) return fmt::format("{}", seconds);
  std::string text = fmt::format("{}.{:03}", seconds, millis);
  while (text.back() == '0') text.pop_back();
  return text;
}

WallTime parse_rfc3339(std::string_view text) {
  std::tm t{};
  int consumed = 0;
  const std::string copy(text);
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d%n", &t.tm_year, &t.tm_mon, &t.tm_mday,
                  &t.tm_hour, &t.tm_min, &t.tm_sec, &consumed) != 6 ||
      t.tm_year < 1970) {
    return WallTime{};
  }
  t.tm_year -= 1900;
  t.tm_mon -= 1;
  long long millis = 0;
  std::string_view rest = text.substr(static_cast<std::size_t>(consumed));
  if (!rest.empty() && rest.front() == '.') {
    long long scale = 100;
    for (const char c : rest.substr(1)) {
      if (c < '0' || c > '9') break;
      millis += (c - '0') * scale;
      scale /= 10;
    }
  }
  return WallTime{std::chrono::seconds{timegm(&t)} + std::chrono::milliseconds{millis}};
}

}  // namespace longshore
