"""What became of a task whose agent was killed, from three witnesses: the control plane's record,
the engine's own events and the kernel's cgroups."""

import collections
import json
import sys
import time

import cgroups

ORDER = ("PENDING", "RUNNING", "STOPPED")

#: The engine notes an end, shows it to whoever asks, and then tells its event, with a later time.
EVENT_LATE = 0.05  # seconds


class Faults(collections.Counter):
    """What went wrong, by kind, with every case in words."""

    KINDS = ("lost", "doubled", "changed identities", "wrong reports")

    def __init__(self):
        super().__init__()
        self.cases = []

    def add(self, kind, what):
        assert kind in self.KINDS, kind
        self[kind] += 1
        self.cases.append(f"{kind}: {what}")
        print(self.cases[-1], file=sys.stderr)

    def join(self, other):
        self.update(other)
        self.cases += other.cases

    def __str__(self):
        return ", ".join(f"{self[kind]} {kind}" for kind in self.KINDS)


class Judge:
    """Judges one task. `events` is an EventLog of create, start, die and destroy.

    `names` are the task's containers. `all_run`: each of them has to run and end once; otherwise
    the stop may come before some of them were started.
    """

    def __init__(self, plane, events, task_arn, names, title, all_run):
        self.faults = Faults()
        self._plane = plane
        self._events = events
        self._arn = task_arn
        self._names = names
        self._title = title
        self._all_run = all_run
        self._looked_at = 0
        self._unrecorded = collections.Counter()  #: {report number: crashes that found it so}

    def fault(self, kind, what):
        self.faults.add(kind, f"{self._title}: {what}")

    def crashed(self, unrecorded_reports):
        """The agent is dead, and its database holds reports of these numbers, counted from 1."""
        self._unrecorded.update(unrecorded_reports)

    def look_at_new_reports(self):
        """Nothing that is reported STOPPED has a process now. To be called often."""
        reports = self._plane.submissions(self._arn)
        for message in reports[self._looked_at:]:
            for change in message["body"].get("containers", []):
                if change["status"] == "STOPPED" and "runtimeId" in change:
                    alive = cgroups.container_processes(self._arn, change["runtimeId"])
                    if alive:
                        self.fault("wrong reports", f"{change} lives: {alive}")
        self._looked_at = len(reports)

    def look_at_all(self):
        """Once everything is over."""
        self._judge_order()
        self._judge_repeats()
        self._judge_changes()
        history = self._history()
        for name in self._names:
            self._judge_container(name, history.get(name, []))

    def _reports(self):
        """[(report as text, how often it was sent)], in the order of their first sending."""
        sent = collections.Counter(
            json.dumps(message["body"]) for message in self._plane.submissions(self._arn))
        return list(sent.items())

    def _judge_order(self):
        last = 0
        for message in self._plane.submissions(self._arn):
            status = ORDER.index(message["body"]["status"])
            if status < last:
                self.fault("wrong reports", f"after {ORDER[last]}: {message['body']}")
            last = max(last, status)

    def _judge_repeats(self):
        """A report may come again, the same in every member, after each crash that found it in the
        database: it may have been sent just before, and nobody can know whether it arrived. The
        database numbers the reports as they are made, and of so few none is joined with another.
        """
        for number, (report, times) in enumerate(self._reports(), 1):
            if times > 1 + self._unrecorded[number]:
                self.fault("doubled", f"sent {times} times: {report}")

    def _judge_changes(self):
        """Each state of each container is told in one report."""
        changes = collections.Counter(
            (change["containerName"], change["status"])
            for report, _ in self._reports() for change in json.loads(report).get("containers", []))
        for change, times in changes.items():
            if times > 1:
                self.fault("doubled", f"{change} is in {times} reports")
        for name in self._names:
            for status in ("RUNNING", "STOPPED") if self._all_run else ("STOPPED",):
                if (name, status) not in changes:
                    self.fault("lost", f"{name} was never reported {status}")

    def _history(self):
        """What the engine saw, once its last words, which follow a removal, have come."""
        deadline = time.monotonic() + 5
        while True:
            history = self._events.of_task(self._arn)
            happened = collections.Counter(e.action for events in history.values() for e in events)
            if happened["create"] == happened["destroy"] or time.monotonic() > deadline:
                return history
            time.sleep(0.01)

    def _judge_container(self, name, history):
        """Made, started, ended and removed once; and its end reported after it, as it was."""
        happened = collections.Counter(event.action for event in history)
        for action in ("create", "start", "die", "destroy"):
            if happened[action] > 1:
                self.fault("doubled", f"{name}: {dict(happened)}")
            if self._all_run and not happened[action]:
                self.fault("lost", f"{name}: no {action}")
        end = next((event for event in history if event.action == "die"), None)
        for message in self._plane.submissions(self._arn):
            for change in message["body"].get("containers", []):
                if (change["containerName"], change["status"]) == (name, "STOPPED"):
                    self._judge_end(message["time"], change, end)

    def _judge_end(self, told_at, change, end):
        told = change.get("exitCode")
        if end is None:
            if told is not None:
                self.fault("wrong reports", f"{change}, but no process has ended")
        elif told != int(end.attributes["exitCode"]):
            self.fault("wrong reports", f"{change} ended with {end.attributes['exitCode']}")
        elif told_at < end.time / 1e9 - EVENT_LATE:
            self.fault("wrong reports", f"{change} {end.time / 1e9 - told_at:.3f} s before its end")
