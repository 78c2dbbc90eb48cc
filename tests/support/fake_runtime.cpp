#include "tests/support/fake_runtime.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <utility>

namespace longshore::testing {
namespace {

namespace asio = boost::asio;
using runtime::ContainerState;
using runtime::ContainerStatus;
using runtime::RuntimeEvent;
using runtime::RuntimeEventKind;

constexpr int kFirstPid = 1000;
constexpr const char* kExitCodeLabel = "exitCode";  ///< Takes its place in events.
constexpr int kKilledExitCode = 128 + 9;            ///< Of a process that SIGKILL ended.

/// Waits until `timer` is cancelled; the caller then looks whether what it waits for is there. A
/// cancelled coroutine throws at its next co_await.
asio::awaitable<void> wait_for_wake(asio::steady_timer& timer) {
  timer.expires_at(asio::steady_timer::time_point::max());
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

/// An entry of a shared list that goes with its owner, however a coroutine ends.
template <typename T>
class Registered {
 public:
  Registered(std::shared_ptr<std::list<T>> all, T entry)
      : all_(std::move(all)), place_(all_->insert(all_->end(), std::move(entry))) {}
  ~Registered() { all_->erase(place_); }
  Registered(const Registered&) = delete;
  Registered& operator=(const Registered&) = delete;
  T* operator->() { return &*place_; }

 private:
  std::shared_ptr<std::list<T>> all_;
  typename std::list<T>::iterator place_;
};

tl::unexpected<Error> no_container(const ContainerId& id) {
  return fail(ErrorCode::NotFound, "Error response from daemon: No such container: {}", id.str());
}

tl::unexpected<Error> no_image(const std::string& image) {
  return fail(ErrorCode::NotFound, "Error response from daemon: No such image: {}", image);
}

}  // namespace

asio::awaitable<Status> FakeRuntime::enter(std::string call, std::string target) {
  calls_.push_back({call, target});
  const bool guarded = call != "ping" && call != "pull" && call != "watch" && call != "follow_logs";
  auto turn = wait_turn(std::move(call), std::move(target));
  co_return co_await (guarded ? breaker_.guard(std::move(turn)) : std::move(turn));
}

asio::awaitable<Status> FakeRuntime::wait_turn(std::string call, std::string target) {
  // A real engine never answers within the call itself.
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (held_.contains({call, ""}) || held_.contains({call, target})) {
    const Registered<asio::steady_timer*> here(waiting_, &timer);
    co_await wait_for_wake(timer);
  }
  auto& failures = failures_[call];
  if (failures.empty()) co_return Status{};
  Error error = std::move(failures.front());
  failures.pop_front();
  co_return fail(std::move(error));
}

FakeRuntime::Container* FakeRuntime::by_id(const ContainerId& id) {
  const auto found = containers_.find(id.str());
  return found == containers_.end() ? nullptr : &found->second;
}

void FakeRuntime::announce(RuntimeEventKind kind, const Container& container) {
  RuntimeEvent event{.kind = kind, .id = container.state.id, .labels = container.state.labels};
  if (kind == RuntimeEventKind::Died) event.exit_code = container.state.exit_code;
  const auto hidden = event.labels.find(kExitCodeLabel);
  if (event.exit_code && hidden != event.labels.end()) event.exit_code = std::stoi(hidden->second);
  event.labels.erase(kExitCodeLabel);
  if (kind == RuntimeEventKind::HealthChanged) event.health = container.state.health;
  emit(std::move(event));
}

void FakeRuntime::emit(RuntimeEvent event) {
  if (lose_events) return;
  if (event.time_nano == 0) {
    event.time_nano = now.time_since_epoch().count() * 1'000'000 + ++event_number_;
  }
  history_.push_back(event);
  for (Watcher& watcher : *watchers_) {
    if (!event.labels.contains(watcher.label_key)) continue;
    watcher.pending.push_back(event);
    watcher.wake.cancel();
  }
}

void FakeRuntime::fail_next(const std::string& call, Error error) {
  failures_[call].push_back(std::move(error));
}

void FakeRuntime::hold(const std::string& call, const std::string& target) {
  held_.emplace(call, target);
}

void FakeRuntime::release(const std::string& call, const std::string& target) {
  held_.erase({call, target});
  for (asio::steady_timer* timer : *waiting_) timer->cancel();
}

void FakeRuntime::end_process(const ContainerId& id, int exit_code, bool out_of_memory) {
  Container* container = by_id(id);
  if (container == nullptr || !container->state.alive) return;
  ContainerState& state = container->state;
  if (out_of_memory) announce(RuntimeEventKind::OutOfMemory, *container);
  state.status = ContainerStatus::Exited;
  state.alive = false;
  state.pid = 0;
  state.exit_code = exit_code;
  state.oom_killed = out_of_memory;
  state.finished_at = now;
  announce(RuntimeEventKind::Died, *container);
}

Status FakeRuntime::signal(const ContainerId& id, int exit_code,
                           const std::function<bool(const runtime::ContainerSpec&)>& survives) {
  const Container* container = by_id(id);
  if (container != nullptr && container->state.alive && survives && survives(container->spec)) {
    return fail(ErrorCode::Timeout, "Docker: no answer in time");
  }
  end_process(id, exit_code);
  return {};
}

void FakeRuntime::set_oom_killed(const ContainerId& id) {
  if (Container* container = by_id(id)) container->state.oom_killed = true;
}

void FakeRuntime::set_health(const ContainerId& id, runtime::HealthStatus health) {
  if (Container* container = by_id(id)) {
    container->state.health = health;
    announce(RuntimeEventKind::HealthChanged, *container);
  }
}

void FakeRuntime::vanish(const ContainerId& id) {
  Container* container = by_id(id);
  if (container == nullptr) return;
  announce(RuntimeEventKind::Destroyed, *container);
  containers_.erase(id.str());
}

void FakeRuntime::break_events(Error error) {
  for (Watcher& watcher : *watchers_) {
    watcher.broken = error;
    watcher.wake.cancel();
  }
}

std::size_t FakeRuntime::count(std::string_view call) const {
  return static_cast<std::size_t>(std::count_if(
      calls_.begin(), calls_.end(), [&](const Call& made) { return made.name == call; }));
}

const ContainerState* FakeRuntime::find(std::string_view name) const {
  for (const auto& [id, container] : containers_) {
    if (container.state.name == name) return &container.state;
  }
  return nullptr;
}

const runtime::ContainerSpec* FakeRuntime::spec_of(std::string_view name) const {
  for (const auto& [id, container] : containers_) {
    if (container.state.name == name) return &container.spec;
  }
  return nullptr;
}

asio::awaitable<Result<runtime::RuntimeInfo>> FakeRuntime::info() {
  if (auto status = co_await enter("info", {}); !status) co_return fail(status.error());
  co_return engine;
}

asio::awaitable<Status> FakeRuntime::ping() { co_return co_await enter("ping", {}); }

asio::awaitable<Result<runtime::CreatedContainer>> FakeRuntime::create(
    runtime::ContainerSpec spec) {
  if (auto status = co_await enter("create", spec.name); !status) co_return fail(status.error());
  if (const ContainerState* existing = find(spec.name)) {
    if (by_id(existing->id)->spec.labels == spec.labels) {
      co_return runtime::CreatedContainer{.id = existing->id, .existed = true};
    }
    co_return fail(ErrorCode::Conflict,
                   "Error response from daemon: The container name \"/{}\" is already in use",
                   spec.name);
  }
  const auto image = images.find(spec.image);
  if (image == images.end()) co_return no_image(spec.image);
  Container container{.spec = spec,
                      .state = {.id = ContainerId(fmt::format("{:064x}", ++created_)),
                                .name = spec.name,
                                .labels = spec.labels,
                                .created_at = now,
                                .image_id = image->second.id,
                                .cgroup_parent = spec.cgroup_parent,
                                .image = spec.image,
                                .network_mode = spec.network_mode,
                                .cpu_shares = spec.cpu_shares,
                                .memory_bytes = spec.memory_bytes}};
  ContainerState& state = container.state;
  state.labels.insert(image_labels.begin(), image_labels.end());
  state.hides_exit_code = state.labels.contains(kExitCodeLabel);
  const ContainerId id = state.id;
  announce(RuntimeEventKind::Created, container);
  containers_.emplace(id.str(), std::move(container));
  co_return runtime::CreatedContainer{.id = id};
}

asio::awaitable<Status> FakeRuntime::start(ContainerId id, std::string) {
  if (auto status = co_await enter("start", id.str()); !status) co_return status;
  Container* container = by_id(id);
  if (container == nullptr) co_return no_container(id);
  ContainerState& state = container->state;
  if (state.alive) co_return Status{};
  state.status = ContainerStatus::Running;
  state.alive = true;
  state.pid = kFirstPid + created_;
  state.started_at = now;
  state.finished_at.reset();
  state.exit_code.reset();
  state.ports = container->spec.ports;
  announce(RuntimeEventKind::Started, *container);
  if (exits_at_once) {
    if (const auto exit_code = exits_at_once(container->spec)) end_process(id, *exit_code);
  }
  co_return Status{};
}

asio::awaitable<Status> FakeRuntime::stop(ContainerId id, std::chrono::seconds) {
  if (auto status = co_await enter("stop", id.str()); !status) co_return status;
  co_return signal(id, stop_exit_code, survives_stop);
}

asio::awaitable<Status> FakeRuntime::kill(ContainerId id) {
  if (auto status = co_await enter("kill", id.str()); !status) co_return status;
  co_return signal(id, kKilledExitCode, survives_kill);
}

asio::awaitable<Status> FakeRuntime::remove(ContainerId id) {
  if (auto status = co_await enter("remove", id.str()); !status) co_return status;
  const Container* container = by_id(id);
  if (container != nullptr && container->state.alive) {
    co_return fail(ErrorCode::Conflict,
                   "Error response from daemon: You cannot remove a running container {}",
                   id.str());
  }
  vanish(id);
  co_return Status{};
}

asio::awaitable<Result<ContainerState>> FakeRuntime::inspect(ContainerId id) {
  if (auto status = co_await enter("inspect", id.str()); !status) co_return fail(status.error());
  const Container* container = by_id(id);
  if (container == nullptr) co_return no_container(id);
  const ContainerState seen = container->state;
  if (held_.contains({"inspect answer", ""})) co_await wait_turn("inspect answer", id.str());
  co_return seen;
}

asio::awaitable<Result<std::vector<ContainerState>>> FakeRuntime::list(std::string label_key,
                                                                       std::string value) {
  if (auto status = co_await enter("list", label_key); !status) co_return fail(status.error());
  std::vector<ContainerState> found;
  for (const auto& [id, container] : containers_) {
    const ContainerState& state = container.state;
    const auto label = state.labels.find(label_key);
    if (label == state.labels.end() || (!value.empty() && label->second != value)) continue;
    found.push_back({.id = state.id,
                     .name = state.name,
                     .labels = state.labels,
                     .status = state.status,
                     .alive = state.alive});
  }
  co_return found;
}

asio::awaitable<Result<std::string>> FakeRuntime::resolve_digest(std::string image,
                                                                 runtime::RegistryAuth) {
  if (auto status = co_await enter("resolve_digest", image); !status) {
    co_return fail(status.error());
  }
  const auto digest = remote_digests.find(image);
  if (digest == remote_digests.end()) {
    co_return fail(ErrorCode::NotFound, "Error response from daemon: manifest for {} not found",
                   image);
  }
  co_return digest->second;
}

asio::awaitable<Status> FakeRuntime::pull(std::string image, runtime::RegistryAuth,
                                          runtime::PullTimeouts timeouts) {
  pull_limits_ = timeouts;
  if (auto status = co_await enter("pull", image); !status) co_return status;
  const auto remote = remote_images.find(image);
  if (remote == remote_images.end()) {
    co_return fail(ErrorCode::NotFound, "Error response from daemon: manifest for {} not found",
                   image);
  }
  images[image] = remote->second;
  co_return Status{};
}

asio::awaitable<Status> FakeRuntime::tag(std::string image, std::string new_name) {
  if (auto status = co_await enter("tag", image); !status) co_return status;
  const auto found = images.find(image);
  if (found == images.end()) co_return no_image(image);
  images[new_name] = runtime::ImageState(found->second);
  co_return Status{};
}

asio::awaitable<Result<runtime::ImageState>> FakeRuntime::inspect_image(std::string image) {
  if (auto status = co_await enter("inspect_image", image); !status) {
    co_return fail(status.error());
  }
  const auto found = images.find(image);
  if (found == images.end()) co_return no_image(image);
  co_return found->second;
}

asio::awaitable<Status> FakeRuntime::load_image(std::string tar) {
  if (auto status = co_await enter("load_image", {}); !status) co_return status;
  const auto known = loadable.find(tar);
  if (known == loadable.end()) {
    co_return fail(ErrorCode::Internal, "Error response from daemon: unexpected EOF");
  }
  images[known->second] = {.id = fmt::format("sha256:{:064x}", std::hash<std::string>{}(tar))};
  co_return Status{};
}

asio::awaitable<Status> FakeRuntime::create_volume(runtime::VolumeSpec spec) {
  if (auto status = co_await enter("create_volume", spec.name); !status) co_return status;
  const std::string driver = spec.driver.empty() ? "local" : spec.driver;
  const auto [place, made] = volumes.try_emplace(
      spec.name, runtime::VolumeState{spec.name, driver, spec.driver_options, spec.labels});
  if (!made && place->second.driver != driver) {
    co_return fail(ErrorCode::Conflict,
                   "Error response from daemon: a volume named {} already exists with the \"{}\" "
                   "driver: choose a different volume name",
                   spec.name, place->second.driver);
  }
  co_return Status{};
}

asio::awaitable<Result<runtime::VolumeState>> FakeRuntime::inspect_volume(std::string name) {
  if (auto status = co_await enter("inspect_volume", name); !status) co_return fail(status.error());
  const auto found = volumes.find(name);
  if (found == volumes.end()) {
    co_return fail(ErrorCode::NotFound, "Error response from daemon: get {}: no such volume", name);
  }
  co_return found->second;
}

asio::awaitable<Status> FakeRuntime::remove_volume(std::string name) {
  if (auto status = co_await enter("remove_volume", name); !status) co_return status;
  for (const auto& [id, container] : containers_) {
    for (const std::string& bind : container.spec.binds) {
      if (!bind.starts_with(name + ":")) continue;
      co_return fail(ErrorCode::Conflict,
                     "Error response from daemon: remove {}: volume is in use - [{}]", name, id);
    }
  }
  volumes.erase(name);
  co_return Status{};
}

asio::awaitable<Status> FakeRuntime::watch(std::string label_key, std::int64_t since_nano,
                                           std::function<void()> on_open,
                                           std::function<void(RuntimeEvent)> on_event) {
  if (auto status = co_await enter("watch", label_key); !status) co_return status;
  Registered<Watcher> watcher(
      watchers_, Watcher{.label_key = label_key,
                         .wake = asio::steady_timer(co_await asio::this_coro::executor)});
  if (since_nano != 0) {
    for (const RuntimeEvent& event : history_) {
      if (event.time_nano >= since_nano && event.labels.contains(label_key)) {
        watcher->pending.push_back(event);
      }
    }
  }
  if (on_open) on_open();
  while (true) {
    while (!watcher->pending.empty()) {
      RuntimeEvent event = std::move(watcher->pending.front());
      watcher->pending.pop_front();
      on_event(std::move(event));
    }
    if (watcher->broken) co_return fail(*watcher->broken);
    co_await wait_for_wake(watcher->wake);
  }
}

asio::awaitable<Status> FakeRuntime::follow_logs(ContainerId id,
                                                 std::function<void(runtime::LogLine)> on_line) {
  if (auto status = co_await enter("follow_logs", id.str()); !status) co_return status;
  const Container* container = by_id(id);
  if (container == nullptr) co_return no_container(id);
  for (const runtime::LogLine& line : logs[container->state.name]) on_line(line);
  co_return Status{};
}

}  // namespace longshore::testing
