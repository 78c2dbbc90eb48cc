#include "agent/app/part_settings.hpp"

#include <catch2/catch.hpp>
#include <utility>

namespace longshore::app {
namespace {

TEST_CASE("the engine is told where the logs go in regions that it may not know", "[unit][app]") {
  for (const auto& [region, endpoint] :
       {std::pair{"us-iso-east-1", "https://logs.us-iso-east-1.c2s.ic.gov"},
        {"us-iso-west-1", "https://logs.us-iso-west-1.c2s.ic.gov"},
        {"us-isob-east-1", "https://logs.us-isob-east-1.sc2s.sgov.gov"},
        {"us-isob-west-1", "https://logs.us-isob-west-1.sc2s.sgov.gov"},
        {"us-isof-south-1", "https://logs.us-isof-south-1.csp.hci.ic.gov"},
        {"us-isof-east-1", "https://logs.us-isof-east-1.csp.hci.ic.gov"},
        {"eu-isoe-west-1", "https://logs.eu-isoe-west-1.cloud.adc-e.uk"},
        {"eusc-de-east-1", "https://logs.eusc-de-east-1.amazonaws.eu"},
        {"us-east-1", ""},
        {"us-iso-north-1", ""},
        {"", ""}}) {
    INFO(region);
    CHECK(awslogs_endpoint(region) == endpoint);
  }
}

}  // namespace
}  // namespace longshore::app
