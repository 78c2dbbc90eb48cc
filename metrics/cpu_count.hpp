#pragma once

namespace longshore::metrics {

/// CPUs this process may run on (its affinity mask), at least 1. A CPU percentage is of these, as
/// the official agent's is (Go's runtime.NumCPU). Source: sched_getaffinity(2).
unsigned usable_cpu_count();

}  // namespace longshore::metrics
