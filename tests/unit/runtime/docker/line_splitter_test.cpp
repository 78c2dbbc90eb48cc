#include "runtime/docker/line_splitter.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

namespace longshore::runtime::docker {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const Lines& pieces, std::size_t max_bytes = 100) {
  LineSplitter splitter(max_bytes);
  Lines lines;
  const auto keep = [&](std::string line) { lines.push_back(std::move(line)); };
  for (const std::string& piece : pieces) splitter.add(piece, keep);
  splitter.finish(keep);
  return lines;
}

TEST_CASE("lines come without their ends, however the pieces are cut", "[unit][docker]") {
  CHECK(lines_of({"one\ntwo\r\n\nthree"}) == Lines{"one", "two", "", "three"});
  CHECK(lines_of({"on", "e\r", "\ntw", "o\n"}) == Lines{"one", "two"});
  CHECK(lines_of({"", ""}).empty());
}

TEST_CASE("a line that is too long comes in pieces of the limit", "[unit][docker]") {
  CHECK(lines_of({"abcdefg\nh\n"}, 3) == Lines{"abc", "def", "g", "h"});
  CHECK(lines_of({"abc\n"}, 3) == Lines{"abc"});
  CHECK(lines_of({"a", "b", "c", "d", "\n"}, 3) == Lines{"abc", "d"});
}

TEST_CASE("where the stream is cut into pieces changes nothing", "[unit][docker]") {
  CHECK(rc::check([] {
    const auto text = *rc::gen::container<std::string>(rc::gen::element('a', 'b', '\n', '\r'));
    const auto cut = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
    RC_ASSERT(lines_of({text}, 4) == lines_of({text.substr(0, cut), text.substr(cut)}, 4));
    const auto longest = lines_of({text}, 4);
    RC_ASSERT(
        std::all_of(longest.begin(), longest.end(), [](const auto& l) { return l.size() <= 4; }));
  }));
}

}  // namespace
}  // namespace longshore::runtime::docker
