#pragma once

#include "agent/net/http_server.hpp"
#include "agent/standalone/server_context.hpp"

namespace longshore::standalone {

/// Answers requests below /_longshore/, the interface for tests (README.md lists it). Served only
/// while nobody but this machine can reach the server; bodies must be application/json.
net::HttpResponse serve_test_route(ServerContext& context, const net::ServerRequest& request);

}  // namespace longshore::standalone
