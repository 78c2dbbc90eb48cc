#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/result.hpp"
#include "agent/standalone/record.hpp"
#include "agent/standalone/standalone_settings.hpp"

namespace longshore::standalone {

/// A control plane for one machine: the ECS JSON API, ECR's token call, ACS and TCS on one port.
/// Its state is in memory and goes with it. Use from the event loop only.
class StandaloneServer {
 public:
  /// Listens at once and writes the port file. `clock` must outlive the server.
  /// Errors: InvalidInput (a setting, named with its accepted form; a remote address without
  /// allow_remote), Conflict (port in use), PermissionDenied or NotFound (a file).
  static Result<std::unique_ptr<StandaloneServer>> start(boost::asio::any_io_executor executor,
                                                         StandaloneSettings settings, Clock& clock);
  ~StandaloneServer();  ///< Stops listening and drops every connection.
  StandaloneServer(const StandaloneServer&) = delete;
  StandaloneServer& operator=(const StandaloneServer&) = delete;

  std::uint16_t port() const;

  /// One ECS operation ("RunTask") without HTTP: the same answer, effects and record; faults do
  /// not apply. Errors carry ECS's code in front: "ClientException: containerDefinitions[0].nam: …"
  /// (InvalidInput; NotFound for …NotFoundException; Internal for ServerException).
  Result<nlohmann::json> call(std::string operation, nlohmann::json request);

  /// `observer` sees every later message, after it was handled. Replaces an earlier observer; an
  /// empty one removes it. It may use call().
  void on_record(std::function<void(const Record&)> observer);

 private:
  struct State;
  explicit StandaloneServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace longshore::standalone
