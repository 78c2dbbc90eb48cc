"""A private Docker Engine for one test run.

It shares nothing with another engine on the machine: own data, exec root, socket and bridge. It
leaves the machine's firewall alone; published ports go through the engine's own proxy process.
"""

import atexit
import ipaddress
import json
import os
import random
import signal
import subprocess
import sys
import time

from docker_client import DockerClient
from waiting import EnvironmentFailure, remove_folder, tail, temporary_folder, wait_until

DOCKERD = "/usr/sbin/dockerd"
IP = "/usr/sbin/ip"
START_SECONDS = 60
STOP_SECONDS = 30


class Engine(DockerClient):
    """Starts, stops, kills and freezes a dockerd of its own. Needs root.

    `live_restore`: whether containers live on without it, and through its next start.
    """

    def __init__(self, live_restore=True):
        self._live_restore = live_restore
        self.root = temporary_folder("longshore-engine-")
        self.socket = os.path.join(self.root, "docker.sock")
        super().__init__(f"unix://{self.socket}", os.path.join(self.root, "client"))
        self.log = os.path.join(self.root, "dockerd.log")
        self.bridge = "ls" + os.path.basename(self.root)[-8:].replace("_", "x")
        self.bridge_address = None
        self.process = None
        atexit.register(self.stop)

    @property
    def pid(self):
        """Process id of dockerd; None when it does not run."""
        return self.process.pid if self.process and self.process.poll() is None else None

    def start(self):
        """Starts dockerd and returns when it answers. Raises EnvironmentFailure with its log."""
        if self.pid:
            return self
        if os.geteuid() != 0:
            raise EnvironmentFailure("a private Docker Engine needs root")
        if not os.access(DOCKERD, os.X_OK):
            raise EnvironmentFailure(f"{DOCKERD} is missing: run packaging/setup --run")
        self._make_bridge()
        pid_file = os.path.join(self.root, "docker.pid")
        self._forget_pids(pid_file)
        config = {
            "data-root": os.path.join(self.root, "lib"),
            "exec-root": os.path.join(self.root, "run"),
            "pidfile": pid_file,
            "hosts": [self.host],
            "bridge": self.bridge,
            "iptables": False,
            "ip6tables": False,
            "ip-masq": False,
            "live-restore": self._live_restore,
            "log-level": "warn",
            # With systemd's driver a task's group is a slice, which only a systemd host has.
            "exec-opts": ["native.cgroupdriver=cgroupfs"],
        }
        config_file = os.path.join(self.root, "daemon.json")
        with open(config_file, "w") as f:
            json.dump(config, f, indent=2)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([DOCKERD, "--config-file", config_file], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL,
                                            start_new_session=True, cwd="/")
        try:
            wait_until(self._answers_or_ended, START_SECONDS, "the private Docker Engine")
        except EnvironmentFailure as e:
            raise EnvironmentFailure(f"{e}; its log ends with:\n{tail(self.log)}") from None
        if not self.pid:
            raise EnvironmentFailure(f"dockerd ended at once; its log ends with:\n{tail(self.log)}")
        return self

    def stop(self):
        """Removes the containers, ends dockerd and removes everything it left. Safe to repeat."""
        atexit.unregister(self.stop)
        self.thaw()
        if self.process and not self.pid:
            self._revive()
        if self.pid:
            self._remove_containers()
            self.terminate()
        self._end_shims()
        self._unmount()
        subprocess.run([IP, "link", "delete", self.bridge], capture_output=True, timeout=10)
        remove_folder(self.root)

    def restart(self):
        """Ends dockerd politely and starts it again; containers live on."""
        self.terminate()
        return self.start()

    def terminate(self):
        """SIGTERM, and SIGKILL when that is not obeyed. Containers live on (live restore)."""
        self._end(signal.SIGTERM)

    def kill(self):
        """SIGKILL, as a crash. Containers live on; start() brings dockerd back."""
        self._end(signal.SIGKILL)

    def freeze(self):
        """Stops dockerd's clock: connections are accepted, and nothing answers until thaw()."""
        if self.pid:
            os.kill(self.pid, signal.SIGSTOP)

    def thaw(self):
        """Undoes freeze()."""
        if self.pid:
            os.kill(self.pid, signal.SIGCONT)

    def kill_containerd(self):
        """SIGKILL to dockerd's containerd. Containers live on; dockerd soon starts another one."""
        os.kill(self._containerd(), signal.SIGKILL)

    @property
    def _containerd_file(self):
        return os.path.join(self.root, "run", "containerd", "containerd.pid")

    def _containerd(self):
        """Process id; None when it never ran."""
        try:
            with open(self._containerd_file) as f:
                return int(f.read())
        except (OSError, ValueError):
            return None

    def _answers_or_ended(self):
        return not self.pid or self.answers()

    def _end(self, number):
        if not self.pid:
            return
        self.process.send_signal(number)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(STOP_SECONDS)

    def _forget_pids(self, pid_file):
        """After a crash: dockerd refuses its old pid file, and waits for its old containerd."""
        containerd = self._containerd()
        if containerd:
            # It dies with its dockerd, but a moment later.
            wait_until(lambda: not _runs(containerd), STOP_SECONDS, "the old containerd to end")
        for name in (pid_file, self._containerd_file):
            if os.path.exists(name):
                os.unlink(name)

    def _make_bridge(self):
        """A bridge of our own on a free /24 of 198.18.0.0/15, set aside for tests (RFC 2544)."""
        if self.bridge_address:
            return
        shown = json.loads(subprocess.run([IP, "-json", "addr"], capture_output=True, timeout=10,
                                          check=True).stdout)
        used = [ipaddress.ip_network(f"{a['local']}/{a['prefixlen']}", strict=False)
                for link in shown for a in link.get("addr_info", []) if a["family"] == "inet"]
        free = [n for n in ipaddress.ip_network("198.18.0.0/15").subnets(new_prefix=24)
                if not any(n.overlaps(u) for u in used)]
        if not free:
            raise EnvironmentFailure("every /24 of 198.18.0.0/15 is in use on this machine")
        address = next(random.choice(free).hosts())
        for command in (["link", "add", self.bridge, "type", "bridge"],
                        ["addr", "add", f"{address}/24", "dev", self.bridge],
                        ["link", "set", self.bridge, "up"]):
            done = subprocess.run([IP, *command], capture_output=True, text=True, timeout=10)
            if done.returncode != 0:
                raise EnvironmentFailure(f"ip {' '.join(command)}: {done.stderr.strip()}")
        self.bridge_address = str(address)

    def _revive(self):
        """After kill(): only the engine itself takes its containers' cgroups away cleanly."""
        try:
            self.start()
        except EnvironmentFailure as e:
            print(f"cleaning up without the engine: {e}", file=sys.stderr)

    def _remove_containers(self):
        try:
            ids = self.docker("ps", "-aq").split()
            if ids:
                self.docker("rm", "-f", "-v", *ids, seconds=120)
        except EnvironmentFailure as e:
            print(f"removing the test's containers: {e}", file=sys.stderr)

    def _end_shims(self):
        """Ends what outlived a killed dockerd: processes whose command names our exec root."""
        needle = os.path.join(self.root, "run").encode()

        def ours():
            found = []
            for entry in os.listdir("/proc"):
                if entry.isdigit():
                    try:
                        with open(f"/proc/{entry}/cmdline", "rb") as f:
                            if needle in f.read():
                                found.append(int(entry))
                    except OSError:
                        continue  # It ended while we looked.
            return found

        deadline = time.monotonic() + 10
        while (left := ours()) and time.monotonic() < deadline:
            for pid in left:
                for victim in (*_children(pid), pid):
                    try:
                        os.kill(victim, signal.SIGKILL)
                    except ProcessLookupError:
                        continue
            time.sleep(0.05)

    def _unmount(self):
        with open("/proc/self/mountinfo") as f:
            points = [line.split()[4] for line in f]
        for point in sorted(points, reverse=True):
            if point.startswith(self.root + "/"):
                subprocess.run(["/bin/umount", "-l", point], capture_output=True, timeout=10)


def _runs(pid):
    """False for a process that is gone or only waits to be reaped."""
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [int(child) for child in f.read().split()]
    except OSError:
        return []
