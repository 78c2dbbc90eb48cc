#include "agent/store/identity.hpp"

#include <nlohmann/json.hpp>

#include "agent/base/json_reader.hpp"
#include "agent/store/seal.hpp"

namespace longshore::store {
namespace {

constexpr int kSchema = 1;

Identity read_identity(const JsonReader& r) {
  const JsonReader schema = r.require("schema");
  if (schema.as_int() > kSchema) schema.reject("written by a newer longshore");
  Identity identity{.instance = ContainerInstanceArn(r.require("containerInstance").as_string()),
                    .cluster = r.require("cluster").as_string()};
  if (identity.instance.empty()) r.require("containerInstance").reject("expected an ARN");
  return identity;
}

}  // namespace

std::string to_text(const Identity& identity) {
  return seal(dump_json({{"schema", kSchema},
                         {"containerInstance", identity.instance.str()},
                         {"cluster", identity.cluster}})) +
         "\n";
}

Result<Identity> parse_identity(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (!is_sealed(text)) return fail(ErrorCode::InvalidInput, "its sum is missing");
  if (auto sound = check_seal(text); !sound) return fail(std::move(sound).error());
  return read_json(text, read_identity);
}

std::optional<Identity> choose_identity(const std::optional<Identity>& file,
                                        const std::optional<IdentityCopy>& copy) {
  if (!copy) return file;
  return file && copy->has_sums ? file : copy->identity;
}

}  // namespace longshore::store
