"""The recorded tasks of tests/data/golden, given to the built agent: the same submissions and the
same containers, field by field. Every difference is named here, with its reason."""

import copy
import json
import os
import re
import time
import unittest
import uuid

import payloads
from harness import EndToEnd, wait_until
from programs import ECR_PASSWORD, ROOT
from testenv import Registry

GOLDEN = os.path.join(ROOT, "tests", "data", "golden")
RECORDED_REGISTRY = "127.0.0.1:5001"
TIMES = ("executionStoppedAt", "pullStartedAt", "pullStoppedAt")
# The container's own short id, which the recording left out.
NOT_RECORDED = {"Hostname"}


def running_without_exit_code(golden):
    """The official agent puts an exit code into a report of RUNNING when the container has ended
    before the report is built. A report here says what was true at the moment it is about."""
    del golden["submitted"][0]["containers"][0]["exitCode"]


DIFFERENCES = {"exit_zero": running_without_exit_code}


def with_starts_in_one_order(submissions):
    """Containers without an order between them start at once: which is first in the RUNNING report
    is chance, here as in the official agent. The order of ends is kept: it was the task's."""
    for body in submissions:
        if body["status"] == "RUNNING":
            body["containers"].sort(key=lambda c: c["containerName"])
    return submissions


def load(scenario):
    with open(os.path.join(GOLDEN, scenario + ".json"), encoding="utf-8") as file:
        return json.load(file)


def normalised(value, task_arn):
    """`value` with what differs from run to run replaced as in the recording."""
    if isinstance(value, dict):
        return {k: "EPOCH" if k in TIMES and is_recent(v) else normalised(v, task_arn)
                for k, v in value.items()}
    if isinstance(value, list):
        return [normalised(v, task_arn) for v in value]
    if isinstance(value, str):
        value = value.replace(task_arn, "TASK_ARN").replace(task_arn.rsplit("/", 1)[1], "TASK_ID")
        value = re.sub(r"[0-9a-f]{64}", "HEX64", value)
        return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", value)
    return value


def is_recent(value):
    """A time as ECS wants it: a JSON number, seconds since 1970, to the millisecond."""
    return (isinstance(value, (int, float)) and abs(value - time.time()) < 300
            and round(value, 3) == value)


def shown(inspected, task_arn):
    """The recorded parts of one `docker inspect`, normalised."""
    config = {k: v for k, v in inspected["Config"].items() if k not in NOT_RECORDED}
    part = normalised({
        "Config": config,
        "HostConfig": inspected["HostConfig"],
        "Mounts": inspected["Mounts"],
        "Name": inspected["Name"],
        "Networks": list(inspected["NetworkSettings"]["Networks"]),
    }, task_arn)
    part["Name"] = re.sub(r"-[0-9a-f]{20}$", "-RAND", part["Name"])
    return ordered(part)


def ordered(container):
    """Environments are sets: the official agent's order changes from container to container."""
    container = copy.deepcopy(container)
    container["Config"]["Env"] = sorted(container["Config"]["Env"] or [])
    return container


class GoldenTest(EndToEnd):
    maxDiff = None

    def replay(self, scenario, stop_after=None, prepare=lambda task: None):
        """Runs the scenario's task to its end and compares everything that was recorded. Returns
        the golden file and the task as sent."""
        golden = load(scenario)
        DIFFERENCES.get(scenario, lambda _: None)(golden)
        task = {**golden["payload_task"], "arn": payloads.new_task_arn()}
        arn = task["arn"]
        prepare(task)
        self.plane.send(task)
        if stop_after:
            self.plane.wait_status(arn, "RUNNING")
            stop_after(task)
            seen = self.docker.inspect_task(arn)
            self.plane.send(payloads.stopped(task))
        self.plane.wait_status(arn, "STOPPED")
        ended = self.docker.inspect_task(arn)
        if not stop_after:
            seen = ended

        self.assertEqual(
            with_starts_in_one_order(
                [normalised(m["body"], arn) for m in self.plane.submissions(arn)]),
            with_starts_in_one_order(golden["submitted"]))
        names = [c["Config"]["Labels"]["com.amazonaws.ecs.container-name"]
                 for c in golden["containers"]]
        self.assertEqual(sorted(seen), sorted(names))
        registry = task["containers"][0]["image"].split("/")[0]
        for name, recorded in zip(names, golden["containers"]):
            recorded = json.loads(json.dumps(recorded).replace(RECORDED_REGISTRY, registry))
            self.assertEqual(shown(seen[name], arn), ordered(recorded), name)
        self.assertEqual(
            sorted([n, c["State"]["Status"], c["State"]["ExitCode"]] for n, c in ended.items()),
            sorted(golden["final"]))
        return golden, task

    def test_a_task_that_ends_by_itself(self):
        self.replay("exit_zero")

    def test_a_task_that_is_stopped(self):
        self.replay("run_and_stop", stop_after=lambda task: None)

    def test_a_container_out_of_memory(self):
        self.replay("oom")

    def test_a_command_that_does_not_exist(self):
        self.replay("bad_command")

    def test_an_environment_with_awkward_values(self):
        self.replay("env_vars", stop_after=lambda task: None)

    def test_a_nonessential_container_that_ends(self):
        def side_ended(task):
            wait_until(lambda: self.docker.inspect_task(task["arn"])["side"]["State"]["Status"]
                       == "exited", 10, "the side container's end")
        self.replay("nonessential_exits", stop_after=side_ended)

    def test_an_image_pulled_with_an_ecr_token_of_the_execution_role(self):
        registry = Registry(password=ECR_PASSWORD)
        self.addCleanup(registry.stop)
        registry.start()
        image = registry.push(self.engine, payloads.IMAGE, "app:1")

        def prepare(task):
            task["containers"][0]["image"] = image
            auth = task["containers"][0]["registryAuthentication"]["ecrAuthData"]
            auth["endpointOverride"] = self.plane.url
            task["executionRoleCredentials"].update(
                credentialsId=str(uuid.uuid4()), expiration="2099-01-01T00:00:00Z")

        golden, _ = self.replay("ecr_pull", stop_after=lambda task: None, prepare=prepare)
        calls = self.plane.messages("api", "GetAuthorizationToken", "in")
        self.assertEqual([{"target": m["type"], "body": m["body"]} for m in calls],
                         golden["aws_calls"])


if __name__ == "__main__":
    unittest.main()
