"""Docker Engine's API over its unix socket: the independent witness of what the agent did.

Docker's own command line takes 30 ms to start; a test asks hundreds of times, so it talks to the
socket itself. Paths are those of the Engine API 1.41.
"""

import datetime
import http.client
import json
import socket
import time
import urllib.parse


class EngineError(Exception):
    """The engine answered with a status of 400 or more."""

    def __init__(self, status, text):
        super().__init__(f"engine answered {status}: {text}")
        self.status = status


def nanoseconds(text):
    """The engine's RFC 3339 text as nanoseconds since 1970. The texts themselves do not sort as
    times do: the engine leaves zeros at their end out."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = datetime.datetime.fromisoformat(whole + "+00:00").timestamp()
    return int(seconds) * 1_000_000_000 + int(fraction.ljust(9, "0") or "0")


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket; `timeout` of None waits for ever."""

    def __init__(self, path, timeout):
        super().__init__("engine", timeout=timeout)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class EngineApi:
    """One connection per instance, opened again after an error; not for use by several threads."""

    def __init__(self, socket_path, timeout=60):
        self._path = socket_path
        self._timeout = timeout
        self._connection = None

    def call(self, method, path, body=None):
        """Returns the decoded answer, or None for an empty one. Raises EngineError, OSError."""
        if self._connection is None:
            self._connection = UnixConnection(self._path, self._timeout)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        try:
            self._connection.request(
                method,
                "/v1.41" + path,
                body=None if body is None else json.dumps(body),
                headers=headers,
            )
            answer = self._connection.getresponse()
            text = answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if answer.status >= 400:
            raise EngineError(answer.status, text.strip())
        if not text or not answer.getheader("Content-Type", "").startswith("application/json"):
            return text or None
        return json.loads(text)

    def close(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def containers(self, **labels):
        """Every container, running or not, that carries the ECS labels given by short name,
        for example task_arn="arn:…"; oldest first."""
        wanted = [
            f"com.amazonaws.ecs.{name.replace('_', '-')}={value}" for name, value in labels.items()
        ] or ["com.amazonaws.ecs.task-arn"]
        filters = urllib.parse.quote(json.dumps({"label": wanted}))
        found = self.call("GET", f"/containers/json?all=1&filters={filters}")
        return sorted(found, key=lambda c: c["Created"])

    def inspect(self, container_id):
        return self.call("GET", f"/containers/{container_id}/json")

    def inspect_task(self, task_arn):
        """{container name in the task: its inspect answer}. The engine lists a container that is
        being created a moment before it can be inspected: that one is left out."""
        found = {}
        for container in self.containers(task_arn=task_arn):
            try:
                shown = self.inspect(container["Id"])
            except EngineError as error:
                if error.status == 404:
                    continue
                raise
            found[shown["Config"]["Labels"]["com.amazonaws.ecs.container-name"]] = shown
        return found

    def event_time(self, container_id, action, since):
        """When the engine sent an event of the container; seconds since 1970."""
        filters = urllib.parse.quote(json.dumps({"container": [container_id], "event": [action]}))
        query = f"since={since}&until={time.time():.9f}&filters={filters}"
        lines = self.call("GET", f"/events?{query}")
        events = lines if isinstance(lines, dict) else json.loads(lines.splitlines()[0])
        return events["timeNano"] / 1e9

    def create(self, name, spec):
        return self.call("POST", f"/containers/create?name={name}", spec)["Id"]

    def start(self, container_id):
        self.call("POST", f"/containers/{container_id}/start")

    def kill(self, container_id):
        self.call("POST", f"/containers/{container_id}/kill")

    def remove(self, container_id):
        """Removes it, running or not; one that is gone already is fine."""
        try:
            self.call("DELETE", f"/containers/{container_id}?force=1&v=1")
        except EngineError as error:
            if error.status not in (404, 409):
                raise

    def remove_tasks(self):
        """Removes every container that any agent made on this engine; returns their tasks."""
        arns = set()
        for container in self.containers():
            arns.add(container["Labels"]["com.amazonaws.ecs.task-arn"])
            self.remove(container["Id"])
        return arns
