// ~/.aws/credentials.
#include "agent/aws/profile_file.hpp"

#include <algorithm>
#include <array>

#include "agent/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {

void run(std::string_view input) {
  const auto found = aws::parse_profile(input, "default");
  if (!found) {
    // Nothing but these: an error never quotes the file.
    constexpr std::array<std::string_view, 3> kMessages{
        "no profile [default]", "profile [default] has no aws_access_key_id",
        "profile [default] has no aws_secret_access_key"};
    require(found.error().code == ErrorCode::NotFound, "what is missing is not found");
    require(std::find(kMessages.begin(), kMessages.end(), found.error().message) != kMessages.end(),
            "an error says what is missing, and nothing of what is there");
    return;
  }
  const std::string& secret = found->secret_access_key.reveal();
  require(!found->access_key_id.empty() && !secret.empty(), "keys come in pairs");
  require(trim(secret) == secret && contains(input, secret), "a key is what the file says");
}

}  // namespace longshore::fuzz
