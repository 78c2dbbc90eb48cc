#include "runtime/docker/log_frames.hpp"

#include <algorithm>
#include <utility>

namespace longshore::runtime::docker {

void LogFrames::add_text(bool is_stderr, std::string_view text,
                         const std::function<void(LogLine)>& on_line) {
  const std::size_t stream = is_stderr ? 1 : 0;
  const std::size_t known = std::min(bytes_known_[stream], text.size());
  bytes_known_[stream] -= known;
  text.remove_prefix(known);
  bytes_taken_[stream] += text.size();
  lines_[stream].add(
      text, [&](std::string line) { on_line({.is_stderr = is_stderr, .text = std::move(line)}); });
}

void LogFrames::read_again() {
  header_.clear();
  frame_left_ = 0;
  bytes_known_ = bytes_taken_;
}

Status LogFrames::begin_frame() {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(header_[i]); };
  // Streams: 0 standard input (the engine counts it as output), 1 output, 2 error, 3 the
  // engine's own error text.
  if (byte(0) > 3 || byte(1) != 0 || byte(2) != 0 || byte(3) != 0) {
    return fail(ErrorCode::InvalidInput, "log stream: no frame header where one must be");
  }
  frame_is_stderr_ = byte(0) >= 2;
  frame_left_ = (std::size_t{byte(4)} << 24U) | (std::size_t{byte(5)} << 16U) |
                (std::size_t{byte(6)} << 8U) | std::size_t{byte(7)};
  header_.clear();
  return {};
}

Status LogFrames::add(std::string_view bytes, const std::function<void(LogLine)>& on_line) {
  if (form_ == Form::Plain) {
    add_text(false, bytes, on_line);
    return {};
  }
  while (!bytes.empty()) {
    if (frame_left_ == 0) {
      const std::size_t take = std::min(kHeaderBytes - header_.size(), bytes.size());
      header_ += bytes.substr(0, take);
      bytes.remove_prefix(take);
      if (header_.size() < kHeaderBytes) break;
      if (auto status = begin_frame(); !status) return status;
    }
    const std::string_view text = bytes.substr(0, frame_left_);
    add_text(frame_is_stderr_, text, on_line);
    frame_left_ -= text.size();
    bytes.remove_prefix(text.size());
  }
  return {};
}

Status LogFrames::finish(const std::function<void(LogLine)>& on_line) {
  for (const bool is_stderr : {false, true}) {
    lines_[is_stderr ? 1 : 0].finish(
        [&](std::string line) { on_line({.is_stderr = is_stderr, .text = std::move(line)}); });
  }
  if (frame_left_ > 0 || !header_.empty()) {
    return fail(ErrorCode::InvalidInput, "log stream: ended inside a frame");
  }
  return {};
}

}  // namespace longshore::runtime::docker
