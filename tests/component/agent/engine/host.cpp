#include "tests/component/agent/engine/host.hpp"

#include <catch2/catch.hpp>
#include <utility>

#include "agent/base/spawn.hpp"
#include "agent/base/text.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::testing {
namespace {

std::string word(core::ReportedStatus status) {
  switch (status) {
    case core::ReportedStatus::Pending:
      return "PENDING";
    case core::ReportedStatus::Running:
      return "RUNNING";
    case core::ReportedStatus::Stopped:
      return "STOPPED";
  }
  return {};
}

}  // namespace

Host::Host() {
  runtime.now = clock.wall_now();
  runtime.images["busybox:test"] = {.id = "sha256:busybox", .environment = {"PATH=/bin"}};
  restart();
}

void Host::restart() {
  agent_.reset();
  sent.clear();
  told_ = finished_ = 0;
  agent_ = std::make_unique<Agent>();
  const auto executor = agent_->io.get_executor();
  agent_->engine = std::make_unique<engine::TaskEngine>(executor, clock, store, runtime, limiter,
                                                        settings, links());
  agent_->reconciler =
      std::make_unique<engine::Reconciler>(executor, clock, runtime, limiter, *agent_->engine);
  REQUIRE(run_on(agent_->io, agent_->engine->load()));
  agent_->engine->start();
  agent_->reconciler->start();
  poll();
}

engine::EngineLinks Host::links() {
  engine::EngineLinks links;
  links.resolve_image =
      [this](engine::ImageRequest request) -> boost::asio::awaitable<engine::ImageResolution> {
    resolved.push_back(std::move(request));
    co_return resolution;
  };
  links.pull_image =
      [this](engine::ImageRequest request) -> boost::asio::awaitable<engine::ImagePull> {
    if (request.on_begin) request.on_begin();
    pulled.push_back(std::move(request));
    co_return engine::ImagePull{.needed = true};
  };
  links.send_report = [this](store::ReportId id, core::TaskChange change) {
    sent.push_back({id, std::move(change)});
    if (on_report) on_report(id);
  };
  links.prepare_pause_image = [this]() -> boost::asio::awaitable<Status> {
    runtime.images["amazon/amazon-ecs-pause:0.1.0"] = {.id = "sha256:pause"};
    co_return Status{};
  };
  links.container_running = [this](engine::RunningContainer container) {
    running.push_back(std::move(container));
  };
  links.memory_kills = [this](const ContainerId& id) -> std::optional<std::uint64_t> {
    const auto found = memory_kills.find(id);
    return found == memory_kills.end() ? std::nullopt : std::optional(found->second);
  };
  links.main_process = [this](const ContainerId& id, int) {
    const auto found = main_processes.find(id);
    return found == main_processes.end() ? engine::MainProcess::Unknown : found->second;
  };
  links.exit_code = [this](const ContainerId& id, int) {
    const auto found = exit_codes.find(id);
    return found == exit_codes.end() ? std::nullopt : std::optional(found->second);
  };
  links.ask_to_end = [this](const ContainerId& id) {
    asked_to_end.push_back(id);
    return Status{};
  };
  links.container_stopped = [this](ContainerId id) { ended.push_back(std::move(id)); };
  return links;
}

TaskArn Host::arn(const std::string& id) {
  return TaskArn("arn:aws:ecs:us-west-2:123456789012:task/test/" + id);
}

control::PayloadTask Host::payload(const std::string& id,
                                   std::vector<core::ContainerSpec> containers) {
  control::PayloadTask task{.spec = *test::task_of(std::move(containers)).spec};
  task.spec.arn = arn(id);
  return task;
}

control::PayloadTask Host::stop_of(const std::string& id) {
  auto task = payload(id, {test::container("web")});
  task.stop = true;
  return task;
}

Status Host::accept(std::vector<control::PayloadTask> tasks,
                    std::vector<control::BadTask> bad_tasks) {
  const Status status = run_on(io(), engine().on_tasks(std::move(tasks), std::move(bad_tasks)));
  poll();
  return status;
}

const core::ContainerState& Host::container(const std::string& task, std::size_t index) {
  const auto* found = engine().tasks().find(arn(task));
  REQUIRE(found != nullptr);
  return found->containers.at(index);
}

const runtime::ContainerState* Host::on_engine(const std::string& task, std::size_t index) {
  return runtime.find(container(task, index).runtime_name);
}

void Host::end_process(const std::string& task, int code, std::size_t index) {
  runtime.end_process(container(task, index).runtime_id, code);
  poll();
}

std::vector<std::string> Host::news() {
  std::vector<std::string> lines;
  for (; told_ < sent.size(); ++told_) {
    const core::TaskChange& change = sent[told_].change;
    std::string line = std::string(task_id(change.task)) + " " + word(change.status);
    for (const auto& c : change.containers) {
      line += " " + c.name.str() + ":" + word(c.status);
      if (c.exit_code) line += "=" + std::to_string(*c.exit_code);
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

void Host::finish_report(std::size_t index) {
  spawn(io().get_executor(), "finish report", engine().reports_finished({sent.at(index).id}));
}

void Host::finish_reports() {
  for (; finished_ < sent.size(); ++finished_) finish_report(finished_);
  poll();
}

RunningTask::RunningTask() {
  REQUIRE(accept({payload("one", {test::container("web")})}));
  REQUIRE(on_engine("one")->alive);
  id = container("one").runtime_id;
  news();
}

}  // namespace longshore::testing
