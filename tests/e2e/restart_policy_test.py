"""Containers with a restart policy on the real engine."""

import unittest

import payloads
from event_log import EventLog
from harness import BehindProxy, wait_until
from payloads import container


def policy(period, *ignored):
    """Fields of a container that is started again after a run of at least `period` seconds."""
    return {"restartPolicy": {"enabled": True, "ignoredExitCodes": list(ignored),
                              "restartAttemptPeriod": period}}


class RestartPolicyTest(BehindProxy):

    def setUp(self):
        super().setUp()
        self.log = EventLog(self.engine.socket, "start", "die")
        self.addCleanup(self.log.close)

    def starts(self, container_id):
        return len(self.log.times(container_id, "start"))

    def test_a_container_is_started_again_in_place_and_nobody_is_told(self):
        task = self.run_task(payloads.task(
            container("main"),
            container("flaky", "sleep 1.1; exit 1", essential=False, **policy(1, 0))))
        first = self.inspect(task, "flaky")
        wait_until(lambda: self.starts(first["Id"]) == 3, 10, "two restarts")
        again = self.inspect(task, "flaky")
        self.assertEqual(again["Id"], first["Id"])
        self.assertEqual(again["Name"], first["Name"])
        # By the agent, not by the engine.
        self.assertEqual(again["HostConfig"]["RestartPolicy"]["Name"], "")
        self.assertEqual(self.statuses(task), ["RUNNING"])
        counts = {c["Name"]: c["RestartCount"]
                  for c in self.agent.tasks()[task["arn"]]["Containers"]}
        self.assertEqual(counts, {"main": 0, "flaky": 2})
        # Between two runs lies what the engine needs, and no poll.
        died = self.log.times(first["Id"], "die")[0]
        self.assertLess(self.log.times(first["Id"], "start")[1] - died, 1_000_000_000)
        report = self.stop_task(task)
        self.assertEqual({c["containerName"] for c in report["containers"]}, {"main", "flaky"})
        self.assertFalse(self.inspect(task, "flaky")["State"]["Running"])
        self.assertEqual(self.statuses(task), ["RUNNING", "STOPPED"])

    def test_an_ignored_exit_code_is_final(self):
        task = payloads.task(container("main", "sleep 1.1; exit 7", **policy(1, 5, 7)))
        self.plane.send(task)
        report = self.plane.wait_status(task["arn"], "STOPPED")
        self.assertEqual(self.only_container(report)["exitCode"], 7)
        self.assertEqual(self.starts(self.inspect(task)["Id"]), 1)

    def test_a_run_shorter_than_the_attempt_period_is_final(self):
        task = payloads.task(container("main", "exit 3", **policy(60)))
        self.plane.send(task)
        report = self.plane.wait_status(task["arn"], "STOPPED")
        self.assertEqual(self.only_container(report)["exitCode"], 3)
        self.assertEqual(self.starts(self.inspect(task)["Id"]), 1)

    def test_a_stop_during_a_restart_wins(self):
        task = self.run_task(payloads.task(
            container("main", "sleep 1.1; exit 1", **policy(1))))
        hold = self.proxy.hold("POST", "/start")
        wait_until(lambda: hold.count, 10, "the restart's start call")
        self.plane.wait_acked(self.plane.send(payloads.stopped(task)))
        hold.release()
        self.plane.wait_status(task["arn"], "STOPPED", 15)
        self.assertFalse(self.inspect(task)["State"]["Running"])
        self.never(lambda: self.inspect(task)["State"]["Running"], 1.5, "started after its stop")
        self.assertEqual(self.statuses(task), ["RUNNING", "STOPPED"])

    def test_a_restart_during_which_the_agent_is_killed_leaves_one_container(self):
        task = self.run_task(payloads.task(
            container("main", "sleep 1.1; exit 1", **policy(1))))
        first = self.inspect(task)["Id"]
        hold = self.proxy.hold("POST", "/start")
        wait_until(lambda: hold.count, 10, "the restart's start call")
        self.agent.kill()
        hold.release()
        self.agent.start_connected(self.plane)
        wait_until(lambda: self.starts(first) >= 3, 10, "one more restart")
        self.assertEqual([c["Id"] for c in self.docker.containers(task_arn=task["arn"])], [first])
        self.assertEqual(self.statuses(task), ["RUNNING"])


if __name__ == "__main__":
    unittest.main()
