#include "runtime/docker/engine_connection.hpp"

#include <utility>

#include "runtime/docker/engine_errors.hpp"

namespace longshore::runtime::docker {
namespace {

namespace asio = boost::asio;

net::HttpRequest request_for(EngineCall call, std::string prefix) {
  net::HttpRequest request{.method = std::move(call.method),
                           .url = std::move(prefix) + call.path,
                           .headers = std::move(call.headers),
                           .body = std::move(call.body),
                           .timeout = call.timeout,
                           .max_response_bytes = call.max_bytes};
  if (!request.body.empty()) {
    request.headers.emplace_back("Content-Type", std::move(call.content_type));
  }
  return request;
}

}  // namespace

asio::awaitable<Result<EngineVersion>> EngineConnection::negotiate() {
  EngineCall call{.path = "/version", .timeout = kVersionTimeout};
  auto answer = co_await call_unversioned(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  if (answer->status != 200) co_return fail(to_error(answer->status, answer->body));
  auto engine = parse_version(answer->body);
  if (!engine) co_return fail("Docker: version", std::move(engine).error());
  const auto version = common_version(engine->api);
  if (!version) co_return fail("Docker", version.error());
  engine_ = *engine;
  version_ = *version;
  co_return *engine;
}

asio::awaitable<Result<EngineVersion>> EngineConnection::engine() {
  if (engine_) co_return *engine_;
  co_return co_await negotiate();
}

asio::awaitable<Result<net::HttpRequest>> EngineConnection::to_request(EngineCall call) {
  auto known = co_await engine();
  if (!known) co_return fail(std::move(known).error());
  std::string prefix = "/v" + to_string(call.version.value_or(version_));
  co_return request_for(std::move(call), std::move(prefix));
}

asio::awaitable<Result<net::HttpResponse>> EngineConnection::call(EngineCall call) {
  co_return co_await breaker_.guard(call_unguarded(std::move(call)));
}

asio::awaitable<Result<net::HttpResponse>> EngineConnection::call_unguarded(EngineCall call) {
  auto request = co_await to_request(std::move(call));
  if (!request) co_return fail(std::move(request).error());
  auto answer = co_await http_.call(std::move(*request));
  if (!answer) co_return fail("Docker", std::move(answer).error());
  co_return answer;
}

asio::awaitable<Result<std::string>> EngineConnection::ask(EngineCall question) {
  auto answer = co_await call(std::move(question));
  if (!answer) co_return fail(std::move(answer).error());
  if (answer->status >= 300) co_return fail(to_error(answer->status, answer->body));
  co_return std::move(answer->body);
}

asio::awaitable<Result<net::HttpResponse>> EngineConnection::call_unversioned(EngineCall call) {
  auto answer = co_await http_.call(request_for(std::move(call), {}));
  if (!answer) co_return fail("Docker", std::move(answer).error());
  co_return answer;
}

asio::awaitable<Result<std::unique_ptr<net::HttpBodyStream>>> EngineConnection::open(
    EngineCall call) {
  auto request = co_await to_request(std::move(call));
  if (!request) co_return fail(std::move(request).error());
  auto stream = co_await http_.open_stream(std::move(*request));
  if (!stream) co_return fail("Docker", std::move(stream).error());
  co_return stream;
}

asio::awaitable<std::string> read_refusal(net::HttpBodyStream* stream) {
  std::string text;
  while (text.size() < kMaxRefusalBytes) {
    auto piece = co_await stream->read(kPingTimeout);
    if (!piece || piece->empty()) break;
    text += *piece;
  }
  co_return text;
}

}  // namespace longshore::runtime::docker
