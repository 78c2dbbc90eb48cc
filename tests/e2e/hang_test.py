"""An engine that hangs, dies without live restore, or answers nonsense: what was promised meanwhile
and afterwards."""

import json
import os
import random
import signal
import time
import unittest

import cgroups
import payloads
from harness import BehindProxy, EndToEnd, Engine, EnvironmentFailure, wait_until
from programs import wait_gone
from testenv import busybox_tar
from volume_plugin import VolumePlugin

# From 6.15 on the kernel tells what a process ended with.
KERNEL_TELLS = [int(n) for n in os.uname().release.split("-")[0].split(".")[:2]] >= [6, 15]
LONG = bool(os.environ.get("LONGSHORE_LONG"))
TASKS = 30 if LONG else 6
FROZEN_SECONDS = 180 if LONG else 25


def obedient(volumes=(), **fields):
    return payloads.task(payloads.container("main", payloads.OBEDIENT.format(code=0), **fields),
                         volumes=list(volumes))


class FrozenEngineTest(EndToEnd):

    def instance_statuses(self, after):
        return [m["body"]["statuses"][0]["status"]
                for m in self.plane.messages("tcs", "PublishInstanceStatusRequest", "in", after)]

    def process_of(self, task):
        return self.inspect(task)["State"]["Pid"]

    def freeze(self):
        self.engine.freeze()
        self.addCleanup(self.engine.thaw)
        return time.monotonic()

    def test_tasks_go_on_stops_reach_their_processes_and_all_agree_afterwards(self):
        stays, hangs, obeys, refuses, ends = tasks = [
            self.run_task(obedient()), self.run_task(obedient()), self.run_task(obedient()),
            self.run_task(payloads.task(payloads.container("main"))),  # As PID 1 it ignores TERM.
            self.run_task(obedient())]
        tasks += [self.run_task(obedient()) for _ in range(TASKS - len(tasks))]
        processes = {task["arn"]: self.process_of(task) for task in tasks}
        self.assertEqual(self.agent.health()["Problems"], [])

        after = self.plane.last_seq()
        frozen = self.freeze()
        # Sent before anybody knows that the engine hangs, so it hangs inside a call.
        self.plane.wait_acked(self.plane.send(payloads.stopped(hangs)), 5)
        wait_until(lambda: "IMPAIRED" in self.instance_statuses(after), 30, "IMPAIRED")
        health = self.agent.health()
        self.assertFalse(health["Healthy"])
        self.assertIn("the container engine has not answered", health["Problems"][0])

        # Each in its own way: some end at their signal, one is killed after its grace.
        late, never = obedient(), obedient()
        self.plane.wait_acked(self.plane.send(late, never), 5)
        self.plane.send(payloads.stopped(obeys), payloads.stopped(refuses),
                        payloads.stopped(never))
        for task in (hangs, obeys):
            report = self.plane.wait_status(task["arn"], "STOPPED", 15)
            wait_gone(processes[task["arn"]], 1)
            self.assertEqual(self.only_container(report).get("exitCode"),
                             0 if KERNEL_TELLS else None)
        report = self.plane.wait_status(refuses["arn"], "STOPPED", 15)
        wait_gone(processes[refuses["arn"]], 1)
        self.assertEqual(self.only_container(report)["exitCode"], 137)
        self.plane.wait_status(never["arn"], "STOPPED", 15)

        os.kill(processes[ends["arn"]], signal.SIGKILL)
        wait_gone(processes[ends["arn"]], 5)
        if KERNEL_TELLS:
            self.plane.wait_status(ends["arn"], "STOPPED", 5)
        time.sleep(max(0.0, frozen + FROZEN_SECONDS - time.monotonic()))
        if not KERNEL_TELLS:
            self.assertEqual(self.statuses(ends)[-1], "RUNNING")  # Its exit code is not known yet.

        after = self.plane.last_seq()
        self.engine.thaw()
        thawed = time.monotonic()
        self.assertEqual(self.only_container(self.plane.wait_status(ends["arn"], "STOPPED", 30))
                         ["exitCode"], 137)
        self.plane.wait_status(late["arn"], "RUNNING", 30)
        wait_until(lambda: self.agent.health()["Healthy"], 30, "health after the thaw")
        self.assertLess(time.monotonic() - thawed, 30)
        self.assertIn("OK", self.instance_statuses(after))
        for task in [stays, *tasks[5:]]:
            self.assertEqual(self.process_of(task), processes[task["arn"]])
            self.assertEqual(self.statuses(task)[-1], "RUNNING")
        for task in (hangs, obeys, refuses, ends, never):
            self.assertEqual(self.statuses(task).count("STOPPED"), 1)
            self.assertFalse(cgroups.processes(task["arn"]))

    def test_an_agent_that_starts_meanwhile_is_connected_says_so_and_takes_stops(self):
        stays, stops = tasks = [self.run_task(obedient()) for _ in range(2)]
        processes = {task["arn"]: self.process_of(task) for task in tasks}
        self.agent.wait_recorded()
        self.freeze()
        self.agent.kill()
        remembered = os.path.join(self.agent.data, "engine.json")
        with open(remembered, encoding="utf-8") as file:
            facts = json.load(file)
        with open(remembered, "w", encoding="utf-8") as file:
            json.dump({**facts, "version": "19.03"}, file)
        after = self.plane.last_seq()
        self.agent.start_connected(self.plane, 25)
        wait_until(lambda: "IMPAIRED" in self.instance_statuses(after), 5, "IMPAIRED")
        # What it cannot measure yet is not nothing. Metrics go before the instance's status.
        told = self.plane.messages("tcs", "PublishMetricsRequest", "in", after)
        self.assertFalse([m for m in told if m["body"]["metadata"]["idle"]])
        self.assertFalse(self.agent.health()["Healthy"])
        self.plane.send(payloads.stopped(stops))
        self.plane.wait_status(stops["arn"], "STOPPED", 20)
        wait_gone(processes[stops["arn"]], 1)

        # It is another engine than the remembered one: the next start goes by its word.
        self.engine.thaw()
        self.assertEqual(self.agent.wait(30), 1)
        self.agent.start_connected(self.plane)
        wait_until(lambda: self.agent.health()["Healthy"], 30, "health after the thaw")
        self.run_task(obedient())
        self.assertEqual(self.process_of(stays), processes[stays["arn"]])
        self.assertEqual(self.statuses(stays), ["RUNNING"])
        self.assertEqual(self.statuses(stops), ["RUNNING", "STOPPED"])
        self.assertTrue(self.agent.running())


class WithoutLiveRestoreTest(EndToEnd):
    """An engine that ends its containers when it starts again."""

    @classmethod
    def setUpClass(cls):
        cls.engine = Engine(live_restore=False).start()
        cls.addClassCleanup(cls.engine.stop)
        cls.engine.docker("import", "-", payloads.IMAGE, stdin=busybox_tar())

    def test_what_a_restart_of_the_engine_ended_is_reported_and_new_tasks_run(self):
        tasks = [self.run_task(obedient()) for _ in range(3)]
        self.engine.kill()
        self.engine.start()
        self.docker.close()
        for task in tasks:
            self.plane.wait_status(task["arn"], "STOPPED", 30)
            self.assertEqual(self.statuses(task).count("STOPPED"), 1)
            self.assertFalse(self.inspect(task)["State"]["Running"])
        self.run_task(obedient())


class WithoutContainerdTest(EndToEnd):
    """The engine answers while the containerd behind it is away."""

    def test_launches_wait_until_it_is_back(self):
        lives = self.run_task(obedient())
        self.engine.kill_containerd()
        tasks = [obedient() for _ in range(3)]
        for task in tasks:
            self.plane.send(task)
        for task in tasks:
            self.plane.wait_status(task["arn"], "RUNNING", 60)
        for task in [lives, *tasks]:
            self.assertEqual(self.statuses(task), ["RUNNING"])
            self.assertEqual(self.only_container(self.stop_task(task))["exitCode"], 0)


class KilledWithinAStartTest(EndToEnd):
    """An engine that is killed in the middle of a start: it may show its container as created only,
    while the process lives."""

    def test_nothing_lives_on_of_what_is_told_stopped(self):
        marks = os.path.join(self.directory, "marks")
        os.makedirs(marks)
        for turn in range(4):
            task = payloads.task(
                payloads.container("main", f"touch /marks/{turn}; exec sleep 4711", mountPoints=[
                    {"sourceVolume": "marks", "containerPath": "/marks", "readOnly": False}]),
                volumes=[{"name": "marks", "type": "host", "host": {"sourcePath": marks}}])
            self.plane.send(task)
            wait_until(lambda turn=turn: os.path.exists(os.path.join(marks, str(turn))), 30,
                       "the process", 0.001)
            self.engine.kill()
            self.engine.start()
            self.docker.close()
            wait_until(lambda task=task: self.statuses(task), 30, "a word of it")
            if self.statuses(task) == ["RUNNING"]:
                self.stop_task(task)
            self.assertFalse(cgroups.processes(task["arn"]))
            self.assertIn(self.statuses(task), (["STOPPED"], ["RUNNING", "STOPPED"]))


class StuckAtStartTest(BehindProxy):
    """The engine answers, but not what a starting agent asks about containers that it does not know."""

    def send_until_taken(self, task):
        """Sooner than the control plane sends again what is not acknowledged."""
        def taken():
            message = self.plane.send(task)
            try:
                return wait_until(lambda: self.plane.acked(message), 2, "an acknowledgement")
            except EnvironmentFailure:
                return False
        wait_until(taken, 30, "that a task is taken")

    def test_an_agent_connects_and_takes_stops_though_the_list_hangs(self):
        task = self.run_task(obedient())
        self.agent.wait_recorded()
        self.agent.kill()
        hold = self.proxy.hold("GET", "/containers/json")
        self.agent.start_connected(self.plane, 25)
        self.stop_task(task, 20)
        hold.release()
        new = obedient()
        self.send_until_taken(new)
        self.plane.wait_status(new["arn"], "RUNNING")

    def test_a_container_that_nobody_knows_and_that_hangs_keeps_no_task_back(self):
        known, lost = self.run_task(obedient()), payloads.task(payloads.container("main"))
        self.agent.wait_recorded()
        self.agent.kill()
        stranger = self.docker.create("stranger", {
            "Image": payloads.IMAGE, "Cmd": ["sleep", "3600"], "Labels": {
                "com.amazonaws.ecs.cluster": payloads.CLUSTER,
                "com.amazonaws.ecs.container-name": "main",
                "com.amazonaws.ecs.task-arn": lost["arn"],
                "com.amazonaws.ecs.task-definition-family": "e2e",
                "com.amazonaws.ecs.task-definition-version": "7"}})
        self.docker.start(stranger)
        hold = self.proxy.hold("GET", f"/containers/{stranger}/json")
        self.agent.start_connected(self.plane, 25)
        self.run_task(obedient())
        self.stop_task(known)
        # It is a task's, whose record is lost: it is made one again, and not run a second time.
        self.plane.send(lost)
        self.never(lambda: self.plane.submissions(lost["arn"]), 1, "a word of an unknown task")
        hold.release()
        self.send_until_taken(lost)
        self.stop_task(lost)
        self.assertFalse(self.docker.inspect_task(lost["arn"])["main"]["State"]["Running"])
        self.assertEqual(len(self.docker.containers(task_arn=lost["arn"])), 1)


class NonsenseTest(BehindProxy):
    """A quarter of all answers is late, cut short, or an error of the engine's."""

    def test_tasks_run_and_stop_all_the_same(self):
        seed = random.randrange(1 << 32)
        print(f"nonsense: seed {seed}")
        with self.proxy.disturb(0.25, random.Random(seed)):
            tasks = [obedient() for _ in range(TASKS)]
            self.plane.send(*tasks)
            for task in tasks:
                wait_until(lambda t=task: {"RUNNING", "STOPPED"} & set(self.statuses(t)), 60,
                           "a word of each task")
            self.plane.send(*(payloads.stopped(task) for task in tasks))
            for task in tasks:
                self.plane.wait_status(task["arn"], "STOPPED", 60)
        self.assertGreater(self.proxy.disturbed, 0)
        for task in tasks:
            wait_until(lambda t=task: not cgroups.processes(t["arn"]), 30, "the ends of processes")
            self.assertEqual(self.statuses(task).count("STOPPED"), 1)


class HangingVolumeTest(EndToEnd):
    """The engine is well, but calls hang in it: their volumes' server is away."""

    SIDE_BY_SIDE = 16  # Creates and starts that the agent has on their way at a time.

    def setUp(self):
        self.plugin = VolumePlugin(self.directory)
        self.addCleanup(self.plugin.close)  # After the containers that use it are gone.
        super().setUp()

    def on_volume(self):
        return obedient(mountPoints=[{"sourceVolume": "v", "containerPath": "/v"}], volumes=[
            {"name": "v", "type": "docker", "dockerVolumeConfiguration": {
                "scope": "task", "autoprovision": False, "driver": self.plugin.name}}])

    def test_launches_that_hang_hold_up_no_others_and_go_on_when_the_server_is_back(self):
        self.plugin.hang()
        stuck = [self.on_volume() for _ in range(self.SIDE_BY_SIDE + 1)]
        self.plane.send(*stuck)
        wait_until(lambda: self.plugin.hanging >= self.SIDE_BY_SIDE, 60, "the mounts that hang")
        others = [obedient() for _ in range(3)]
        self.plane.send(*others)
        for task in others:
            self.plane.wait_status(task["arn"], "RUNNING", 60)
        stays, *stops = stuck
        self.plane.send(*(payloads.stopped(task) for task in stops))
        self.plugin.mend()
        self.plane.wait_status(stays["arn"], "RUNNING", 60)
        for task in stops:
            self.plane.wait_status(task["arn"], "STOPPED", 60)
            containers = self.docker.inspect_task(task["arn"]).values()
            self.assertFalse([c for c in containers if c["State"]["Running"]])


if __name__ == "__main__":
    unittest.main()
