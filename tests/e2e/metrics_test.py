"""Metrics as they reach the control plane over TCS."""

import os
import unittest

import payloads
from harness import EndToEnd, wait_until

ALLOCATED_MIB = 20
# 20 MiB in a shell variable's place: a file in the container's tmpfs counts as its memory.
ALLOCATE = (f"dd if=/dev/zero of=/dev/shm/x bs=1M count={ALLOCATED_MIB} 2>/dev/null; "
            "while :; do sleep 1; done")
BUSY = "while :; do :; done"


class MetricsTest(EndToEnd):

    def publishes(self, after=0):
        return [m["body"] for m in self.plane.messages("tcs", "PublishMetricsRequest", "in", after)]

    def test_an_agent_without_tasks_says_idle(self):
        message = self.plane.wait_message(25, "tcs", "PublishMetricsRequest")
        metadata = message["body"]["metadata"]
        self.assertIs(metadata["idle"], True)
        self.assertIs(metadata["fin"], True)
        self.assertEqual(metadata["cluster"], payloads.CLUSTER)
        self.assertIn(":container-instance/", metadata["containerInstance"])
        self.assertNotIn("taskMetrics", message["body"])

    def test_cpu_memory_network_and_storage_of_running_tasks_within_45_s(self):
        task = self.run_task(payloads.task(
            payloads.container("busy", BUSY),
            payloads.container("full", ALLOCATE, memory=64), family="measured"))

        def complete():
            for body in self.publishes():
                for metrics in body.get("taskMetrics", []):
                    found = {c["containerName"]: c for c in metrics["containerMetrics"]}
                    if set(found) == {"busy", "full"} and all(
                            c["cpuStatsSet"]["sampleCount"] > 1 for c in found.values()):
                        return body, metrics, found
            return None
        body, metrics, found = wait_until(complete, 45, "metrics of both containers", 0.2)

        self.assertIs(body["metadata"]["idle"], False)
        self.assertIsInstance(body["timestamp"], (int, float))
        self.assertEqual(metrics["taskArn"], task["arn"])
        self.assertEqual(metrics["taskDefinitionFamily"], "measured")
        self.assertEqual(metrics["taskDefinitionVersion"], "7")

        def mean(name, member):
            values = found[name][member]
            self.assertLessEqual(values["min"], values["max"])
            return values["sum"] / values["sampleCount"]
        # Percent of the whole host: one loop cannot use more than one core. Other work on this
        # machine may leave it less, but not a tenth.
        one_core = 100 / os.cpu_count()
        self.assertGreater(mean("busy", "cpuStatsSet"), one_core / 10)
        self.assertLess(mean("busy", "cpuStatsSet"), one_core * 1.2)
        self.assertLess(mean("full", "cpuStatsSet"), one_core / 5)
        memory = found["full"]["memoryStatsSet"]
        self.assertGreaterEqual(memory["max"], ALLOCATED_MIB - 1)
        self.assertLessEqual(memory["max"], ALLOCATED_MIB + 8)
        self.assertLess(mean("busy", "memoryStatsSet"), 8)
        network = found["busy"]["networkStatsSet"]
        for member in ("rxBytes", "rxPackets", "rxDropped", "rxErrors",
                       "txBytes", "txPackets", "txDropped", "txErrors"):
            self.assertGreaterEqual(network[member]["min"], 0, member)
            self.assertEqual(network[member]["overflowMax"], 0, member)
        self.assertGreaterEqual(network["rxBytesPerSecond"]["min"], 0)
        for member in ("readSizeBytes", "writeSizeBytes"):
            self.assertGreaterEqual(found["busy"]["storageStatsSet"][member]["min"], 0)


if __name__ == "__main__":
    unittest.main()
