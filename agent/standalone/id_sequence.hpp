#pragma once

#include <cstdint>
#include <string>

namespace longshore::standalone {

/// Ids that look random and depend on the seed alone, so that state stays a function of its inputs.
/// They name things; they protect nothing.
class IdSequence {
 public:
  explicit IdSequence(std::uint64_t seed) : state_(seed) {}
  std::string hex();   ///< 32 lower-case hex digits, as task ids are.
  std::string uuid();  ///< A UUID, version 4, as message ids are.

 private:
  std::uint64_t next();
  std::uint64_t state_;
};

}  // namespace longshore::standalone
