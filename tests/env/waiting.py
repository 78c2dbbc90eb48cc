"""Waiting with a deadline, free ports, temporary folders, and ending on signals."""

import os
import shutil
import signal
import socket
import sys
import tempfile
import time


class EnvironmentFailure(Exception):
    """The environment of a test could not be made; the message says what and where to look."""


def wait_until(condition, seconds, what, poll=0.05):
    """Calls `condition` until it returns something true, and returns that.

    Raises EnvironmentFailure naming `what` when `seconds` have passed.
    """
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise EnvironmentFailure(f"waited {seconds} s for {what}")
        time.sleep(poll)


def free_port(host="127.0.0.1"):
    """A TCP port nobody listens on now. Another process may take it before you do."""
    with socket.socket() as s:
        s.bind((host, 0))
        return s.getsockname()[1]


def temporary_folder(prefix="longshore-"):
    """A new folder with a short path: unix sockets below it must fit in 107 bytes."""
    return tempfile.mkdtemp(prefix=prefix, dir="/tmp")


def remove_folder(path):
    """Removes a folder of ours; what cannot be removed is named on standard error."""
    def complain(_function, name, error):
        print(f"could not remove {name}: {error[1]}", file=sys.stderr)

    if os.path.isdir(path):
        shutil.rmtree(path, onerror=complain)


def tail(path, lines=15):
    """The last lines of a log, for an error message."""
    try:
        with open(path, errors="replace") as f:
            return "".join(f.readlines()[-lines:])
    except OSError as e:
        return f"({e})"


def exit_on_signals():
    """SIGTERM and SIGHUP end the program as Ctrl-C does, so that exit handlers clean up."""
    def leave(number, _frame):
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGHUP, leave)
