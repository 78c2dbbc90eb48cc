#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace longshore::test {

/// One seed decides a whole life: a life draws thousands of numbers, more than RapidCheck shrinks.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : source_(seed) {}
  int below(int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(source_); }
  std::size_t index(std::size_t size) {
    return static_cast<std::size_t>(below(static_cast<int>(size)));
  }
  bool one_in(int sides) { return below(sides) == 0; }

 private:
  std::mt19937_64 source_;
};

}  // namespace longshore::test
