"""The docker command line against one engine, with a deadline for every call."""

import json
import os
import subprocess

from busybox_image import busybox_tar
from waiting import EnvironmentFailure

DOCKER = "/usr/bin/docker"


class DockerClient:
    """Talks to the engine at `host`; logins are kept in the folder `settings`."""

    def __init__(self, host, settings):
        self.host = host
        self.settings = settings

    def docker(self, *arguments, seconds=60, check=True, stdin=None, environment=None):
        """Runs the docker command line against this engine and returns its standard output.

        Raises EnvironmentFailure with its standard error unless `check` is False.
        """
        env = dict(os.environ, DOCKER_CONFIG=self.settings)
        env.update(environment or {})
        try:
            done = subprocess.run([DOCKER, "-H", self.host, *arguments], capture_output=True,
                                  timeout=seconds, input=stdin, env=env)
        except subprocess.TimeoutExpired:
            raise EnvironmentFailure(
                f"docker {' '.join(arguments)}: no answer in {seconds} s") from None
        if check and done.returncode != 0:
            raise EnvironmentFailure(f"docker {' '.join(arguments)}: "
                                     f"{done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace").strip()

    def inspect(self, container):
        """What `docker inspect` says of one container, as a dictionary."""
        return json.loads(self.docker("inspect", container))[0]

    def import_busybox(self, tag="busybox:test"):
        """Makes the busybox image under `tag` and returns the tag."""
        self.docker("import", "--change", 'CMD ["/bin/sh"]', "--change", "ENV PATH=/bin", "-", tag,
                    stdin=busybox_tar())
        return tag

    def answers(self):
        """True when the engine answers a version request within 5 s."""
        try:
            self.docker("version", seconds=5)
            return True
        except EnvironmentFailure:
            return False
