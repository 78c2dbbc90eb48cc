// A container's log as the engine streams it. The first byte says how long the pieces are in which
// it arrives, and whether there is a terminal.
#include "runtime/docker/log_frames.hpp"

#include <algorithm>
#include <vector>

#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {
namespace {

using runtime::LogLine;
using runtime::docker::LogFrames;

struct Log {
  std::vector<LogLine> lines{};
  bool whole = false;  ///< Read to its end without an error.
};

Log read(std::string_view stream, std::size_t piece_bytes, LogFrames::Form form) {
  Log log;
  LogFrames frames(form);
  const auto keep = [&](LogLine line) { log.lines.push_back(std::move(line)); };
  for (; !stream.empty(); stream.remove_prefix(std::min(piece_bytes, stream.size()))) {
    const Status status = frames.add(stream.substr(0, piece_bytes), keep);
    if (status) continue;
    require_refusal(status.error());
    return log;
  }
  log.whole = frames.finish(keep).has_value();
  return log;
}

bool is_same(const LogLine& a, const LogLine& b) {
  return a.is_stderr == b.is_stderr && a.text == b.text;
}

}  // namespace

void run(std::string_view input) {
  if (input.empty()) return;
  const auto first = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  const auto form = first % 2 == 0 ? LogFrames::Form::Framed : LogFrames::Form::Plain;
  const Log pieces = read(input, 1U + first / 2U, form);
  const Log whole = read(input, input.size() + 1, form);
  require(
      pieces.whole == whole.whole && std::equal(pieces.lines.begin(), pieces.lines.end(),
                                                whole.lines.begin(), whole.lines.end(), is_same),
      "lines do not depend on how they arrive");
  std::size_t bytes = 0;
  for (const LogLine& line : whole.lines) {
    require(line.text.size() <= LogFrames::kMaxLineBytes, "a line is bounded");
    bytes += line.text.size();
  }
  require(bytes <= input.size(), "no text comes from nowhere");
}

}  // namespace longshore::fuzz
