#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "agent/net/http_server.hpp"
#include "agent/standalone/server_context.hpp"

namespace longshore::standalone {

/// An answer with a JSON body.
net::HttpResponse json_response(int status, const nlohmann::json& body,
                                const char* content_type = "application/json");

/// Answers `POST /` with X-Amz-Target: an ECS operation or ECR's GetAuthorizationToken, in AWS's
/// JSON 1.1 protocol, with the faults for it.
boost::asio::awaitable<net::HttpResponse> serve_api(std::shared_ptr<ServerContext> context,
                                                    net::ServerRequest request);

/// This server as the sender of `request` reached it: its Host header, else the address it
/// listens on.
std::string origin_of(const ServerContext& context, const net::ServerRequest& request);

}  // namespace longshore::standalone
