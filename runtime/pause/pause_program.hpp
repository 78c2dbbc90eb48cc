#pragma once

#include <string_view>

namespace longshore::runtime {

/// The pause container's program (pause.cpp), a static ELF executable of a few KB that the build
/// puts into this one. It lives as long as the process.
std::string_view pause_program();

/// The machine it is for, as images name it: "amd64" or "arm64".
std::string_view pause_architecture();

}  // namespace longshore::runtime
