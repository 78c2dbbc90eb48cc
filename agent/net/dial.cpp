#include "agent/net/dial.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "agent/net/deadline.hpp"
#include "agent/net/net_error.hpp"
#include "agent/net/socket_transport.hpp"

namespace longshore::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds kLeastShare{2'000};

/// A look-up that outlives the wait for it: getaddrinfo cannot be interrupted, so a caller out of
/// time leaves it to finish alone.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor)
      : resolver(executor), done(executor, steady_clock::time_point::max()) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  std::optional<error_code> outcome{};
  std::vector<tcp::endpoint> endpoints{};
};

asio::awaitable<Result<std::vector<tcp::endpoint>>> resolve(std::string host, std::uint16_t port,
                                                            steady_clock::time_point end) {
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  // Spares the resolver's thread, and an answer that differs from what was asked.
  if (!not_an_address) co_return std::vector<tcp::endpoint>{{address, port}};
  auto lookup = std::make_shared<Lookup>(co_await asio::this_coro::executor);
  lookup->resolver.async_resolve(host, std::to_string(port), tcp::resolver::numeric_service,
                                 [lookup](error_code ec, const tcp::resolver::results_type& found) {
                                   lookup->outcome = ec;
                                   for (const auto& entry : found) {
                                     lookup->endpoints.push_back(entry.endpoint());
                                   }
                                   lookup->done.cancel();
                                 });
  lookup->done.expires_at(end);
  co_await lookup->done.async_wait(kAwait);
  co_await unwind_if_cancelled();
  if (!lookup->outcome) co_return fail(ErrorCode::Timeout, "look up {}: timed out", host);
  if (*lookup->outcome) co_return fail(connection_error("look up " + host, *lookup->outcome));
  co_return std::move(lookup->endpoints);
}

asio::awaitable<Result<std::shared_ptr<Transport>>> connect(tcp::endpoint endpoint,
                                                            milliseconds limit) {
  tcp::socket socket(co_await asio::this_coro::executor);
  const Deadline deadline(socket.get_executor(), limit, [&socket] {
    error_code ignored;
    socket.close(ignored);
  });
  const auto [ec] = co_await socket.async_connect(endpoint, kAwait);
  co_await unwind_if_cancelled();
  const std::string what = "connect to " + endpoint.address().to_string();
  if (deadline.expired()) co_return fail(ErrorCode::Timeout, "{}: timed out", what);
  if (ec) co_return fail(connection_error(what, ec));
  co_return socket_transport(std::move(socket));
}

}  // namespace

asio::awaitable<Result<std::shared_ptr<Transport>>> dial(std::string host, std::uint16_t port,
                                                         milliseconds limit) {
  const auto end = steady_clock::now() + limit;
  auto endpoints = co_await resolve(host, port, end);
  if (!endpoints) co_return fail(std::move(endpoints).error());
  Error last{ErrorCode::Unavailable, "look up " + host + ": no address"};
  for (std::size_t i = 0; i < endpoints->size(); ++i) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
    const auto share = left / static_cast<milliseconds::rep>(endpoints->size() - i);
    auto connected =
        co_await connect((*endpoints)[i], std::min(left, std::max(share, kLeastShare)));
    if (connected) co_return connected;
    last = std::move(connected).error();
  }
  co_return fail(std::move(last));
}

}  // namespace longshore::net
