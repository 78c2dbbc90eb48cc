#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/container_runtime.hpp"
#include "runtime/docker/line_splitter.hpp"

namespace longshore::runtime::docker {

/// Takes the engine's log stream apart. Without a TTY it consists of frames, each with a header of
/// 8 bytes (stream, three zeros, length big-endian), and the two streams are mixed; with one it is
/// the plain text of the terminal. Source: Docker Engine API 1.41, POST /containers/{id}/attach.
class LogFrames {
 public:
  enum class Form { Framed, Plain };
  /// Longer lines are given out in pieces.
  static constexpr std::size_t kMaxLineBytes = 64U << 10U;

  explicit LogFrames(Form form) : form_(form) {}

  /// Calls `on_line` for each line that `bytes` completes.
  /// Errors: InvalidInput (no frame header where one must be).
  Status add(std::string_view bytes, const std::function<void(LogLine)>& on_line);
  /// The stream has ended: gives out what had no line end.
  /// Errors: InvalidInput (ended inside a frame).
  Status finish(const std::function<void(LogLine)>& on_line);
  /// From here on the same log comes again from its beginning: what was given out is passed over,
  /// and a line that had no end yet goes on.
  void read_again();

 private:
  void add_text(bool is_stderr, std::string_view text, const std::function<void(LogLine)>& on_line);
  Status begin_frame();

  static constexpr std::size_t kHeaderBytes = 8;
  Form form_;
  std::string header_{};
  std::size_t frame_left_ = 0;
  bool frame_is_stderr_ = false;
  std::array<std::size_t, 2> bytes_taken_{};  ///< Of each stream's text, since the beginning.
  std::array<std::size_t, 2> bytes_known_{};  ///< Still to be passed over.
  std::array<LineSplitter, 2> lines_{LineSplitter(kMaxLineBytes), LineSplitter(kMaxLineBytes)};
};

}  // namespace longshore::runtime::docker
