#include "tests/support/control_plane_contract.hpp"

#include <boost/asio/io_context.hpp>

#include "loopback_cluster.hpp"
#include "tests/support/fake_control_plane.hpp"
#include "tests/support/run_on.hpp"

namespace longshore::testing {

TEST_CASE("EcsClient does what every control plane does", "[component][control]") {
  LoopbackCluster cluster;
  check_control_plane_contract(
      {.submit = [&](core::TaskChange change) { return cluster.run(cluster.ecs.submit(change)); },
       .refuse_next =
           [&](std::string code) {
             cluster.answer("SubmitTaskStateChange", {LoopbackCluster::error(code)});
           },
       .arrived =
           [&] {
             std::vector<std::string> all;
             for (const auto* call : cluster.calls("SubmitTaskStateChange")) {
               all.push_back(call->body["task"].get<std::string>() + " " +
                             call->body["status"].get<std::string>());
             }
             return all;
           }});
}

TEST_CASE("FakeControlPlane does what every control plane does", "[component][control]") {
  boost::asio::io_context io;
  FakeControlPlane fake;
  check_control_plane_contract(
      {.submit = [&](core::TaskChange change) { return run_on(io, fake.submit(change)); },
       .refuse_next =
           [&](std::string code) {
             const bool hopeless = code == "InvalidParameterException";
             fake.answer(
                 TaskArn("task-arn"),
                 {fail(hopeless ? ErrorCode::InvalidInput : ErrorCode::Unavailable, "{}", code)});
           },
       .arrived =
           [&] {
             std::vector<std::string> all;
             for (const auto& change : fake.submitted()) {
               all.push_back(change.task.str() + " STOPPED");
             }
             return all;
           }});
}

}  // namespace longshore::testing
