#include "metrics/cpu_count.hpp"

#include <sched.h>

#include <algorithm>
#include <thread>

namespace longshore::metrics {

unsigned usable_cpu_count() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    return static_cast<unsigned>(std::max(1, CPU_COUNT(&allowed)));
  }
  // More than 1024 CPUs do not fit into cpu_set_t.
  return std::max(1U, std::thread::hardware_concurrency());
}

}  // namespace longshore::metrics
