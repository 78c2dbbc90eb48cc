#include "metrics/kernel_text.hpp"

#include <catch2/catch.hpp>

using namespace longshore::metrics;
using longshore::runtime::CgroupVersion;

TEST_CASE("memory on v1 is usage without the cache", "[unit][metrics]") {
  CHECK(memory_in_use(CgroupVersion::V1, 100, "cache 30\ninactive_file 70\n") == 70);
  CHECK(memory_in_use(CgroupVersion::V1, 100, "rss 3\n") == 100);
  CHECK(memory_in_use(CgroupVersion::V1, 100, "cache 100\n") == 100);
}

TEST_CASE("memory on v2 is usage without inactive file pages, else without the cache",
          "[unit][metrics]") {
  CHECK(memory_in_use(CgroupVersion::V2, 100, "inactive_file 30\ncache 50\n") == 70);
  CHECK(memory_in_use(CgroupVersion::V2, 100, "inactive_file 120\ncache 50\n") == 50);
  CHECK(memory_in_use(CgroupVersion::V2, 100, "inactive_file 100\n") == 100);
  CHECK(memory_in_use(CgroupVersion::V2, 100, "anon 1\n") == 100);
}

TEST_CASE("v1 block I/O sums reads and writes over devices and nothing else", "[unit][metrics]") {
  CHECK(parse_blkio_bytes("8:0 Read 4096\n8:0 Write 100\n8:0 Sync 4000\n8:0 Async 196\n"
                          "8:0 Discard 7\n8:0 Total 4196\n8:16 read 4\n8:16 WRITE 1\n"
                          "Total 4201\n") == StorageCounters{4100, 101});
  CHECK(parse_blkio_bytes("Total 0\n") == StorageCounters{});
  CHECK(parse_blkio_bytes("") == StorageCounters{});
}

TEST_CASE("v2 block I/O sums reads and writes over devices", "[unit][metrics]") {
  CHECK(parse_io_stat("8:0 rbytes=4096 wbytes=100 rios=1 wios=2 dbytes=9 dios=9\n"
                      "253:1 rbytes=4 wbytes=1 rios=1 wios=1 dbytes=0 dios=0\n"
                      "7:0 \n") == StorageCounters{4100, 101});
  CHECK(parse_io_stat("") == StorageCounters{});
}

TEST_CASE("network counters sum the Ethernet interfaces only", "[unit][metrics]") {
  const char* text =
      "Inter-|   Receive                                                |  Transmit\n"
      " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs "
      "drop "
      "fifo colls carrier compressed\n"
      "    lo:    3267      29    0    0    0     0          0         0     3267      29    0    0"
      "    0     0       0          0\n"
      "  eth0: 1000 10 1 2 90 91 92 93 2000 20 3 4 94 95 96 97\n"
      "  eth1:100 1 1 1 0 0 0 0 200 2 1 1 0 0 0 0\n"
      "  tun0: 5000 50 5 5 0 0 0 0 5000 50 5 5 0 0 0 0\n";
  CHECK(parse_net_dev(text) == NetworkCounters{.rx_bytes = 1100,
                                               .rx_packets = 11,
                                               .rx_errors = 2,
                                               .rx_dropped = 3,
                                               .tx_bytes = 2200,
                                               .tx_packets = 22,
                                               .tx_errors = 4,
                                               .tx_dropped = 5});
  CHECK(parse_net_dev("") == NetworkCounters{});
}

TEST_CASE("a restarted container's counters go on from where they were", "[unit][metrics]") {
  const NetworkCounters before{1, 2, 3, 4, 5, 6, 7, 8};
  const ContainerSample base{
      .cpu_ns = 100, .memory_bytes = 999, .read_bytes = 10, .write_bytes = 20, .network = before};
  const ContainerSample raw{.time = longshore::SteadyTime{std::chrono::seconds{5}},
                            .cpu_ns = 1,
                            .memory_bytes = 7,
                            .read_bytes = 2,
                            .write_bytes = 3,
                            .network = NetworkCounters{10, 10, 10, 10, 10, 10, 10, 10}};
  const ContainerSample sum = with_base(base, raw);
  CHECK(sum.time == raw.time);
  CHECK(sum.cpu_ns == 101);
  CHECK(sum.memory_bytes == 7);
  CHECK(sum.read_bytes == 12);
  CHECK(sum.write_bytes == 23);
  CHECK(sum.network == NetworkCounters{11, 12, 13, 14, 15, 16, 17, 18});
  CHECK_FALSE(with_base(base, ContainerSample{}).network);
}
