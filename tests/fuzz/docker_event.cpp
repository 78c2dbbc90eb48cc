// The engine's stream of events, in pieces as the socket gives it. The first byte says how long the
// pieces are.
#include "runtime/docker/container_messages.hpp"
#include "runtime/docker/line_splitter.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {
namespace {

constexpr std::size_t kMaxLineBytes = 512;

std::vector<std::string> lines_of(std::string_view stream, std::size_t piece_bytes) {
  std::vector<std::string> lines;
  const auto keep = [&](std::string line) { lines.push_back(std::move(line)); };
  runtime::docker::LineSplitter splitter(kMaxLineBytes);
  for (; !stream.empty(); stream.remove_prefix(std::min(piece_bytes, stream.size()))) {
    splitter.add(stream.substr(0, piece_bytes), keep);
  }
  splitter.finish(keep);
  return lines;
}

void check_event(std::string_view line) {
  const auto event = runtime::docker::parse_event(line);
  if (!event) return require_refusal(event.error());
  if (!*event) return;
  for (const char* fact : {"exitCode", "execDuration", "image", "name"}) {
    require(!(*event)->labels.contains(fact), "the engine's own facts are no labels");
  }
  require(!(*event)->exit_code || (*event)->kind == runtime::RuntimeEventKind::Died,
          "only an end has an exit code");
}

}  // namespace

void run(std::string_view input) {
  if (input.empty()) return;
  const std::size_t piece_bytes = 1 + static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  const auto lines = lines_of(input, piece_bytes);
  require(lines == lines_of(input, input.size() + 1), "lines do not depend on how they arrive");
  for (const std::string& line : lines) {
    require(line.size() <= kMaxLineBytes, "a line is bounded");
    check_event(line);
  }
}

}  // namespace longshore::fuzz
