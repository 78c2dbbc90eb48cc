#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>

#include "agent/base/gate.hpp"
#include "agent/base/result.hpp"
#include "runtime/container_runtime.hpp"

namespace longshore::runtime::images {

/// The name that the official agent gives its image, so that either agent finds what is there.
/// Source: amazon-ecs-agent:agent/eni/pause.
inline constexpr const char* kPauseImage = "amazon/amazon-ecs-pause:0.1.0";

/// The image of the pause container as an archive: runtime/pause's program alone.
std::string pause_image_tar();

/// Keeps the image of the pause container on this host. Call from the event loop only.
class PauseImage {
 public:
  explicit PauseImage(ContainerRuntime& runtime) : runtime_(runtime) {}

  /// Returns once the engine has the image, which is loaded when it is missing. Those who ask while
  /// that goes on share the load and its outcome, so nobody waits for longer than a look and a load
  /// take. Whoever needs a pause container asks before each create, since images are removed behind
  /// our back, too. Errors: those of inspect_image() and load_image().
  boost::asio::awaitable<Status> ensure();

 private:
  ContainerRuntime& runtime_;
  Gate loading_{1};
  std::uint64_t loads_ = 0;  ///< How many have ended, well or not.
  Status last_load_{};
};

}  // namespace longshore::runtime::images
