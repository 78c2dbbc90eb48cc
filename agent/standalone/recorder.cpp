#include "agent/standalone/recorder.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "agent/base/json_reader.hpp"
#include "agent/base/log.hpp"

namespace longshore::standalone {

Status Recorder::open(const std::string& path) {
  // Environments of tasks are in it: nobody else's business.
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    const int reason = errno;
    return fail(reason == EACCES ? ErrorCode::PermissionDenied : ErrorCode::NotFound,
                "--record {}: {}", path, std::strerror(reason));
  }
  ::close(descriptor);
  file_.open(path, std::ios::app);
  return {};
}

const Record& Recorder::add(std::string_view channel, std::string_view direction,
                            std::string_view type, nlohmann::json body) {
  if (records_.size() >= kMaxRecords) records_.pop_front();
  records_.push_back({.seq = ++last_seq_,
                      .time = clock_.wall_now(),
                      .channel = std::string(channel),
                      .direction = std::string(direction),
                      .type = std::string(type),
                      .body = mask_secrets(std::move(body))});
  const Record& record = records_.back();
  if (file_.is_open()) {
    file_ << dump_json(to_json_object(record)) << std::endl;
    if (!file_) {
      log_warn("Record file could not be written; recording goes on in memory");
      file_.close();
    }
  }
  return record;
}

nlohmann::json Recorder::since(std::uint64_t since) const {
  nlohmann::json list = nlohmann::json::array();
  for (const Record& record : records_) {
    if (record.seq > since) list.push_back(to_json_object(record));
  }
  return list;
}

}  // namespace longshore::standalone
