#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"

namespace longshore::runtime::docker {

/// An engine that answers what a test tells it to, byte for byte, on a unix socket of its own.
class ScriptedEngine {
 public:
  struct Request {
    std::string line{};  ///< "POST /v1.41/containers/x/start"
    std::string head{};  ///< All of it, with the headers.
    std::string body{};
  };
  struct Answer {
    std::string bytes{};
    bool hang = false;      ///< Keep the connection open and silent after that.
    std::string forever{};  ///< Or sent over and over, until the other side goes.
  };
  using Script = std::function<Answer(const Request&)>;

  explicit ScriptedEngine(boost::asio::io_context& io)
      : path_((std::filesystem::temp_directory_path() / ("longshore-" + random_hex(8))).string()),
        acceptor_(io, boost::asio::local::stream_protocol::endpoint(path_)) {
    spawn(io.get_executor(), "scripted engine", serve());
  }
  ~ScriptedEngine() { std::filesystem::remove(path_); }
  ScriptedEngine(const ScriptedEngine&) = delete;
  ScriptedEngine& operator=(const ScriptedEngine&) = delete;

  const std::string& path() const { return path_; }
  const std::vector<Request>& requests() const { return requests_; }

  static Answer reply(int status, const std::string& body) {
    return {fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                        status, body.size(), body)};
  }
  /// A body without an announced length, as streams have it; more may follow.
  static Answer stream(const std::string& body, bool hang) {
    return {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + body, hang};
  }

  std::string version = R"({"Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12"})";
  /// Everything but GET /version, which is answered with `version`.
  Script script = [](const Request&) { return reply(404, R"({"message": "page not found"})"); };

 private:
  using Socket = boost::asio::local::stream_protocol::socket;

  boost::asio::awaitable<void> serve() {
    while (true) {
      Socket socket = co_await acceptor_.async_accept(boost::asio::use_awaitable);
      spawn(acceptor_.get_executor(), "scripted connection", answer(std::move(socket)));
    }
  }

  boost::asio::awaitable<void> answer(Socket socket) {
    constexpr auto token = boost::asio::as_tuple(boost::asio::use_awaitable);
    std::string buffer;
    const auto [error, end] = co_await boost::asio::async_read_until(
        socket, boost::asio::dynamic_buffer(buffer), "\r\n\r\n", token);
    if (error) co_return;
    Request request{.head = buffer.substr(0, end), .body = buffer.substr(end)};
    request.line = request.head.substr(0, request.head.find(" HTTP/"));
    const std::size_t announced = content_length(request.head);
    while (request.body.size() < announced) {
      std::string more(announced - request.body.size(), '\0');
      const auto [failed, size] = co_await socket.async_read_some(boost::asio::buffer(more), token);
      if (failed) co_return;
      request.body += more.substr(0, size);
    }
    requests_.push_back(request);
    const Answer given =
        request.line == "GET /version" ? reply(200, version) : script(requests_.back());
    co_await boost::asio::async_write(socket, boost::asio::buffer(given.bytes), token);
    while (!given.forever.empty()) {
      const auto [gone, sent] =
          co_await boost::asio::async_write(socket, boost::asio::buffer(given.forever), token);
      if (gone) co_return;
    }
    if (!given.hang) co_return;
    char byte = 0;  // Silent until the other side goes.
    co_await socket.async_read_some(boost::asio::buffer(&byte, 1), token);
  }

  static std::size_t content_length(const std::string& head) {
    const auto at = to_lower(head).find("content-length: ");
    return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
  }

  std::string path_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::vector<Request> requests_{};
};

}  // namespace longshore::runtime::docker
