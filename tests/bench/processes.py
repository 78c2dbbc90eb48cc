"""CPU time and memory of processes, from /proc."""

import os
import time

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids):
    """User and system time of these processes until now; those that have ended count nothing."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                # The command in parentheses may hold spaces; fields 14 and 15 are utime, stime.
                fields = file.read().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def cpu_percent(groups, seconds):
    """Watches for `seconds` and returns {name: percent of one core} for groups {name: pids}."""
    before = {name: cpu_seconds(pids) for name, pids in groups.items()}
    started = time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - started
    return {name: 100 * (cpu_seconds(pids) - before[name]) / passed
            for name, pids in groups.items()}


def resident_mib(pid):
    """(VmRSS, RssAnon): all of it, and what is neither program nor library."""
    found = {}
    with open(f"/proc/{pid}/status", encoding="utf-8") as lines:
        for line in lines:
            name, _, value = line.partition(":")
            if name in ("VmRSS", "RssAnon"):
                found[name] = int(value.split()[0]) / 1024
    return found["VmRSS"], found["RssAnon"]


def of_engine(engine):
    """{"daemons": [dockerd, containerd], "shims": [one per container]} of a private engine."""
    daemons, shims = [engine.pid], []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue  # It ended while we looked.
        name = os.path.basename(words[0])
        if any(engine.root.encode() in word for word in words[1:]):
            if name == b"containerd":
                daemons.append(int(entry))
            elif name.startswith(b"containerd-shim"):
                shims.append(int(entry))
    return {"daemons": daemons, "shims": shims}
