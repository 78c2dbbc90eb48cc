"""RegisterContainerInstance and the ACS connection, beside those of the official agent
(tests/data/golden/registration.json)."""

import json
import os
import re
import unittest
import urllib.parse

import payloads
from golden_test import load
from harness import EndToEnd, wait_until
from wire import Wire

C = "com.amazonaws.ecs.capability."
E = "ecs.capability."

# What is advertised, and what shows that it works. The scheduler places tasks by these names, so
# nothing stands here that a task could ask for in vain.
ADVERTISED = {
    **{f"{C}docker-remote-api.1.{minor}=":
       "the engine answers this version; a task's dockerConfig.version is honoured (golden_test)"
       for minor in (17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 29, 30, 32)},
    f"{C}ecr-auth=": "golden_test: an image pulled with an ECR token",
    f"{E}ecr-endpoint=": "golden_test: endpointOverride",
    f"{E}execution-role-ecr-pull=": "golden_test: the token is asked for by the execution role",
    f"{C}logging-driver.json-file=": "golden_test: LogConfig reaches the engine",
    f"{C}logging-driver.none=": "the engine's own driver, passed through with hostConfig",
    f"{C}logging-driver.syslog=": "the engine's own driver, passed through with hostConfig",
    f"{C}privileged-container=": "Privileged is passed through with hostConfig",
    f"{E}container-health-check=": "stop_test: HEALTHY",
    f"{E}container-restart-policy=": "golden_test and restart_policy_test",
    f"{E}docker-plugin.local=": "golden_test and resource_test: volumes",
    f"{E}network.container-port-range=": "resource_test: a range of ports",
    f"{E}container-ordering=": "stop_test: START, SUCCESS, COMPLETE, HEALTHY",
    f"{E}external=": "ECS_EXTERNAL is set",
    f"{E}full-sync=": "stop_test: task manifests",
    f"{E}pid-ipc-namespace-sharing=": "resource_test: pidMode and ipcMode task",
    f"{E}task-cpu-mem-limit=": "limits_test",
    f"{E}increased-task-cpu-limit=": "limits_test: the quota has no upper bound of its own",
    "ecs.cpu-architecture=x86_64": "of this host",
    "ecs.os-family=LINUX": "of this host",
    "ecs.os-type-detailed=LINUX": "of this host",
    "ecs.os-type=linux": "of this host",
}


class RegistrationTest(EndToEnd):
    start_agent = False

    def test_it_registers_and_connects_as_the_official_agent_does(self):
        golden = load("registration")
        wire = Wire(self.plane.port)
        self.addCleanup(wire.close)
        self.agent = self.new_agent(ECS_BACKEND_HOST=wire.url)
        self.agent.start_connected(self.plane)

        request = self.plane.messages("api", "RegisterContainerInstance", "in")[0]["body"]
        self.assertEqual(sorted(request), golden["register"]["keys"])
        self.assertEqual(request["cluster"], payloads.CLUSTER)
        self.assertEqual(request["instanceIdentityDocument"], "")
        self.assertEqual(request["instanceIdentityDocumentSignature"], "")
        self.assertRegex(request["clientToken"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.check_resources(request["totalResources"], golden)
        self.check_attributes(request["attributes"], golden)
        session = wait_until(lambda: wire.sessions("clusterArn"), 10, "the ACS upgrade")[0]
        self.check_session(session, golden)

    def check_resources(self, resources, golden):
        recorded = [json.loads(text) for text in golden["register"]["resources"]]
        for resource in recorded:  # Two values are this machine's.
            if resource["name"] == "CPU":
                resource["integerValue"] = len(os.sched_getaffinity(0)) * 1024
            if resource["name"] == "MEMORY":
                with open("/proc/meminfo", encoding="ascii") as file:
                    resource["integerValue"] = int(file.readline().split()[1]) // 1024
        self.assertEqual(resources, recorded)

    def check_attributes(self, attributes, golden):
        sent = sorted(f"{a['name']}={a.get('value', '')}" for a in attributes)
        self.assertEqual(sent, sorted(ADVERTISED))
        # The recorded host had not been given the official agent's pause image; ours brings its own.
        self.assertEqual(set(sent) - set(golden["register"]["attributes"]),
                         {f"{E}pid-ipc-namespace-sharing="})

    def check_session(self, session, golden):
        method, target, version = session.request_line.split(" ")
        self.assertEqual((method, version), ("GET", "HTTP/1.1"))
        path, _, query = target.partition("?")
        self.assertEqual(path, "/ws")
        sent = urllib.parse.parse_qsl(query)
        recorded = golden["acs_query"]
        self.assertEqual([name for name, _ in sent], [name for name, _ in recorded])
        ours = {  # The agent's and the engine's own names for themselves, and this registration.
            "agentHash": "[0-9a-f]{8}",
            "agentVersion": r"\d+\.\d+\.\d+",
            "containerInstanceArn": "arn:aws:ecs:us-west-2:123456789012:container-instance/bench/"
                                    "[0-9a-f]{32}",
            "dockerVersion": "DockerVersion: .+",
        }
        for (name, value), (_, official) in zip(sent, recorded):
            self.assertTrue(re.fullmatch(ours.get(name, re.escape(official)), value),
                            f"{name}={value}")
        self.assertEqual(sorted(name.lower() for name, _ in session.headers),
                         sorted(name.lower() for name in golden["acs_headers"]))


if __name__ == "__main__":
    unittest.main()
