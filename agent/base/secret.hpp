#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

namespace longshore {

/// Text that must not reach a log, an error or a file: it prints as "***" and has no JSON form.
/// Its memory is overwritten when it goes.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { wipe(); }

  /// The text itself. Name it only where it goes to the one place that needs it.
  [[nodiscard]] const std::string& reveal() const { return value_; }
  [[nodiscard]] bool empty() const { return value_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;

 private:
  void wipe() noexcept;
  std::string value_{};
};

}  // namespace longshore

template <>
struct fmt::formatter<longshore::Secret> : fmt::formatter<fmt::string_view> {
  auto format(const longshore::Secret&, fmt::format_context& context) const {
    return fmt::formatter<fmt::string_view>::format("***", context);
  }
};
