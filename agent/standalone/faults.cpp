#include "agent/standalone/faults.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/standalone/json_access.hpp"
#include "agent/standalone/shape.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxFaults = 1'000;

constexpr std::array<std::pair<std::string_view, Fault::Action>, 6> kActions = {
    {{"drop", Fault::Action::Drop},
     {"delay", Fault::Action::Delay},
     {"duplicate", Fault::Action::Duplicate},
     {"refuse", Fault::Action::Refuse},
     {"close", Fault::Action::Close},
     {"reset", Fault::Action::Reset}}};

constexpr std::string_view kChannelNames[] = {"api", "acs", "tcs"};
constexpr Shape kChannel = choice_shape(kChannelNames);
constexpr std::string_view kActionNames[] = {"drop",   "delay", "duplicate",
                                             "refuse", "close", "reset"};
constexpr Shape kAction = choice_shape(kActionNames);
constexpr Shape kMilliseconds = whole_shape(0, 600'000);
constexpr Shape kStatus = whole_shape(400, 599);
constexpr Shape kCloseCode = whole_shape(1000, 4999);
constexpr Shape kTimes = whole_shape(1, 1'000'000);

constexpr Member kCommonMembers[] = {{"channel", &kChannel, true},
                                     {"match", &kName, true},
                                     {"action", &kAction, true},
                                     {"ms", &kMilliseconds},
                                     {"status", &kStatus},
                                     {"code", &kName},
                                     {"times", &kTimes}};
constexpr Shape kFault = object_shape(kCommonMembers);
constexpr Member kClosingMembers[] = {{"channel", &kChannel, true},
                                      {"match", &kName, true},
                                      {"action", &kAction, true},
                                      {"ms", &kMilliseconds},
                                      {"status", &kStatus},
                                      {"code", &kCloseCode},
                                      {"times", &kTimes}};
constexpr Shape kClosingFault = object_shape(kClosingMembers);

Result<Fault> read_fault(const json& value, const std::string& path) {
  const bool closes = value.is_object() && value.contains("action") && value["action"] == "close";
  if (auto mistake = find_mistake(closes ? kClosingFault : kFault, value, path)) {
    return fail(ErrorCode::InvalidInput, "{}", *mistake);
  }
  Fault fault;
  fault.channel = text_of(value, "channel");
  fault.match = text_of(value, "match");
  const std::string action = text_of(value, "action");
  fault.action = std::find_if(kActions.begin(), kActions.end(), [&](const auto& entry) {
                   return entry.first == action;
                 })->second;
  fault.delay = std::chrono::milliseconds(whole_of(value, "ms", fault.delay.count()));
  fault.status = static_cast<int>(whole_of(value, "status", fault.status));
  if (closes) {
    fault.close_code = static_cast<std::uint16_t>(whole_of(value, "code", fault.close_code));
  } else {
    fault.code = text_of(value, "code", fault.code);
  }
  fault.times = static_cast<int>(whole_of(value, "times", 1));
  const bool handshake = fault.channel != "api" && fault.match == "connect";
  const bool refuses = fault.action == Fault::Action::Refuse;
  if (fault.channel != "api" && handshake != refuses) {
    return fail(ErrorCode::InvalidInput,
                "{}.action: on {}, refuse goes with match \"connect\" and the others with a "
                "message's type",
                path, fault.channel);
  }
  return fault;
}

}  // namespace

std::string_view to_string(Fault::Action action) {
  return std::find_if(kActions.begin(), kActions.end(),
                      [&](const auto& entry) { return entry.second == action; })
      ->first;
}

Status FaultTable::add(const json& request) {
  const json list = without_nulls(request.is_array() ? request : json::array({request}));
  if (faults_.size() + list.size() > kMaxFaults) {
    return fail(ErrorCode::InvalidInput, "more than {} faults", kMaxFaults);
  }
  std::vector<Fault> added;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto fault = read_fault(list[i], "faults[" + std::to_string(i) + "]");
    if (!fault) return fail(std::move(fault).error());
    added.push_back(std::move(*fault));
  }
  faults_.insert(faults_.end(), added.begin(), added.end());
  return {};
}

std::optional<Fault> FaultTable::take(std::string_view channel, std::string_view type) {
  const auto found = std::find_if(faults_.begin(), faults_.end(), [&](const Fault& fault) {
    return fault.channel == channel && (fault.match == type || fault.match == "*");
  });
  if (found == faults_.end()) return std::nullopt;
  const Fault fault = *found;
  if (--found->times == 0) faults_.erase(found);
  return fault;
}

}  // namespace longshore::standalone
