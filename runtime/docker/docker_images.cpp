#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "agent/base/text.hpp"
#include "runtime/docker/docker_runtime.hpp"
#include "runtime/docker/engine_errors.hpp"
#include "runtime/docker/image_name.hpp"
#include "runtime/docker/layer_url.hpp"
#include "runtime/docker/line_splitter.hpp"
#include "runtime/docker/registry_auth.hpp"

namespace longshore::runtime::docker {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

/// Source: Docker Engine API 1.30, version history.
constexpr ApiVersion kFirstWithDistribution{1, 30};

/// Every registry call carries the header, the official agent's anonymous ones too.
net::Headers auth_headers(const RegistryAuth& auth) {
  return {{"X-Registry-Auth", registry_auth_header(auth).reveal()}};
}

std::string image_path(std::string_view image, std::string_view rest) {
  return "/images/" + percent_encode(image, true) + std::string(rest);
}

/// The first error in some lines of progress; later ones only repeat it.
class Progress {
 public:
  using ToError = Error (*)(std::string text);
  /// `what` the progress is of, for the error of a line that is none; `to_error` makes one of the
  /// text that a line carries.
  Progress(std::string what, ToError to_error) : what_(std::move(what)), to_error_(to_error) {}

  /// Errors: InvalidInput (a line is no progress message).
  Status add(std::string_view bytes) {
    lines_.add(bytes, [this](const std::string& line) { read(line); });
    return status_;
  }
  Status finish() {
    lines_.finish([this](const std::string& line) { read(line); });
    return status_;
  }

 private:
  void read(const std::string& line) {
    if (!status_ || line.empty()) return;
    auto error = parse_progress_error(line);
    if (!error) {
      status_ = fail("Docker: " + what_, std::move(error).error());
    } else if (!error->empty()) {
      status_ = fail(to_error_(std::move(*error)));
    }
  }

  std::string what_;
  ToError to_error_;
  LineSplitter lines_{kMaxMessageBytes};
  Status status_{};
};

/// What a registry said stands as it is.
Error registry_said(std::string text) {
  const ErrorCode code = registry_error_code(text);
  return {code, std::move(text)};
}

/// Pulls, each wait within its limit. Only the end of the total is a Timeout: after a stall another
/// try may help.
asio::awaitable<Status> pull_image(EngineConnection* engine, std::string image, RegistryAuth auth,
                                   PullTimeouts timeouts) {
  const auto deadline = steady_clock::now() + timeouts.total;
  const auto failure = [&](Error error, std::string_view missing, milliseconds limit,
                           milliseconds left) {
    if (error.code == ErrorCode::Timeout && limit < left) {
      error = {ErrorCode::Unavailable, fmt::format("{} for {} s", missing, Seconds(limit).count())};
    }
    return fail(fmt::format("pull of {}", image), std::move(error));
  };
  const ImageName name = split_image_name(image);
  EngineCall call{.method = "POST",
                  .path = "/images/create?fromImage=" + form_encode(name.repository) +
                          "&tag=" + form_encode(name.tag),
                  .headers = auth_headers(auth),
                  .timeout = std::min(timeouts.first_byte, timeouts.total)};
  auto opened = co_await engine->open(std::move(call));
  if (!opened)
    co_return failure(opened.error(), "no first byte", timeouts.first_byte, timeouts.total);
  net::HttpBodyStream& stream = **opened;
  if (const int status = stream.head().status; status != 200) {
    co_return fail(to_registry_error(status, co_await read_refusal(&stream)));
  }
  Progress progress("pull progress", registry_said);
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    if (left <= milliseconds::zero()) {
      co_return fail(ErrorCode::Timeout, "pull of {}: not done after {} s", image,
                     Seconds(timeouts.total).count());
    }
    auto piece = co_await stream.read(std::min(timeouts.inactivity, left));
    if (!piece) co_return failure(piece.error(), "no progress", timeouts.inactivity, left);
    if (piece->empty()) co_return progress.finish();
    if (auto status = progress.add(*piece); !status) co_return status;
  }
}

}  // namespace

asio::awaitable<Result<std::string>> DockerRuntime::resolve_digest(std::string image,
                                                                   RegistryAuth auth) {
  auto engine = co_await engine_.engine();
  if (!engine) co_return fail(std::move(engine).error());
  if (engine->api.newest < kFirstWithDistribution) co_return std::string();
  EngineCall call{.path = "/distribution/" + percent_encode(image, true) + "/json",
                  .headers = auth_headers(auth),
                  .timeout = settings_.manifest_timeout};
  auto answer = co_await engine_.call(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  if (answer->status != 200) co_return fail(to_registry_error(answer->status, answer->body));
  auto digest = parse_distribution(answer->body);
  if (!digest) co_return fail("Docker: distribution", std::move(digest).error());
  co_return digest;
}

asio::awaitable<Status> DockerRuntime::pull(std::string image, RegistryAuth auth,
                                            PullTimeouts timeouts) {
  Status pulled = co_await pull_image(&engine_, image, std::move(auth), timeouts);
  if (!pulled) pulled.error().message = redact_layer_urls(pulled.error().message, image);
  co_return pulled;
}

asio::awaitable<Status> DockerRuntime::tag(std::string image, std::string new_name) {
  const ImageName name = split_image_name(new_name);
  EngineCall call{.method = "POST",
                  .path = image_path(image, "/tag?repo=" + form_encode(name.repository) +
                                                "&tag=" + form_encode(name.tag)),
                  .timeout = kTagTimeout};
  auto answer = co_await engine_.ask(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  co_return Status{};
}

asio::awaitable<Result<ImageState>> DockerRuntime::inspect_image(std::string image) {
  EngineCall call{.path = image_path(image, "/json"), .timeout = kInspectImageTimeout};
  auto answer = co_await engine_.ask(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  auto found = parse_image(*answer);
  if (!found) co_return fail("Docker: inspect image", std::move(found).error());
  co_return found;
}

asio::awaitable<Status> DockerRuntime::load_image(std::string tar) {
  EngineCall call{.method = "POST",
                  .path = "/images/load?quiet=1",
                  .body = std::move(tar),
                  .content_type = "application/x-tar",
                  .timeout = kLoadImageTimeout};
  auto answer = co_await engine_.ask(std::move(call));
  if (!answer) co_return fail(std::move(answer).error());
  // The engine says 200 before it has read the tar; what went wrong is in the progress.
  Progress progress("load progress", engine_failure);
  if (auto status = progress.add(*answer); !status) co_return status;
  co_return progress.finish();
}

}  // namespace longshore::runtime::docker
