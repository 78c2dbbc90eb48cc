#pragma once

#include <fmt/format.h>

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

#include "agent/base/result.hpp"

namespace longshore {

/// Least level that is written, and how a line looks.
enum class LogLevel { Debug, Info, Warn, Error, Critical, None };
enum class LogFormat { Logfmt, Json };

struct LogSettings {
  LogLevel level = LogLevel::Info;
  LogFormat format = LogFormat::Logfmt;
  std::string file{};  ///< Empty: standard error only. Else standard error and file.
  std::size_t max_file_bytes = 5'000'000;
  std::size_t max_files = 24;
};

/// Replaces the process-wide logger. Until called, Info and above go to standard error as logfmt.
/// Errors: Unavailable when the file cannot be opened; all else holds then, without the file.
Status configure_logging(const LogSettings& settings);
void flush_log();

/// One key and value of a log line. Numbers and booleans stay bare in JSON.
struct LogField {
  template <typename T>
  LogField(std::string_view k, const T& v) : key(k) {
    if constexpr (std::is_arithmetic_v<T>) {
      value = fmt::format("{}", v);
      bare = true;
    } else if constexpr (requires { v.str(); }) {
      value = v.str();
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
      value = std::string(std::string_view(v));
    } else {
      value = fmt::format("{}", v);
    }
  }
  std::string_view key;
  std::string value;
  bool bare = false;
};
using LogFields = std::initializer_list<LogField>;

/// One line: `level=info time=… msg="Task stopped" task="9f8e" exit=0`, or the same as JSON.
/// Never pass a secret: Secret prints as "***".
void log_line(LogLevel level, std::string_view message, LogFields fields);
inline void log_debug(std::string_view m, LogFields f = {}) { log_line(LogLevel::Debug, m, f); }
inline void log_info(std::string_view m, LogFields f = {}) { log_line(LogLevel::Info, m, f); }
inline void log_warn(std::string_view m, LogFields f = {}) { log_line(LogLevel::Warn, m, f); }
inline void log_error(std::string_view m, LogFields f = {}) { log_line(LogLevel::Error, m, f); }
inline void log_critical(std::string_view m, LogFields f = {}) {
  log_line(LogLevel::Critical, m, f);
}

}  // namespace longshore
