#pragma once

#include <deque>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"
#include "agent/standalone/record.hpp"

namespace longshore::standalone {

/// Keeps the latest messages, masked, and appends them to a file if one is open.
class Recorder {
 public:
  explicit Recorder(Clock& clock) : clock_(clock) {}

  /// Appends every later record to `path`, mode 0600. Errors: PermissionDenied, NotFound.
  Status open(const std::string& path);
  /// Masks and keeps a message; the reference is good until the next call.
  const Record& add(std::string_view channel, std::string_view direction, std::string_view type,
                    nlohmann::json body);
  /// Those with seq > `since` that are still kept, as a JSON array.
  nlohmann::json since(std::uint64_t since) const;

 private:
  Clock& clock_;
  std::deque<Record> records_{};
  std::uint64_t last_seq_ = 0;
  std::ofstream file_{};
};

/// Kept in memory; the oldest go first. The --record file keeps all.
constexpr std::size_t kMaxRecords = 10'000;

}  // namespace longshore::standalone
