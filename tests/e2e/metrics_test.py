"""Metrics as they reach the control plane over TCS."""

import json
import os
import unittest

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import payloads
from harness import EndToEnd, wait_until
from programs import ACCESS_KEY, SECRET_KEY
from wire import Wire

ALLOCATED_MIB = 20
# In a shell variable: on cgroup v1 files do not count, not even those in memory.
ALLOCATE = (f"x=$(dd if=/dev/zero bs=1M count={ALLOCATED_MIB} 2>/dev/null | tr '\\0' x); "
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

    def test_each_frame_carries_a_signed_header_block(self):
        wire = Wire(self.plane.port)
        self.addCleanup(wire.close)
        self.agent.end()
        self.agent = self.new_agent(ECS_BACKEND_HOST=wire.url)
        self.agent.start_connected(self.plane)

        def published():
            for session in wire.sessions("cluster"):
                for frame in session.frames():
                    return session, frame
            return None
        session, frame = wait_until(published, 25, "a TCS frame")
        head, separator, envelope = frame.partition(b"\r\n\r\n")
        self.assertTrue(separator)
        self.assertEqual(json.loads(envelope)["type"], "PublishMetricsRequest")
        headers = [line.split(": ", 1) for line in head.decode("ascii").split("\r\n")]
        self.assertEqual([name for name, _ in headers], ["Authorization", "Host", "X-Amz-Date"])
        sent = dict(headers)
        self.assertEqual(sent["Host"], f"127.0.0.1:{wire.port}")

        # Signed is a GET of the session's own URL with the envelope's hash as payload; botocore
        # is the judge.
        target = session.request_line.split(" ")[1]
        request = AWSRequest("GET", wire.url + target, data=envelope,
                             headers={"Host": sent["Host"], "X-Amz-Date": sent["X-Amz-Date"]})
        request.context["timestamp"] = sent["X-Amz-Date"]
        judge = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), "ecs", payloads.REGION)
        signature = judge.signature(
            judge.string_to_sign(request, judge.canonical_request(request)), request)
        self.assertEqual(
            sent["Authorization"],
            f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{sent['X-Amz-Date'][:8]}/"
            f"{payloads.REGION}/ecs/aws4_request, SignedHeaders=host;x-amz-date, "
            f"Signature={signature}")

    def test_health_of_containers_with_a_health_check(self):
        check = '{"Healthcheck":{"Test":["CMD","true"],"Interval":1000000000,"Retries":3}}'
        task = self.run_task(payloads.task(
            payloads.container("checked", healthCheckType="docker", dockerConfig={
                "config": check, "hostConfig": "{}", "version": "1.24"}),
            payloads.container("unchecked")))

        def healthy(message):
            return any(c["healthStatus"] == "HEALTHY"
                       for t in message["body"]["tasks"] for c in t["containers"])
        body = self.plane.wait_message(45, "tcs", "PublishHealthRequest", where=healthy)["body"]
        (reported,) = body["tasks"]
        self.assertEqual(reported["taskArn"], task["arn"])
        self.assertEqual([c["containerName"] for c in reported["containers"]], ["checked"])
        self.assertIsInstance(reported["containers"][0]["statusSince"], (int, float))
        self.assertIs(body["metadata"]["fin"], True)

    def test_cpu_memory_network_and_storage_of_running_tasks_within_45_s(self):
        task = self.run_task(payloads.task(
            # CPU units enough to have its core even beside other work on this machine.
            payloads.container("busy", BUSY, cpu=1024),
            payloads.container("full", ALLOCATE, memory=128, cpu=1024), family="measured"))

        def complete():
            for body in self.publishes():
                for metrics in body.get("taskMetrics", []):
                    found = {c["containerName"]: c for c in metrics["containerMetrics"]}
                    if set(found) == {"busy", "full"} and all(
                            c["cpuStatsSet"]["sampleCount"] > 1 for c in found.values()
                    ) and found["full"]["memoryStatsSet"]["max"] >= ALLOCATED_MIB - 1:
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
        memory = found["full"]["memoryStatsSet"]
        # The shell holds it twice or so, for a moment.
        self.assertLessEqual(memory["max"], 5 * ALLOCATED_MIB)
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
