#include <cstdint>
#include <cstring>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

// Changes JSON as JSON: single bytes would break nearly every document at its first brace, and
// never come to what reads the values. Inputs that are no JSON are changed as libFuzzer does it.

/// libFuzzer's own way of changing bytes in place; returns the new size.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using nlohmann::json;
using Random = std::minstd_rand;

constexpr std::size_t kMaxTextBytes = 256;

std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string mutate_bytes(std::string text, std::size_t max_size) {
  const std::size_t size = std::min(text.size(), max_size);
  text.resize(max_size);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, max_size));
  return text;
}

std::size_t below(std::size_t end, Random& random) { return random() % end; }

/// Where readers go wrong: the ends of types, and values of another type.
json boundary_value(Random& random) {
  static const std::vector<json> values{nullptr,
                                        true,
                                        false,
                                        0,
                                        1,
                                        -1,
                                        255,
                                        65'535,
                                        65'536,
                                        INT32_MAX,
                                        std::int64_t{INT32_MAX} + 1,
                                        INT32_MIN,
                                        INT64_MAX,
                                        INT64_MIN,
                                        UINT64_MAX,
                                        0.5,
                                        -1e300,
                                        "",
                                        "0",
                                        "1-2",
                                        "0001-01-01T00:00:00Z",
                                        std::string(300, 'a'),
                                        json::array(),
                                        json::object()};
  return values[below(values.size(), random)];
}

void collect(json& value, std::vector<json*>& nodes) {
  nodes.push_back(&value);
  if (!value.is_structured()) return;
  for (json& member : value) collect(member, nodes);
}

void mutate(json& document, Random& random);

void mutate_text(json& node, Random& random) {
  std::string text = node.get<std::string>();
  json inside = json::parse(text, nullptr, false);
  if (inside.is_structured()) {
    mutate(inside, random);
    text = dump(inside);
  } else {
    text = mutate_bytes(std::move(text), kMaxTextBytes);
  }
  node = std::move(text);
}

void mutate_object(json& object, Random& random) {
  const auto at =
      std::next(object.begin(), static_cast<std::ptrdiff_t>(below(object.size(), random)));
  const std::string name = at.key();
  json value = at.value();
  if (below(3, random) > 0) object.erase(at);
  if (below(2, random) == 0) object[mutate_bytes(name, kMaxTextBytes)] = std::move(value);
}

void mutate_array(json& array, Random& random) {
  const auto at = array.begin() + static_cast<std::ptrdiff_t>(below(array.size(), random));
  if (below(2, random) == 0) {
    array.erase(at);
  } else {
    json copy = *at;
    array.push_back(std::move(copy));
  }
}

void mutate(json& document, Random& random) {
  std::vector<json*> nodes;
  collect(document, nodes);
  json& node = *nodes[below(nodes.size(), random)];
  switch (below(4, random)) {
    case 0: {
      json other = *nodes[below(nodes.size(), random)];
      node = std::move(other);
      return;
    }
    case 1:
      node = boundary_value(random);
      return;
    default:
      break;
  }
  if (node.is_string()) {
    mutate_text(node, random);
  } else if (node.is_object() && !node.empty()) {
    mutate_object(node, random);
  } else if (node.is_array() && !node.empty()) {
    mutate_array(node, random);
  } else {
    node = boundary_value(random);
  }
}

}  // namespace

/// Called by libFuzzer for each new input it wants.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
  Random random(seed);
  if (below(8, random) == 0) return LLVMFuzzerMutate(data, size, max_size);
  json document = json::parse(data, data + size, nullptr, false);
  if (document.is_discarded()) return LLVMFuzzerMutate(data, size, max_size);
  for (std::size_t changes = 1 + below(3, random); changes > 0; --changes) mutate(document, random);
  const std::string text = dump(document);
  if (text.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}
