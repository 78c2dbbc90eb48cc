#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "agent/base/result.hpp"
#include "agent/endpoints/health.hpp"
#include "agent/endpoints/listed_task.hpp"

namespace longshore::endpoints {

/// All tasks of the agent that answers at this unix socket, in the order in which they came. On the
/// event loop; each page has 5 s.
/// Errors: Unavailable (no agent there), Conflict (it has not taken over its state yet),
/// PermissionDenied (not the agent's user), Timeout, InvalidInput (something else answers there).
boost::asio::awaitable<Result<std::vector<ListedTask>>> fetch_tasks(std::string socket_path);

/// How that agent is. 5 s. Errors: as above.
boost::asio::awaitable<Result<Health>> fetch_health(std::string socket_path);

}  // namespace longshore::endpoints
