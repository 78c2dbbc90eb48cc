"""A container a second, over a link that breaks: the agent grows by nothing."""

import os
import time
import unittest

import payloads
from harness import EndToEnd, wait_until
from programs import sleep_until

LONG = bool(os.environ.get("LONGSHORE_LONG"))
WARM_UP_SECONDS = 300 if LONG else 10
SECONDS = 1800 if LONG else 25
FLAP_SECONDS = 10
LIMIT_KIB = 1024


class ChurnTest(EndToEnd):
    settings = {"ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION": "1s"}

    def anonymous_kib(self):
        """What is the agent's own: file pages come and go with the kernel's wishes."""
        with open(f"/proc/{self.agent.pid}/status", encoding="ascii") as lines:
            for line in lines:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1])
        raise AssertionError("no RssAnon")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.agent.pid}/fd"))

    def break_link(self):
        """The control plane closes the ACS connection, and twice does not tell where to connect."""
        self.plane.fault(channel="acs", match="raw", action="close")
        self.plane.post("/_longshore/acs", {})
        self.plane.fault(channel="api", match="DiscoverPollEndpoint", action="refuse", times=2)

    def test_memory_and_descriptors_stay_where_they_are(self):
        tasks = []
        low = {}
        began = time.monotonic()
        for second in range(SECONDS):
            sleep_until(began + second)
            self.plane.record()  # Read along: the control plane keeps the latest 10,000 messages.
            tasks.append(payloads.task(payloads.container("main", ["sleep", "2"])))
            self.plane.send(tasks[-1])
            if second % FLAP_SECONDS == FLAP_SECONDS - 1:
                self.break_link()
            if second == WARM_UP_SECONDS:
                low = {"kib": self.anonymous_kib(), "descriptors": self.descriptors()}
        grown = self.anonymous_kib() - low["kib"]
        opened = self.descriptors() - low["descriptors"]
        print(f"churn: {len(tasks)} tasks, after the warm-up {grown:+} KiB and {opened:+} "
              "descriptors")
        self.assertLessEqual(grown, LIMIT_KIB)
        wait_until(lambda: not self.agent.tasks(), 60, "an agent without tasks")
        self.assertLessEqual(self.descriptors(), low["descriptors"])
        for task in tasks:
            self.assertEqual(self.statuses(task).count("STOPPED"), 1, task["arn"])


if __name__ == "__main__":
    unittest.main()
