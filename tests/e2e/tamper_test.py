"""Somebody else pauses, renames, removes, stops and starts our containers, or takes what is meant
for them: each is noticed, and nothing is reported STOPPED that lives."""

import os
import signal
import socket
import time
import unittest

import payloads
from harness import BehindProxy, wait_until
from payloads import container
from testenv import busybox_tar

OBEDIENT = payloads.OBEDIENT.format(code=5)


class TamperTest(BehindProxy):

    def setUp(self):
        super().setUp()
        self.task = self.run_task(payloads.task(container("main", OBEDIENT)))
        (shown,) = self.docker.inspect_task(self.task["arn"]).values()
        self.container, self.pid = shown["Id"], shown["State"]["Pid"]

    def by_hand(self, verb):
        self.docker.call("POST", f"/containers/{self.container}/{verb}")

    def alive(self):
        return self.docker.inspect(self.container)["State"]["Running"]

    def stops(self):
        return self.plane.submissions(self.task["arn"], "STOPPED")

    def run_with_its_port_taken(self, task, name):
        """Somebody takes the host port that was picked for port 80 of the container before it is
        started. Returns that port and the report of RUNNING."""
        hold = self.proxy.hold("POST", "/start")
        self.plane.send(task)
        wait_until(lambda: hold.count == 1, 20, "the call to start it")
        (bound,) = self.inspect(task, name)["HostConfig"]["PortBindings"]["80/tcp"]
        port = int(bound["HostPort"])
        with socket.socket() as taken:
            taken.bind(("0.0.0.0", port))
            taken.listen()
            hold.release()
            return port, self.plane.wait_status(task["arn"], "RUNNING")

    def compare(self):
        """Makes the agent compare what it knows with what there is, as it does every 30 s."""
        self.proxy.cut_events()

    def logged(self, *words):
        """Whether one line of the agent's log has all these words."""
        return any(all(word in line for word in words)
                   for line in self.agent.log_text().splitlines())

    def test_a_paused_container_is_noticed_and_lives(self):
        self.by_hand("pause")
        self.compare()
        wait_until(lambda: self.logged("paused", self.container[:12]), 5, "a log line")
        self.never(self.stops, 1.5, "reported STOPPED")
        self.by_hand("unpause")
        self.never(self.stops, 0.5, "reported STOPPED")
        report = self.stop_task(self.task)
        self.assertEqual(report["containers"][0]["exitCode"], 5)

    def test_a_paused_container_is_stopped_all_the_same(self):
        self.by_hand("pause")
        asked = time.monotonic()
        self.stop_task(self.task, 30)
        self.assertFalse(os.path.exists(f"/proc/{self.pid}"))
        self.assertLess(time.monotonic() - asked, 15)

    def test_a_renamed_container_stays_ours(self):
        self.by_hand("rename?name=somebody-elses-" + self.container[:8])
        self.compare()
        wait_until(lambda: self.logged("renamed", self.container[:12]), 5, "a log line")
        self.never(self.stops, 0.5, "reported STOPPED")
        self.agent.kill()
        self.agent.start_connected(self.plane)
        self.never(self.stops, 1, "reported STOPPED")
        report = self.stop_task(self.task)
        self.assertEqual(report["containers"][0]["exitCode"], 5)
        self.assertEqual(len(self.docker.containers(task_arn=self.task["arn"])), 1)

    def test_a_removed_container_is_reported_at_once(self):
        self.docker.remove(self.container)
        report = self.plane.wait_status(self.task["arn"], "STOPPED", 2)
        self.assertFalse(os.path.exists(f"/proc/{self.pid}"))
        self.assertEqual(report["containers"][0]["status"], "STOPPED")

    def test_a_container_stopped_by_hand_is_reported_with_its_exit_code(self):
        self.by_hand("stop?t=2")
        report = self.plane.wait_status(self.task["arn"], "STOPPED", 2)
        self.assertEqual(report["containers"][0]["exitCode"], 5)

    def test_a_container_started_again_after_its_report_is_stopped_again(self):
        self.by_hand("stop?t=2")
        self.plane.wait_status(self.task["arn"], "STOPPED", 2)
        self.by_hand("start")
        wait_until(lambda: not self.alive(), 10, "the end of what was reported STOPPED")
        self.assertEqual(len(self.stops()), 1)

    def test_a_restart_by_hand_ends_as_it_is_reported(self):
        self.by_hand("restart?t=2")
        # Either it lives and nobody says otherwise, or it is reported STOPPED and does not.
        wait_until(lambda: bool(self.stops()) != self.alive(), 10, "one truth")
        self.never(lambda: bool(self.stops()) == self.alive(), 1.5, "two truths")

    def test_a_restart_by_hand_that_no_event_told_is_found_and_ended(self):
        with self.proxy.lose_events():
            self.by_hand("restart?t=2")
            report = self.plane.wait_status(self.task["arn"], "STOPPED", 15)
        self.assertIn("ContainerRestartedError", report["containers"][0]["reason"])
        self.assertFalse(self.alive())

    def test_a_restart_by_hand_while_the_agent_was_down_is_one_of_its_policy(self):
        task = self.run_task(payloads.task(container("main", OBEDIENT, restartPolicy={
            "enabled": True, "ignoredExitCodes": [], "restartAttemptPeriod": 0})))
        shown = self.inspect(task)
        self.agent.kill()
        self.docker.call("POST", f"/containers/{shown['Id']}/restart?t=2")
        self.agent.start_connected(self.plane)

        def restarts():
            return self.agent.tasks()[task["arn"]]["Containers"][0]["RestartCount"]
        wait_until(lambda: restarts() == 1, 15, "the restart")
        self.never(lambda: self.statuses(task) != ["RUNNING"], 1.5, "another word")
        self.assertTrue(self.inspect(task)["State"]["Running"])
        # The new process is the one that is watched now.
        os.kill(self.inspect(task)["State"]["Pid"], signal.SIGKILL)
        wait_until(lambda: restarts() == 2, 15, "the next restart")

    def test_volumes_are_those_of_the_container_that_is_made_anew_for_its_port(self):
        self.engine.docker("import", "--change", "VOLUME /data", "-", "volume:test",
                           stdin=busybox_tar())
        task = payloads.task(
            container("source", OBEDIENT, image="volume:test",
                      portMappings=[{"containerPort": 80}]),
            container("user", OBEDIENT,
                      volumesFrom=[{"sourceContainer": "source", "readOnly": False}]))
        self.run_with_its_port_taken(task, "source")
        source, user = ([(m["Destination"], m["Source"]) for m in self.inspect(task, n)["Mounts"]]
                        for n in ("source", "user"))
        self.assertEqual(len(source), 1)
        self.assertEqual(source, user)

    def test_a_picked_host_port_that_somebody_takes_before_the_start_ends_no_task(self):
        task = payloads.task(container("main", OBEDIENT, portMappings=[{"containerPort": 80}]))
        port, report = self.run_with_its_port_taken(task, "main")
        (binding,) = report["containers"][0]["networkBindings"]
        self.assertNotEqual(binding["hostPort"], port)
        self.assertEqual(len(self.docker.containers(task_arn=task["arn"])), 1)

    def test_a_container_started_again_while_the_agent_was_down_is_stopped_again(self):
        self.stop_task(self.task)
        self.agent.wait_recorded()
        self.agent.kill()
        self.by_hand("start")
        self.agent.start_connected(self.plane)
        wait_until(lambda: not self.alive(), 15, "the end of what was reported STOPPED")
        self.assertEqual(len(self.stops()), 1)


if __name__ == "__main__":
    unittest.main()
