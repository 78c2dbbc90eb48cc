"""How an agent is killed: at a numbered call to the kernel, or at a random moment.

Calls are counted and cut off by strace. A point is the N-th call of one kind in any thread: the
agent dies before it is made. Of calls that act on the world (`ACTS`) that is the moment before the
step; of those that read an answer (`ANSWERS`) the moment at which the step is done and the agent
does not know it yet.
"""

import collections
import os
import re
import subprocess

import programs

#: Writes to the database, its lock and its cgroups; calls of the engine and the control plane.
ACTS = ("pwrite64", "fdatasync", "fsync", "ftruncate", "unlink", "rename", "mkdir", "rmdir",
        "connect", "sendto", "sendmsg")
ANSWERS = ("recvfrom", "recvmsg")
STRACE = ("strace", "-D", "-f", "-qq")


class Point:
    """The N-th call of one kind."""

    def __init__(self, call, number):
        self.call = call
        self.number = number

    def __str__(self):
        return f"{self.call}:{self.number}"

    def command(self):
        return [*STRACE, "-o", "/dev/null", "-e", f"trace={self.call}",
                "-e", f"inject={self.call}:signal=KILL:when={self.number}",
                programs.BINARY, "agent"]


def counting_command(trace):
    """Runs the agent and writes one line for each of its calls to the file `trace`."""
    return [*STRACE, "-o", trace, "-e", "trace=" + ",".join(ACTS + ANSWERS),
            programs.BINARY, "agent"]


def points_of(trace):
    """Every point that the run behind `trace` passed. Threads are counted apart, as by strace."""
    counts = collections.Counter()
    with open(trace, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            call = re.match(r"(\d+) +(\w+)\(", line)
            if call:
                counts[call.groups()] += 1
    most = collections.Counter()
    for (_, call), count in counts.items():
        most[call] = max(most[call], count)
    return [Point(call, number) for call in sorted(most) for number in range(1, most[call] + 1)]


def works():
    """Whether this machine lets strace look at a process."""
    done = subprocess.run([*STRACE, "-o", os.devnull, "true"], capture_output=True, timeout=20)
    return done.returncode == 0
