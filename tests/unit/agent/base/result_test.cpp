#include "agent/base/result.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "agent/base/ids.hpp"

using namespace longshore;

TEST_CASE("an error's context goes in front", "[unit][base]") {
  const auto inner = []() -> Status { return fail(ErrorCode::NotFound, "no image {}", "web"); };
  const auto outer = [&]() -> Result<int> {
    if (auto done = inner(); !done) return fail("start container", done.error());
    return 1;
  };
  CHECK(outer().error() == Error{ErrorCode::NotFound, "start container: no image web"});
}

TEST_CASE("every error code has words of its own", "[unit][base]") {
  CHECK(to_string(ErrorCode::InvalidInput) == "invalid input");
  CHECK(to_string(ErrorCode::NotFound) == "not found");
  CHECK(to_string(ErrorCode::Conflict) == "conflict");
  CHECK(to_string(ErrorCode::PermissionDenied) == "permission denied");
  CHECK(to_string(ErrorCode::Unavailable) == "unavailable");
  CHECK(to_string(ErrorCode::Timeout) == "timeout");
  CHECK(to_string(ErrorCode::Internal) == "internal error");
}

TEST_CASE("a task's id is the last part of its ARN, old form and new", "[unit][base]") {
  CHECK(task_id(TaskArn("arn:aws:ecs:eu-west-1:111122223333:task/orders/8b6c3f0e")) == "8b6c3f0e");
  CHECK(task_id(TaskArn("arn:aws:ecs:eu-west-1:111122223333:task/8b6c3f0e")) == "8b6c3f0e");
  CHECK(task_id(TaskArn("8b6c3f0e")) == "8b6c3f0e");
}
