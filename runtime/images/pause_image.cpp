#include "runtime/images/pause_image.hpp"

#include <utility>

#include "agent/base/log.hpp"
#include "runtime/images/program_image.hpp"
#include "runtime/pause/pause_program.hpp"

namespace longshore::runtime::images {

std::string pause_image_tar() {
  return image_tar({.name = kPauseImage,
                    .architecture = std::string(pause_architecture()),
                    .file = "pause",
                    .program = std::string(pause_program())});
}

boost::asio::awaitable<Status> PauseImage::ensure() {
  const auto loads_before = loads_;
  const auto image = co_await runtime_.inspect_image(kPauseImage);
  if (image) co_return Status{};
  if (image.error().code != ErrorCode::NotFound) co_return fail("pause image", image.error());
  const auto pass = co_await loading_.enter();
  // Another has loaded it, or failed to, since this one looked.
  if (loads_ != loads_before) co_return last_load_;
  Status loaded = co_await runtime_.load_image(pause_image_tar());
  last_load_ = loaded ? Status{} : fail("pause image", std::move(loaded).error());
  ++loads_;
  if (last_load_) log_info("pause image loaded", {{"image", kPauseImage}});
  co_return last_load_;
}

}  // namespace longshore::runtime::images
