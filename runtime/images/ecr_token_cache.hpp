#pragma once

#include <chrono>
#include <list>
#include <optional>
#include <string>

#include "agent/base/clock.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::runtime::images {

/// Whose token: the same registry seen with other credentials is another one.
struct EcrTokenKey {
  std::string credentials_identity{};
  std::string region{};
  std::string registry_id{};
  std::string endpoint_override{};
  friend auto operator<=>(const EcrTokenKey&, const EcrTokenKey&) = default;
};

/// Both clocks at one moment.
struct Moment {
  SteadyTime steady{};
  WallTime wall{};
};

/// The last 100 registry tokens, the least recently used leaving first. A token is good until 30
/// to 60 minutes before the service's expiry, and for 12 hours at most. Where in those 30 minutes
/// is drawn once for each token, when it comes: drawn at each look, a token near its end would be
/// good, bad and good again. It is over as soon as one clock says so: the wall clock may be set
/// back, and the steady one stands while the machine is suspended.
class EcrTokenCache {
 public:
  [[nodiscard]] std::optional<RegistryAuth> find(const EcrTokenKey& key, Moment now);
  /// `random` in [0, 1). `life` is what the service gives it from now on; absent: the token is not
  /// kept.
  void store(EcrTokenKey key, RegistryAuth auth, std::optional<std::chrono::milliseconds> life,
             Moment now, double random);

 private:
  struct Entry {
    EcrTokenKey key{};
    RegistryAuth auth{};
    Moment good_until{};
  };
  std::list<Entry> entries_{};  ///< Most recently used first; few enough to search in order.
};

}  // namespace longshore::runtime::images
