#include "agent/standalone/server_context.hpp"

#include <boost/asio/post.hpp>
#include <limits>

#include "agent/base/text.hpp"

namespace longshore::standalone {
namespace {

using nlohmann::json;

Site site_of(const StandaloneSettings& settings) {
  return {.region = settings.region,
          .account = settings.account,
          .ecr_registries = settings.ecr_registries};
}

std::uint64_t random_seed() {
  return static_cast<std::uint64_t>(random_unit() * 9.0e15) ^
         (static_cast<std::uint64_t>(random_unit() * 9.0e15) << 11U);
}

json error_body(const ApiError& error) {
  return {{"__type", error.code}, {"message", error.message}};
}

}  // namespace

ServerContext::ServerContext(boost::asio::any_io_executor loop, StandaloneSettings given,
                             Clock& time)
    : executor(std::move(loop)),
      settings(std::move(given)),
      clock(time),
      state(site_of(settings), random_seed()),
      recorder(time) {
  state.clusters[settings.cluster] = {settings.cluster, {}};
}

ApiResult<json> ServerContext::call(std::string_view operation, const json& request,
                                    const std::string& reached_at) {
  note("api", "in", operation, request);
  CallContext context{.now = clock.wall_now(), .origin = reached_at};
  auto answer = run_operation(state, operation, request, context);
  note("api", "out", operation, answer ? *answer : error_body(answer.error()));
  for (auto& delivery : context.effects.deliveries) {
    AgentLink& agent = link(delivery.instance_arn);
    agent.outbox.add_tasks(state, std::move(delivery.task_arns));
    if (auto session = agent.acs.lock()) session->flush();
  }
  for (const std::string& arn : context.effects.dropped_instances) {
    AgentLink& agent = link(arn);
    if (auto session = agent.acs.lock()) session->abort();
    if (auto session = agent.tcs.lock()) session->abort();
  }
  return answer;
}

void ServerContext::note(std::string_view channel, std::string_view direction,
                         std::string_view type, json body) {
  const Record& record = recorder.add(channel, direction, type, std::move(body));
  if (!observer) return;
  boost::asio::post(executor, [weak = weak_from_this(), record] {
    const auto self = weak.lock();
    if (!self || self->stopped || !self->observer) return;
    const auto tell = self->observer;  // It may replace itself.
    tell(record);
  });
}

AgentLink& ServerContext::link(const std::string& instance_arn) {
  return links.try_emplace(instance_arn, instance_arn).first->second;
}

std::string ServerContext::origin() const {
  const std::string& address = settings.listen_address;
  if (address == "0.0.0.0") return fmt::format("http://127.0.0.1:{}", port);
  if (address == "::") return fmt::format("http://[::1]:{}", port);
  const bool v6 = address.find(':') != std::string::npos;
  return v6 ? fmt::format("http://[{}]:{}", address, port)
            : fmt::format("http://{}:{}", address, port);
}

std::int64_t ServerContext::next_timeline() {
  // Seconds since the epoch rise by themselves, faster than messages are sent in the long run.
  const auto seconds =
      std::chrono::floor<std::chrono::seconds>(clock.wall_now()).time_since_epoch().count();
  timeline_ = std::max<std::int64_t>(timeline_ + 1, seconds);
  return timeline_;
}

void ServerContext::stop() {
  stopped = true;
  observer = nullptr;
  for (auto& [arn, agent] : links) {
    if (auto session = agent.acs.lock()) session->abort();
    if (auto session = agent.tcs.lock()) session->abort();
  }
}

}  // namespace longshore::standalone
