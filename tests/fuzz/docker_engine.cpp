// What the engine answers about itself, images and volumes, its errors and its progress.
#include "runtime/docker/engine_errors.hpp"
#include "runtime/docker/engine_messages.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace longshore::fuzz {
namespace {

using namespace runtime::docker;

void check_version(std::string_view input) {
  const auto found = parse_version(input);
  if (!found) return require_refusal(found.error());
  require(parse_api_version(to_string(found->api.newest)) == found->api.newest,
          "a version that is written again reads as it did");
  const auto common = common_version(found->api);
  if (!common) return require(!common.error().message.empty(), "an error says what is wrong");
  require(*common >= kOldestKnown && *common <= kNewestKnown && *common >= found->api.oldest &&
              *common <= found->api.newest,
          "both sides know the version they speak");
}

void check_distribution(std::string_view input) {
  const auto found = parse_distribution(input);
  if (!found) return require_refusal(found.error());
  require(found->empty() || contains(*found, ":"), "a digest names its algorithm");
}

void check_errors(std::string_view input) {
  constexpr std::size_t kMaxErrorBytes = 4096;
  require(parse_error_text(input).size() <= kMaxErrorBytes, "an engine's words are bounded");
  for (const int status : {404, 500}) {
    require(!to_error(status, input).message.empty(), "an error says what is wrong");
    require(to_start_error(status, input).code != ErrorCode::NotFound ||
                contains(input, "No such container"),
            "a missing command does not read as a missing container");
    require(!to_registry_error(status, input).message.empty(), "an error says what is wrong");
  }
  const auto progress = parse_progress_error(input);
  if (!progress) return require_refusal(progress.error());
  require(progress->size() <= kMaxErrorBytes, "an engine's words are bounded");
}

}  // namespace

void run(std::string_view input) {
  check_version(input);
  check_distribution(input);
  check_errors(input);
  const auto info = parse_info(input);
  if (!info) require_refusal(info.error());
  require(!info || info->cgroup_version == 1 || info->cgroup_version == 2,
          "there are two versions of cgroups");
  if (const auto image = parse_image(input); !image) require_refusal(image.error());
  if (const auto volume = parse_volume(input); !volume) require_refusal(volume.error());
}

}  // namespace longshore::fuzz
