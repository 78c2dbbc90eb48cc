"""Random dependency graphs on the real engine: every container starts only after what it waits
for, and they stop in the reverse of that order. The engine's own times are the judge.

LONGSHORE_SEED=N repeats a run; LONGSHORE_LONG=1 takes a hundred graphs instead of fifteen.
"""

import os
import random
import signal
import sys
import unittest

import payloads
from engine_api import nanoseconds
from event_log import EventLog
from harness import EndToEnd, wait_until

GRAPHS = 100 if os.environ.get("LONGSHORE_LONG") else 15
AT_ONCE = 5  #: The engine starts some ten containers a second; more only wait inside it.

# What may be asked of each kind of container, so that it can come true.
CONDITIONS = {
    "server": ("START",),
    "checked": ("START", "HEALTHY"),
    "job": ("START", "COMPLETE", "SUCCESS"),
    "failing": ("START", "COMPLETE"),
}


class Graph:
    """One random task. `waits` is {container: {another one: condition}}."""

    def __init__(self, seed):
        self.seed = seed
        dice = random.Random(seed)
        names = [f"c{i}" for i in range(dice.randint(4, 7))]
        kinds = {name: dice.choice(["server", *CONDITIONS]) for name in names}
        kinds[dice.choice(names)] = "server"  # Something to stop.
        self.waits = {
            name: {other: dice.choice(CONDITIONS[kinds[other]])
                   for other in names[:at] if dice.random() < 0.45}
            for at, name in enumerate(names)}
        self.servers = [name for name in names if kinds[name] in ("server", "checked")]
        self.essential = dice.choice(self.servers)
        #: None: the control plane stops it. Else the container that is killed.
        self.killed = dice.choice([None, self.essential])
        containers = [self._container(name, kinds[name], dice) for name in names]
        dice.shuffle(containers)  # Their order in the payload says nothing.
        self.task = payloads.task(*containers, family=f"graph{seed}")

    def _container(self, name, kind, dice):
        fields = {"essential": name == self.essential, "memory": 0, "cpu": 2, "dependsOn": [
            {"containerName": other, "condition": condition}
            for other, condition in self.waits[name].items()]}
        if kind == "checked":
            fields.update(payloads.health_check("true"))
        command = {
            "server": payloads.OBEDIENT.format(code=0),
            "checked": payloads.OBEDIENT.format(code=0),
            "job": f"sleep {dice.uniform(0.05, 0.4):.2f}; exit 0",
            "failing": f"sleep {dice.uniform(0.05, 0.4):.2f}; exit 3",
        }[kind]
        return payloads.container(name, command, **fields)

    def after(self, name):
        """Every container that starts after this one, directly or by way of others."""
        direct = {other for other, waits in self.waits.items() if name in waits}
        return direct.union(*(self.after(other) for other in direct))


class OrderTest(EndToEnd):

    def setUp(self):
        super().setUp()
        self.log = EventLog(self.engine.socket, "health_status")
        self.addCleanup(self.log.close)

    def inspect(self, graph):
        return self.docker.inspect_task(graph.task["arn"])

    def end(self, graph, shown):
        if graph.killed:
            os.kill(shown[graph.killed]["State"]["Pid"], signal.SIGKILL)
        else:
            self.plane.send(payloads.stopped(graph.task))

    def check_starts(self, graph, shown):
        """Returns how many conditions there were."""
        started = {name: nanoseconds(c["State"]["StartedAt"]) for name, c in shown.items()}
        count = 0
        for name, waits in graph.waits.items():
            for other, condition in waits.items():
                came_true = started[other]
                if condition in ("COMPLETE", "SUCCESS"):
                    came_true = nanoseconds(shown[other]["State"]["FinishedAt"])
                elif condition == "HEALTHY":
                    came_true = self.log.times(shown[other]["Id"], "health_status: healthy")[0]
                self.assertLess(came_true, started[name], f"{name} waits for {other} {condition}")
                count += 1
        return count

    def check_stops(self, graph, before, shown):
        """Of those that still ran in `before`; returns how many pairs had an order. A job may end
        by itself at any moment, and so before what comes after it."""
        finished = {name: nanoseconds(c["State"]["FinishedAt"]) for name, c in shown.items()
                    if before[name]["State"]["Running"] and name != graph.killed}
        count = 0
        for name in set(graph.servers) & set(finished):
            for later in graph.after(name) & set(finished):
                self.assertLess(finished[later], finished[name], f"{later} starts after {name}")
                count += 1
        return count

    def test_random_graphs_start_in_order_and_stop_in_the_reverse(self):
        seed = int(os.environ.get("LONGSHORE_SEED") or random.SystemRandom().randrange(1_000_000))
        print(f"LONGSHORE_SEED={seed}", file=sys.stderr)
        starts = stops = 0
        for first in range(seed, seed + GRAPHS, AT_ONCE):
            graphs = [Graph(s) for s in range(first, min(first + AT_ONCE, seed + GRAPHS))]
            self.plane.send(*(graph.task for graph in graphs))
            for graph in graphs:
                self.plane.wait_status(graph.task["arn"], "RUNNING")
            # A job nobody waits for may still run, which makes the stop below one more surprise.
            before = {graph: self.inspect(graph) for graph in graphs}
            for graph in graphs:
                self.end(graph, before[graph])
            for graph in graphs:
                self.plane.wait_status(graph.task["arn"], "STOPPED")
                with self.subTest(seed=graph.seed):
                    shown = self.inspect(graph)
                    self.assertEqual(set(shown), set(graph.waits))
                    starts += self.check_starts(graph, shown)
                    stops += self.check_stops(graph, before[graph], shown)
            self.docker.remove_tasks()
        # Otherwise the graphs would have shown nothing.
        self.assertGreater(starts, 2 * GRAPHS)
        self.assertGreater(stops, GRAPHS / 3)


if __name__ == "__main__":
    unittest.main()
