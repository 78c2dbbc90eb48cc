#pragma once

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "agent/base/gate.hpp"
#include "agent/control/acs_session.hpp"
#include "loopback_cluster.hpp"

namespace longshore::testing {

/// An engine that remembers what it was told and does as the test says.
class FakeAcsHandler final : public control::AcsHandler {
 public:
  boost::asio::awaitable<Status> on_tasks(std::vector<control::PayloadTask> tasks,
                                          std::vector<control::BadTask> bad_tasks) override {
    for (const auto& task : tasks) {
      told.push_back((task.stop ? "stop " : "run ") + task.spec.arn.str());
    }
    for (const auto& task : bad_tasks) told.push_back("bad " + task.arn.str());
    if (slow) co_await released.wait();
    co_return tasks_answer;
  }
  Status on_credentials(TaskArn task, control::RoleType role,
                        control::RoleCredentials credentials) override {
    const bool application = role == control::RoleType::TaskApplication;
    told.push_back((application ? "task keys " : "execution keys ") + task.str() + " " +
                   credentials.credentials_id);
    return credentials_answer;
  }
  std::vector<TaskArn> stop_candidates(
      const std::vector<control::ManifestTask>& manifest) override {
    for (const auto& task : manifest) {
      told.push_back("manifest " + task.arn.str() + (task.running ? " running" : " stopped"));
    }
    return candidates;
  }
  void on_stop_verified(std::vector<TaskArn> tasks) override {
    for (const auto& task : tasks) told.push_back("verified " + task.str());
  }
  std::int64_t manifest_counter() const override { return counter; }
  boost::asio::awaitable<Status> set_manifest_counter(std::int64_t value, bool durable) override {
    counter = value;
    counter_is_durable = durable;
    co_return counter_answer;
  }
  void on_heartbeat() override { ++heartbeats; }

  std::vector<std::string> told{};
  bool slow = false;  ///< on_tasks() waits for `released`.
  Signal released{};
  Status tasks_answer{};
  Status credentials_answer{};
  Status counter_answer{};
  std::vector<TaskArn> candidates{};
  std::int64_t counter = -1;
  bool counter_is_durable = false;
  int heartbeats = 0;
};

/// A session that runs against a cluster on this machine, on the test's time.
struct AcsFixture {
  /// `api_url`: an ECS API to ask in place of the cluster's own.
  explicit AcsFixture(std::string api_url = "")
      : cluster({.endpoint_url = std::move(api_url), .cluster = "bench"}) {
    boost::asio::co_spawn(
        cluster.io, session.run(),
        boost::asio::bind_cancellation_slot(cancel.slot(), [this](std::exception_ptr e) {
          ended = true;
          failure = e;
        }));
  }
  ~AcsFixture() { stop(); }

  void stop() {
    if (ended) return;
    cancel.emit(boost::asio::cancellation_type::terminal);
    cluster.run_until([this] { return ended; });
  }
  /// The newest connection once there have been `count`.
  LoopbackCluster::Session& connected(std::size_t count) {
    cluster.run_until([&] { return cluster.sessions.size() >= count && session.link().connected; });
    return *cluster.sessions.back();
  }
  /// Waits for the next connection to be a matter of time alone.
  void disconnected() {
    cluster.run_until([&] {
      // The watch over the link sleeps, too, until it has said that the link is cut off.
      const bool watched = !control::is_cut_off(session.link(), cluster.clock.steady_now());
      return !session.link().connected && cluster.clock.sleepers() == (watched ? 2U : 1U);
    });
  }
  /// True when advancing by `wait`, and not a millisecond less, brings the next attempt.
  bool tries_again_after(std::chrono::milliseconds wait) {
    const std::size_t before = attempts;
    cluster.clock.advance(wait - std::chrono::milliseconds(1));
    cluster.settle();
    if (attempts_made() != before) return false;
    cluster.clock.advance(std::chrono::milliseconds(1));
    cluster.settle();
    cluster.run_until([&] { return attempts_made() > before; });
    attempts = attempts_made();
    return true;
  }
  std::size_t attempts_made() const {
    return cluster.sessions.size() + refusals_planned - cluster.refusals.size();
  }
  void refuse(std::vector<net::HttpResponse> responses) {
    for (auto& response : responses) {
      cluster.refusals.push_back(std::move(response));
      ++refusals_planned;
    }
  }
  /// What the agent answered on a connection, once there are `count` answers.
  const std::vector<nlohmann::json>& answers(LoopbackCluster::Session& on, std::size_t count) {
    cluster.run_until([&] { return on.received.size() >= count; });
    return on.received;
  }
  /// Sends a heartbeat and waits for its answer: everything sent before was seen.
  void heartbeat(LoopbackCluster::Session& on) {
    const std::string id = "heartbeat-" + std::to_string(++heartbeats_sent);
    cluster.send(on, "HeartbeatMessage", {{"messageId", id}, {"healthy", true}});
    const nlohmann::json ack{{"type", "HeartbeatAckRequest"}, {"message", {{"messageId", id}}}};
    cluster.run_until([&] { return !on.received.empty() && on.received.back() == ack; });
    on.received.pop_back();
  }

  LoopbackCluster cluster;
  FakeAcsHandler handler{};
  int inactive_calls = 0;
  int link_returns = 0;
  control::AcsSession session{cluster.ecs,
                              cluster.clock,
                              handler,
                              {.container_instance = ContainerInstanceArn("instance-arn"),
                               .agent_version = "1.105.1",
                               .agent_hash = "a8b3e7d3",
                               .docker_version = "20.10.24",
                               .on_inactive_instance = [this] { ++inactive_calls; },
                               .on_link_back = [this] { ++link_returns; }},
                              [this] { return cluster.random; }};
  boost::asio::cancellation_signal cancel{};
  bool ended = false;
  std::exception_ptr failure{};
  std::size_t refusals_planned = 0;
  std::size_t attempts = 0;
  int heartbeats_sent = 0;
};

}  // namespace longshore::testing
