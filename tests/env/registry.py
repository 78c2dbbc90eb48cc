"""A registry on loopback that demands a login, as ECR does."""

import atexit
import os
import secrets
import signal
import subprocess
import urllib.error
import urllib.request

from waiting import (EnvironmentFailure, free_port, remove_folder, tail, temporary_folder,
                     wait_until)

REGISTRY = "/usr/bin/docker-registry"
HTPASSWD = "/usr/bin/htpasswd"
START_SECONDS = 30


class Registry:
    """Distribution's registry with one user, `AWS` (the name in every ECR token)."""

    user = "AWS"

    def __init__(self, password=None):
        self.root = temporary_folder("longshore-registry-")
        self.password = password or secrets.token_hex(12)
        self.log = os.path.join(self.root, "registry.log")
        self.address = None
        self.process = None
        atexit.register(self.stop)

    def start(self):
        """Starts it on a free port and returns when it refuses a caller without a login."""
        for program in (REGISTRY, HTPASSWD):
            if not os.access(program, os.X_OK):
                raise EnvironmentFailure(f"{program} is missing: run packaging/setup --run")
        htpasswd = os.path.join(self.root, "htpasswd")
        subprocess.run([HTPASSWD, "-iBc", htpasswd, self.user], input=self.password, text=True,
                       capture_output=True, timeout=10, check=True)
        # A stranger may take the port between our choice and the registry's bind: try again.
        for _ in range(5):
            self.address = f"127.0.0.1:{free_port()}"
            self._launch(htpasswd)
            if wait_until(self._demands_login_or_ended, START_SECONDS, "the registry") == "ready":
                return self
        raise EnvironmentFailure(f"the registry does not start; its log ends with:\n{tail(self.log)}")

    def stop(self):
        """Ends it and removes its data. Safe to repeat."""
        atexit.unregister(self.stop)
        self.end()
        remove_folder(self.root)

    def end(self):
        """Ends the process but keeps the data, as a registry that is down."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def push(self, engine, image, name):
        """Pushes `image` of `engine` as `name` ("team/app:1"); returns the name with the host."""
        full = f"{self.address}/{name}"
        config = {"DOCKER_CONFIG": os.path.join(self.root, "client")}
        engine.docker("tag", image, full)
        engine.docker("login", "-u", self.user, "--password-stdin", self.address,
                      stdin=self.password.encode(), environment=config)
        engine.docker("push", "--quiet", full, environment=config)
        # The next run must pull: neither the name nor the login stays with the engine.
        engine.docker("rmi", full)
        engine.docker("logout", self.address, environment=config)
        return full

    def _launch(self, htpasswd):
        config_file = os.path.join(self.root, "registry.yml")
        with open(config_file, "w") as f:
            f.write("version: 0.1\n"
                    "log: {level: warn, accesslog: {disabled: true}}\n"
                    f"storage: {{filesystem: {{rootdirectory: {self.root}/data}},"
                    " delete: {enabled: true}}\n"
                    f'http: {{addr: "{self.address}", secret: {secrets.token_hex(8)}}}\n'
                    f"auth: {{htpasswd: {{realm: longshore-test, path: {htpasswd}}}}}\n")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([REGISTRY, "serve", config_file], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL,
                                            start_new_session=True)

    def _demands_login_or_ended(self):
        if self.process.poll() is not None:
            return "ended"
        try:
            with urllib.request.urlopen(f"http://{self.address}/v2/", timeout=2):
                return None  # Someone else's server, without a login.
        except urllib.error.HTTPError as e:
            return "ready" if e.code == 401 else None
        except OSError:
            return None
