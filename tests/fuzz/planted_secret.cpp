#include "tests/fuzz/planted_secret.hpp"

#include <algorithm>
#include <cstdint>

#include "agent/base/json_reader.hpp"
#include "agent/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {
namespace {

constexpr std::int64_t kNumber = 70'911'735'460'082;

void plant(nlohmann::json& value, std::initializer_list<std::string_view> names) {
  if (!value.is_structured()) return;
  for (auto it = value.begin(); it != value.end(); ++it) {
    const bool is_secret = value.is_object() &&
                           std::find(names.begin(), names.end(), to_lower(it.key())) != names.end();
    if (is_secret && it->is_string()) {
      *it = kPlantedText;
    } else if (is_secret && it->is_number()) {
      *it = kNumber;
    } else {
      plant(*it, names);
    }
  }
}

}  // namespace

std::string plant_secrets(std::string_view input, std::initializer_list<std::string_view> names) {
  auto document = parse_json(input);
  if (!document || reveals_planted(dump_json(*document))) return {};
  plant(*document, names);
  return dump_json(*document);
}

bool reveals_planted(std::string_view text) {
  return contains(text, kPlantedText) || contains(text, std::to_string(kNumber));
}

}  // namespace longshore::fuzz
