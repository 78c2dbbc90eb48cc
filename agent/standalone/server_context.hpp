#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "agent/base/clock.hpp"
#include "agent/base/secret.hpp"
#include "agent/standalone/acs_outbox.hpp"
#include "agent/standalone/cluster_state.hpp"
#include "agent/standalone/faults.hpp"
#include "agent/standalone/operations.hpp"
#include "agent/standalone/recorder.hpp"
#include "agent/standalone/standalone_settings.hpp"

namespace longshore::standalone {

/// How the rest of the server reaches an agent's open ACS or TCS connection.
class AgentSession {
 public:
  virtual ~AgentSession() = default;
  virtual void on_tick() = 0;  ///< About once a second: heartbeats, repeats.
  virtual void flush() = 0;    ///< Sends what the outbox holds.
  virtual void send_raw(nlohmann::json frame) = 0;
  virtual void abort() = 0;
};

/// One agent, connected or not.
struct AgentLink {
  explicit AgentLink(std::string instance_arn) : outbox(std::move(instance_arn)) {}
  AcsOutbox outbox;
  std::weak_ptr<AgentSession> acs{};  ///< Expired while not connected.
  std::weak_ptr<AgentSession> tcs{};
};

/// What the server's coroutines share. They may outlive the server by a few turns of the loop, so
/// each holds a shared_ptr; after stop() nothing is sent or told any more.
class ServerContext : public std::enable_shared_from_this<ServerContext> {
 public:
  ServerContext(boost::asio::any_io_executor executor, StandaloneSettings settings, Clock& clock);

  /// Runs one operation, delivers its effects and records request and answer.
  ApiResult<nlohmann::json> call(std::string_view operation, const nlohmann::json& request,
                                 const std::string& origin);
  /// Records a message and tells the observer about it, on the loop, after the current handler.
  void note(std::string_view channel, std::string_view direction, std::string_view type,
            nlohmann::json body);
  AgentLink& link(const std::string& instance_arn);
  /// "http://127.0.0.1:51800"; a wildcard address becomes loopback's.
  std::string origin() const;
  /// Strictly rising, also over restarts of this server: agents discard a manifest whose timeline
  /// is not above every seqNum and timeline they have seen, and remember that on disk.
  std::int64_t next_timeline();
  void stop();

  boost::asio::any_io_executor executor;
  StandaloneSettings settings;
  Clock& clock;
  ClusterState state;
  Recorder recorder;
  FaultTable faults{};
  Secret ecr_password{};
  std::uint16_t port = 0;
  bool loopback = true;  ///< Only this machine can reach the server.
  std::function<void(const Record&)> observer{};
  std::map<std::string, AgentLink> links{};  ///< By container instance ARN.
  bool stopped = false;

 private:
  std::int64_t timeline_ = 0;
};

}  // namespace longshore::standalone
