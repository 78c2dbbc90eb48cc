"""The agent killed by SIGKILL at every numbered step of a three-container task's whole life, and at
random moments of it: nothing lost, nothing doubled, the same identity, and no report that is not
true.

LONGSHORE_LONG=1 takes every step and 300 random lives. LONGSHORE_SEED=N repeats a choice,
LONGSHORE_POINTS=pwrite64:57,sendmsg:12 takes these steps alone.
"""

import collections
import concurrent.futures
import contextlib
import os
import queue
import random
import sys
import time
import unittest

import crash_points
from crash_judge import Faults
from crash_life import Life
from event_log import EventLog
from harness import EndToEnd, EngineApi

LONG = bool(os.environ.get("LONGSHORE_LONG"))
POINTS = None if LONG else 10  #: None: all there are.
ROUNDS = 300 if LONG else 6
AT_ONCE = 2  #: The engine starts some ten containers a second; more only wait inside it.

#: Until how long after the begin of each part of a life a random kill comes, in seconds: about what
#: it takes. What comes later than the part's end hits the next one.
LASTS = {"start": 0.1, "launch": 1.5, "stop": 0.3, "clean-up": 1.2}


class CrashTest(EndToEnd):

    def setUp(self):
        self.assertTrue(crash_points.works(), "strace must be able to look at processes")
        self.seed = int(os.environ.get("LONGSHORE_SEED")
                        or random.SystemRandom().randrange(1_000_000))
        print(f"LONGSHORE_SEED={self.seed}", file=sys.stderr)
        self.dice = random.Random(self.seed)
        self.docker = self.new_docker()
        self.events = EventLog(self.engine.socket, "create", "start", "die", "destroy")
        self.addCleanup(self.events.close)
        self.faults = Faults()
        self.lives = []
        self.begun = time.monotonic()

    def live(self, name, ports="30000-30999", stop_after=None, **crash):
        """One life; its name is that of its cluster, its family and its log."""
        docker = EngineApi(self.engine.socket)
        with contextlib.closing(docker):
            life = Life(self.directory, self.engine, docker, self.events, name, ports, stop_after)
            return life.live(**crash)

    def live_all(self, crashes):
        """Every one of `crashes`, arguments of live(), a few at once."""
        ranges = queue.SimpleQueue()  # Of host ports: no life takes what another one has just found.
        for i in range(AT_ONCE):
            ranges.put(f"{31000 + 1000 * i}-{31999 + 1000 * i}")

        def live(crash):
            ports = ranges.get()
            try:
                return self.live(ports=ports, **crash)
            finally:
                ranges.put(ports)

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            self.lives = list(pool.map(live, crashes))

    def verdict(self, what):
        """Fails when a life went wrong; says in one line what was shown."""
        phases = collections.Counter(phase for life in self.lives for phase in life.deaths)
        for life in self.lives:
            self.faults.join(life.faults)
            if life.faults.cases:
                self._programs += life.programs
        print(f"{what}, {sum(phases.values())} kills ({dict(phases)}): {self.faults}; "
              f"{time.monotonic() - self.begun:.0f} s", file=sys.stderr)
        self.assertEqual(self.faults.cases, [])

    def points(self):
        chosen = os.environ.get("LONGSHORE_POINTS")
        if chosen:
            return [crash_points.Point(*p.split(":")) for p in chosen.split(",")]
        trace = os.path.join(self.directory, "trace")
        life = self.live("counted", command=crash_points.counting_command(trace))
        self.assertEqual(life.faults.cases, [])
        self.assertEqual(life.deaths, [])
        points = crash_points.points_of(trace)
        return points if POINTS is None else self.dice.sample(points, POINTS)

    def test_a_crash_at_any_step_loses_nothing_and_repeats_nothing(self):
        points = self.points()
        self.live_all([{"name": f"p{n}-{point.call}-{point.number}", "command": point.command()}
                       for n, point in enumerate(points)])
        reached = sum(bool(life.deaths) for life in self.lives)
        self.verdict(f"{reached} points of {len(points)}")
        self.assertGreater(reached, 0.8 * len(points))
        if LONG:
            self.assertGreaterEqual(reached, 200)

    def kills(self):
        """One to three moments, more often one, in one or more phases."""
        kills = collections.defaultdict(list)
        for _ in range(self.dice.choice((1, 1, 1, 2, 3))):
            phase = self.dice.choice(
                ("start", "launch", "launch", "launch", "stop", "stop", "stop", "clean-up"))
            kills[phase].append(self.dice.uniform(0, LASTS[phase]))
        return kills

    def test_a_crash_at_any_moment_loses_nothing_and_repeats_nothing(self):
        crashes = []
        for n in range(ROUNDS):
            crash = {"name": f"r{n}", "kills": self.kills()}
            if self.dice.random() < 0.25:
                crash["stop_after"] = self.dice.uniform(0, LASTS["launch"])
            crashes.append(crash)
        self.live_all(crashes)
        self.verdict(f"{len(self.lives)} rounds")


if __name__ == "__main__":
    unittest.main()
