#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "agent/app/commands.hpp"
#include "agent/base/result.hpp"

namespace longshore::app {

/// Where this host's agent answers, by the settings. Errors: InvalidInput (they are not usable).
Result<std::string> agent_socket(const SettingFlags& flags);

/// What to tell a user whose `longshore <command>` got no answer at `socket_path`: what happened,
/// and what to do about it.
std::string why_no_answer(std::string_view command, const std::string& socket_path,
                          const Error& error);

/// Prints why there is no answer and returns the exit status.
int tell_no_answer(std::string_view command, const std::string& socket_path, const Error& error);

/// Asks and waits; `question` bounds the time itself.
template <typename T>
Result<T> ask_agent(const std::function<boost::asio::awaitable<Result<T>>(std::string)>& question,
                    const std::string& socket_path) {
  boost::asio::io_context loop(1);
  std::optional<Result<T>> answer;
  boost::asio::co_spawn(loop, question(socket_path),
                        [&](std::exception_ptr failure, Result<T> given) {
                          if (failure) std::rethrow_exception(failure);
                          answer = std::move(given);
                        });
  loop.run();
  return *std::move(answer);
}

}  // namespace longshore::app
