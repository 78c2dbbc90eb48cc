#include "runtime/pause/pause_program.hpp"

#include <cstddef>

// LONGSHORE_PAUSE_PROGRAM is the path that CMake builds pause.cpp to.
__asm__(
    ".pushsection .rodata\n"
    ".hidden longshore_pause_begin\n"
    ".globl longshore_pause_begin\n"
    "longshore_pause_begin:\n"
    ".incbin \"" LONGSHORE_PAUSE_PROGRAM
    "\"\n"
    ".hidden longshore_pause_end\n"
    ".globl longshore_pause_end\n"
    "longshore_pause_end:\n"
    ".popsection\n");

extern "C" const char longshore_pause_begin[];
extern "C" const char longshore_pause_end[];

namespace longshore::runtime {

std::string_view pause_program() {
  return {longshore_pause_begin,
          static_cast<std::size_t>(longshore_pause_end - longshore_pause_begin)};
}

std::string_view pause_architecture() {
#if defined(__x86_64__)
  return "amd64";
#else
  return "arm64";  // The build of pause.cpp refuses all others.
#endif
}

}  // namespace longshore::runtime
