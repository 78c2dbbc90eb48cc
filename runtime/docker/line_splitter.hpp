#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace longshore::runtime::docker {

/// Cuts a stream that arrives in pieces into lines, without their "\n" or "\r\n". A line longer
/// than `max_bytes` is given out in pieces of that size, so that memory stays bounded.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Calls `on_line(std::string)` for each line that `bytes` completes.
  template <typename OnLine>
  void add(std::string_view bytes, OnLine on_line) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      const bool whole = end != std::string_view::npos;
      const std::string_view piece = bytes.substr(0, whole ? end : bytes.size());
      const std::size_t room = max_bytes_ - line_.size();
      if (piece.size() > room) {
        line_ += piece.substr(0, room);
        bytes.remove_prefix(room);
        on_line(std::exchange(line_, {}));
        continue;
      }
      line_ += piece;
      bytes.remove_prefix(piece.size() + (whole ? 1 : 0));
      if (whole) emit(on_line);
    }
  }

  /// Calls `on_line` for a last line without an end.
  template <typename OnLine>
  void finish(OnLine on_line) {
    if (!line_.empty()) emit(on_line);
  }

 private:
  template <typename OnLine>
  void emit(OnLine& on_line) {
    if (line_.ends_with('\r')) line_.pop_back();
    on_line(std::exchange(line_, {}));
  }

  std::size_t max_bytes_;
  std::string line_{};
};

}  // namespace longshore::runtime::docker
