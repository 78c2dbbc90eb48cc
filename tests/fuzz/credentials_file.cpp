// ~/.aws/credentials.
#include "agent/aws/profile_file.hpp"
#include "agent/base/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {

void run(std::string_view input) {
  const auto found = aws::parse_profile(input, "default");
  if (!found) {
    require(found.error().code == ErrorCode::NotFound, "what is missing is not found");
    for (const std::string_view line : split(input, '\n')) {
      const std::string_view value = trim(line.substr(std::min(line.find('=') + 1, line.size())));
      require(!is_unique(value, input) || !contains(found.error().message, value),
              "an error quotes nothing of the file");
    }
    return;
  }
  const std::string& secret = found->secret_access_key.reveal();
  require(!found->access_key_id.empty() && !secret.empty(), "keys come in pairs");
  require(trim(secret) == secret && contains(input, secret), "a key is what the file says");
}

}  // namespace longshore::fuzz
