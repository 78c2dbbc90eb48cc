#include "runtime/images/ecr_authorizer.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "agent/base/lane.hpp"
#include "agent/base/time_text.hpp"
#include "agent/net/https_client.hpp"
#include "tests/component/agent/aws/aws_service.hpp"

using namespace longshore;
using namespace longshore::runtime;
using namespace longshore::runtime::images;
using namespace std::chrono_literals;
using longshore::testing::AwsService;

namespace {

aws::Credentials keys() { return {.access_key_id = "AKID", .secret_access_key = Secret("secret")}; }

EcrAuthData registry(const AwsService& service, std::string id = "111122223333") {
  return {.registry_id = std::move(id), .region = "us-west-2", .endpoint_override = service.url()};
}

/// `login` is base64 of user:password.
std::string token(const std::string& login, WallTime expires) {
  return R"({"authorizationData":[{"authorizationToken":")" + login + R"(","expiresAt":)" +
         to_epoch_seconds(expires) + R"(,"proxyEndpoint":"https://111122223333.dkr.ecr.test"}]})";
}

const std::string kFirst = "QVdTOmZpcnN0";       // AWS:first
const std::string kSecond = "QVdTOnNlOmNvbmQ=";  // AWS:se:cond

struct Fixture {
  AwsService service;
  EcrAuthorizer ecr{service.client, service.clock, {.user_agent = "agent/1"}, [] { return 0.0; }};

  Result<RegistryAuth> ask(std::string identity = "instance") {
    return service.run(ecr.authorize(registry(service), keys(), std::move(identity)));
  }
  void expect(const std::string& login, WallTime::duration lifetime = 12h) {
    service.will_answer(200, token(login, service.clock.wall_now() + lifetime));
  }
};

/// A caller that can be cancelled and whose outcome can be looked at.
class Caller {
 public:
  Caller(Fixture& f, std::string identity = "instance") {
    boost::asio::co_spawn(
        f.service.io, f.ecr.authorize(registry(f.service), keys(), std::move(identity)),
        boost::asio::bind_cancellation_slot(
            cancel_.slot(), [this](std::exception_ptr error, Result<RegistryAuth> result) {
              cancelled = error != nullptr;
              if (!error) outcome = std::move(result);
            }));
  }
  void cancel() { cancel_.emit(boost::asio::cancellation_type::terminal); }
  bool is_done() const { return cancelled || outcome.has_value(); }

  bool cancelled = false;
  std::optional<Result<RegistryAuth>> outcome{};

 private:
  boost::asio::cancellation_signal cancel_;
};

}  // namespace

TEST_CASE("a registry's login is asked of ECR with the registry's account", "[component][images]") {
  Fixture f;
  f.expect(kSecond);
  const auto auth = f.ask();
  REQUIRE(auth);
  CHECK(auth->username == "AWS");
  CHECK(auth->password.reveal() == "se:cond");
  CHECK(auth->server_address == "https://111122223333.dkr.ecr.test");
  REQUIRE(f.service.requests.size() == 1);
  const auto& request = f.service.requests[0];
  CHECK(request.body == R"({"registryIds":["111122223333"]})");
  CHECK(net::find_header(request.headers, "X-Amz-Target") ==
        "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken");
  CHECK(net::find_header(request.headers, "Authorization")->find("/us-west-2/ecr/aws4_request") !=
        std::string_view::npos);
}

TEST_CASE("without a word on the registry nobody is asked", "[component][images]") {
  Fixture f;
  const auto auth = f.service.run(f.ecr.authorize({}, keys(), "instance"));
  REQUIRE_FALSE(auth);
  CHECK(auth.error() ==
        Error{ErrorCode::InvalidInput, "dockerauth: missing container's ecr auth data"});
  CHECK(f.service.requests.empty());
}

TEST_CASE("a login is kept until half an hour before its end", "[component][images]") {
  Fixture f;
  f.expect(kFirst, 2h);
  CHECK(f.ask()->password.reveal() == "first");
  f.service.clock.advance(90min - 1ms);
  CHECK(f.ask()->password.reveal() == "first");
  f.expect(kSecond);
  f.service.clock.advance(1ms);
  CHECK(f.ask()->password.reveal() == "se:cond");
  CHECK(f.service.requests.size() == 2);
}

TEST_CASE("a wall clock that is set back makes no login live longer", "[component][images]") {
  Fixture f;
  f.expect(kFirst, 2h);
  CHECK(f.ask()->password.reveal() == "first");
  f.service.clock.step_wall(-24h);
  f.service.clock.advance(90min);
  f.expect(kSecond);
  CHECK(f.ask()->password.reveal() == "se:cond");
}

TEST_CASE("an ECR that hangs leaves the lane to others", "[component][images]") {
  Fixture f;
  Lane lane(EcrAuthorizer::kMaxCalls + 1);
  net::HttpsClient http(lane);
  aws::JsonClient client(http, f.service.clock);
  EcrAuthorizer ecr(client, f.service.clock, {});
  f.service.holds_answers = true;
  std::size_t failed = 0;
  constexpr std::size_t kCallers = EcrAuthorizer::kMaxCalls + 2;
  for (std::size_t i = 0; i < kCallers; ++i) {
    boost::asio::co_spawn(
        f.service.io, ecr.authorize(registry(f.service), keys(), "role/" + std::to_string(i)),
        [&](std::exception_ptr, Result<RegistryAuth> auth) { failed += auth ? 0U : 1U; });
  }
  f.service.run_until([&] { return f.service.requests.size() == EcrAuthorizer::kMaxCalls; });
  bool reported = false;
  boost::asio::co_spawn(f.service.io,
                        client.call({.endpoint_url = f.service.url(),
                                     .service = "ecs",
                                     .region = "us-west-2",
                                     .target_prefix = "ECS",
                                     .operation = "Report",
                                     .credentials = keys()},
                                    {.attempts = 1}),
                        [&](std::exception_ptr, const auto&) { reported = true; });
  f.service.run_until([&] { return f.service.requests.size() == EcrAuthorizer::kMaxCalls + 1; });
  CHECK(net::find_header(f.service.requests.back().headers, "X-Amz-Target") == "ECS.Report");
  f.service.holds_answers = false;
  f.service.run_until([&] { return reported && failed == kCallers; });
}

TEST_CASE("other credentials get a login of their own", "[component][images]") {
  Fixture f;
  f.expect(kFirst);
  f.expect(kSecond);
  CHECK(f.ask("role/a")->password.reveal() == "first");
  CHECK(f.ask("role/b")->password.reveal() == "se:cond");
  CHECK(f.ask("role/a")->password.reveal() == "first");
  CHECK(f.service.requests.size() == 2);
}

TEST_CASE("callers at the same time share one call", "[component][images]") {
  Fixture f;
  f.expect(kFirst);
  f.service.holds_answers = true;
  Caller one(f);
  Caller two(f);
  Caller three(f);
  f.service.run_until([&] { return !f.service.requests.empty(); });
  f.service.holds_answers = false;
  f.service.run_until([&] { return one.is_done() && two.is_done() && three.is_done(); });
  CHECK(f.service.requests.size() == 1);
  for (const Caller* caller : {&one, &two, &three}) {
    REQUIRE(caller->outcome);
    CHECK((**caller->outcome).password.reveal() == "first");
  }
}

TEST_CASE("those who share a call share its failure, the next caller asks again",
          "[component][images]") {
  Fixture f;
  f.service.will_answer(400, R"({"__type":"RepositoryNotFoundException","message":"none"})");
  f.service.holds_answers = true;
  Caller one(f);
  Caller two(f);
  f.service.run_until([&] { return !f.service.requests.empty(); });
  f.service.holds_answers = false;
  f.service.run_until([&] { return one.is_done() && two.is_done(); });
  CHECK(f.service.requests.size() == 1);
  for (const Caller* caller : {&one, &two}) {
    REQUIRE(caller->outcome);
    REQUIRE_FALSE(caller->outcome->has_value());
    CHECK(caller->outcome->error() ==
          Error{ErrorCode::NotFound,
                "ECR registry 111122223333 in us-west-2: GetAuthorizationToken: "
                "RepositoryNotFoundException (HTTP 400): none"});
  }
  f.expect(kFirst);
  CHECK(f.ask()->password.reveal() == "first");
}

TEST_CASE("when the one who calls is cancelled, one who waits takes over", "[component][images]") {
  Fixture f;
  // One failure keeps the first caller in its wait between attempts.
  f.service.will_answer(500, "{}");
  f.expect(kFirst);
  Caller one(f);
  Caller two(f);
  Caller three(f);
  f.service.run_until([&] { return f.service.clock.sleepers() == 1; });
  one.cancel();
  f.service.run_until([&] { return one.is_done() && two.is_done() && three.is_done(); });
  CHECK(one.cancelled);
  REQUIRE(two.outcome);
  REQUIRE(three.outcome);
  CHECK((**two.outcome).password.reveal() == "first");
  CHECK((**three.outcome).password.reveal() == "first");
  CHECK(f.service.requests.size() == 2);
}

TEST_CASE("one who waits and is cancelled leaves the call to the others", "[component][images]") {
  Fixture f;
  f.expect(kFirst);
  f.service.holds_answers = true;
  Caller one(f);
  Caller two(f);
  f.service.run_until([&] { return !f.service.requests.empty(); });
  two.cancel();
  f.service.run_until([&] { return two.is_done(); });
  CHECK(two.cancelled);
  Caller three(f);
  f.service.holds_answers = false;
  f.service.run_until([&] { return one.is_done() && three.is_done(); });
  CHECK((**one.outcome).password.reveal() == "first");
  CHECK((**three.outcome).password.reveal() == "first");
  CHECK(f.service.requests.size() == 1);
}

TEST_CASE("an answer without a usable login is refused without quoting it", "[component][images]") {
  Fixture f;
  for (const std::string answer :
       {R"({})", R"({"authorizationData":[]})", R"({"authorizationData":[{},{}]})",
        R"({"authorizationData":[{"authorizationToken":"c2VjcmV0"}]})",
        R"({"authorizationData":[{"authorizationToken":"c2Vj*"}]})",
        R"({"authorizationData":[{"authorizationToken":12345678}]})"}) {
    CAPTURE(answer);
    f.service.will_answer(200, answer);
    const auto auth = f.ask();
    REQUIRE_FALSE(auth);
    CHECK(auth.error().code == ErrorCode::InvalidInput);
    const std::string& message = auth.error().message;
    CHECK(message.find("ECR registry 111122223333 in us-west-2: GetAuthorizationToken: ") == 0);
    CHECK(message.find("c2Vj") == std::string::npos);
    CHECK(message.find("secret") == std::string::npos);
    CHECK(message.find("12345678") == std::string::npos);
  }
}

TEST_CASE("a login without a usable expiry is used once", "[component][images]") {
  Fixture f;
  for (const char* expiry : {"", R"(,"expiresAt":1e300)", R"(,"expiresAt":-1)"}) {
    f.service.will_answer(
        200, R"({"authorizationData":[{"authorizationToken":")" + kFirst + "\"" + expiry + "}]}");
    CHECK(f.ask()->password.reveal() == "first");
  }
  CHECK(f.service.requests.size() == 3);
}

TEST_CASE("AWS's endpoint variables lead to ECR too", "[component][images]") {
  Fixture f;
  f.expect(kFirst);
  EcrAuthorizer ecr(f.service.client, f.service.clock,
                    {.environment = {{"AWS_ENDPOINT_URL_ECR", f.service.url()}}});
  EcrAuthData data = registry(f.service);
  data.endpoint_override.clear();
  CHECK(f.service.run(ecr.authorize(data, keys(), "instance"))->password.reveal() == "first");
}
