#pragma once

#include <boost/asio/awaitable.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "agent/base/gate.hpp"
#include "agent/net/websocket.hpp"
#include "agent/standalone/server_context.hpp"
#include "agent/standalone/tcs_frame.hpp"

namespace longshore::standalone {

/// One open websocket to an agent: frames out in order through a bounded queue, frames in one by
/// one, both recorded and both subject to faults. Call from the event loop only.
class AgentSocket {
 public:
  /// `channel` is "acs" or "tcs"; `socket` must not be null.
  AgentSocket(std::shared_ptr<ServerContext> context, std::string channel,
              std::unique_ptr<net::Websocket> socket);

  using Parse = std::function<Result<Envelope>(std::string_view)>;
  using Handle = std::function<void(const Envelope&)>;
  /// Reads and writes until the connection ends. `parse` reads a frame; `handle` acts on it;
  /// `on_broken` gets the error of a frame that could not be read.
  boost::asio::awaitable<void> run(Parse parse, Handle handle,
                                   std::function<void(const Error&)> on_broken);
  /// Queues {"type":…,"message":…}. A queue of 1000 frames means that the agent does not read: the
  /// connection is cut.
  void send(nlohmann::json frame);
  void abort() { socket_->abort(); }

 private:
  boost::asio::awaitable<void> read_frames(Parse parse, Handle handle,
                                           std::function<void(const Error&)> on_broken);
  boost::asio::awaitable<void> write_frames();
  boost::asio::awaitable<void> close(std::uint16_t code);
  /// Writes one frame; false when the connection is at its end.
  boost::asio::awaitable<bool> write_frame(nlohmann::json frame);
  void note(std::string_view direction, std::string_view type, nlohmann::json body);

  std::shared_ptr<ServerContext> context_;
  std::string channel_;
  std::unique_ptr<net::Websocket> socket_;
  /// A frame to send, or the close frame that ends the connection.
  struct Outgoing {
    nlohmann::json frame{};
    std::optional<std::uint16_t> close_code{};
  };
  std::deque<Outgoing> queue_{};
  Signal queued_{};
};

}  // namespace longshore::standalone
