#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <iostream>

#include "agent/app/commands.hpp"
#include "agent/app/exit_codes.hpp"
#include "agent/base/clock.hpp"
#include "agent/base/log.hpp"
#include "agent/standalone/standalone_server.hpp"

namespace longshore::app {

int run_standalone(standalone::StandaloneSettings settings) {
  boost::asio::io_context loop(1);
  SystemClock clock;
  const std::string cluster = settings.cluster;
  const std::string region = settings.region;
  auto server =
      standalone::StandaloneServer::start(loop.get_executor(), std::move(settings), clock);
  if (!server) {
    std::cerr << "longshore standalone: " << server.error().message << "\n";
    return server.error().code == ErrorCode::InvalidInput ? kExitUsage : kExitRestart;
  }
  const auto port = (*server)->port();
  std::cout << "longshore standalone listens on http://127.0.0.1:" << port << "\n"
            << "  agent:   ECS_BACKEND_HOST=http://127.0.0.1:" << port << " ECS_CLUSTER=" << cluster
            << " AWS_DEFAULT_REGION=" << region
            << " AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local ECS_EXTERNAL=true longshore "
               "agent\n"
            << "  aws cli: aws --endpoint-url http://127.0.0.1:" << port << " --region " << region
            << " ecs list-clusters" << std::endl;
  boost::asio::signal_set signals(loop, SIGTERM, SIGINT);
  signals.async_wait([&loop](const boost::system::error_code&, int) { loop.stop(); });
  loop.run();
  server->reset();
  return kExitOk;
}

}  // namespace longshore::app
