// A message of TCS.
#include "agent/base/json_reader.hpp"
#include "metrics/tcs_messages.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {

void run(std::string_view input) {
  const auto message = metrics::parse_telemetry_message(input);
  if (!message) return require_refusal(message.error());
  const nlohmann::json written = {{"type", message->type},
                                  {"message", {{"message", message->text}}}};
  const auto again = metrics::parse_telemetry_message(dump_json(written));
  require(again && again->type == message->type && again->text == message->text &&
              again->kind == message->kind,
          "a message means the same in either of its forms");
}

}  // namespace longshore::fuzz
