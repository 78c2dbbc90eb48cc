#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/aws/json_client.hpp"
#include "agent/base/lane.hpp"
#include "agent/base/spawn.hpp"
#include "agent/control/ecs_client.hpp"
#include "agent/net/http_server.hpp"
#include "agent/net/https_client.hpp"
#include "tests/support/fake_clock.hpp"

namespace longshore::testing {

/// The ECS API and ACS on a port of this machine, as a test wants them to behave, and a client of
/// them whose time is the test's.
class LoopbackCluster {
 public:
  struct ApiCall {
    std::string operation{};
    nlohmann::json body{};
    net::Headers headers{};
  };
  /// One websocket that a client opened.
  struct Session {
    std::string target{};
    net::Headers headers{};
    std::unique_ptr<net::Websocket> socket{};
    std::vector<nlohmann::json> received{};
    bool ended = false;
  };

  /// With an `endpoint_url` the client calls that in place of this API.
  explicit LoopbackCluster(control::EcsSettings settings = {}, int attempts = 1);
  ~LoopbackCluster();

  /// Answers the next calls of an operation, in order; after that the usual answer comes again.
  void answer(const std::string& operation, std::vector<net::HttpResponse> answers);
  static net::HttpResponse error(std::string code, std::string message = "", int status = 400);

  /// Runs the loop until `done()`, and fails the test when that does not come.
  void run_until(const std::function<bool()>& done);
  template <typename T>
  T run(boost::asio::awaitable<T> coroutine);
  /// Lets everything happen that needs no more time.
  void settle();

  void send(Session& session, const std::string& type, const nlohmann::json& message);
  void send_raw(Session& session, std::string text);
  void close(Session& session, std::uint16_t code);
  std::vector<const ApiCall*> calls(const std::string& operation) const;

  boost::asio::io_context io{};
  FakeClock clock{};
  double random = 0;  ///< What every draw gives.
  std::vector<ApiCall> api{};
  std::vector<std::shared_ptr<Session>> sessions{};
  std::deque<net::HttpResponse> refusals{};     ///< For the next upgrades, in order.
  std::string acs_url{};                        ///< What is told in place of this server.
  int credential_reads = 0;                     ///< Credentials are good for a year.
  std::optional<std::uint16_t> hang_up_code{};  ///< Every session is closed with it at once.

 private:
  net::HttpResponse usual_answer(const std::string& operation, const nlohmann::json& body) const;
  boost::asio::awaitable<net::HttpResponse> serve_api(net::ServerRequest request);
  boost::asio::awaitable<void> serve_websocket(net::ServerRequest request,
                                               std::unique_ptr<net::Websocket> socket);
  std::string base_url() const;

  std::map<std::string, std::deque<net::HttpResponse>> answers_{};
  Lane lane_{1};
  std::unique_ptr<net::HttpServer> server_;
  net::HttpsClient http_{lane_};
  aws::CredentialCache credentials_;
  aws::JsonClient json_;

 public:
  control::EcsClient ecs;
};

template <typename T>
T LoopbackCluster::run(boost::asio::awaitable<T> coroutine) {
  std::optional<T> result;
  spawn(io.get_executor(), "test",
        [](boost::asio::awaitable<T> inner, std::optional<T>& out) -> boost::asio::awaitable<void> {
          out.emplace(co_await std::move(inner));
        }(std::move(coroutine), result));
  run_until([&] { return result.has_value(); });
  return *std::move(result);
}

}  // namespace longshore::testing
