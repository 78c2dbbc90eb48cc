#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "runtime/container_runtime.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::testing {

/// What the contract needs of a runtime: it must hold `image`, whose "sh -c" runs scripts, and must
/// not have "longshore/absent:1".
struct RuntimeUnderTest {
  boost::asio::io_context& io;
  runtime::ContainerRuntime& runtime;
  std::string image{};
  std::string prefix{};     ///< Of container names and of the label's value; another for each run.
  std::string image_tar{};  ///< Brings image `image_in_tar`.
  std::string image_in_tar{};
};

/// A running watch() and what it has said so far.
class EventRecorder {
 public:
  EventRecorder(RuntimeUnderTest& under_test, std::string label_key, std::int64_t since_nano)
      : io_(under_test.io) {
    boost::asio::co_spawn(
        io_,
        under_test.runtime.watch(
            std::move(label_key), since_nano, [this] { open_ = true; },
            [this](runtime::RuntimeEvent event) { events_.push_back(std::move(event)); }),
        boost::asio::bind_cancellation_slot(stop_.slot(),
                                            [this](std::exception_ptr thrown, Status status) {
                                              ended_ = true;
                                              thrown_ = thrown;
                                              status_ = std::move(status);
                                            }));
    wait_until([this] { return open_ || ended_; });
  }
  ~EventRecorder() { cancel(); }
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;

  void cancel() {
    if (ended_) return;
    stop_.emit(boost::asio::cancellation_type::terminal);
    wait_until([this] { return ended_; });
  }
  /// Waits for that many events; fewer after a while means that the check that follows fails.
  const std::vector<runtime::RuntimeEvent>& wait_for(std::size_t count) {
    wait_until([&] { return events_.size() >= count; });
    return events_;
  }
  bool is_open() const { return open_; }
  bool was_cancelled() const { return ended_ && thrown_ != nullptr; }
  const std::vector<runtime::RuntimeEvent>& events() const { return events_; }

 private:
  template <typename Condition>
  void wait_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    io_.restart();
    while (!condition() && io_.run_one_until(deadline) != 0) {
    }
  }

  boost::asio::io_context& io_;
  boost::asio::cancellation_signal stop_{};
  bool open_ = false;
  bool ended_ = false;
  std::exception_ptr thrown_{};
  Status status_{};
  std::vector<runtime::RuntimeEvent> events_{};
};

/// What every ContainerRuntime must do, called from one TEST_CASE for each implementation.
class RuntimeContract {
 public:
  explicit RuntimeContract(RuntimeUnderTest under_test) : test_(std::move(under_test)) {}

  void check() {
    knows_its_engine();
    creates_once();
    refuses_what_it_cannot_create();
    runs_and_stops();
    kills();
    treats_gone_as_done();
    never_started_has_no_exit_code();
    finds_by_label();
    handles_images();
    loads_images();
    keeps_volumes();
    tells_what_happens();
    tells_who_hides_its_exit_code();
    shows_output();
    keeps_nobody_waiting();
  }

 private:
  using Status_ = runtime::ContainerStatus;
  static constexpr const char* kLabel = "longshore.contract";

  template <typename T>
  T run(boost::asio::awaitable<T> call) {
    return run_on(test_.io, std::move(call));
  }
  runtime::ContainerRuntime& runtime() { return test_.runtime; }

  runtime::ContainerSpec spec(const std::string& name, const std::string& script) const {
    return {.name = test_.prefix + name,
            .image = test_.image,
            .labels = {{kLabel, test_.prefix},
                       {"com.amazonaws.ecs.task-arn", test_.prefix},
                       {"com.amazonaws.ecs.container-name", name}},
            .command = std::vector<std::string>{"sh", "-c", script}};
  }
  ContainerId created(const runtime::ContainerSpec& of) {
    const auto made = run(runtime().create(of));
    INFO(of.name);
    REQUIRE(made);
    CHECK_FALSE(made->existed);
    return made->id;
  }
  runtime::ContainerState inspected(const ContainerId& id) {
    const auto state = run(runtime().inspect(id));
    REQUIRE(state);
    return *state;
  }
  void removed(const ContainerId& id) {
    REQUIRE(run(runtime().stop(id, std::chrono::seconds{0})));
    REQUIRE(run(runtime().remove(id)));
  }

  void knows_its_engine() {
    const auto info = run(runtime().info());
    REQUIRE(info);
    CHECK_FALSE(info->version.empty());
    CHECK_FALSE(info->api_version.empty());
    CHECK_FALSE(info->min_api_version.empty());
    CHECK((info->cgroup_version == 1 || info->cgroup_version == 2));
    CHECK(run(runtime().ping()));
  }

  void creates_once() {
    auto wanted = spec("once", "sleep 60");
    const ContainerId id = created(wanted);
    const auto state = inspected(id);
    CHECK(state.id == id);
    CHECK(state.name == wanted.name);
    CHECK(state.labels == wanted.labels);
    CHECK(state.status == Status_::Created);
    CHECK_FALSE(state.alive);
    CHECK_FALSE(state.exit_code);
    CHECK(state.created_at);
    CHECK_FALSE(state.started_at);
    CHECK(state.pid == 0);
    const auto again = run(runtime().create(wanted));
    REQUIRE(again);
    CHECK(again->id == id);
    CHECK(again->existed);

    wanted.labels["com.amazonaws.ecs.task-arn"] = "another";
    const auto other = run(runtime().create(wanted));
    REQUIRE_FALSE(other);
    CHECK(other.error().code == ErrorCode::Conflict);
    CHECK(other.error().message.starts_with("Error response from daemon: "));
    removed(id);
  }

  void keeps_nobody_waiting() {
    const ContainerId id = created(spec("guarded", "sleep 60"));
    runtime().breaker().open("it hangs");
    const auto seen = run(runtime().inspect(id));
    REQUIRE_FALSE(seen);
    CHECK(seen.error().code == ErrorCode::Unavailable);
    CHECK(seen.error().message.find("it hangs") != std::string::npos);
    CHECK_FALSE(run(runtime().start(id, "")));
    CHECK(run(runtime().ping()));
    runtime().breaker().close();
    CHECK_FALSE(inspected(id).alive);
    removed(id);
  }

  void refuses_what_it_cannot_create() {
    auto wanted = spec("absent", "true");
    wanted.image = "longshore/absent:1";
    const auto id = run(runtime().create(wanted));
    REQUIRE_FALSE(id);
    CHECK(id.error().code == ErrorCode::NotFound);
    CHECK(id.error().message.starts_with("Error response from daemon: No such image"));
  }

  void runs_and_stops() {
    const ContainerId id = created(spec("runs", "sleep 60"));
    REQUIRE(run(runtime().start(id, "1.17")));
    REQUIRE(run(runtime().start(id, "1.17")));
    auto state = inspected(id);
    CHECK(state.status == Status_::Running);
    CHECK(state.alive);
    CHECK(state.pid > 0);
    CHECK(state.started_at);
    CHECK_FALSE(state.finished_at);
    CHECK_FALSE(state.exit_code);

    const auto refused = run(runtime().remove(id));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::Conflict);

    REQUIRE(run(runtime().stop(id, std::chrono::seconds{0})));
    REQUIRE(run(runtime().stop(id, std::chrono::seconds{0})));
    state = inspected(id);
    CHECK(state.status == Status_::Exited);
    CHECK_FALSE(state.alive);
    CHECK(state.exit_code == 137);
    CHECK(state.finished_at);
    CHECK(state.pid == 0);
    REQUIRE(run(runtime().remove(id)));
  }

  void kills() {
    const ContainerId id = created(spec("killed", "trap '' TERM; sleep 60"));
    CHECK(run(runtime().kill(id)));  // Not started yet.
    CHECK(inspected(id).status == Status_::Created);
    REQUIRE(run(runtime().start(id, "")));
    REQUIRE(run(runtime().kill(id)));
    CHECK_FALSE(inspected(id).alive);
    CHECK(inspected(id).exit_code == 137);
    CHECK(run(runtime().kill(id)));
    REQUIRE(run(runtime().remove(id)));
    CHECK(run(runtime().kill(id)));
  }

  void treats_gone_as_done() {
    const ContainerId id = created(spec("gone", "true"));
    REQUIRE(run(runtime().remove(id)));
    CHECK(run(runtime().remove(id)));
    CHECK(run(runtime().stop(id, std::chrono::seconds{1})));
    const auto state = run(runtime().inspect(id));
    REQUIRE_FALSE(state);
    CHECK(state.error().code == ErrorCode::NotFound);
    const auto started = run(runtime().start(id, ""));
    REQUIRE_FALSE(started);
    CHECK(started.error().code == ErrorCode::NotFound);
  }

  void never_started_has_no_exit_code() {
    const ContainerId id = created(spec("never", "true"));
    CHECK(run(runtime().stop(id, std::chrono::seconds{1})));
    CHECK_FALSE(inspected(id).exit_code);
    CHECK_FALSE(inspected(id).finished_at);
    REQUIRE(run(runtime().remove(id)));
  }

  void finds_by_label() {
    const ContainerId idle = created(spec("idle", "sleep 60"));
    const ContainerId alive = created(spec("alive", "sleep 60"));
    REQUIRE(run(runtime().start(alive, "")));
    for (const std::string& value : {std::string{}, test_.prefix}) {
      const auto found = run(runtime().list(kLabel, value));
      REQUIRE(found);
      REQUIRE(found->size() == 2);
      for (const auto& state : *found) {
        CHECK((state.id == idle || state.id == alive));
        CHECK(state.alive == (state.id == alive));
        CHECK(state.status == (state.id == alive ? Status_::Running : Status_::Created));
        CHECK(state.name == test_.prefix + (state.id == alive ? "alive" : "idle"));
        CHECK(state.labels.at(kLabel) == test_.prefix);
      }
    }
    const auto none = run(runtime().list(kLabel, test_.prefix + "x"));
    REQUIRE(none);
    CHECK(none->empty());
    const auto no_key = run(runtime().list("longshore.contract.absent", ""));
    REQUIRE(no_key);
    CHECK(no_key->empty());
    removed(idle);
    removed(alive);
  }

  void handles_images() {
    const auto image = run(runtime().inspect_image(test_.image));
    REQUIRE(image);
    CHECK(image->id.starts_with("sha256:"));
    CHECK_FALSE(image->environment.empty());
    REQUIRE(run(runtime().tag(test_.image, "longshore/contract:2")));
    const auto tagged = run(runtime().inspect_image("longshore/contract:2"));
    REQUIRE(tagged);
    CHECK(tagged->id == image->id);
    for (const auto& error : {run(runtime().inspect_image("longshore/absent:1")).error(),
                              run(runtime().tag("longshore/absent:1", "x:1")).error()}) {
      CHECK(error.code == ErrorCode::NotFound);
      CHECK(error.message.starts_with("Error response from daemon: "));
    }
  }

  void loads_images() {
    for (int time = 0; time < 2; ++time) {
      REQUIRE(run(runtime().load_image(test_.image_tar)));
      const auto loaded = run(runtime().inspect_image(test_.image_in_tar));
      REQUIRE(loaded);
      CHECK(loaded->id.starts_with("sha256:"));
    }
    const auto broken = run(runtime().load_image("no tar"));
    REQUIRE_FALSE(broken);
    CHECK(broken.error().code == ErrorCode::Internal);
    CHECK(broken.error().message.starts_with("Error response from daemon: "));
  }

  void keeps_volumes() {
    const std::string name = test_.prefix + "volume";
    CHECK(run(runtime().inspect_volume(name)).error().code == ErrorCode::NotFound);
    const runtime::VolumeSpec wanted{
        .name = name,
        .driver_options = {{"type", "tmpfs"}, {"device", "tmpfs"}, {"o", "size=1m"}},
        .labels = {{kLabel, test_.prefix}}};
    const runtime::VolumeState expected{.name = name,
                                        .driver = "local",
                                        .driver_options = wanted.driver_options,
                                        .labels = wanted.labels};
    REQUIRE(run(runtime().create_volume(wanted)));
    CHECK(run(runtime().inspect_volume(name)) == expected);
    REQUIRE(run(runtime().create_volume(wanted)));
    // What is there stays as it is.
    REQUIRE(run(runtime().create_volume({.name = name, .driver = "local"})));
    CHECK(run(runtime().inspect_volume(name)) == expected);

    auto user = spec("volume-user", "sleep 60");
    user.binds = {name + ":/data"};
    const ContainerId id = created(user);
    const auto refused = run(runtime().remove_volume(name));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::Conflict);
    CHECK(run(runtime().inspect_volume(name)));
    removed(id);
    CHECK(run(runtime().inspect_volume(name)));  // It outlives its containers.
    REQUIRE(run(runtime().remove_volume(name)));
    CHECK(run(runtime().remove_volume(name)));
    const auto gone = run(runtime().inspect_volume(name));
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code == ErrorCode::NotFound);
    CHECK(gone.error().message.starts_with("Error response from daemon: "));
  }

  void tells_what_happens() {
    using Kind = runtime::RuntimeEventKind;
    EventRecorder recorder(test_, kLabel, 0);
    REQUIRE(recorder.is_open());
    const ContainerId id = created(spec("events", "exit 7"));
    REQUIRE(run(runtime().start(id, "")));
    REQUIRE(recorder.wait_for(3).size() == 3);
    CHECK(inspected(id).exit_code == 7);
    REQUIRE(run(runtime().remove(id)));
    const auto events = recorder.wait_for(4);
    REQUIRE(events.size() == 4);
    const std::vector<Kind> expected{Kind::Created, Kind::Started, Kind::Died, Kind::Destroyed};
    for (std::size_t i = 0; i < expected.size(); ++i) {
      CHECK(events[i].kind == expected[i]);
      CHECK(events[i].id == id);
      CHECK(events[i].labels == spec("events", "exit 7").labels);
      if (i > 0) CHECK(events[i].time_nano > events[i - 1].time_nano);
      CHECK(events[i].exit_code.has_value() == (expected[i] == Kind::Died));
    }
    CHECK(events[2].exit_code == 7);

    // What a broken stream missed comes again, beginning with the last one seen.
    EventRecorder later(test_, kLabel, events[2].time_nano);
    REQUIRE(later.wait_for(2).size() == 2);
    CHECK(later.events()[0].kind == Kind::Died);
    CHECK(later.events()[0].time_nano == events[2].time_nano);
    CHECK(later.events()[1].kind == Kind::Destroyed);

    EventRecorder elsewhere(test_, "longshore.contract.absent", events[0].time_nano);
    CHECK(elsewhere.events().empty());
    later.cancel();
    CHECK(later.was_cancelled());
  }

  void tells_who_hides_its_exit_code() {
    auto labelled = spec("hides", "exit 7");
    labelled.labels["exitCode"] = "0";
    EventRecorder recorder(test_, kLabel, 0);
    REQUIRE(recorder.is_open());
    const ContainerId id = created(labelled);
    REQUIRE(run(runtime().start(id, "")));
    REQUIRE(recorder.wait_for(3).size() == 3);
    CHECK(recorder.events()[2].exit_code == 0);
    CHECK(inspected(id).hides_exit_code);
    CHECK(inspected(id).exit_code == 7);
    CHECK_FALSE(inspected(created(spec("plain", "exit 7"))).hides_exit_code);
  }

  void shows_output() {
    const ContainerId id = created(spec("logs", "echo bad >&2; echo one; echo; printf two"));
    REQUIRE(run(runtime().start(id, "")));
    std::vector<std::string> out;
    std::vector<std::string> err;
    REQUIRE(run(runtime().follow_logs(id, [&](runtime::LogLine line) {
      (line.is_stderr ? err : out).push_back(std::move(line.text));
    })));
    CHECK(out == std::vector<std::string>{"one", "", "two"});
    CHECK(err == std::vector<std::string>{"bad"});
    removed(id);
    const auto gone = run(runtime().follow_logs(id, [](runtime::LogLine) {}));
    REQUIRE_FALSE(gone);
    CHECK(gone.error().code == ErrorCode::NotFound);
  }

  RuntimeUnderTest test_;
};

}  // namespace longshore::testing
