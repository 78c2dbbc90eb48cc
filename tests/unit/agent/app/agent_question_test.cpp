#include "agent/app/agent_question.hpp"

#include <catch2/catch.hpp>
#include <string>

using longshore::Error;
using longshore::ErrorCode;
using longshore::app::why_no_answer;

TEST_CASE("a user whose question got no answer is told what to do", "[unit][app]") {
  const std::string path = "/data/longshore.sock";
  const auto told = [&](ErrorCode code) {
    return why_no_answer("health", path, {code, "the details"});
  };
  CHECK(told(ErrorCode::Unavailable) ==
        "no agent runs with this data directory: nothing answers at /data/longshore.sock.\n"
        "Start it (systemctl start longshore), or name its data directory: --data-dir, "
        "ECS_DATADIR, or data_dir in the YAML file.");
  CHECK(told(ErrorCode::PermissionDenied).find("sudo longshore health") != std::string::npos);
  CHECK(told(ErrorCode::Timeout).find("does not answer") != std::string::npos);
  for (const ErrorCode code : {ErrorCode::InvalidInput, ErrorCode::Internal}) {
    CHECK(told(code) == "the details");
  }
}
