#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/base/result.hpp"

namespace longshore::standalone {

/// What goes wrong on purpose, as `POST /_longshore/faults` asks for it.
struct Fault {
  enum class Action {
    Drop,       ///< api: neither handled nor answered for `delay`. acs, tcs: the message is lost.
    Delay,      ///< Handled or sent `delay` later; what comes after it waits.
    Duplicate,  ///< Handled or sent twice.
    Refuse,     ///< api, connect: answered with `status` and `code` in place of being handled.
    Close,      ///< api: handled, but the connection ends before the answer. acs, tcs: close frame.
    Reset,      ///< The connection is cut, the message lost.
  };
  std::string channel{};  ///< "api", "acs" or "tcs".
  std::string match{};    ///< Operation, message type, "connect" (websockets), or "*".
  Action action = Action::Drop;
  std::chrono::milliseconds delay{60'000};
  int status = 500;
  std::string code = "ServerException";
  std::uint16_t close_code = 1001;
  int times = 1;  ///< How many more messages it hits.
};

/// The word in fault commands and in the record.
std::string_view to_string(Fault::Action action);

/// The faults that are still to happen. Pure: who asks it acts on what it says.
class FaultTable {
 public:
  /// Adds one fault or a list of them:
  /// {"channel","match","action","ms","status","code","times"}; `code` is the error code of
  /// `refuse` or the number of `close`. Errors: InvalidInput with the member's path; nothing is
  /// added then.
  Status add(const nlohmann::json& request);
  void clear() { faults_.clear(); }
  /// The oldest fault for this message, counted as used once.
  std::optional<Fault> take(std::string_view channel, std::string_view type);
  std::size_t size() const { return faults_.size(); }

 private:
  std::vector<Fault> faults_{};
};

}  // namespace longshore::standalone
