#include "agent/aws/credential_chain.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "agent/base/text.hpp"
#include "tests/support/fake_clock.hpp"

using namespace longshore;
using namespace longshore::aws;
using namespace std::chrono_literals;
using testing::FakeClock;

namespace {

/// Runs a coroutine whose steps are all ready.
template <typename T>
T run(boost::asio::awaitable<T> coroutine) {
  boost::asio::io_context io;
  std::optional<T> result;
  boost::asio::co_spawn(io, std::move(coroutine), [&](std::exception_ptr error, T value) {
    REQUIRE_FALSE(error);
    result = std::move(value);
  });
  io.run();
  REQUIRE(result);
  return std::move(*result);
}

class TemporaryFile {
 public:
  TemporaryFile()
      : path_((std::filesystem::temp_directory_path() / ("keys-" + random_hex(8))).string()) {}
  ~TemporaryFile() { std::filesystem::remove(path_); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  void write(const std::string& profile, const std::string& id) const {
    std::ofstream(path_) << "[" << profile << "]\naws_access_key_id=" << id
                         << "\naws_secret_access_key=s\n";
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("keys in the environment win and never expire", "[unit][aws]") {
  FakeClock clock;
  CredentialCache cache(
      credential_chain(
          {},
          {{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}, {"AWS_SESSION_TOKEN", "c"}},
          clock),
      clock);
  const auto found = run(cache.get());
  REQUIRE(found);
  CHECK(found->access_key_id == "a");
  CHECK(found->secret_access_key.reveal() == "b");
  CHECK(found->session_token.reveal() == "c");
  CHECK_FALSE(found->expires);
}

TEST_CASE("an external host prefers the rotating file, others the shared one", "[unit][aws]") {
  FakeClock clock;
  const TemporaryFile shared;
  const TemporaryFile rotating;
  shared.write("mine", "SHARED");
  rotating.write("ssm", "ROTATING");
  const Environment variables{{"AWS_SHARED_CREDENTIALS_FILE", shared.path()},
                              {"AWS_PROFILE", "mine"}};
  CredentialChainSettings settings{.rotating_file = rotating.path(), .rotating_profile = "ssm"};

  CredentialCache ec2(credential_chain(settings, variables, clock), clock);
  CHECK(run(ec2.get())->access_key_id == "SHARED");
  settings.external = true;
  CredentialCache external(credential_chain(settings, variables, clock), clock);
  CHECK(run(external.get())->access_key_id == "ROTATING");
}

TEST_CASE("a credentials file is read again after a minute and not before", "[unit][aws]") {
  FakeClock clock;
  const TemporaryFile file;
  file.write("default", "OLD");
  CredentialCache cache({rotating_file_source(file.path(), "default", clock)}, clock);
  CHECK(run(cache.get())->access_key_id == "OLD");
  file.write("default", "NEW");
  clock.advance(59s);
  CHECK(run(cache.get())->access_key_id == "OLD");
  clock.advance(1s);
  CHECK(run(cache.get())->access_key_id == "NEW");
}

TEST_CASE("credentials that a service refused are read again at once", "[unit][aws]") {
  FakeClock clock;
  const TemporaryFile file;
  file.write("default", "OLD");
  CredentialCache cache({rotating_file_source(file.path(), "default", clock)}, clock);
  cache.distrust();
  CHECK(run(cache.get())->access_key_id == "OLD");
  file.write("default", "NEW");
  // A day back: by the clock alone they would be good until tomorrow.
  clock.step_wall(-24h);
  CHECK(run(cache.get())->access_key_id == "OLD");
  cache.distrust();
  CHECK(run(cache.get())->access_key_id == "NEW");
}

TEST_CASE("refused credentials serve on while nothing else is there", "[unit][aws]") {
  FakeClock clock;
  const TemporaryFile file;
  file.write("default", "GOOD");
  CredentialCache cache({rotating_file_source(file.path(), "default", clock)}, clock);
  CHECK(run(cache.get()));
  std::ofstream(file.path()) << "";
  cache.distrust();
  CHECK(run(cache.get())->access_key_id == "GOOD");
}

TEST_CASE("a file that is broken for a while is bridged for five minutes", "[unit][aws]") {
  FakeClock clock;
  const TemporaryFile file;
  file.write("default", "GOOD");
  CredentialCache cache({rotating_file_source(file.path(), "default", clock)}, clock);
  CHECK(run(cache.get()));
  std::ofstream(file.path()) << "[default]\naws_acc";
  clock.advance(5min + 59s);
  CHECK(run(cache.get())->access_key_id == "GOOD");
  clock.advance(1s);
  const auto failed = run(cache.get());
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == ErrorCode::NotFound);
  file.write("default", "BACK");
  CHECK(run(cache.get())->access_key_id == "BACK");
}

TEST_CASE("without credentials every source says what it lacks", "[unit][aws]") {
  FakeClock clock;
  const TemporaryFile rotating;
  rotating.write("other", "x");
  CredentialCache cache(credential_chain({.external = true, .rotating_file = rotating.path()},
                                         {{"AWS_ACCESS_KEY_ID", "visible-id"}}, clock),
                        clock);
  const auto failed = run(cache.get());
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message ==
        "no AWS credentials: environment: AWS_SECRET_ACCESS_KEY is not set; credentials file " +
            rotating.path() +
            ": no profile [default]; shared credentials file: neither "
            "AWS_SHARED_CREDENTIALS_FILE nor HOME is set");
}

TEST_CASE("the shared file is looked for under HOME", "[unit][aws]") {
  FakeClock clock;
  const auto source = shared_file_source({{"HOME", "/nowhere/at/all"}}, clock);
  CHECK(source.name == "credentials file /nowhere/at/all/.aws/credentials");
  CHECK(run(source.fetch()).error().message == "no such file");
}
