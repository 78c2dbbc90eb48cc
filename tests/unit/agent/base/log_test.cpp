#include "agent/base/log.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "agent/base/ids.hpp"
#include "agent/base/secret.hpp"

using namespace longshore;

namespace {

/// Logs into a file of its own and restores the logger at the end.
class LogFile {
 public:
  explicit LogFile(LogSettings settings) {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "longshore-log-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    settings.file = (folder_ / "agent.log").string();
    REQUIRE(configure_logging(settings));
  }
  ~LogFile() {
    (void)configure_logging({});
    std::filesystem::remove_all(folder_);
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  std::string text() const {
    flush_log();
    std::ifstream in(folder_ / "agent.log");
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
  }
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_), {}));
  }

 private:
  std::filesystem::path folder_;
};

/// What is written to standard error, in place of there.
class StandardError {
 public:
  StandardError() : original_(dup(STDERR_FILENO)), file_(std::tmpfile()) {
    dup2(fileno(file_), STDERR_FILENO);
  }
  ~StandardError() {
    dup2(original_, STDERR_FILENO);
    close(original_);
    std::fclose(file_);
  }
  StandardError(const StandardError&) = delete;
  StandardError& operator=(const StandardError&) = delete;

  std::string text() const {
    std::fflush(stderr);
    std::string all(4096, '\0');
    const ssize_t size = pread(fileno(file_), all.data(), all.size(), 0);
    all.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    return all;
  }

 private:
  int original_;
  std::FILE* file_;
};

/// The line without its "time=… " part, which differs each time.
std::string without_time(std::string line) {
  const auto start = line.find("time=");
  return line.erase(start, line.find(' ', start) + 1 - start);
}

}  // namespace

TEST_CASE("a logfmt line has level, time, message and quoted fields", "[unit][base]") {
  const LogFile log({});
  log_info("Task \"stopped\"", {{"task", TaskArn("9f8e")},
                                {"exit", 0},
                                {"ok", true},
                                {"note", "two\nlines"},
                                {"password", Secret("hunter2")}});
  CHECK(without_time(log.text()) ==
        "level=info msg=\"Task \\\"stopped\\\"\" task=\"9f8e\" exit=0 ok=true "
        "note=\"two\\nlines\" password=\"***\"\n");
}

TEST_CASE("a JSON line is one object with bare numbers", "[unit][base]") {
  const LogFile log({.format = LogFormat::Json});
  log_warn("careful", {{"count", 3}, {"text", "a\xff"}});
  const auto line = nlohmann::json::parse(log.text());
  CHECK(line.at("level") == "warn");
  CHECK(line.at("msg") == "careful");
  CHECK(line.at("count") == 3);
  CHECK(line.at("text") == "a\xef\xbf\xbd");
  CHECK(line.at("time").get<std::string>().ends_with("Z"));
}

TEST_CASE("only lines of the level and above are written", "[unit][base]") {
  const LogFile log({.level = LogLevel::Error});
  log_debug("no");
  log_info("no");
  log_warn("no");
  log_error("yes");
  log_critical("yes too");
  CHECK(log.text().find("msg=\"no\"") == std::string::npos);
  CHECK(log.text().find("level=error ") != std::string::npos);
  CHECK(log.text().find("level=critical ") != std::string::npos);
}

TEST_CASE("the level none writes nothing", "[unit][base]") {
  const LogFile log({.level = LogLevel::None});
  log_critical("no");
  CHECK(log.text().empty());
}

TEST_CASE("a full log file is rotated and old ones go", "[unit][base]") {
  const LogFile log({.level = LogLevel::Info, .max_file_bytes = 1000, .max_files = 2});
  // Standard error gets these too: keep them short and few.
  for (int i = 0; i < 60; ++i) log_info("filling the file", {{"line", i}});
  CHECK(log.files() == 3);  // The current one and two older.
}

TEST_CASE("a log file that cannot be opened is an error that names it, and the log goes on",
          "[unit][base]") {
  const StandardError shown;
  const auto status =
      configure_logging({.format = LogFormat::Json, .file = "/proc/no/such/agent.log"});
  REQUIRE(!status);
  CHECK(status.error().code == ErrorCode::Unavailable);
  CHECK(status.error().message.starts_with("open log file /proc/no/such/agent.log: "));
  log_info("still here");
  (void)configure_logging({});
  CHECK(shown.text().find("\"msg\":\"still here\"") != std::string::npos);
}
