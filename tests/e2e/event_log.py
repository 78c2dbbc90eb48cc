"""The engine's own events, as a witness that no proxy stands before.

The engine remembers only its last 256 events, so whoever wants to ask later has to listen.
"""

import collections
import json
import socket
import threading
import time
import urllib.parse

from engine_api import UnixConnection

#: `time` in nanoseconds since 1970 as the engine stamped it, `received` in seconds since 1970;
#: `attributes` are the container's labels, and of its end the "exitCode" as text.
Event = collections.namedtuple("Event", "time received action container attributes")


class EventLog:
    """Container events from now on, in order: [Event]."""

    def __init__(self, socket_path, *actions):
        filters = {"type": ["container"], "event": list(actions)}
        self._connection = UnixConnection(socket_path, None)
        self._connection.request(
            "GET", f"/v1.41/events?filters={urllib.parse.quote(json.dumps(filters))}")
        self._answer = self._connection.getresponse()
        self.events = []
        self._came = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self):
        self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._connection.close()

    def times(self, container_id, action):
        """When the container had this event, oldest first."""
        return [event.time for event in list(self.events)
                if (event.action, event.container) == (action, container_id)]

    def wait(self, container_id, seconds=60):
        """Returns when the first event of the container came, waiting for it."""
        with self._came:
            received = self._came.wait_for(
                lambda: next((e.received for e in self.events if e.container == container_id), None),
                seconds)
        if received is None:
            raise TimeoutError(f"no event of container {container_id} in {seconds} s")
        return received

    def of_task(self, task_arn):
        """{container name in the task: its events}, of all containers with that name."""
        found = {}
        for event in list(self.events):
            if event.attributes.get("com.amazonaws.ecs.task-arn") == task_arn:
                name = event.attributes["com.amazonaws.ecs.container-name"]
                found.setdefault(name, []).append(event)
        return found

    def _read(self):
        for line in self._answer:
            received = time.time()
            event = json.loads(line)
            actor = event["Actor"]
            with self._came:
                self.events.append(Event(event["timeNano"], received, event["Action"],
                                         actor["ID"], actor["Attributes"]))
                self._came.notify_all()
