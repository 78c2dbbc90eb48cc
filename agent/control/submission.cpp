#include "agent/control/submission.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "agent/base/log.hpp"

namespace longshore::control {
namespace {

std::string to_wire(core::ReportedStatus status) {
  switch (status) {
    case core::ReportedStatus::Pending:
      return "PENDING";
    case core::ReportedStatus::Running:
      return "RUNNING";
    case core::ReportedStatus::Stopped:
      return "STOPPED";
  }
  return "PENDING";
}

protocol::NetworkBinding to_wire(const core::NetworkBinding& binding) {
  protocol::NetworkBinding wire{.bind_ip = binding.bind_ip, .protocol = binding.protocol};
  if (binding.container_port_last == 0) {
    wire.container_port = binding.container_port;
    wire.host_port = binding.host_port;
  } else {
    wire.container_port_range =
        fmt::format("{}-{}", binding.container_port, binding.container_port_last);
    wire.host_port_range = fmt::format("{}-{}", binding.host_port, binding.host_port_last);
  }
  return wire;
}

std::vector<protocol::NetworkBinding> to_bindings(const core::ContainerChange& change,
                                                  bool exclude_ipv6) {
  std::vector<protocol::NetworkBinding> bindings;
  for (const core::NetworkBinding& binding : change.network_bindings) {
    if (exclude_ipv6 && binding.bind_ip == "::") continue;
    bindings.push_back(to_wire(binding));
  }
  if (bindings.size() > kMaxBindings) {
    log_warn("a container has more port bindings than ECS takes in a report; the rest is left out",
             {{"container", change.name},
              {"id", change.runtime_id},
              {"bindings", bindings.size()},
              {"reported", kMaxBindings}});
    bindings.resize(kMaxBindings);
  }
  return bindings;
}

protocol::ContainerStateChange to_container_change(const core::ContainerChange& change,
                                                   bool exclude_ipv6) {
  protocol::ContainerStateChange wire{.container_name = change.name.str(),
                                      .status = to_wire(change.status),
                                      .runtime_id = change.runtime_id.str(),
                                      .image_digest = change.image_digest,
                                      .exit_code = change.exit_code,
                                      .reason = change.reason};
  auto bindings = to_bindings(change, exclude_ipv6);
  if (!bindings.empty() || !exclude_ipv6) wire.network_bindings = std::move(bindings);
  return wire;
}

}  // namespace

protocol::SubmitTaskStateChangeRequest to_submit_request(const core::TaskChange& change,
                                                         const std::string& cluster,
                                                         bool exclude_ipv6_bindings) {
  protocol::SubmitTaskStateChangeRequest request{
      .cluster = cluster,
      .task = change.task.str(),
      .status = to_wire(change.status),
      .reason = change.reason,
      .pull_started_at = change.pull_started_at,
      .pull_stopped_at = change.pull_stopped_at,
      .execution_stopped_at = change.execution_stopped_at};
  for (const core::ContainerChange& container : change.containers) {
    request.containers.push_back(to_container_change(container, exclude_ipv6_bindings));
  }
  return request;
}

}  // namespace longshore::control
