#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

#include "agent/standalone/cluster_state.hpp"
#include "agent/standalone/shape.hpp"

namespace longshore::standalone {

/// What a call needs besides its request, and what it leaves to be sent.
struct CallContext {
  WallTime now{};
  std::string origin{};  ///< "http://127.0.0.1:51800", as the caller reached this server.
  Effects effects{};
};

/// One operation of the ECS API. `run` gets a request that fits `shape`, without nulls.
struct Operation {
  std::string_view name{};
  const Shape* shape = nullptr;
  ApiResult<nlohmann::json> (*run)(ClusterState&, const nlohmann::json&, CallContext&) = nullptr;
};

/// The operations of each family, by name.
std::span<const Operation> cluster_operations();
std::span<const Operation> task_definition_operations();
std::span<const Operation> task_operations();
std::span<const Operation> instance_operations();
std::span<const Operation> tag_operations();
std::span<const Operation> agent_operations();

/// Runs one ECS operation. A mistake in the request is a ClientException that names the member;
/// an operation not listed above is an UnknownOperationException that names those that are.
ApiResult<nlohmann::json> run_operation(ClusterState& state, std::string_view name,
                                        const nlohmann::json& request, CallContext& context);

/// One page of a list answer: {"<member>":[…],"nextToken":…}. Reads maxResults (1..100, default
/// 100) and nextToken from `request`; a token names the last item that was shown.
ApiResult<nlohmann::json> page_of(const std::vector<std::string>& items,
                                  const nlohmann::json& request, const char* member);

/// [{"key","value"}] to a map and back.
Tags read_tags(const nlohmann::json& list);
nlohmann::json tag_list(const Tags& tags);
/// A failure as Describe… and RunTask list them; `detail` is left out when empty.
nlohmann::json failure(const std::string& arn, const std::string& reason,
                       const std::string& detail = {});
/// Whether `include` of a Describe… request names `what`.
bool includes(const nlohmann::json& request, std::string_view what);

}  // namespace longshore::standalone
