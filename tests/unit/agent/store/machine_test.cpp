#include "agent/store/machine.hpp"

#include <catch2/catch.hpp>

namespace longshore::store {
namespace {

constexpr const char* kInstance = "i-0123456789abcdef0";
constexpr const char* kUuid = "ec2a1b2c-3d4e-5f60-7182-93a4b5c6d7e8";
constexpr const char* kOtherUuid = "4c4c4544-0042-3510-8052-b3c04f4b4e32";

TEST_CASE("an instance's id and a UUID are taken as they are, without case and blanks",
          "[unit][store]") {
  const Machine machine =
      machine_of("i-0123456789ABCDEF0\n", " EC2A1B2C-3D4E-5F60-7182-93A4B5C6D7E8\n");
  CHECK(machine.ec2_instance_id == kInstance);
  CHECK(machine.product_uuid == kUuid);
  CHECK(machine_of("i-01234567", "").ec2_instance_id == "i-01234567");
  CHECK(to_text(machine) == kInstance);
  CHECK(to_text(machine_of("", kUuid)) == kUuid);
  CHECK(to_text(machine_of("", "")) == "unknown");
}

TEST_CASE("what boards have in place of an instance's id is none", "[unit][store]") {
  const char* tag = GENERATE("", "\n", "i-", "i-0123", "i-0123456789abcdefg", "No Asset Tag",
                             "Base Board Asset Tag", "x-0123456789abcdef0",
                             "i-0123456789abcdef0 i-0123456789abcdef1", "0123456789abcdef0");
  INFO(tag);
  CHECK(machine_of(tag, "").unknown());
}

TEST_CASE("a UUID that many machines have tells none of them", "[unit][store]") {
  const char* uuid =
      GENERATE("", "Not Settable", "00000000-0000-0000-0000-000000000000",
               "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "fefefefe-fefe-fefe-fefe-fefefefefefe",
               "03000200-0400-0500-0006-000700080009", "00010203-0405-0607-0809-0A0B0C0D0E0F",
               "03020100-0504-0706-0809-0a0b0c0d0e0f", "DEADBEEF-DEAD-BEEF-DEAD-BEEFDEADBEEF",
               "4c4c4544-0042-3510-8052-b3c04f4b4e3", "4c4c4544-0042-3510-8052-b3c04f4b4e321",
               "4c4c4544x0042-3510-8052-b3c04f4b4e32", "4c4c4544-0042-3510-8052-b3c04f4b4e3g");
  INFO(uuid);
  CHECK(machine_of("", uuid).unknown());
}

TEST_CASE("machines are compared by the best fact that is known of both", "[unit][store]") {
  const Machine nitro = machine_of(kInstance, kUuid);
  const Machine by_uuid = machine_of("", kUuid);
  const Machine by_id = machine_of(kInstance, "");
  CHECK(is_same(nitro, nitro) == true);
  CHECK(is_same(nitro, machine_of("i-0123456789abcdef1", kUuid)) == false);
  // Stopped, and begun on other hardware.
  CHECK(is_same(nitro, machine_of(kInstance, kOtherUuid)) == true);
  CHECK(is_same(nitro, by_uuid) == true);
  CHECK(is_same(nitro, machine_of("", kOtherUuid)) == false);
  CHECK(is_same(by_uuid, machine_of("i-0123456789abcdef1", kOtherUuid)) == false);
  CHECK(is_same(by_uuid, machine_of("", "2c1b2aec-4e3d-605f-7182-93a4b5c6d7e8")) == true);
  CHECK(is_same(by_uuid, machine_of("", "2c1b2aec-4e3d-605f-7182-93a4b5c6d7e9")) == false);
  CHECK(is_same(by_uuid, machine_of("", "2c1b2aec-3d4e-5f60-7182-93a4b5c6d7e8")) == false);
  CHECK_FALSE(is_same(by_id, by_uuid));
  CHECK_FALSE(is_same(Machine{}, nitro));
  CHECK_FALSE(is_same(nitro, Machine{}));
}

TEST_CASE("a fact that an agent may not read now is not forgotten", "[unit][store]") {
  const Machine nitro = machine_of(kInstance, kUuid);
  CHECK(joined(nitro, machine_of(kInstance, "")) == nitro);
  CHECK(joined(nitro, {}) == nitro);
  CHECK(joined({}, nitro) == nitro);
  CHECK(joined(nitro, machine_of(kInstance, kOtherUuid)).product_uuid == kOtherUuid);
}

}  // namespace
}  // namespace longshore::store
