"""Processes die at random while the engine's events get lost and their stream is cut: what is
reported must be what happened. The kernel and the engine's own socket are the judges.

LONGSHORE_LONG=1 takes sixty containers for five minutes instead of twenty for 45 s.
"""

import os
import random
import signal
import statistics
import sys
import time
import unittest

import payloads
from engine_api import EngineError, nanoseconds
from harness import BehindProxy, wait_until

LONG = bool(os.environ.get("LONGSHORE_LONG"))
CONTAINERS = 60 if LONG else 20
SECONDS = 300 if LONG else 45
BETWEEN_KILLS = 1.0 if LONG else 1.2
DROP = 0.3
CUT_AFTER = 20
REPORT_WITHIN = 30
#: The end of a container that ends no task rides with a timer of 10 to 30 s, as in the official
#: agent, and the timer counts from the noticing.
REPORT_ASIDE_WITHIN = REPORT_WITHIN + 30


NAME_LABEL = "com.amazonaws.ecs.container-name"
ESSENTIAL = "c0"


def living(pid):
    """(pid, when it began) of a process that is more than something to be reaped, or None. Its
    number alone may be another one's a minute later."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in ("Z", "X") else (pid, int(fields[19]))


class TruthTest(BehindProxy):

    def setUp(self):
        seed = int(os.environ.get("LONGSHORE_SEED") or random.SystemRandom().randrange(1_000_000))
        print(f"LONGSHORE_SEED={seed}", file=sys.stderr)
        self.dice = random.Random(seed)
        self.proxy_settings = {"drop": DROP, "cut_after": CUT_AFTER,
                               "random_source": random.Random(seed)}
        super().setUp()
        self.tasks = {}      #: {arn: task} of all that were sent.
        self.processes = {}  #: {container id: as of living()} of all that were seen to run.
        self.essential = set()  #: Those of them whose end is their task's.
        self.judged = set()  #: Reports already compared with the kernel.

    def new_task(self):
        """One to three containers, the first essential, each with an exit code of its own."""
        count = self.dice.choice((1, 1, 1, 2, 3))
        task = payloads.task(*(
            payloads.container(
                f"c{i}", payloads.OBEDIENT.format(code=self.dice.randrange(1, 100)),
                essential=i == 0, memory=0, cpu=2)
            for i in range(count)))
        self.tasks[task["arn"]] = task
        return task

    def fill_up(self):
        """Sends as many tasks as are missing."""
        ended = {m["body"]["task"] for m in self.submissions()
                 if m["body"]["status"] == "STOPPED"}
        here = sum(len(task["containers"]) for arn, task in self.tasks.items() if arn not in ended)
        new = []
        while here < CONTAINERS:
            new.append(self.new_task())
            here += len(new[-1]["containers"])
        if new:
            self.plane.send(*new)

    def submissions(self):
        return self.plane.messages("api", "SubmitTaskStateChange", "in")

    def stops(self):
        """[(report, its STOPPED change of a container that was made)]"""
        return [(message, change) for message in self.submissions()
                for change in message["body"].get("containers", [])
                if change["status"] == "STOPPED" and "runtimeId" in change]

    def note_processes(self):
        """Remembers each container's process while it runs; returns those that run now."""
        running = [c["Id"] for c in self.docker.containers() if c["State"] == "running"]
        for container in running:
            if container not in self.processes:
                shown = self.docker.inspect(container)
                process = living(shown["State"]["Pid"])
                if shown["State"]["Running"] and process:
                    self.processes[container] = process
                    if shown["Config"]["Labels"][NAME_LABEL] == ESSENTIAL:
                        self.essential.add(container)
        return [container for container in running if container in self.processes]

    def judge_new_reports(self):
        """Nothing that is reported STOPPED lives at that moment."""
        for message, change in self.stops():
            container = change["runtimeId"]
            if (message["seq"], container) not in self.judged:
                self.judged.add((message["seq"], container))
                process = self.processes.get(container)
                self.assertFalse(process and living(process[0]) == process,
                                 f"{change} lives as process {process}")

    def victim(self, running, left):
        """One of those that run. Near the end none whose report may ride with the timer: it would
        only have to be waited for."""
        if left < REPORT_ASIDE_WITHIN / 2:
            running = [c for c in running if c in self.essential]
        return self.dice.choice(running) if running else None

    def kill(self, container):
        """Returns whether it was there to be killed: its task may just have ended."""
        try:
            if self.dice.random() < 0.5:
                pid, _ = self.processes[container]
                os.kill(pid, signal.SIGKILL)
            else:
                self.docker.call("POST", f"/containers/{container}/kill?signal=TERM")
        except (ProcessLookupError, EngineError):
            return False
        return True

    def unreported(self):
        reported = {change["runtimeId"] for _, change in self.stops()}
        return [c for c in self.docker.containers()
                if c["State"] == "exited" and c["Id"] not in reported]

    def test_every_end_is_reported_and_none_invented(self):
        end = time.monotonic() + SECONDS
        next_kill = time.monotonic()
        killed = 0
        while time.monotonic() < end:
            self.fill_up()
            running = self.note_processes()
            self.judge_new_reports()
            now = time.monotonic()
            if now >= next_kill and (victim := self.victim(running, end - now)):
                next_kill = now + BETWEEN_KILLS
                killed += self.kill(victim)
            time.sleep(0.1)
        wait_until(lambda: not self.unreported(), REPORT_ASIDE_WITHIN, "a report of every end", 0.2)
        self.judge_new_reports()

        delays = []
        seen = set()
        for message, change in self.stops():
            container = change["runtimeId"]
            self.assertNotIn(container, seen, "reported twice")
            seen.add(container)
            state = self.docker.inspect(container)["State"]
            self.assertFalse(state["Running"], change)
            if state["Status"] == "created":  # Its task ended before it was its turn to start.
                self.assertNotIn("exitCode", change)
                continue
            self.assertEqual(change.get("exitCode"), state["ExitCode"], change)
            self.assertNotIn("OutOfMemory", change.get("reason", ""))
            delay = message["time"] - nanoseconds(state["FinishedAt"]) / 1e9
            ends_task = change["containerName"] == ESSENTIAL
            self.assertLess(delay, REPORT_WITHIN if ends_task else REPORT_ASIDE_WITHIN, change)
            if ends_task:
                delays.append(delay)
        # Otherwise nothing would have been shown.
        lost_deaths = sum(event["Action"] == "die" for event in self.proxy.dropped)
        self.assertGreater(lost_deaths, 2)
        self.assertGreaterEqual(self.proxy.cuts, SECONDS // CUT_AFTER - 1)
        self.assertGreater(len(delays), SECONDS / BETWEEN_KILLS / 4)
        print(f"{killed} killed, {len(seen)} ends reported, {lost_deaths} of their events lost, "
              f"{self.proxy.cuts} cuts; exit to the task's report: median "
              f"{statistics.median(delays):.2f} s, longest {max(delays):.2f} s", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
