#include "agent/net/dial.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "agent/net/dead_peer.hpp"
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
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor) {}
  tcp::resolver resolver;
  std::list<asio::steady_timer*> waiting{};  ///< Cancelled when there is an outcome.
  std::optional<error_code> outcome{};
  std::vector<tcp::endpoint> endpoints{};
};

/// The look-ups of a loop that still run, by host and port. Asio makes one after the other, so with
/// a name server that is gone each new one would only wait behind those that were given up.
class Lookups final : public asio::execution_context::service {
 public:
  using key_type = Lookups;
  static inline asio::execution_context::id id;

  explicit Lookups(asio::execution_context& loop) : service(loop) {}
  void shutdown() override { running_.clear(); }

  /// The one that runs for this name, or a new one.
  std::shared_ptr<Lookup> get(const asio::any_io_executor& executor, const std::string& host,
                              const std::string& port) {
    std::erase_if(running_, [](const auto& entry) { return entry.second.expired(); });
    auto& running = running_[host + ' ' + port];
    auto lookup = running.lock();
    if (lookup && !lookup->outcome) return lookup;
    lookup = std::make_shared<Lookup>(executor);
    running = lookup;
    lookup->resolver.async_resolve(
        host, port, tcp::resolver::numeric_service,
        [lookup](error_code ec, const tcp::resolver::results_type& found) {
          lookup->outcome = ec;
          for (const auto& entry : found) lookup->endpoints.push_back(entry.endpoint());
          for (asio::steady_timer* timer : lookup->waiting) timer->cancel();
        });
    return lookup;
  }

 private:
  std::map<std::string, std::weak_ptr<Lookup>> running_{};
};

asio::awaitable<void> wait_for_outcome(std::shared_ptr<Lookup> lookup,
                                       steady_clock::time_point end) {
  asio::steady_timer timer(co_await asio::this_coro::executor, end);
  struct Place {
    Lookup& lookup;
    asio::steady_timer& timer;
    ~Place() { lookup.waiting.remove(&timer); }
  };
  const Place place{*lookup, timer};
  lookup->waiting.push_back(&timer);
  co_await timer.async_wait(kAwait);
  co_await unwind_if_cancelled();
}

asio::awaitable<Result<std::vector<tcp::endpoint>>> resolve(std::string host, std::uint16_t port,
                                                            steady_clock::time_point end) {
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  // Spares the resolver's thread, and an answer that differs from what was asked.
  if (!not_an_address) co_return std::vector<tcp::endpoint>{{address, port}};
  const auto executor = co_await asio::this_coro::executor;
  auto& lookups = asio::use_service<Lookups>(asio::query(executor, asio::execution::context));
  const auto lookup = lookups.get(executor, host, std::to_string(port));
  co_await wait_for_outcome(lookup, end);
  if (!lookup->outcome) co_return fail(ErrorCode::Timeout, "look up {}: timed out", host);
  if (*lookup->outcome) co_return fail(connection_error("look up " + host, *lookup->outcome));
  co_return lookup->endpoints;
}

asio::awaitable<Result<std::shared_ptr<Transport>>> connect(tcp::endpoint endpoint,
                                                            milliseconds limit) {
  tcp::socket socket(co_await asio::this_coro::executor);
  const Deadline deadline(socket.get_executor(), limit, [&socket] {
    error_code ignored;
    socket.close(ignored);
  });
  error_code opened;
  socket.open(endpoint.protocol(), opened);
  if (!opened) end_when_unreachable(socket.native_handle());
  // An error of open() comes again here.
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
    // A quick peer may be faster than a timer that is over already.
    if (left <= milliseconds::zero()) {
      co_return fail(ErrorCode::Timeout, "connect to {}: timed out", host);
    }
    const auto share = left / static_cast<milliseconds::rep>(endpoints->size() - i);
    auto connected =
        co_await connect((*endpoints)[i], std::min(left, std::max(share, kLeastShare)));
    if (connected) co_return connected;
    last = std::move(connected).error();
  }
  co_return fail(std::move(last));
}

}  // namespace longshore::net
