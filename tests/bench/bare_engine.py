"""The same containers without an agent: what the engine takes by itself. Times are seconds."""

import threading
import time
import uuid

import cgroups
import payloads
from engine_api import EngineApi
from event_log import EventLog


class BareEngine:
    """Creates, starts and watches over the engine's socket, as any agent has to, and nothing else."""

    def __init__(self, socket_path):
        self._socket = socket_path
        self.docker = EngineApi(socket_path)

    def launch(self, *command, docker=None, **fields):
        """Returns seconds for create + start, and what clear() needs. `fields` are further ones of
        the create body."""
        docker = docker or self.docker
        group = uuid.uuid4().hex
        spec = {
            "Image": payloads.IMAGE,
            "Cmd": command or ["sleep", "3600"],
            "HostConfig": {"CgroupParent": f"/ecs/{group}", "CpuShares": 10,
                           "Memory": 32 << 20, "LogConfig": {"Type": "json-file"}},
            **fields,
        }
        begun = time.monotonic()
        container = docker.create(f"bare-{group}", spec)
        docker.start(container)
        return time.monotonic() - begun, (container, group)

    def launch_at_once(self, count, connections):
        """`count` of them over that many connections; returns seconds for all of them."""
        left = list(range(count))
        made, errors = [], []

        def work():
            docker = EngineApi(self._socket)
            try:
                while left:
                    left.pop()
                    made.append(self.launch(docker=docker)[1])
            except Exception as error:  # Into the main thread, which raises it.
                errors.append(error)
            finally:
                docker.close()

        threads = [threading.Thread(target=work) for _ in range(connections)]
        begun = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        passed = time.monotonic() - begun
        if errors:
            raise errors[0]
        self.clear(made)
        return passed

    def launch_after(self, action, *command, **fields):
        """Launches a container, waits for an event of it, and launches an ordinary one; returns
        seconds for all of that."""
        events = self.events(action)
        begun = time.monotonic()
        _, first = self.launch(*command, **fields)
        events.wait(first[0])
        _, second = self.launch()
        passed = time.monotonic() - begun
        events.close()
        self.clear([first, second])
        return passed

    def events(self, action):
        """What a client that listens hears of an action from now on; to be closed."""
        return EventLog(self._socket, action)

    def clear(self, made):
        for container, group in made:
            self.docker.remove(container)
            cgroups.remove(f"task/{group}")
