#include "agent/base/secret.hpp"

#include <string.h>  // explicit_bzero, which <cstring> does not promise

namespace longshore {

Secret& Secret::operator=(const Secret& other) {
  if (this != &other) {
    wipe();
    value_ = other.value_;
  }
  return *this;
}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    value_ = std::move(other.value_);
    other.wipe();
  }
  return *this;
}

void Secret::wipe() noexcept {
  // Up to the capacity, so that a longer earlier value is gone too.
  explicit_bzero(value_.data(), value_.capacity());
  value_.clear();
}

}  // namespace longshore
