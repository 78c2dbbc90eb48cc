#include "agent/store/machine.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>

#include "agent/store/data_directory.hpp"

namespace longshore::store {
namespace {

/// Firmware's defaults that boards are sold with: counted bytes in their two orders, and jests.
constexpr std::array<std::string_view, 4> kPlaceholders = {
    "03000200-0400-0500-0006-000700080009", "00010203-0405-0607-0809-0a0b0c0d0e0f",
    "03020100-0504-0706-0809-0a0b0c0d0e0f", "deadbeef-dead-beef-dead-beefdeadbeef"};
constexpr std::string_view kUuidShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }

std::string lower_case_word(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  std::string word(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return word;
}

/// "i-" and 17 hex digits, 8 of older instances.
bool is_instance_id(std::string_view word) {
  if (!word.starts_with("i-")) return false;
  word.remove_prefix(2);
  return (word.size() == 17 || word.size() == 8) && std::all_of(word.begin(), word.end(), is_hex);
}

bool is_uuid(std::string_view word) {
  if (word.size() != kUuidShape.size()) return false;
  return std::equal(word.begin(), word.end(), kUuidShape.begin(),
                    [](char c, char shape) { return shape == '-' ? c == '-' : is_hex(c); });
}

bool is_nobodys(std::string_view uuid) {
  if (std::find(kPlaceholders.begin(), kPlaceholders.end(), uuid) != kPlaceholders.end()) {
    return true;
  }
  std::string digits(uuid);
  std::erase(digits, '-');
  for (std::size_t i = 2; i < digits.size(); ++i) {
    if (digits[i] != digits[i - 2]) return false;
  }
  return true;
}

/// The first three fields with their bytes in the other order, as older SMBIOS and some systems
/// show them.
std::string swapped(const std::string& uuid) {
  constexpr std::array<std::size_t, 8> kFrom = {6, 4, 2, 0, 11, 9, 16, 14};
  constexpr std::array<std::size_t, 8> kTo = {0, 2, 4, 6, 9, 11, 14, 16};
  std::string other = uuid;
  for (std::size_t i = 0; i < kFrom.size(); ++i) other.replace(kTo[i], 2, uuid, kFrom[i], 2);
  return other;
}

std::string small_text(const std::string& path) {
  const auto text = read_small_file(path);
  return text && *text ? **text : std::string();
}

}  // namespace

Machine machine_of(std::string_view board_asset_tag, std::string_view product_uuid) {
  Machine machine{.ec2_instance_id = lower_case_word(board_asset_tag),
                  .product_uuid = lower_case_word(product_uuid)};
  if (!is_instance_id(machine.ec2_instance_id)) machine.ec2_instance_id.clear();
  if (!is_uuid(machine.product_uuid) || is_nobodys(machine.product_uuid)) {
    machine.product_uuid.clear();
  }
  return machine;
}

Machine read_machine(const std::string& directory) {
  return machine_of(small_text(directory + "/board_asset_tag"),
                    small_text(directory + "/product_uuid"));
}

std::optional<bool> is_same(const Machine& saved, const Machine& present) {
  if (!saved.ec2_instance_id.empty() && !present.ec2_instance_id.empty()) {
    return saved.ec2_instance_id == present.ec2_instance_id;
  }
  if (!saved.product_uuid.empty() && !present.product_uuid.empty()) {
    return saved.product_uuid == present.product_uuid ||
           saved.product_uuid == swapped(present.product_uuid);
  }
  return std::nullopt;
}

Machine joined(const Machine& saved, const Machine& present) {
  Machine all = present;
  if (all.ec2_instance_id.empty()) all.ec2_instance_id = saved.ec2_instance_id;
  if (all.product_uuid.empty()) all.product_uuid = saved.product_uuid;
  return all;
}

std::string to_text(const Machine& machine) {
  if (!machine.ec2_instance_id.empty()) return machine.ec2_instance_id;
  return machine.product_uuid.empty() ? "unknown" : machine.product_uuid;
}

}  // namespace longshore::store
