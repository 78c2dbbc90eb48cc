"""Tasks of several containers: the order of start and stop, and ends at awkward moments."""

import socket
import time
import unittest

import payloads
from engine_api import nanoseconds
from harness import EndToEnd, wait_until
from payloads import after, container

OBEDIENT = payloads.OBEDIENT.format(code=0)


class StopTest(EndToEnd):

    def times(self, task, key):
        """{container name: State.StartedAt or FinishedAt, in nanoseconds}"""
        return {name: nanoseconds(shown["State"][key])
                for name, shown in self.docker.inspect_task(task["arn"]).items()}

    def test_start_order_is_kept_and_the_stop_is_its_reverse(self):
        task = self.run_task(payloads.task(
            container("third", OBEDIENT, **after("second", "START")),
            container("second", OBEDIENT, **after("first", "START")),
            container("first", OBEDIENT)))
        started = self.times(task, "StartedAt")
        self.assertEqual(sorted(started, key=started.get), ["first", "second", "third"])
        self.stop_task(task)
        finished = self.times(task, "FinishedAt")
        self.assertEqual(sorted(finished, key=finished.get), ["third", "second", "first"])

    def test_success_waits_for_exit_code_0(self):
        task = self.run_task(payloads.task(
            container("main", **after("init", "SUCCESS")),
            container("init", "sleep 0.5; exit 0", essential=False)))
        self.assertLess(self.times(task, "FinishedAt")["init"],
                        self.times(task, "StartedAt")["main"])
        self.stop_task(task)

    def test_success_that_cannot_be_met_stops_the_task(self):
        task = payloads.task(
            container("main", **after("init", "SUCCESS")),
            container("init", "exit 3", essential=False))
        self.plane.send(task)
        report = self.plane.wait_status(task["arn"], "STOPPED")
        states = {c["containerName"]: c for c in report["containers"]}
        self.assertEqual(states["init"]["exitCode"], 3)
        # The code of a container that never ran because of its dependency.
        self.assertEqual(states["main"]["exitCode"], 143)
        self.assertIn("CannotStartContainerError", states["main"]["reason"])
        self.assertNotIn("main", self.docker.inspect_task(task["arn"]))

    def test_complete_waits_for_an_end_with_any_exit_code(self):
        task = self.run_task(payloads.task(
            container("main", **after("init", "COMPLETE")),
            container("init", "sleep 0.3; exit 3", essential=False)))
        self.assertLess(self.times(task, "FinishedAt")["init"],
                        self.times(task, "StartedAt")["main"])

    def test_healthy_waits_for_the_health_check(self):
        task = self.run_task(payloads.task(
            container("main", **after("db", "HEALTHY")),
            container("db", "sleep 1; touch /tmp/ready; sleep 3600",
                      **payloads.health_check("test", "-e", "/tmp/ready"))), 30)
        shown = self.docker.inspect_task(task["arn"])
        self.assertEqual(shown["db"]["State"]["Health"]["Status"], "healthy")
        healthy = [probe for probe in shown["db"]["State"]["Health"]["Log"]
                   if probe["ExitCode"] == 0]
        self.assertTrue(healthy)
        started = self.times(task, "StartedAt")
        self.assertGreater(started["main"], started["db"])

    def test_an_essential_container_that_ends_stops_the_others(self):
        task = self.run_task(payloads.task(
            container("main", "sleep 1; exit 7"), container("side", OBEDIENT, essential=False)))
        report = self.plane.wait_status(task["arn"], "STOPPED")
        codes = {c["containerName"]: c["exitCode"] for c in report["containers"]}
        self.assertEqual(codes, {"main": 7, "side": 0})
        self.assertEqual(report["reason"], "")

    def test_circular_dependencies_are_refused_with_a_reason(self):
        task = payloads.task(container("one", **after("two", "START")),
                             container("two", **after("one", "START")))
        message_id = self.plane.send(task)
        report = self.plane.wait_status(task["arn"], "STOPPED")
        self.assertEqual(report["reason"],
                         f"Task dependencies cannot be resolved, taskArn: {task['arn']}")
        self.plane.wait_acked(message_id)
        self.assertEqual(self.docker.inspect_task(task["arn"]), {})

    def test_stopped_for_an_unknown_task_is_answered_with_stopped(self):
        task = payloads.task(container("main"), desiredStatus="STOPPED")
        message_id = self.plane.send(task)
        report = self.plane.wait_status(task["arn"], "STOPPED")
        self.assertNotIn("exitCode", report["containers"][0])
        self.plane.wait_acked(message_id)
        self.assertEqual(self.docker.inspect_task(task["arn"]), {})

    def test_stop_right_after_start_leaves_nothing_running(self):
        tasks = [payloads.task(container("main")) for _ in range(4)]
        self.plane.send(*tasks)
        self.plane.send(*(payloads.stopped(task) for task in tasks))
        for task in tasks:
            self.plane.wait_status(task["arn"], "STOPPED")
        wait_until(lambda: not any(c["State"] == "running" for c in self.docker.containers()), 5,
                   "the end of every container")

    def test_stop_during_a_pull_does_not_wait_for_the_registry(self):
        # Accepts connections and never says a word.
        with socket.create_server(("127.0.0.1", 0)) as registry:
            image = f"127.0.0.1:{registry.getsockname()[1]}/never:1"
            task = payloads.task(container("main", image=image))
            self.plane.wait_acked(self.plane.send(task))
            registry.settimeout(10)
            connection, _ = registry.accept()
            self.addCleanup(connection.close)
            asked = time.monotonic()
            report = self.stop_task(task)
            self.assertLess(time.monotonic() - asked, 5)
            self.assertNotIn("exitCode", report["containers"][0])
            self.assertNotIn("runtimeId", report["containers"][0])

    def test_a_task_missing_from_a_manifest_is_stopped_only_when_that_is_verified(self):
        missing, listed = [self.run_task(payloads.task(container("main"))) for _ in range(2)]
        # The test answers in place of standalone, which knows both tasks.
        self.plane.fault(channel="acs", match="TaskStopVerificationAck", action="drop", times=1)
        instance = self.plane.messages("acs", "connect")[0]["body"]["containerInstanceArn"]
        after = self.plane.last_seq()
        self.plane.send_raw("TaskManifestMessage", {
            "clusterArn": listed["taskClusterArn"], "containerInstanceArn": instance,
            "messageId": "manifest", "timeline": 1_000_000_000_000, "generatedAt": 1,
            "tasks": [{"taskArn": listed["arn"], "taskClusterArn": listed["taskClusterArn"],
                       "desiredStatus": "RUNNING"}]})
        asked = self.plane.wait_message(5, "acs", "TaskStopVerificationMessage", after=after)["body"]
        self.assertEqual(asked["messageId"], "manifest")
        self.assertEqual([c["taskArn"] for c in asked["stopCandidates"]], [missing["arn"]])
        self.assertEqual(asked["stopCandidates"][0]["desiredStatus"], "STOPPED")
        self.plane.wait_acked("manifest")
        self.never(lambda: self.plane.submissions(missing["arn"], "STOPPED"), 1,
                   "stopped without verification")
        self.plane.send_raw("TaskStopVerificationAck", {
            "messageId": "manifest", "generatedAt": 1,
            "stopTasks": [{"taskArn": missing["arn"], "desiredStatus": "STOPPED",
                           "taskClusterArn": missing["taskClusterArn"]}]})
        self.plane.wait_status(missing["arn"], "STOPPED")
        self.assertEqual(self.plane.submissions(listed["arn"], "STOPPED"), [])

    def test_a_repeated_payload_changes_nothing(self):
        task = self.run_task(payloads.task(container("main")))
        self.plane.wait_acked(self.plane.send(task))
        self.assertEqual(len(self.docker.containers(task_arn=task["arn"])), 1)
        self.assertEqual(len(self.plane.submissions(task["arn"])), 1)


if __name__ == "__main__":
    unittest.main()
