#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace longshore::store {

/// Where the kernel shows what the firmware says of the machine.
/// Source: Linux, Documentation/ABI/testing/sysfs-class-dmi (drivers/firmware/dmi-id.c).
inline constexpr const char* kFirmwareFacts = "/sys/class/dmi/id";

/// What tells this machine from a copy of its disk. A fact that the machine does not have, or that
/// is the same on many, is empty.
struct Machine {
  std::string ec2_instance_id{};  ///< "i-0123456789abcdef0".
  std::string product_uuid{};     ///< Lower case; of the board, or of the virtual machine.
  [[nodiscard]] bool unknown() const { return ec2_instance_id.empty() && product_uuid.empty(); }
  friend bool operator==(const Machine&, const Machine&) = default;
};

/// Takes of the two files' texts what can tell machines apart. EC2's Nitro firmware shows the
/// instance's id as the board's asset tag; other boards have anything there. UUIDs that are one
/// byte over and over, or that vendors ship in place of one of their own, are nobody's. Source:
/// Amazon EC2 User Guide, "Detect whether a host is an EC2 instance".
Machine machine_of(std::string_view board_asset_tag, std::string_view product_uuid);

/// As machine_of(), of this machine. Nothing is known where there is no firmware table (small
/// boards, some virtual machines); the UUID is for root alone.
Machine read_machine(const std::string& directory);

/// By the best fact that is known of both: the instance's id, which stays when an instance is
/// stopped and begins on other hardware, else the UUID, in either order of its bytes: which one is
/// shown may change with the kernel. nullopt: there is no such fact.
std::optional<bool> is_same(const Machine& saved, const Machine& present);

/// What is to be remembered of the same machine: all that it shows now, and what it showed before
/// to an agent that was allowed to read more.
Machine joined(const Machine& saved, const Machine& present);

/// For people: the best fact, or "unknown".
std::string to_text(const Machine& machine);

}  // namespace longshore::store
