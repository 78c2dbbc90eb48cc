// ECS_ENGINE_AUTH_DATA, in both of its forms.
#include "agent/base/json_reader.hpp"
#include "runtime/images/engine_auth.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/planted_secret.hpp"

namespace longshore::fuzz {
namespace {

void check(std::string_view data) {
  for (const char* type : {"docker", "dockercfg"}) {
    const auto auth = runtime::images::EngineAuth::parse(type, Secret(std::string(data)));
    if (auth) continue;
    require_refusal(auth.error());
    require(auth.error().message.starts_with("ECS_ENGINE_AUTH_DATA: "),
            "an error names its setting");
    require(!reveals_planted(auth.error().message), "an error holds no password");
  }
}

}  // namespace

void run(std::string_view input) {
  // An input that knows the planted text gives it away by itself.
  const std::string planted =
      plant_secrets(input, {"password", "auth", "username", "identitytoken", "registrytoken"});
  if (planted.empty() && parse_json(input)) return;
  check(input);
  if (!planted.empty()) check(planted);
}

}  // namespace longshore::fuzz
