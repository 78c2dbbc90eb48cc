#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "agent/base/result.hpp"
#include "agent/endpoints/health.hpp"
#include "agent/endpoints/task_page.hpp"
#include "agent/engine/task_table.hpp"
#include "agent/net/http_server.hpp"

namespace longshore::endpoints {

/// Where an agent with this data directory answers `longshore tasks` and `longshore health`.
std::string status_socket(const std::string& data_dir);

/// What can be asked there.
inline constexpr const char* kTasksPath = "/v1/tasks";
inline constexpr const char* kHealthPath = "/v1/health";

/// What is told.
struct StatusSources {
  /// nullptr as long as the agent has not taken over what its last run left.
  std::function<const engine::TaskTable*()> tasks{};
  WaitReason waits_for{};
  std::function<Health()> health{};
};

/// Tells the operators of this host, over a unix socket that only the agent's own user may open,
/// what the agent knows: `GET /v1/tasks`, further pages with `?after=<ARN>` (status 503 while the
/// agent starts), and how it is: `GET /v1/health`. It changes nothing.
/// On the event loop. Answers are bounded (see write_task_page), and so are connections (16) and
/// the time a client has to ask and to read (5 s).
class StatusServer {
 public:
  /// Listens from here on. Errors: as net::listen_unix.
  static Result<std::unique_ptr<StatusServer>> listen(boost::asio::any_io_executor executor,
                                                      const std::string& socket_path,
                                                      StatusSources sources);

 private:
  explicit StatusServer(std::unique_ptr<net::HttpServer> server) : server_(std::move(server)) {}
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace longshore::endpoints
