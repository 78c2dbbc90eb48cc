#include "metrics/sample.hpp"

namespace longshore::metrics {

ContainerSample with_base(const ContainerSample& base, ContainerSample raw) {
  raw.cpu_ns += base.cpu_ns;
  raw.read_bytes += base.read_bytes;
  raw.write_bytes += base.write_bytes;
  if (raw.network && base.network) {
    raw.network->rx_bytes += base.network->rx_bytes;
    raw.network->rx_packets += base.network->rx_packets;
    raw.network->rx_errors += base.network->rx_errors;
    raw.network->rx_dropped += base.network->rx_dropped;
    raw.network->tx_bytes += base.network->tx_bytes;
    raw.network->tx_packets += base.network->tx_packets;
    raw.network->tx_errors += base.network->tx_errors;
    raw.network->tx_dropped += base.network->tx_dropped;
  }
  return raw;
}

}  // namespace longshore::metrics
