"""What tasks take from the host: volumes, port ranges, namespaces, and the line they wait in."""

import os
import time
import unittest

import payloads
from engine_api import EngineError, nanoseconds
from harness import EndToEnd, wait_until
from payloads import after, container

OBEDIENT = payloads.OBEDIENT.format(code=0)
PAUSE = "~internal~ecs~pause~namespace"


def mount(volume, path, read_only=False):
    return {"sourceVolume": volume, "containerPath": path, "readOnly": read_only}


class ResourceTest(EndToEnd):
    settings = {"ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION": "1s"}

    def pid(self, task, name):
        return self.docker.inspect_task(task["arn"])[name]["State"]["Pid"]

    def root(self, task, name):
        """The container's file system, seen from here."""
        return f"/proc/{self.pid(task, name)}/root"

    def volumes(self):
        return {v["Name"]: v for v in self.docker.call("GET", "/volumes")["Volumes"] or []}

    def remove_volume(self, name):
        try:
            self.docker.call("DELETE", f"/volumes/{name}")
        except EngineError as error:
            if error.status != 404:
                raise

    def wait_cleaned_up(self, task):
        wait_until(lambda: not self.docker.containers(task_arn=task["arn"]), 10, "the clean-up")

    # Volumes

    def test_an_empty_volume_is_shared_by_the_task_and_removed_with_it(self):
        task = self.run_task(payloads.task(
            container("writes", "echo told > /e/word; sleep 3600", mountPoints=[mount("v", "/e")]),
            container("reads", mountPoints=[mount("v", "/x", True)], **after("writes", "START")),
            volumes=[{"name": "v", "host": {}}]))
        made = {m["Name"] for c in self.docker.inspect_task(task["arn"]).values()
                for m in c["Mounts"]}
        self.assertEqual(len(made), 1)
        self.assertRegex(min(made), r"^ecs-e2e-7-v-[0-9a-f]{20}$")
        word = os.path.join(self.root(task, "reads"), "x/word")
        wait_until(lambda: os.path.exists(word), 5, "what the other container wrote")
        self.stop_task(task)
        self.wait_cleaned_up(task)
        wait_until(lambda: not made & set(self.volumes()), 5, "the volume's removal")

    def test_a_task_volume_has_its_options_and_is_removed_at_clean_up(self):
        options = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}
        task = self.run_task(payloads.task(
            container("main", mountPoints=[mount("v", "/v")]),
            volumes=[{"name": "v", "type": "docker", "dockerVolumeConfiguration": {
                "scope": "task", "autoprovision": False, "driver": "local",
                "driverOpts": options, "labels": {"who": "e2e"}}}]))
        (made,) = self.docker.inspect_task(task["arn"])["main"]["Mounts"]
        volume = self.docker.call("GET", f"/volumes/{made['Name']}")
        self.assertEqual(volume["Driver"], "local")
        self.assertEqual(volume["Options"], options)
        self.assertEqual(volume["Labels"]["who"], "e2e")
        with open(f"/proc/{self.pid(task, 'main')}/mounts", encoding="utf-8") as mounts:
            self.assertRegex(mounts.read(), r"tmpfs /v tmpfs rw\S*size=1024k")
        self.stop_task(task)
        self.wait_cleaned_up(task)
        wait_until(lambda: made["Name"] not in self.volumes(), 5, "the volume's removal")

    def shared(self, name, autoprovision):
        return payloads.task(
            container("main", mountPoints=[mount(name, "/v")]),
            volumes=[{"name": name, "type": "docker", "dockerVolumeConfiguration": {
                "scope": "shared", "autoprovision": autoprovision, "driver": "local",
                "driverOpts": {}, "labels": {}}}])

    def test_a_shared_volume_is_made_once_and_outlives_its_tasks(self):
        self.addCleanup(self.remove_volume, "common")
        first, second = self.shared("common", True), self.shared("common", False)
        self.run_task(first)
        # The second one may not make it, and need not.
        self.run_task(second)
        with open(os.path.join(self.root(first, "main"), "v/word"), "w", encoding="ascii"):
            pass
        self.assertTrue(os.path.exists(os.path.join(self.root(second, "main"), "v/word")))
        for task in (first, second):
            self.stop_task(task)
        for task in (first, second):
            self.wait_cleaned_up(task)
        self.never(lambda: "common" not in self.volumes(), 1, "the shared volume was removed")

    def test_a_shared_volume_that_is_missing_is_named(self):
        task = self.shared("nowhere", False)
        self.plane.send(task)
        report = self.plane.wait_status(task["arn"], "STOPPED")
        self.assertIn("nowhere", report["reason"])
        self.assertNotIn("containers", report)
        self.assertNotIn("nowhere", self.volumes())
        self.assertEqual(self.docker.inspect_task(task["arn"]), {})

    # Ports

    def test_a_port_range_is_published_in_a_row_and_reported_as_one(self):
        task = payloads.task(container("main", portMappings=[
            {"containerPortRange": "8000-8004", "protocol": "tcp"}]))
        self.plane.send(task)
        report = self.plane.wait_status(task["arn"], "RUNNING")
        (binding,) = report["containers"][0]["networkBindings"]
        self.assertEqual(binding["containerPortRange"], "8000-8004")
        self.assertEqual(binding["protocol"], "tcp")
        self.assertNotIn("containerPort", binding)
        first, last = map(int, binding["hostPortRange"].split("-"))
        self.assertEqual(last - first, 4)
        shown = self.docker.inspect_task(task["arn"])["main"]["NetworkSettings"]["Ports"]
        self.assertEqual(
            {port: {int(b["HostPort"]) for b in bound} for port, bound in shown.items()},
            {f"{8000 + i}/tcp": {first + i} for i in range(5)})

    # Namespaces

    def test_containers_that_share_the_tasks_processes_and_memory(self):
        task = payloads.task(
            container("one", "echo told > /dev/shm/word; exec sleep 4711"),
            container("two", OBEDIENT), pidMode="task", ipcMode="task")
        self.plane.send(task)
        report = self.plane.wait_status(task["arn"], "RUNNING")
        self.assertEqual({c["containerName"] for c in report["containers"]}, {"one", "two"})
        shown = self.docker.inspect_task(task["arn"])
        self.assertEqual(set(shown), {"one", "two", PAUSE})
        for kind in ("pid", "ipc"):
            spaces = {os.readlink(f"/proc/{c['State']['Pid']}/ns/{kind}") for c in shown.values()}
            self.assertEqual(len(spaces), 1, kind)
        self.assertEqual(shown[PAUSE]["HostConfig"]["NetworkMode"], "none")

        def seen_by_two():
            # Its /proc lists the processes of its own namespace.
            listed = self.engine.docker("exec", shown["two"]["Id"], "ps")
            return "sleep 4711" in listed
        wait_until(seen_by_two, 5, "the other container's process")
        self.assertEqual(self.engine.docker("exec", shown["two"]["Id"], "cat", "/dev/shm/word"),
                         "told")
        after_stop = self.plane.last_seq()
        self.stop_task(task)
        ended = {name: nanoseconds(c["State"]["FinishedAt"])
                 for name, c in self.docker.inspect_task(task["arn"]).items()}
        if ended:  # Unless the clean-up was faster.
            self.assertEqual(max(ended, key=ended.get), PAUSE)
        self.wait_cleaned_up(task)
        told = [c["containerName"] for m in self.plane.submissions(task["arn"])
                for c in m["body"]["containers"] if m["seq"] > after_stop]
        self.assertEqual(sorted(told), ["one", "two"])

    # The line

    def test_a_task_waits_for_a_port_and_starts_when_it_is_free(self):
        ports = [{"containerPort": 80, "hostPort": 18099, "protocol": "tcp"}]
        holder = self.run_task(payloads.task(container("main", OBEDIENT, portMappings=ports)))
        waits = payloads.task(container("main", portMappings=ports))
        self.plane.wait_acked(self.plane.send(waits))
        self.never(lambda: self.docker.containers(task_arn=waits["arn"]), 1.2, "it did not wait")
        self.assertEqual(self.plane.submissions(waits["arn"]), [])
        # One that fits passes it.
        self.run_task(payloads.task(container("main")))
        self.assertIn("18099", self.agent.tasks()[waits["arn"]]["WaitsFor"])
        self.plane.send(payloads.stopped(holder))
        self.plane.wait_status(holder["arn"], "STOPPED")
        freed = time.monotonic()
        self.plane.wait_status(waits["arn"], "RUNNING", 5)
        self.assertLess(time.monotonic() - freed, 1)

    def test_a_task_that_waits_in_line_can_be_stopped(self):
        ports = [{"containerPort": 80, "hostPort": 18099, "protocol": "tcp"}]
        self.run_task(payloads.task(container("main", OBEDIENT, portMappings=ports)))
        waits = payloads.task(container("main", portMappings=ports))
        self.plane.wait_acked(self.plane.send(waits))
        report = self.stop_task(waits, 5)
        self.assertNotIn("exitCode", report["containers"][0])
        self.assertEqual(self.docker.containers(task_arn=waits["arn"]), [])


if __name__ == "__main__":
    unittest.main()
