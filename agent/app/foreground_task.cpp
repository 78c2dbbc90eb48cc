#include "agent/app/foreground_task.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <cerrno>
#include <ctime>
#include <iostream>
#include <utility>

#include "agent/app/exit_codes.hpp"
#include "agent/base/spawn.hpp"

namespace longshore::app {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr auto kConnectLimit = 30s;
constexpr auto kOutputLimit = 5s;
constexpr auto kCleanupLimit = 60s;

/// Local time of day, as people read a time line.
std::string clock_text(WallTime now) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}", local.tm_hour, local.tm_min, local.tm_sec);
}

std::string text_of(const json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// " 0.0.0.0:8080->80/tcp …", as `docker ps` shows them.
std::string published_ports(const json& change) {
  std::string text;
  for (const json& binding : change.value("networkBindings", json::array())) {
    const auto of = [&](const char* port, const char* range) {
      const auto one = binding.find(port);
      return one != binding.end() ? one->dump() : text_of(binding, range);
    };
    text +=
        fmt::format(" {}:{}->{}/{}", text_of(binding, "bindIP"), of("hostPort", "hostPortRange"),
                    of("containerPort", "containerPortRange"), text_of(binding, "protocol"));
  }
  return text;
}

}  // namespace

ForegroundTask::ForegroundTask(boost::asio::any_io_executor executor, Clock& clock,
                               standalone::StandaloneServer& server, Agent& agent)
    : executor_(std::move(executor)), clock_(clock), server_(server), agent_(agent) {}

void ForegroundTask::say(std::string_view what) {
  show(std::cout, fmt::format("{}  {}", clock_text(clock_.wall_now()), what));
}

void ForegroundTask::show(std::ostream& stream, const std::string& line) {
  errno = 0;
  stream << line << std::endl;
  if (stream) return;
  // A pipe that takes nothing now, or a full disk, costs lines and not the task.
  const bool reader_is_gone = errno == EPIPE || errno == EIO;
  if (!reader_is_gone) return stream.clear();
  // Later, since the control plane may be in the middle of the call that told of this line.
  boost::asio::post(executor_, [this] {
    if (!stop_asked_) stop();
  });
}

boost::asio::awaitable<bool> ForegroundTask::wait_for_instance() {
  const SteadyTime deadline = clock_.steady_now() + kConnectLimit;
  while (clock_.steady_now() < deadline && !stop_asked_) {
    const auto instances = server_.call("ListContainerInstances", {{"cluster", "run"}});
    if (instances && !instances->at("containerInstanceArns").empty()) {
      const auto described = server_.call(
          "DescribeContainerInstances",
          {{"cluster", "run"}, {"containerInstances", instances->at("containerInstanceArns")}});
      if (described && described->at("containerInstances").at(0).value("agentConnected", false)) {
        co_return true;
      }
    }
    co_await clock_.sleep_for(10ms);
  }
  co_return false;
}

boost::asio::awaitable<int> ForegroundTask::run(json registered) {
  definition_ = std::move(registered);
  if (!co_await wait_for_instance()) {
    if (stop_asked_) co_return kExitInterrupted;
    std::cerr << "longshore run: no agent connected within 30 s; is the Docker Engine running?\n";
    co_return kExitRestart;
  }
  server_.on_record([this](const standalone::Record& record) { on_record(record); });
  auto started = server_.call(
      "RunTask", {{"cluster", "run"}, {"taskDefinition", definition_.at("taskDefinitionArn")}});
  if (!started || started->at("tasks").empty()) {
    const json failure = started ? started->at("failures").at(0) : json::object();
    const std::string why = started ? text_of(failure, "reason") + " " + text_of(failure, "detail")
                                    : started.error().message;
    std::cerr << "longshore run: this machine cannot run the task: " << why << "\n";
    co_return kExitRestart;
  }
  task_arn_ = started->at("tasks").at(0).at("taskArn");
  say("task " + std::string(task_id(TaskArn(task_arn_))) + " PENDING");
  if (stop_asked_) stop();  // Asked for while RunTask was under way.
  while (last_status_ != "STOPPED") co_await changed_.wait();
  co_await wait_for_output();
  co_await wait_for_cleanup();
  co_return exit_status();
}

void ForegroundTask::stop() {
  const bool first = !std::exchange(stop_asked_, true);
  if (task_arn_.empty()) return;  // run() stops it as soon as it exists.
  if (first) say("stopping");
  const auto asked = server_.call(
      "StopTask", {{"cluster", "run"}, {"task", task_arn_}, {"reason", "Interrupted"}});
  if (!asked) std::cerr << "longshore run: " << asked.error().message << "\n";
}

void ForegroundTask::on_record(const standalone::Record& record) {
  if (record.type != "SubmitTaskStateChange" || record.direction != "in") return;
  if (text_of(record.body, "task") == task_arn_) on_change(record.body);
}

void ForegroundTask::on_change(const json& change) {
  for (const json& c : change.value("containers", json::array())) {
    const std::string name = text_of(c, "containerName");
    const std::string status = text_of(c, "status");
    if (container_status_[name] == status) continue;
    container_status_[name] = status;
    std::string line = name + " " + status;
    if (status == "RUNNING") line += published_ports(c);
    std::optional<int> exit_code;
    if (const auto code = c.find("exitCode"); code != c.end()) {
      exit_code = code->get<int>();
      line += fmt::format(" (exit code {})", *exit_code);
    }
    if (status == "STOPPED") on_end(name, exit_code);
    if (const std::string reason = text_of(c, "reason"); !reason.empty()) {
      line += ": " + reason;
      failed_ = true;
    }
    say(line);
    if (status == "RUNNING") {
      ++outputs_open_;
      spawn(executor_, "container output", follow(name, ContainerId(text_of(c, "runtimeId"))));
    }
  }
  const std::string status = text_of(change, "status");
  if (status == last_status_) return;
  last_status_ = status;
  const std::string reason = text_of(change, "reason");
  failed_ = failed_ || !reason.empty();
  say("task " + status + (reason.empty() ? "" : ": " + reason));
  changed_.set();
}

void ForegroundTask::on_end(const std::string& container, std::optional<int> exit_code) {
  for (const json& c : definition_.value("containerDefinitions", json::array())) {
    if (text_of(c, "name") != container || !c.value("essential", true)) continue;
    if (!std::exchange(essential_ended_, true)) exit_code_ = exit_code;
  }
}

/// The engine ends the output with the process: each run's is asked for anew, from the beginning.
boost::asio::awaitable<void> ForegroundTask::follow(std::string container, ContainerId id) {
  std::size_t shown = 0;
  int run = 0;
  do {
    if (run > 0) say(fmt::format("{} restarted ({})", container, run));
    std::size_t seen = 0;
    const Status followed = co_await agent_.runtime().follow_logs(
        id, [this, &container, &shown, &seen](const runtime::LogLine& line) {
          if (++seen <= shown) return;
          ++shown;
          show(line.is_stderr ? std::cerr : std::cout, container + " | " + line.text);
        });
    if (!followed) {
      std::cerr << "longshore run: output of " << container << ": " << followed.error().message
                << "\n";
      break;
    }
  } while (co_await await_next_run(id, &run));
  --outputs_open_;
  changed_.set();
}

/// Whether its restart policy has begun another run than number `*run`, which it then is.
boost::asio::awaitable<bool> ForegroundTask::await_next_run(ContainerId id, int* run) {
  while (agent_.engine() != nullptr) {
    const auto key = agent_.engine()->tasks().find(id);
    const core::TaskState* task = key ? agent_.engine()->tasks().find(key->task) : nullptr;
    if (task == nullptr || !task->spec->containers[key->container].restart_policy) co_return false;
    const core::ContainerState& c = task->containers[key->container];
    if (c.phase == core::Phase::Stopped) co_return false;
    if (!c.restarting && c.restart_count > *run) {
      *run = c.restart_count;
      co_return true;
    }
    co_await clock_.sleep_for(50ms);
  }
  co_return false;
}

boost::asio::awaitable<void> ForegroundTask::wait_for_output() {
  const SteadyTime deadline = clock_.steady_now() + kOutputLimit;
  while (outputs_open_ > 0 && clock_.steady_now() < deadline) co_await clock_.sleep_for(5ms);
}

/// Until the engine has forgotten the task: its containers and its cgroup are gone then.
boost::asio::awaitable<void> ForegroundTask::wait_for_cleanup() {
  const SteadyTime deadline = clock_.steady_now() + kCleanupLimit;
  while (agent_.engine() != nullptr && !agent_.engine()->tasks().all().empty()) {
    if (clock_.steady_now() >= deadline) {
      std::cerr << "longshore run: the containers could not be removed in time\n";
      co_return;
    }
    co_await clock_.sleep_for(20ms);
  }
}

int ForegroundTask::exit_status() const {
  if (exit_code_) return *exit_code_;
  return stop_asked_ && !failed_ ? kExitInterrupted : kExitRestart;
}

}  // namespace longshore::app
