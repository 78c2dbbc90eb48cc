"""The engine's own events, as a witness that no proxy stands before.

The engine remembers only its last 256 events, so whoever wants to ask later has to listen.
"""

import json
import socket
import threading
import urllib.parse

from engine_api import UnixConnection


class EventLog:
    """Container events from now on: [(nanoseconds since 1970, action, container id)]."""

    def __init__(self, socket_path, *actions):
        filters = {"type": ["container"], "event": list(actions)}
        self._connection = UnixConnection(socket_path, None)
        self._connection.request(
            "GET", f"/v1.41/events?filters={urllib.parse.quote(json.dumps(filters))}")
        self._answer = self._connection.getresponse()
        self.events = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self):
        self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self._connection.close()

    def times(self, container_id, action):
        """When the container had this event, oldest first."""
        return [at for at, what, who in list(self.events) if (what, who) == (action, container_id)]

    def _read(self):
        for line in self._answer:
            event = json.loads(line)
            self.events.append((event["timeNano"], event["Action"], event["Actor"]["ID"]))
