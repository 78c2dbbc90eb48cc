#include "agent/aws/profile_file.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "agent/base/text.hpp"

using namespace longshore;
using namespace longshore::aws;

namespace {

constexpr std::string_view kFile = R"(
# written by a person
[default]
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key = first/secret+with=signs
[ other ]
AWS_ACCESS_KEY_ID=AKIDOTHER
  aws_secret_access_key=s ; a comment
aws_session_token = token#not-a-comment
region = eu-west-1
[half]
aws_access_key_id = AKIDHALF
[default]
aws_secret_access_key = second
)";

class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::temp_directory_path() / ("profile-" + random_hex(8))) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("a profile's keys are read past comments, spaces and case", "[unit][aws]") {
  const auto other = parse_profile(kFile, "other");
  REQUIRE(other);
  CHECK(other->access_key_id == "AKIDOTHER");
  CHECK(other->secret_access_key.reveal() == "s");
  CHECK(other->session_token.reveal() == "token#not-a-comment");
}

TEST_CASE("a profile that comes twice is merged, the later value winning", "[unit][aws]") {
  const auto merged = parse_profile(kFile, "default");
  REQUIRE(merged);
  CHECK(merged->access_key_id == "AKIDDEFAULT");
  CHECK(merged->secret_access_key.reveal() == "second");
  CHECK(merged->session_token.empty());
}

TEST_CASE("what a credentials file lacks is named, never its contents", "[unit][aws]") {
  CHECK(parse_profile(kFile, "absent").error().message == "no profile [absent]");
  CHECK(parse_profile(kFile, "half").error().message ==
        "profile [half] has no aws_secret_access_key");
  CHECK(parse_profile("[x]\n", "x").error().message == "profile [x] has no aws_access_key_id");
  CHECK(parse_profile("aws_access_key_id = outside\n", "").error().code == ErrorCode::NotFound);
  CHECK(parse_profile("[default", "default").error().code == ErrorCode::NotFound);
}

TEST_CASE("line ends of either kind are taken", "[unit][aws]") {
  const auto credentials =
      parse_profile("[d]\r\naws_access_key_id=a\r\naws_secret_access_key=b\r\n", "d");
  REQUIRE(credentials);
  CHECK(credentials->access_key_id == "a");
  CHECK(credentials->secret_access_key.reveal() == "b");
}

TEST_CASE("a credentials file is read whole, up to its limit", "[unit][aws]") {
  const TemporaryFolder folder;
  CHECK(read_profile(folder.file("absent"), "default").error().message == "no such file");
  CHECK(read_profile(folder.file(""), "default").error().message == "not a regular file");

  std::ofstream(folder.file("good")) << kFile;
  CHECK(read_profile(folder.file("good"), "other")->access_key_id == "AKIDOTHER");

  std::ofstream(folder.file("large")) << kFile << std::string((1U << 20U) + 1, '#');
  CHECK(read_profile(folder.file("large"), "other").error().message == "larger than 1 MiB");
}
