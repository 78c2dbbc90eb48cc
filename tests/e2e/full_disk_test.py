"""No room for the agent's state, or a disk that takes no writes: what cannot be remembered is not
acknowledged, and everything else goes on."""

import os
import subprocess
import unittest

import payloads
from harness import EndToEnd, wait_until
from programs import wait_gone


class FullDiskTest(EndToEnd):
    plane_flags = ("--resend-seconds", "2")
    start_agent = False

    def mount(self, *options):
        subprocess.run(["/bin/mount", *options, self.agent.data], check=True, timeout=10)

    def setUp(self):
        super().setUp()
        # Twice what the log of the database grows to before it is written back.
        self.mount("-t", "tmpfs", "-o", "size=8m", "none")
        self.addCleanup(subprocess.run, ["/bin/umount", "-l", self.agent.data], check=True,
                        timeout=10)

    def pid_of(self, task):
        (shown,) = self.docker.inspect_task(task["arn"]).values()
        return shown["State"]["Pid"]

    def assert_waits_for_the_disk(self, mend):
        """A payload is taken only after the disk was mended, and then at once."""
        task = payloads.task(payloads.container("main"))
        message_id = self.plane.send(task)
        self.never(lambda: self.plane.acked(message_id), 2, "acknowledged without being saved")
        self.assertEqual(self.docker.inspect_task(task["arn"]), {})
        self.assertTrue(self.agent.running())
        mend()
        self.plane.wait_acked(message_id, 15)
        self.plane.wait_status(task["arn"], "RUNNING")
        return task

    def assert_survives_start(self, break_disk, mend):
        """The agent dies, finds the disk like that, and goes on."""
        self.agent.start_connected(self.plane)
        before = self.run_task(payloads.task(payloads.container("main")))
        pid = self.pid_of(before)
        self.agent.kill()
        break_disk()
        self.agent.start_connected(self.plane)
        self.assertEqual(self.pid_of(before), pid)
        after = self.assert_waits_for_the_disk(mend)
        # What was saved since is there for the next start.
        self.agent.kill()
        self.agent.start_connected(self.plane)
        self.assertEqual(set(self.agent.tasks()), {before["arn"], after["arn"]})
        self.assertEqual(self.pid_of(before), pid)
        for task in (before, after):
            self.stop_task(task)
            statuses = [m["body"]["status"] for m in self.plane.submissions(task["arn"])]
            # RUNNING may come twice: the crash may be between its acceptance and the save of that.
            self.assertEqual(sorted(set(statuses), key=statuses.index), ["RUNNING", "STOPPED"])
            self.assertEqual(statuses.count("STOPPED"), 1)

    def test_a_start_on_a_full_disk_takes_over_what_runs(self):
        filler = os.path.join(self.agent.data, "filler")
        self.assert_survives_start(lambda: self.fill(filler), lambda: os.unlink(filler))

    def test_a_start_on_a_read_only_disk_takes_over_what_runs(self):
        self.assert_survives_start(lambda: self.mount("-o", "remount,ro"),
                                   lambda: self.mount("-o", "remount,rw"))

    def test_a_host_without_any_state_waits_for_room(self):
        filler = os.path.join(self.agent.data, "filler")
        self.fill(filler)
        self.agent.start()
        wait_until(lambda: "cannot open the state database" in self.agent.log_text(), 10,
                   "a word about the disk")
        after = self.plane.last_seq()
        os.unlink(filler)
        self.agent.wait_connected(self.plane, after)
        self.assertEqual(len(self.plane.messages("api", "RegisterContainerInstance", "in")), 1)

    def test_a_payload_is_acknowledged_only_when_there_is_room_to_remember_it(self):
        self.agent.start_connected(self.plane)
        before = self.run_task(payloads.task(
            payloads.container("main", payloads.OBEDIENT.format(code=0))))
        pid = self.pid_of(before)
        filler = os.path.join(self.agent.data, "filler")
        self.fill(filler)

        task = payloads.task(payloads.container("main"))
        message_id = self.plane.send(task)
        line = wait_until(lambda: next((l for l in self.agent.log_text().splitlines()
                                        if "full" in l or "No space" in l), None),
                          10, "a log line about the full disk")
        self.assertIn(self.agent.data, line)
        self.never(lambda: self.plane.acked(message_id), 2, "acknowledged without being saved")
        self.assertEqual(self.plane.submissions(task["arn"]), [])
        self.assertEqual(self.docker.inspect_task(task["arn"]), {})
        self.assertTrue(self.agent.running())
        # A stop needs no room; that it was done does.
        stop_id = self.plane.send(payloads.stopped(before))
        wait_gone(pid, 5)
        self.never(lambda: self.plane.acked(stop_id), 1, "acknowledged without being saved")
        (problem,) = self.agent.health()["Problems"]
        self.assertIn("the state cannot be saved", problem)
        self.assertEqual(len(self.plane.submissions(before["arn"])), 1)

        os.unlink(filler)
        self.plane.wait_acked(message_id, 15)
        self.plane.wait_status(task["arn"], "RUNNING")
        self.stop_task(before)
        self.stop_task(task)

    def fill(self, path):
        with open(path, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass  # Full, as wanted.


if __name__ == "__main__":
    unittest.main()
