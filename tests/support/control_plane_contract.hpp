#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "agent/control/control_plane.hpp"

namespace longshore::testing {

/// A control plane under test and the other end of it.
struct ControlPlaneFixture {
  std::function<Status(core::TaskChange)> submit{};
  /// The next call is answered as the service does with this error code.
  std::function<void(std::string code)> refuse_next{};
  /// ARN and status of every change that arrived.
  std::function<std::vector<std::string>()> arrived{};
};

/// What every ControlPlane does, the real one and the fake.
inline void check_control_plane_contract(const ControlPlaneFixture& plane) {
  const core::TaskChange change{.task = TaskArn("task-arn"),
                                .status = core::ReportedStatus::Stopped};

  CHECK(plane.submit(change));
  CHECK(plane.arrived() == std::vector<std::string>{"task-arn STOPPED"});

  plane.refuse_next("InvalidParameterException");
  const Status hopeless = plane.submit(change);
  REQUIRE_FALSE(hopeless);
  CHECK(hopeless.error().code == ErrorCode::InvalidInput);

  for (const char* code : {"ServerException", "ClientException", "AccessDeniedException"}) {
    INFO(code);
    plane.refuse_next(code);
    const Status failed = plane.submit(change);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code != ErrorCode::InvalidInput);
  }

  CHECK(plane.submit(change));
  CHECK(plane.arrived().size() == 6);
}

}  // namespace longshore::testing
