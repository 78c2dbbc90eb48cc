#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>

#include "agent/app/agent.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/gate.hpp"
#include "agent/standalone/standalone_server.hpp"

namespace longshore::app {

/// One task, run to its end before the user's eyes: the time line of its states and the output of
/// its containers on standard output. It is stopped when nobody reads that any more. On the event
/// loop.
class ForegroundTask {
 public:
  ForegroundTask(boost::asio::any_io_executor executor, Clock& clock,
                 standalone::StandaloneServer& server, Agent& agent);

  /// Runs a task definition as RegisterTaskDefinition returned it, and returns what the essential
  /// container that was the first to end did so with; 1 when it never ran, 130 when that was asked
  /// for.
  boost::asio::awaitable<int> run(nlohmann::json registered);
  /// Asks the task to stop, as StopTask does. The second time changes nothing: the engine's own
  /// time limits end it.
  void stop();

 private:
  boost::asio::awaitable<bool> wait_for_instance();
  boost::asio::awaitable<void> follow(std::string container, ContainerId id);
  boost::asio::awaitable<bool> await_next_run(ContainerId id, int* run);
  boost::asio::awaitable<void> wait_for_output();
  boost::asio::awaitable<void> wait_for_cleanup();
  void on_record(const standalone::Record& record);
  void on_change(const nlohmann::json& change);
  void on_end(const std::string& container, std::optional<int> exit_code);
  void say(std::string_view what);
  void show(std::ostream& stream, const std::string& line);
  [[nodiscard]] int exit_status() const;

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  standalone::StandaloneServer& server_;
  Agent& agent_;
  nlohmann::json definition_{};
  std::string task_arn_{};
  std::string last_status_{};
  std::map<std::string, std::string> container_status_{};
  bool essential_ended_ = false;
  std::optional<int> exit_code_{};  ///< Of the essential container that ended first, if it ran.
  std::size_t outputs_open_ = 0;
  bool stop_asked_ = false;
  bool failed_ = false;
  Signal changed_{};
};

}  // namespace longshore::app
