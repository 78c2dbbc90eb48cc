#pragma once

#include <chrono>
#include <cstddef>

namespace longshore::runtime::docker {

// How long each call of the engine may take, where no setting says so.
// Source: amazon-ecs-agent:agent/dockerclient/timeout.go, unless said otherwise.

constexpr std::chrono::seconds kPingTimeout{5};
constexpr std::chrono::seconds kVersionTimeout{10};  ///< GET /version and GET /info.
constexpr std::chrono::seconds kInspectTimeout{30};
/// The official agent has no limit for this one.
constexpr std::chrono::seconds kInspectImageTimeout{30};
constexpr std::chrono::minutes kListTimeout{10};
/// On top of the time that the container is given to end. The official agent waits 2 min, and then
/// up to four times more; here whoever asked goes on to a kill, and then to the kernel's own, which
/// an engine that does not answer only holds up.
constexpr std::chrono::seconds kStopExtraTimeout{30};
/// No source: the official agent never asks for a kill. The engine itself waits about that long for
/// a killed process before it signals it past its runtime.
constexpr std::chrono::seconds kKillTimeout{10};
constexpr std::chrono::minutes kRemoveTimeout{5};
constexpr std::chrono::seconds kTagTimeout{30};
constexpr std::chrono::minutes kLoadImageTimeout{2};
/// Each of create, inspect and remove.
constexpr std::chrono::minutes kVolumeTimeout{5};
/// Until the engine answers that a stream of events or logs is open: it does so at once.
constexpr std::chrono::seconds kOpenStreamTimeout{30};

/// A container's entry is about 2 kB plus its labels: room for thousands.
constexpr std::size_t kMaxListBytes = 64U << 20U;
constexpr std::size_t kMaxAnswerBytes = 16U << 20U;
/// One event or progress message.
constexpr std::size_t kMaxMessageBytes = 1U << 20U;
/// Of an answer that says why a stream was refused.
constexpr std::size_t kMaxRefusalBytes = 64U << 10U;

}  // namespace longshore::runtime::docker
