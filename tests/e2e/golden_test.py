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
RECORDED_FOLDER = "/tmp/conf-host"
FIXED_PORT = "15353"  # The other one of `ports` is the agent's choice.
TIMES = ("executionStoppedAt", "pullStartedAt", "pullStoppedAt")


def running_without_exit_code(golden):
    """The official agent puts an exit code into a report of RUNNING when the container has ended
    before the report is built. A report here says what was true at the moment it is about."""
    del golden["submitted"][0]["containers"][0]["exitCode"]


def no_pending_report(golden):
    """The official agent needed 5.7 s to notice the end of `init` (it looks every 5 s), so that its
    timer of 10 to 30 s sent what had happened to `init` alone. Here the task is RUNNING as soon as
    `init` has ended, and the same changes ride with that report."""
    pending, running, *_ = golden["submitted"]
    running["containers"] = pending["containers"] + running["containers"]
    golden["submitted"].remove(pending)


DIFFERENCES = {"exit_zero": running_without_exit_code, "depends_success": no_pending_report}

# Containers without an order between them start at once: which is first in the RUNNING report is
# chance, here as in the official agent.
STARTS_AT_ONCE = {"nonessential_exits", "restart_policy", "task_limits", "volumes"}
# All of them end because the task is stopped, again with no order between them. In `volumes` there
# is one: a container is stopped before the one whose volumes it uses.
ENDS_AT_ONCE = {"restart_policy", "task_limits"}


def in_one_order(submissions, scenario):
    """Sorts by name what happens at once; every other order is the task's and stays."""
    for body in submissions:
        if (body["status"] == "RUNNING" and scenario in STARTS_AT_ONCE
                or body["status"] == "STOPPED" and scenario in ENDS_AT_ONCE):
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
        value = re.sub(r"\b(ecs-[A-Za-z0-9_-]+)-[0-9a-f]{20}\b", r"\1-RAND", value)
        return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", value)
    return value


def is_recent(value):
    """A time as ECS wants it: a JSON number, seconds since 1970, to the millisecond."""
    return (isinstance(value, (int, float)) and abs(value - time.time()) < 300
            and round(value, 3) == value)


def shown(inspected, task_arn):
    """The recorded parts of one `docker inspect`, normalised."""
    config = dict(inspected["Config"])
    if inspected["Id"].startswith(config["Hostname"]):
        del config["Hostname"]  # The container's own short id, which the recording left out.
    # What the recording kept of a mount; its source and name stand in Binds.
    mounts = [{key: mount.get(key) for key in ("Destination", "Driver", "Mode", "RW", "Type")}
              for mount in inspected["Mounts"]]
    return ordered(normalised({
        "Config": config,
        "HostConfig": inspected["HostConfig"],
        "Mounts": mounts,
        "Name": inspected["Name"],
        "Networks": list(inspected["NetworkSettings"]["Networks"]),
    }, task_arn))


def ordered(container):
    """Environments and mounts are sets: the official agent's order of the former changes from
    container to container, the engine's order of the latter from inspect to inspect."""
    container = copy.deepcopy(container)
    container["Config"]["Env"] = sorted(container["Config"]["Env"] or [])
    container["Mounts"].sort(key=lambda mount: mount["Destination"])
    return container


def with_dynamic_ports(value, chosen):
    """`value` with the host ports that the agent has chosen replaced as in the recording."""
    if isinstance(value, dict):
        return {k: "DYN" if k in ("hostPort", "HostPort") and str(v) in chosen
                else with_dynamic_ports(v, chosen) for k, v in value.items()}
    if isinstance(value, list):
        return [with_dynamic_ports(v, chosen) for v in value]
    return value


class GoldenTest(EndToEnd):
    maxDiff = None

    def replay(self, scenario, stop_after=None, prepare=lambda task: None, chosen_ports=(),
               replaced=()):
        """Runs the scenario's task to its end and compares everything that was recorded. Returns
        the golden file and the task as sent.

        `stop_after` is called with the task once it runs, then it is stopped; `chosen_ports` gains
        the host ports that the agent chose; `replaced` are pairs of text that the recording has,
        and what stands there in this run."""
        golden = load(scenario)
        for recorded, here in replaced:
            golden = json.loads(json.dumps(golden).replace(recorded, here))
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

        submitted = [normalised(m["body"], arn) for m in self.plane.submissions(arn)]
        self.assertEqual(in_one_order(with_dynamic_ports(submitted, chosen_ports), scenario),
                         in_one_order(golden["submitted"], scenario))
        names = [c["Config"]["Labels"]["com.amazonaws.ecs.container-name"]
                 for c in golden["containers"]]
        self.assertEqual(sorted(seen), sorted(names))
        for name, recorded in zip(names, golden["containers"]):
            self.assertEqual(with_dynamic_ports(shown(seen[name], arn), chosen_ports),
                             ordered(recorded), name)
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

    def test_a_container_that_waits_for_anothers_success(self):
        begun = time.monotonic()
        reported = []
        golden, _ = self.replay("depends_success",
                                stop_after=lambda task: reported.append(time.monotonic()))
        self.assertLess(reported[0] - begun, golden["to_running_s"])

    def test_a_container_with_a_restart_policy(self):
        self.replay("restart_policy", stop_after=lambda task: None)

    def test_limits_of_the_task(self):
        self.replay("task_limits", stop_after=lambda task: None)

    def test_volumes_and_volumes_from(self):
        folder = os.path.join(self.directory, "conf-host")
        os.mkdir(folder)
        self.replay("volumes", stop_after=lambda task: None, replaced=[(RECORDED_FOLDER, folder)])

    def test_options_of_docker(self):
        self.replay("host_config", stop_after=lambda task: None)

    def test_published_ports(self):
        chosen = set()

        def note_chosen(task):
            (shown,) = self.docker.inspect_task(task["arn"]).values()
            for bindings in shown["HostConfig"]["PortBindings"].values():
                chosen.update(b["HostPort"] for b in bindings if b["HostPort"] != FIXED_PORT)
            self.assertEqual(len(chosen), 1)
        self.replay("ports", stop_after=note_chosen, chosen_ports=chosen)

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

        golden, _ = self.replay(
            "ecr_pull", stop_after=lambda task: None, prepare=prepare,
            replaced=[(RECORDED_REGISTRY, image.split("/")[0])])
        calls = self.plane.messages("api", "GetAuthorizationToken", "in")
        self.assertEqual([{"target": m["type"], "body": m["body"]} for m in calls],
                         golden["aws_calls"])


if __name__ == "__main__":
    unittest.main()
