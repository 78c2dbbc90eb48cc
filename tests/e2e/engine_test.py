"""Docker Engine goes away, comes back, or hangs, under running tasks."""

import os
import signal
import time
import unittest

import payloads
from harness import EndToEnd, wait_until


class EngineTest(EndToEnd):

    def process_of(self, task):
        (shown,) = self.docker.inspect_task(task["arn"]).values()
        return shown["Id"], shown["State"]["Pid"]

    def answers_heartbeats(self):
        after = self.plane.last_seq()
        self.plane.send_raw("HeartbeatMessage", {"healthy": True, "messageId": f"beat-{after}"})
        self.plane.wait_message(3, "acs", "HeartbeatAckRequest", after=after,
                                where=lambda m: m["body"]["messageId"] == f"beat-{after}")

    def test_a_killed_engine_is_survived_and_the_truth_reported_when_it_is_back(self):
        stays, ends = [self.run_task(payloads.task(payloads.container("main"))) for _ in range(2)]
        before = self.process_of(stays)
        _, doomed = self.process_of(ends)
        self.engine.kill()
        self.answers_heartbeats()
        os.kill(doomed, signal.SIGKILL)
        waits = payloads.task(payloads.container("main"))
        self.plane.send(waits)
        # Nobody can know yet what became of them, so nothing may be said.
        time.sleep(1.5)
        self.assertEqual(self.plane.submissions(stays["arn"], "STOPPED"), [])
        self.assertEqual(self.plane.submissions(ends["arn"], "STOPPED"), [])
        self.assertTrue(self.agent.running())
        self.engine.start()
        self.docker.close()
        report = self.plane.wait_status(ends["arn"], "STOPPED", 30)
        self.assertEqual(report["containers"][0]["exitCode"], 137)
        self.plane.wait_status(waits["arn"], "RUNNING", 30)
        self.assertEqual(self.process_of(stays), before)
        report = self.stop_task(stays)
        self.assertEqual(report["containers"][0]["exitCode"], 137)
        self.assertEqual(len(self.plane.submissions(stays["arn"])), 2)

    def test_a_stop_asked_for_while_the_engine_is_away_is_done_when_it_is_back(self):
        task = self.run_task(payloads.task(payloads.container("main")))
        self.engine.terminate()
        self.plane.wait_acked(self.plane.send(payloads.stopped(task)))
        time.sleep(1)
        self.assertEqual(self.plane.submissions(task["arn"], "STOPPED"), [])
        self.engine.start()
        self.docker.close()
        report = self.plane.wait_status(task["arn"], "STOPPED", 30)
        self.assertEqual(report["containers"][0]["exitCode"], 137)

    def test_what_an_engine_has_lost_is_ended_before_it_is_reported(self):
        task = self.run_task(payloads.task(payloads.container("main")))
        container, pid = self.process_of(task)
        self.engine.kill()
        os.remove(os.path.join(self.engine.root, "lib/containers", container, "config.v2.json"))
        self.engine.start()
        self.docker.close()
        report = self.plane.wait_status(task["arn"], "STOPPED", 30)
        self.assertFalse(os.path.exists(f"/proc/{pid}"), "a process outlived its report")
        self.assertTrue(report["containers"][0]["reason"].startswith("ContainerVanishedError"))

    def test_a_frozen_engine_stops_neither_heartbeats_nor_acknowledgements(self):
        task = self.run_task(payloads.task(payloads.container("main")))
        self.engine.freeze()
        self.addCleanup(self.engine.thaw)
        waits = payloads.task(payloads.container("main"))
        self.plane.wait_acked(self.plane.send(waits), 5)
        self.answers_heartbeats()
        self.engine.thaw()
        self.plane.wait_status(waits["arn"], "RUNNING", 30)
        self.assertEqual(len(self.plane.submissions(task["arn"])), 1)

    def test_a_container_killed_behind_the_agents_back_is_reported_within_a_second(self):
        task = self.run_task(payloads.task(payloads.container("main")))
        _, pid = self.process_of(task)
        os.kill(pid, signal.SIGKILL)
        report = self.plane.wait_status(task["arn"], "STOPPED", 1)
        self.assertEqual(report["containers"][0]["exitCode"], 137)


class MissingEngineTest(EndToEnd):
    start_agent = False

    def test_a_missing_socket_is_named_and_waited_for(self):
        path = os.path.join(self.directory, "late.sock")
        agent = self.new_agent(DOCKER_HOST=f"unix://{path}")
        agent.start()
        wait_until(lambda: path in agent.log_text(), 10, "a log line with the socket's path")
        self.assertTrue(agent.running(), agent.log_text())
        self.assertIn(path, agent.health()["Engine"]["Error"])
        os.symlink(self.engine.socket, path)
        agent.wait_connected(self.plane, seconds=30)
        self.run_task(payloads.task(payloads.container("main")))

    def test_no_permission_on_the_socket_is_said_with_path_and_remedy(self):
        nobody = 65534
        os.chmod(self.directory, 0o755)
        agent = self.new_agent(DOCKER_HOST=f"unix://{self.engine.socket}")
        os.chown(agent.data, nobody, nobody)
        agent.start(user=nobody, group=nobody, extra_groups=[])
        line = wait_until(lambda: next((l for l in agent.log_text().splitlines()
                                        if self.engine.socket in l), None),
                          10, "a log line with the socket's path")
        self.assertIn("permission denied", line.lower())
        # The remedy: who may use this socket.
        self.assertRegex(line.lower(), "root|group")


if __name__ == "__main__":
    unittest.main()
