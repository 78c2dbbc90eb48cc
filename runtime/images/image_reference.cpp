#include "runtime/images/image_reference.hpp"

#include <algorithm>

#include "agent/base/text.hpp"

namespace longshore::runtime::images {
namespace {

constexpr std::string_view kDockerHub = "docker.io";
constexpr std::string_view kOfficial = "library/";
constexpr std::size_t kMaxNameLength = 255;
constexpr std::size_t kMaxTagLength = 128;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }
bool is_lower_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

template <typename Predicate>
bool all(std::string_view text, Predicate predicate) {
  return !text.empty() && std::all_of(text.begin(), text.end(), predicate);
}

/// Letters and digits, joined by '.', '_', "__" or any number of '-'.
bool is_path_component(std::string_view text) {
  const auto is_alphanumeric = [](char c) { return is_lower(c) || is_digit(c); };
  std::size_t i = 0;
  const auto skip_word = [&] {
    const std::size_t start = i;
    while (i < text.size() && is_alphanumeric(text[i])) ++i;
    return i > start;
  };
  if (!skip_word()) return false;
  while (i < text.size()) {
    const std::size_t start = i;
    while (i < text.size() && !is_alphanumeric(text[i])) ++i;
    const std::string_view separator = text.substr(start, i - start);
    const bool dashes = all(separator, [](char c) { return c == '-'; });
    if (!dashes && separator != "." && separator != "_" && separator != "__") return false;
    if (!skip_word()) return false;
  }
  return true;
}

bool is_host_label(std::string_view text) {
  return all(text, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; }) &&
         text.front() != '-' && text.back() != '-';
}

bool is_registry(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    const auto address = text.substr(1, end - 1);
    if (!all(address, [](char c) { return is_lower_hex(c) || (c >= 'A' && c <= 'F') || c == ':'; }))
      return false;
    text.remove_prefix(end + 1);
    return text.empty() || (text.front() == ':' && all(text.substr(1), is_digit));
  }
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    if (!all(text.substr(colon + 1), is_digit)) return false;
    text = text.substr(0, colon);
  }
  const auto labels = split(text, '.');
  return std::all_of(labels.begin(), labels.end(), is_host_label);
}

bool is_tag(std::string_view text) {
  return text.size() <= kMaxTagLength && !text.starts_with('.') && !text.starts_with('-') &&
         all(text, [](char c) {
           return is_letter(c) || is_digit(c) || c == '_' || c == '.' || c == '-';
         });
}

/// "algorithm:hex". Docker pulls only SHA-2 digests, of these lengths.
bool is_digest(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view algorithm = text.substr(0, colon);
  const std::size_t digits = algorithm == "sha256"   ? 64
                             : algorithm == "sha384" ? 96
                             : algorithm == "sha512" ? 128
                                                     : 0;
  const std::string_view hex = text.substr(colon + 1);
  return hex.size() == digits && all(hex, is_lower_hex);
}

/// A first component is a registry only if it cannot be a Docker Hub user: it has a '.', a ':' or
/// an upper-case letter, or is "localhost".
bool looks_like_registry(std::string_view component) {
  return component == "localhost" || component.find_first_of(".:[") != std::string_view::npos ||
         to_lower(component) != component;
}

tl::unexpected<Error> bad_part(std::string_view part, std::string_view value,
                               std::string_view accepted) {
  return fail(ErrorCode::InvalidInput, "image {} \"{}\": expected {}", part,
              truncate_utf8(value, kMaxNameLength), accepted);
}

}  // namespace

Result<ImageReference> parse_image_reference(std::string_view text) {
  ImageReference reference;
  std::string_view name = text;
  if (const auto at = name.find('@'); at != std::string_view::npos) {
    reference.digest = name.substr(at + 1);
    if (!is_digest(reference.digest)) {
      return bad_part("digest", reference.digest, "sha256: and 64 lower-case hex digits");
    }
    name = name.substr(0, at);
  }
  // A ':' before the last '/' is a port's.
  const auto last_slash = name.rfind('/');
  const auto colon = name.rfind(':');
  if (colon != std::string_view::npos &&
      (last_slash == std::string_view::npos || colon > last_slash)) {
    reference.tag = name.substr(colon + 1);
    if (!is_tag(reference.tag)) {
      return bad_part("tag", reference.tag,
                      "1 to 128 letters, digits, '_', '.', '-', not starting with '.' or '-'");
    }
    name = name.substr(0, colon);
  }
  if (reference.tag.empty() && reference.digest.empty()) reference.tag = "latest";

  const auto slash = name.find('/');
  if (slash != std::string_view::npos && looks_like_registry(name.substr(0, slash))) {
    reference.registry = name.substr(0, slash);
    name.remove_prefix(slash + 1);
    if (!is_registry(reference.registry)) {
      return bad_part("registry", reference.registry, "host, host:port or [IPv6]:port");
    }
  }
  if (reference.registry.empty() || reference.registry == "index.docker.io") {
    reference.registry = kDockerHub;
  }
  const auto components = split(name, '/');
  if (!std::all_of(components.begin(), components.end(), is_path_component)) {
    return bad_part("repository", name,
                    "lower-case letters and digits, with '.', '_', '__' or '-' only between them, "
                    "in parts separated by '/'");
  }
  // Docker takes such a name for an image id, unless a tag or a registry shows that it is none.
  if (text.size() == 64 && all(text, is_lower_hex)) {
    return bad_part("repository", name, "a name, not 64 hex digits");
  }
  const bool is_official =
      reference.registry == kDockerHub && name.find('/') == std::string_view::npos;
  reference.repository = (is_official ? std::string(kOfficial) : std::string{}).append(name);
  if (reference.registry.size() + 1 + reference.repository.size() > kMaxNameLength) {
    return bad_part("repository", name, "at most 255 characters with its registry");
  }
  return reference;
}

std::string canonical_name(const ImageReference& reference) {
  std::string name = reference.registry + "/" + reference.repository;
  if (!reference.tag.empty()) name += ":" + reference.tag;
  if (!reference.digest.empty()) name += "@" + reference.digest;
  return name;
}

std::string familiar_name(const ImageReference& reference) {
  std::string name = canonical_name(reference);
  // "docker.io/1.x/app" must stay whole: "1.x/app" would mean registry "1.x".
  const std::string_view user = split(reference.repository, '/').front();
  if (reference.registry != kDockerHub || looks_like_registry(user)) return name;
  name.erase(0, kDockerHub.size() + 1);
  const bool has_user = reference.repository.find('/', kOfficial.size()) != std::string::npos;
  if (name.starts_with(kOfficial) && !has_user) name.erase(0, kOfficial.size());
  return name;
}

}  // namespace longshore::runtime::images
