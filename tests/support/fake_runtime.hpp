#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/container_runtime.hpp"

namespace longshore::testing {

/// A small engine in memory: containers live, die and are found again as on Docker, which the
/// shared contract (runtime_contract.hpp) proves for both. Every call is recorded; a test can make
/// calls fail or wait, end processes, lose events and break the event stream.
class FakeRuntime final : public runtime::ContainerRuntime {
 public:
  struct Call {
    std::string name{};  ///< The method: "create", "start", …
    /// Container name, id, image or volume it was about; empty for info, ping and load_image.
    std::string target{};
  };

  // Calls.
  boost::asio::awaitable<Result<runtime::RuntimeInfo>> info() override;
  boost::asio::awaitable<Status> ping() override;
  runtime::Breaker& breaker() override { return breaker_; }
  boost::asio::awaitable<Result<runtime::CreatedContainer>> create(
      runtime::ContainerSpec spec) override;
  boost::asio::awaitable<Status> start(ContainerId id, std::string min_api_version) override;
  boost::asio::awaitable<Status> stop(ContainerId id, std::chrono::seconds grace) override;
  boost::asio::awaitable<Status> kill(ContainerId id) override;
  boost::asio::awaitable<Status> remove(ContainerId id) override;
  boost::asio::awaitable<Result<runtime::ContainerState>> inspect(ContainerId id) override;
  boost::asio::awaitable<Result<std::vector<runtime::ContainerState>>> list(
      std::string label_key, std::string value) override;
  boost::asio::awaitable<Result<std::string>> resolve_digest(std::string image,
                                                             runtime::RegistryAuth auth) override;
  boost::asio::awaitable<Status> pull(std::string image, runtime::RegistryAuth auth,
                                      runtime::PullTimeouts timeouts) override;
  boost::asio::awaitable<Status> tag(std::string image, std::string new_name) override;
  boost::asio::awaitable<Result<runtime::ImageState>> inspect_image(std::string image) override;
  boost::asio::awaitable<Status> load_image(std::string tar) override;
  boost::asio::awaitable<Status> create_volume(runtime::VolumeSpec spec) override;
  boost::asio::awaitable<Result<runtime::VolumeState>> inspect_volume(std::string name) override;
  boost::asio::awaitable<Status> remove_volume(std::string name) override;
  boost::asio::awaitable<Status> watch(
      std::string label_key, std::int64_t since_nano, std::function<void()> on_open,
      std::function<void(runtime::RuntimeEvent)> on_event) override;
  boost::asio::awaitable<Status> follow_logs(
      ContainerId id, std::function<void(runtime::LogLine)> on_line) override;

  // What there is.
  runtime::RuntimeInfo engine{.version = "20.10.24",
                              .api_version = "1.41",
                              .min_api_version = "1.12",
                              .cgroup_version = 1,
                              .cgroup_driver = "cgroupfs"};
  std::map<std::string, runtime::ImageState> images{};         ///< On this host, by name.
  std::map<std::string, std::string> image_labels{};           ///< Of each image.
  std::map<std::string, runtime::ImageState> remote_images{};  ///< What pull() can bring.
  std::map<std::string, std::string> remote_digests{};         ///< What resolve_digest() answers.
  /// What load_image() brings, by the bytes of the tar: the image's name. Other tars are broken.
  std::map<std::string, std::string> loadable{};
  std::map<std::string, runtime::VolumeState> volumes{};        ///< On this host, by name.
  std::map<std::string, std::vector<runtime::LogLine>> logs{};  ///< Output, by container name.
  int stop_exit_code = 137;  ///< Of a process that was told to stop.
  /// Set and true for a container: what stop() sends does not end it, so stop() fails with Timeout
  /// as an engine that waits for it does.
  std::function<bool(const runtime::ContainerSpec&)> survives_stop{};
  /// The same of kill().
  std::function<bool(const runtime::ContainerSpec&)> survives_kill{};
  /// Set and returning a code: the process ends with it as soon as it has started.
  std::function<std::optional<int>(const runtime::ContainerSpec&)> exits_at_once{};
  WallTime now{std::chrono::milliseconds{1'780'000'000'000}};

  // What happens.
  /// The next call of that name fails with `error`; several queue up.
  void fail_next(const std::string& call, Error error);
  /// From now on calls of that name are recorded and then wait, until release(). With a `target`
  /// (an id, for most calls), only those of it. "inspect answer" lets the engine look first.
  void hold(const std::string& call, const std::string& target = {});
  void release(const std::string& call, const std::string& target = {});
  /// The main process ends by itself: Died (after OutOfMemory, if `out_of_memory`).
  void end_process(const ContainerId& id, int exit_code, bool out_of_memory = false);
  void set_health(const ContainerId& id, runtime::HealthStatus health);
  /// The engine learns of a lack of memory after the end that came of it.
  void set_oom_killed(const ContainerId& id);
  /// Someone else removes the container.
  void vanish(const ContainerId& id);
  /// Ends every running watch() with `error`.
  void break_events(Error error);
  /// While true, events are neither delivered nor kept for a later watch.
  bool lose_events = false;
  /// Delivers an event as it stands, whatever the containers' state.
  void emit(runtime::RuntimeEvent event);

  // What was asked.
  const std::vector<Call>& calls() const { return calls_; }
  std::size_t count(std::string_view call) const;
  /// The limits of the last pull.
  const runtime::PullTimeouts& pull_limits() const { return pull_limits_; }
  /// The container of that name, or nullptr.
  const runtime::ContainerState* find(std::string_view name) const;
  /// What that container was created from, or nullptr.
  const runtime::ContainerSpec* spec_of(std::string_view name) const;
  std::size_t watchers() const { return watchers_->size(); }

 private:
  struct Container {
    runtime::ContainerSpec spec{};
    runtime::ContainerState state{};
  };
  struct Watcher {
    std::string label_key{};
    std::deque<runtime::RuntimeEvent> pending{};
    std::optional<Error> broken{};
    boost::asio::steady_timer wake;  ///< Cancelled to wake it.
  };

  /// Records the call, waits while it is held, and gives the breaker's or the scripted failure.
  boost::asio::awaitable<Status> enter(std::string call, std::string target);
  Container* by_id(const ContainerId& id);
  /// Ends the process with `exit_code`, unless it `survives`.
  Status signal(const ContainerId& id, int exit_code,
                const std::function<bool(const runtime::ContainerSpec&)>& survives);
  void announce(runtime::RuntimeEventKind kind, const Container& container);

  boost::asio::awaitable<Status> wait_turn(std::string call, std::string target);

  runtime::Breaker breaker_{};
  std::vector<Call> calls_{};
  runtime::PullTimeouts pull_limits_{};
  std::map<std::string, std::deque<Error>> failures_{};
  std::set<std::pair<std::string, std::string>> held_{};  ///< Call and target; "": of any.
  // Shared with the coroutines inside a call: a test may let the fake go before its io_context.
  using Waiting = std::list<boost::asio::steady_timer*>;
  std::shared_ptr<Waiting> waiting_ = std::make_shared<Waiting>();
  std::shared_ptr<std::list<Watcher>> watchers_ = std::make_shared<std::list<Watcher>>();
  std::map<std::string, Container> containers_{};  ///< By id.
  std::vector<runtime::RuntimeEvent> history_{};
  int created_ = 0;
  std::int64_t event_number_ = 0;
};

}  // namespace longshore::testing
