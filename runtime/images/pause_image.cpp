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

boost::asio::awaitable<Result<bool>> PauseImage::is_present() {
  auto image = co_await runtime_.inspect_image(kPauseImage);
  if (!image && image.error().code != ErrorCode::NotFound) co_return fail(std::move(image).error());
  co_return image.has_value();
}

boost::asio::awaitable<Status> PauseImage::ensure() {
  auto present = co_await is_present();
  if (!present) co_return fail("pause image", std::move(present).error());
  if (*present) co_return Status{};
  const auto pass = co_await loading_.enter();
  // Another may have loaded it while this one waited.
  present = co_await is_present();
  if (!present) co_return fail("pause image", std::move(present).error());
  if (*present) co_return Status{};
  auto loaded = co_await runtime_.load_image(pause_image_tar());
  if (!loaded) co_return fail("pause image", std::move(loaded).error());
  log_info("pause image loaded", {{"image", kPauseImage}});
  co_return Status{};
}

}  // namespace longshore::runtime::images
