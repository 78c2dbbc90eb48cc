#pragma once

#include <compare>
#include <functional>
#include <string>
#include <utility>

namespace longshore {

/// A string that cannot be taken for another kind of string. `Tag` is an empty struct.
template <typename Tag>
class StrongString {
 public:
  StrongString() = default;
  explicit StrongString(std::string value) : value_(std::move(value)) {}
  [[nodiscard]] const std::string& str() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  friend auto operator<=>(const StrongString&, const StrongString&) = default;
  friend bool operator==(const StrongString&, const StrongString&) = default;

 private:
  std::string value_{};
};

}  // namespace longshore

/// For unordered containers with such a key.
template <typename Tag>
struct std::hash<longshore::StrongString<Tag>> {
  std::size_t operator()(const longshore::StrongString<Tag>& s) const noexcept {
    return std::hash<std::string>{}(s.str());
  }
};
