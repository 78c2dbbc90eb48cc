#include "agent/standalone/port_rules.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "agent/base/text.hpp"
#include "agent/standalone/json_access.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;
using Mistake = std::optional<std::string>;

std::optional<int> parse_port(std::string_view text) {
  int port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return port >= 1 && port <= 65535 ? std::optional(port) : std::nullopt;
}

/// The ports of one mapping inside the container, both ends included.
struct PortSpan {
  int first = 0;
  int last = 0;
};

/// "9000-9004". Source: Amazon ECS API reference, PortMapping: the first is less than the last.
std::optional<PortSpan> parse_port_range(std::string_view text) {
  const auto ends = split(text, '-');
  if (ends.size() != 2) return std::nullopt;
  const auto low = parse_port(ends[0]);
  const auto high = parse_port(ends[1]);
  if (!low || !high || *low >= *high) return std::nullopt;
  return PortSpan{*low, *high};
}

Mistake broken_range_rule(const json& mapping, const std::string& mode, const std::string& path) {
  const std::string range = text_of(mapping, "containerPortRange");
  if (!parse_port_range(range)) {
    return fmt::format("{}.containerPortRange: expected \"LOW-HIGH\" within 1-65535, got \"{}\"",
                       path, range);
  }
  if (mode == "host") {
    return path + ".containerPortRange: needs networkMode bridge, the task has host";
  }
  if (whole_of(mapping, "hostPort") != 0) {
    return fmt::format(
        "{}.hostPort: {} is not accepted with containerPortRange; the agent picks the ports", path,
        mapping["hostPort"].dump());
  }
  return std::nullopt;
}

Mistake broken_mapping_rule(const json& mapping, const std::string& mode, const std::string& path) {
  if (mode == "none") return path + ": a task with networkMode none has no ports";
  const json* port = find_member(mapping, "containerPort");
  const bool is_range = has_member(mapping, "containerPortRange");
  if (is_range == (port != nullptr)) {
    return path + ": exactly one of containerPort and containerPortRange is required";
  }
  if (is_range) return broken_range_rule(mapping, mode, path);
  if (*port == 0) return path + ".containerPort: must be 1..65535";
  const std::int64_t host_port = whole_of(mapping, "hostPort");
  if (mode == "host" && host_port != 0 && host_port != port->get<std::int64_t>()) {
    return fmt::format("{}.hostPort: must be {} (containerPort) with networkMode host", path,
                       port->dump());
  }
  return std::nullopt;
}

PortSpan span_of(const json& mapping) {
  const auto range = parse_port_range(text_of(mapping, "containerPortRange"));
  const auto port = static_cast<int>(whole_of(mapping, "containerPort"));
  return range.value_or(PortSpan{port, port});
}

/// A range shares none of its ports with another mapping. (A single port may be published twice.)
Mistake broken_overlap_rule(const json& mappings, const std::string& path) {
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const bool has_range = has_member(mappings[i], "containerPortRange") ||
                             has_member(mappings[j], "containerPortRange");
      const bool same_protocol =
          text_of(mappings[i], "protocol", "tcp") == text_of(mappings[j], "protocol", "tcp");
      const PortSpan a = span_of(mappings[i]);
      const PortSpan b = span_of(mappings[j]);
      if (has_range && same_protocol && a.first <= b.last && b.first <= a.last) {
        return fmt::format("{0}[{1}]: its ports overlap those of {0}[{2}]", path, i, j);
      }
    }
  }
  return std::nullopt;
}

}  // namespace

Mistake broken_port_rule(const json& mappings, const std::string& mode, const std::string& path) {
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    if (auto mistake = broken_mapping_rule(mappings[i], mode, fmt::format("{}[{}]", path, i))) {
      return mistake;
    }
  }
  return broken_overlap_rule(mappings, path);
}

}  // namespace longshore::standalone
