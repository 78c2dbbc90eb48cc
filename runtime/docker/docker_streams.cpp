#include <nlohmann/json.hpp>
#include <utility>

#include "agent/base/json_reader.hpp"
#include "agent/base/log.hpp"
#include "agent/base/text.hpp"
#include "runtime/docker/docker_runtime.hpp"
#include "runtime/docker/engine_errors.hpp"
#include "runtime/docker/line_splitter.hpp"
#include "runtime/docker/log_frames.hpp"

namespace longshore::runtime::docker {
namespace {

namespace asio = boost::asio;

/// Events and logs may be silent for days; the caller's cancellation ends the wait.
constexpr std::chrono::milliseconds kNoLimit{0};
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

std::string events_path(const std::string& label_key, std::int64_t since_nano) {
  // The engine compares by prefix as soon as "health_status" is among the names.
  const nlohmann::json filters = {
      {"type", {"container"}},
      {"event", {"create", "start", "die", "oom", "health_status", "destroy"}},
      {"label", nlohmann::json::array({label_key})}};
  std::string path = "/events?filters=" + form_encode(dump_json(filters));
  if (since_nano > 0) {
    path +=
        fmt::format("&since={}.{:09}", since_nano / kNanosPerSecond, since_nano % kNanosPerSecond);
  }
  return path;
}

void hand_over(const std::string& line, const std::function<void(RuntimeEvent)>& on_event) {
  if (line.empty()) return;
  auto event = parse_event(line);
  if (!event) {
    // Ending the stream would only bring the same event again; the next listing finds its effect.
    log_warn("engine event left out", {{"error", event.error().message}});
  } else if (*event) {
    on_event(std::move(**event));
  }
}

}  // namespace

asio::awaitable<Status> DockerRuntime::watch(std::string label_key, std::int64_t since_nano,
                                             std::function<void()> on_open,
                                             std::function<void(RuntimeEvent)> on_event) {
  // A broken stream often means a restarted engine, and then perhaps a newer one.
  if (auto engine = co_await engine_.negotiate(); !engine) {
    co_return fail(std::move(engine).error());
  }
  EngineCall call{.path = events_path(label_key, since_nano), .timeout = kOpenStreamTimeout};
  auto opened = co_await engine_.open(std::move(call));
  if (!opened) co_return fail(std::move(opened).error());
  net::HttpBodyStream& stream = **opened;
  if (const int status = stream.head().status; status != 200) {
    co_return fail(to_error(status, co_await read_refusal(&stream)));
  }
  if (on_open) on_open();
  LineSplitter lines(kMaxMessageBytes);
  while (true) {
    auto piece = co_await stream.read(kNoLimit);
    if (!piece) co_return fail("Docker: events", std::move(piece).error());
    if (piece->empty()) co_return fail(ErrorCode::Unavailable, "Docker: events: stream ended");
    lines.add(*piece, [&](const std::string& line) { hand_over(line, on_event); });
  }
}

asio::awaitable<Status> DockerRuntime::read_logs(std::string path, LogFrames* frames,
                                                 std::chrono::milliseconds silence,
                                                 std::function<void(LogLine)> on_line) {
  EngineCall call{.path = std::move(path), .timeout = kOpenStreamTimeout};
  auto opened = co_await engine_.open(std::move(call));
  if (!opened) co_return fail(std::move(opened).error());
  net::HttpBodyStream& stream = **opened;
  if (const int status = stream.head().status; status != 200) {
    co_return fail(to_error(status, co_await read_refusal(&stream)));
  }
  while (true) {
    auto piece = co_await stream.read(silence);
    if (!piece) co_return fail("Docker: logs", std::move(piece).error());
    if (piece->empty()) co_return Status{};
    if (auto status = frames->add(*piece, on_line); !status) co_return status;
  }
}

asio::awaitable<Status> DockerRuntime::follow_logs(ContainerId id,
                                                   std::function<void(LogLine)> on_line) {
  const auto container = co_await inspect_by(id.str());
  if (!container) co_return fail(container.error());
  LogFrames frames(container->tty ? LogFrames::Form::Plain : LogFrames::Form::Framed);
  const std::string path =
      "/containers/" + percent_encode(id.str()) + "/logs?stdout=1&stderr=1&follow=";
  if (auto followed = co_await read_logs(path + "1", &frames, kNoLimit, on_line); !followed) {
    co_return followed;
  }
  // What a process writes at its very end, the follow of Docker 20.10 misses once in twenty times.
  frames.read_again();
  const Status whole = co_await read_logs(path + "0", &frames, kOpenStreamTimeout, on_line);
  const Status ended = frames.finish(on_line);
  // Its end is worth asking for, but a container may be removed meanwhile.
  const bool is_gone = !whole && (whole.error().code == ErrorCode::NotFound ||
                                  whole.error().code == ErrorCode::Conflict);
  co_return whole || is_gone ? ended : whole;
}

}  // namespace longshore::runtime::docker
