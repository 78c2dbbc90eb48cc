#include "agent/app/process.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>

#include "agent/base/log.hpp"

namespace longshore::app {

void prepare_process() {
  std::signal(SIGPIPE, SIG_IGN);
  // glibc repeats a question after five seconds unless it is told otherwise (resolv.conf(5)).
  setenv("RES_OPTIONS", "timeout:2 attempts:2", 0);
  // The lanes allocate little, and an arena for each would stay half empty.
  ::mallopt(M_ARENA_MAX, 1);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

void begin_log(const config::Config& config) {
  const Status configured = configure_logging(config::log_settings(config));
  if (configured) return;
  log_warn("no log file: the log goes to standard error alone",
           {{"error", configured.error().message}});
}

void export_proxies(const config::Environment& environment) {
  for (const char* name :
       {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"}) {
    const auto found = environment.find(name);
    if (found != environment.end()) setenv(name, found->second.c_str(), 1);
  }
}

}  // namespace longshore::app
