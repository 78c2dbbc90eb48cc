#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/core/task_state.hpp"

namespace longshore::store {

// Random values of everything that a document holds. To be called inside a RapidCheck property.

inline std::string random_text() {
  return *rc::gen::oneOf(
      rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '\x7f')),
      rc::gen::element<std::string>("", "caf\xC3\xA9 \xF0\x9F\x9A\xA2", "tab\tline\nquote\"back\\",
                                    std::string("nul\0byte", 8)));
}

inline bool random_bool() { return *rc::gen::arbitrary<bool>(); }

template <typename Number>
Number random_number() {
  return *rc::gen::arbitrary<Number>();
}

/// `last` is the highest enumerator.
template <typename Enum>
Enum random_enum(Enum last) {
  return static_cast<Enum>(*rc::gen::inRange(0, static_cast<int>(last) + 1));
}

template <typename Make>
auto random_optional(Make make) -> std::optional<decltype(make())> {
  if (random_bool()) return std::nullopt;
  return make();
}

template <typename Make>
auto random_list(Make make) -> std::vector<decltype(make())> {
  std::vector<decltype(make())> list;
  for (auto left = *rc::gen::inRange(0, 4); left > 0; --left) list.push_back(make());
  return list;
}

/// Both ends of what a document takes are likely.
inline std::int64_t random_between(std::int64_t least, std::int64_t most) {
  return *rc::gen::oneOf(rc::gen::element(least, most), rc::gen::inRange(least, most));
}
inline WallTime random_time() {
  return WallTime{std::chrono::milliseconds{random_between(0, 253'402'300'799'999)}};
}
inline std::int64_t random_amount() { return random_between(0, std::int64_t{1} << 30); }
inline std::chrono::seconds random_seconds() { return std::chrono::seconds{random_amount()}; }
inline ContainerName random_name() { return ContainerName(random_text()); }

core::TaskState random_task();
core::TaskChange random_change();

}  // namespace longshore::store
