// The program of the pause container: it holds the namespaces that the containers of a task share
// and does nothing else. As process 1 of a shared pid namespace it is the parent of every process
// that lost its own, and reaps them. SIGTERM and SIGINT end it with 0.
//
// It runs in an image without any other file, so it brings its own entry point and makes its system
// calls by itself. Source for both: syscall(2), "Architecture calling conventions".

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#if defined(__x86_64__)
__asm__(R"(
  .text
  .globl _start
  .type _start, @function
_start:
  xor %ebp, %ebp
  and $-16, %rsp
  call pause_main
)");
#elif defined(__aarch64__)
__asm__(R"(
  .text
  .globl _start
  .type _start, %function
_start:
  mov x29, #0
  mov x30, #0
  b pause_main
)");
#else
#error "the pause container's program is written for x86_64 and aarch64 only"
#endif

namespace {

using Word = long;  // A register.

Word to_word(const void* address) { return reinterpret_cast<Word>(address); }

Word system_call(Word number, Word a, Word b, Word c, Word d) {
#if defined(__x86_64__)
  Word result = number;
  register Word r10 __asm__("r10") = d;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"(a), "S"(b), "d"(c), "r"(r10)
                   : "rcx", "r11", "memory");
  return result;
#else
  register Word x8 __asm__("x8") = number;
  register Word x0 __asm__("x0") = a;
  register Word x1 __asm__("x1") = b;
  register Word x2 __asm__("x2") = c;
  register Word x3 __asm__("x3") = d;
  __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
#endif
}

[[noreturn]] void end_with(int status) {
  while (true) system_call(SYS_exit_group, status, 0, 0, 0);
}

void reap_all() {
  while (system_call(SYS_wait4, -1, 0, WNOHANG, 0) > 0) {
  }
}

/// The kernel's signal set has 64 bits; the C library's type is larger.
constexpr uint64_t bit(int signal) { return uint64_t{1} << (signal - 1); }

}  // namespace

extern "C" [[noreturn]] void pause_main() {
  // The kernel drops what process 1 neither handles nor blocks; what is blocked waits its turn, so
  // no signal is lost between two looks.
  const uint64_t awaited = bit(SIGTERM) | bit(SIGINT) | bit(SIGCHLD);
  system_call(SYS_rt_sigprocmask, SIG_BLOCK, to_word(&awaited), 0, sizeof awaited);
  while (true) {
    reap_all();
    const Word got = system_call(SYS_rt_sigtimedwait, to_word(&awaited), 0, 0, sizeof awaited);
    if (got == SIGTERM || got == SIGINT) end_with(0);
    // Refused for good (a strict seccomp profile): better gone than turning in circles.
    if (got < 0 && got != -EINTR) end_with(1);
  }
}
