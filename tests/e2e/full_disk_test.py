"""No room for the agent's state: what cannot be remembered is not acknowledged."""

import os
import subprocess
import unittest

import payloads
from harness import EndToEnd, wait_until


class FullDiskTest(EndToEnd):
    plane_flags = ("--resend-seconds", "2")
    start_agent = False

    def test_a_payload_is_acknowledged_only_when_there_is_room_to_remember_it(self):
        subprocess.run(["/bin/mount", "-t", "tmpfs", "-o", "size=1m", "none", self.agent.data],
                       check=True, timeout=10)
        self.addCleanup(subprocess.run, ["/bin/umount", "-l", self.agent.data], check=True,
                        timeout=10)
        self.agent.start_connected(self.plane)
        before = self.run_task(payloads.task(payloads.container("main")))
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
