#include "agent/standalone/id_sequence.hpp"

#include <fmt/format.h>

namespace longshore::standalone {

std::uint64_t IdSequence::next() {
  // SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
  state_ += 0x9e3779b97f4a7c15ULL;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebULL;
  return mixed ^ (mixed >> 31U);
}

std::string IdSequence::hex() {
  const std::uint64_t high = next();
  return fmt::format("{:016x}{:016x}", high, next());
}

std::string IdSequence::uuid() {
  const std::string digits = hex();
  // RFC 9562: the 13th digit is the version, the 17th one of 8, 9, a, b.
  return fmt::format("{}-{}-4{}-a{}-{}", digits.substr(0, 8), digits.substr(8, 4),
                     digits.substr(13, 3), digits.substr(17, 3), digits.substr(20));
}

}  // namespace longshore::standalone
