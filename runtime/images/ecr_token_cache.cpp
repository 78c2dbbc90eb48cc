#include "runtime/images/ecr_token_cache.hpp"

#include <algorithm>
#include <utility>

namespace longshore::runtime::images {
namespace {

constexpr std::size_t kMaxEntries = 100;
constexpr std::chrono::hours kMaxAge{12};
constexpr std::chrono::minutes kLeastMargin{30};
constexpr std::chrono::minutes kMarginSpread{30};

}  // namespace

std::optional<RegistryAuth> EcrTokenCache::find(const EcrTokenKey& key, Moment now) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.key == key; });
  if (found == entries_.end()) return std::nullopt;
  if (now.steady >= found->good_until.steady || now.wall >= found->good_until.wall) {
    entries_.erase(found);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, found);
  return found->auth;
}

void EcrTokenCache::store(EcrTokenKey key, RegistryAuth auth,
                          std::optional<std::chrono::milliseconds> life, Moment now,
                          double random) {
  if (!life) return;
  const auto margin =
      kLeastMargin + std::chrono::duration_cast<std::chrono::milliseconds>(kMarginSpread * random);
  entries_.remove_if([&](const Entry& entry) { return entry.key == key; });
  const std::chrono::milliseconds good_for =
      std::min<std::chrono::milliseconds>(*life - margin, kMaxAge);
  entries_.push_front(
      {std::move(key), std::move(auth), {now.steady + good_for, now.wall + good_for}});
  if (entries_.size() > kMaxEntries) entries_.pop_back();
}

}  // namespace longshore::runtime::images
