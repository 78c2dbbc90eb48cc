#include "agent/store/identity.hpp"

#include <nlohmann/json.hpp>

#include "agent/base/json_reader.hpp"
#include "agent/store/seal.hpp"

namespace longshore::store {
namespace {

constexpr int kSchema = 1;
// Each is left out where it is not known.
constexpr const char* kInstanceId = "ec2InstanceId";
constexpr const char* kProductUuid = "productUuid";
constexpr const char* kContainersSince = "containersSince";

IdentityRecord read_record(const JsonReader& r) {
  const JsonReader schema = r.require("schema");
  if (schema.as_int() > kSchema) schema.reject("written by a newer longshore");
  IdentityRecord record;
  record.identity = {.instance = ContainerInstanceArn(r.require("containerInstance").as_string()),
                     .cluster = r.require("cluster").as_string()};
  if (record.identity.instance.empty()) r.require("containerInstance").reject("expected an ARN");
  record.machine =
      machine_of(r.string(kInstanceId).value_or(""), r.string(kProductUuid).value_or(""));
  record.containers_since = r.string(kContainersSince).value_or("");
  return record;
}

}  // namespace

std::string to_text(const IdentityRecord& record) {
  nlohmann::json object{{"schema", kSchema},
                        {"containerInstance", record.identity.instance.str()},
                        {"cluster", record.identity.cluster}};
  const auto put = [&](const char* member, const std::string& value) {
    if (!value.empty()) object[member] = value;
  };
  put(kInstanceId, record.machine.ec2_instance_id);
  put(kProductUuid, record.machine.product_uuid);
  put(kContainersSince, record.containers_since);
  return seal(dump_json(object)) + "\n";
}

Result<IdentityRecord> parse_identity(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (!is_sealed(text)) return fail(ErrorCode::InvalidInput, "its sum is missing");
  if (auto sound = check_seal(text); !sound) return fail(std::move(sound).error());
  return read_json(text, read_record);
}

std::optional<Identity> choose_identity(const std::optional<Identity>& file,
                                        const std::optional<IdentityCopy>& copy) {
  if (!copy) return file;
  return file && copy->has_sums ? file : copy->identity;
}

Foreign find_foreign(const std::optional<IdentityRecord>& file,
                     const std::optional<IdentityCopy>& copy, const Machine& in_database,
                     const Machine& present) {
  const bool file_counts = file && (!copy || copy->has_sums);
  const auto file_same = file_counts ? is_same(file->machine, present) : std::nullopt;
  const auto database_same = is_same(in_database, present);
  return {.file = !file_same.value_or(database_same.value_or(true)),
          .database = !database_same.value_or(file_same.value_or(true))};
}

}  // namespace longshore::store
