#include "agent/base/log.hpp"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "agent/base/time_text.hpp"

namespace longshore {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return spdlog::level::debug;
    case LogLevel::Info:
      return spdlog::level::info;
    case LogLevel::Warn:
      return spdlog::level::warn;
    case LogLevel::Error:
      return spdlog::level::err;
    case LogLevel::Critical:
      return spdlog::level::critical;
    case LogLevel::None:
      return spdlog::level::off;
  }
  return spdlog::level::info;
}

/// The official agent's words (ecs-agent/logger).
std::string_view level_word(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
      return "debug";
    case LogLevel::Info:
      return "info";
    case LogLevel::Warn:
      return "warn";
    case LogLevel::Error:
      return "error";
    case LogLevel::Critical:
      return "critical";
    case LogLevel::None:
      return "none";
  }
  return "info";
}

std::shared_ptr<spdlog::logger> make_logger(std::vector<spdlog::sink_ptr> sinks, LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>("longshore", sinks.begin(), sinks.end());
  logger->set_pattern("%v");
  logger->set_level(to_spdlog(level));
  logger->flush_on(spdlog::level::info);
  return logger;
}

struct Target {
  std::shared_ptr<spdlog::logger> logger =
      make_logger({std::make_shared<spdlog::sinks::stderr_sink_mt>()}, LogLevel::Info);
  LogFormat format = LogFormat::Logfmt;
};

Target& target() {
  static Target instance;
  return instance;
}

/// JSON's escapes are also what logfmt readers expect; invalid UTF-8 becomes U+FFFD.
std::string quote(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Status add_file(std::vector<spdlog::sink_ptr>& sinks, const LogSettings& settings) {
  try {
    sinks.push_back(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        settings.file, settings.max_file_bytes, settings.max_files));
  } catch (const spdlog::spdlog_ex& e) {
    return fail(ErrorCode::Unavailable, "open log file {}: {}", settings.file, e.what());
  }
  return {};
}

std::string now_text() {
  return to_rfc3339(
      std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
}

}  // namespace

Status configure_logging(const LogSettings& settings) {
  std::vector<spdlog::sink_ptr> sinks{std::make_shared<spdlog::sinks::stderr_sink_mt>()};
  Status with_file;
  if (!settings.file.empty()) with_file = add_file(sinks, settings);
  target().logger = make_logger(std::move(sinks), settings.level);
  target().format = settings.format;
  return with_file;
}

void flush_log() { target().logger->flush(); }

void log_line(LogLevel level, std::string_view message, LogFields fields) {
  const auto& [logger, format] = target();
  if (!logger->should_log(to_spdlog(level))) return;
  fmt::memory_buffer line;
  auto out = std::back_inserter(line);
  if (format == LogFormat::Json) {
    fmt::format_to(out, R"({{"level":"{}","time":"{}","msg":{})", level_word(level), now_text(),
                   quote(message));
    for (const LogField& f : fields) {
      fmt::format_to(out, ",{}:{}", quote(f.key), f.bare ? f.value : quote(f.value));
    }
    fmt::format_to(out, "}}");
  } else {
    fmt::format_to(out, "level={} time={} msg={}", level_word(level), now_text(), quote(message));
    for (const LogField& f : fields) {
      fmt::format_to(out, " {}={}", f.key, f.bare ? f.value : quote(f.value));
    }
  }
  logger->log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace longshore
