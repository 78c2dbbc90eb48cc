"""Ends of containers: memory, health, and stops that come at any moment."""

import os
import signal
import time
import unittest

import payloads
from event_log import EventLog
from harness import BehindProxy, wait_until
from payloads import after, container

OBEDIENT = payloads.OBEDIENT.format(code=0)
# Doubles a text until memory is over.
GROW = "x=a; while :; do x=$x$x; done"
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"


class LifeTest(BehindProxy):

    def test_a_child_that_runs_out_of_memory_is_no_death(self):
        task = self.run_task(payloads.task(container(
            "main", f"trap 'exit 4' TERM; ({GROW}); touch /tmp/over; sleep 3600 & wait")))
        pid = self.inspect(task)["State"]["Pid"]
        wait_until(lambda: os.path.exists(f"/proc/{pid}/root/tmp/over"), 20, "the child's end")
        self.never(lambda: self.plane.submissions(task["arn"], "STOPPED"), 1.5,
                   "reported STOPPED while it lives")
        reported = self.only_container(self.stop_task(task))
        self.assertEqual(reported["exitCode"], 4)
        # Although the engine says OOMKilled of it now.
        self.assertNotIn("OutOfMemory", reported.get("reason", ""))

    def test_a_main_process_that_runs_out_of_memory_says_so(self):
        task = payloads.task(*(container(f"c{i}", GROW, essential=i == 0) for i in range(3)))
        self.plane.send(task)
        report = self.plane.wait_status(task["arn"], "STOPPED")
        ends = {c["containerName"]: c for c in report["containers"]}
        self.assertEqual(ends["c0"]["exitCode"], 137)
        self.assertEqual(ends["c0"]["reason"], OUT_OF_MEMORY)

    def test_a_kill_from_outside_is_not_taken_for_one_by_memory(self):
        task = self.run_task(payloads.task(container("main")))
        os.kill(self.inspect(task)["State"]["Pid"], signal.SIGKILL)
        reported = self.only_container(self.plane.wait_status(task["arn"], "STOPPED"))
        self.assertEqual(reported["exitCode"], 137)
        self.assertNotIn("OutOfMemory", reported.get("reason", ""))

    def test_a_process_that_ignores_the_signal_is_killed_at_its_stop_timeout(self):
        task = self.run_task(payloads.task(container(
            "main", "trap '' TERM; touch /tmp/deaf; while :; do sleep 1; done", stopTimeout=1)))
        pid = self.inspect(task)["State"]["Pid"]
        wait_until(lambda: os.path.exists(f"/proc/{pid}/root/tmp/deaf"), 5, "the trap")
        asked = time.monotonic()
        reported = self.only_container(self.stop_task(task))
        self.assertGreater(time.monotonic() - asked, 1)
        self.assertLess(time.monotonic() - asked, 4)
        self.assertEqual(reported["exitCode"], 137)

    def test_a_container_that_the_engine_does_not_end_is_ended_through_its_cgroup(self):
        task = self.run_task(payloads.task(container("main", OBEDIENT)))
        pid = self.inspect(task)["State"]["Pid"]
        stops, kills = self.proxy.refuse("POST", "/stop"), self.proxy.refuse("POST", "/kill")
        report = self.stop_task(task, 20)
        self.assertFalse(os.path.exists(f"/proc/{pid}"))
        self.assertEqual(self.only_container(report)["exitCode"], 137)
        # A stop that never reaches the engine is sent again while the container's time to end runs;
        # harder means come after that.
        self.assertGreater(stops.count, 1)
        self.assertEqual(kills.count, 1)

    def test_the_images_own_stop_signal_is_sent(self):
        task = self.run_task(payloads.task(container(
            "main", "trap 'exit 6' USR2; touch /tmp/ready; sleep 3600 & wait",
            dockerConfig={"config": '{"StopSignal":"SIGUSR2"}', "hostConfig": "{}",
                          "version": "1.24"})))
        pid = self.inspect(task)["State"]["Pid"]
        wait_until(lambda: os.path.exists(f"/proc/{pid}/root/tmp/ready"), 5, "the trap")
        self.assertEqual(self.only_container(self.stop_task(task))["exitCode"], 6)

    def stop_while_held(self, part):
        """Asks for a task's end while one of its calls to the engine is on the way; returns the
        task and the call that waits."""
        hold = self.proxy.hold("POST", part)
        task = payloads.task(container("main"))
        self.plane.send(task)
        wait_until(lambda: hold.count, 10, f"the call {part}")
        self.plane.wait_acked(self.plane.send(payloads.stopped(task)))
        return task, hold

    def test_a_stop_during_a_create_does_not_wait_for_it_and_starts_nothing(self):
        task, hold = self.stop_while_held("/containers/create")
        report = self.plane.wait_status(task["arn"], "STOPPED", 2)
        self.assertNotIn("exitCode", self.only_container(report))
        hold.release()
        wait_until(lambda: self.docker.inspect_task(task["arn"]), 5, "the engine's answer")
        self.never(lambda: self.inspect(task)["State"]["Status"] != "created", 1, "started")
        self.assertEqual(self.statuses(task), ["STOPPED"])

    def test_a_stop_during_a_start_ends_what_was_started(self):
        task, hold = self.stop_while_held("/start")
        # The process may come to be: nobody can say STOPPED yet.
        self.never(lambda: self.plane.submissions(task["arn"], "STOPPED"), 0.5, "too early")
        hold.release()
        report = self.plane.wait_status(task["arn"], "STOPPED", 15)
        self.assertEqual(self.only_container(report)["exitCode"], 137)
        # It did run, and the control plane gets to read that.
        self.assertEqual(self.statuses(task), ["RUNNING", "STOPPED"])
        self.assertFalse(self.inspect(task)["State"]["Running"])

    def test_a_stop_during_a_wait_for_another_container_ends_both(self):
        task = payloads.task(
            container("main", **after("db", "HEALTHY")),
            container("db", OBEDIENT, **payloads.health_check("false", retries=100)))
        self.plane.send(task)
        wait_until(lambda: "db" in (seen := self.docker.inspect_task(task["arn"]))
                   and seen["db"]["State"]["Running"], 10, "the dependency's start")
        asked = time.monotonic()
        report = self.stop_task(task)
        self.assertLess(time.monotonic() - asked, 3)
        ends = {c["containerName"]: c for c in report["containers"] if c["status"] == "STOPPED"}
        self.assertEqual(ends["db"]["exitCode"], 0)
        self.assertNotIn("exitCode", ends["main"])
        self.assertEqual(set(self.docker.inspect_task(task["arn"])), {"db"})

    def test_a_start_timeout_ends_what_waits_in_vain(self):
        task = payloads.task(
            container("main", **after("init", "SUCCESS")),
            container("init", OBEDIENT, essential=False, startTimeout=1))
        self.plane.send(task)
        sent = time.monotonic()
        report = self.plane.wait_status(task["arn"], "STOPPED", 15)
        self.assertLess(time.monotonic() - sent, 5)
        ends = {c["containerName"]: c for c in report["containers"] if c["status"] == "STOPPED"}
        self.assertEqual(ends["main"]["exitCode"], 143)
        self.assertIn("CannotStartContainerError", ends["main"]["reason"])
        self.assertTrue(ends["main"]["reason"].endswith("has timed out."), ends["main"]["reason"])

    def test_unhealthy_reaches_the_control_plane_within_seconds(self):
        log = EventLog(self.engine.socket, "health_status")
        self.addCleanup(log.close)
        task = self.run_task(payloads.task(container(
            "main", "touch /tmp/ok; sleep 3600",
            **payloads.health_check("test", "-e", "/tmp/ok", interval=0.5, retries=1))))

        def status(wanted):
            return lambda m: any(c["healthStatus"] == wanted for t in m["body"]["tasks"]
                                 for c in t["containers"] if t["taskArn"] == task["arn"])
        self.plane.wait_message(10, "tcs", "PublishHealthRequest", where=status("HEALTHY"))
        shown = self.inspect(task)
        os.unlink(f"/proc/{shown['State']['Pid']}/root/tmp/ok")
        message = self.plane.wait_message(10, "tcs", "PublishHealthRequest",
                                          where=status("UNHEALTHY"))
        (turned,) = log.times(shown["Id"], "health_status: unhealthy")
        self.assertLess(message["time"] - turned / 1e9, 2)
        # An unhealthy container goes on: the control plane decides.
        self.assertEqual(self.statuses(task), ["RUNNING"])
        self.assertTrue(self.inspect(task)["State"]["Running"])


if __name__ == "__main__":
    unittest.main()
