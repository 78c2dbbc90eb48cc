#pragma once

#include <string_view>

namespace longshore::runtime::docker {

/// The number of a signal as images and containers name it: "SIGTERM", "term", "15", "SIGRTMIN+3".
/// SIGTERM, which the engine sends by itself, for what names none.
/// Source: Docker Engine API 1.41, StopSignal; signal(7).
int signal_number(std::string_view name);

}  // namespace longshore::runtime::docker
