"""What tests that need real parts import: a private Docker Engine and a registry with a login.

    engine = Engine().start()
    image = Registry().start().push(engine, engine.import_busybox(), "app:1")

Both clean up when the program ends; call exit_on_signals() first so that SIGTERM counts as an end.
Run by Debian's own /usr/bin/python3.
"""

from busybox_image import busybox_tar
from docker_client import DOCKER, DockerClient
from engine import Engine
from registry import Registry
from waiting import (EnvironmentFailure, exit_on_signals, free_port, remove_folder, tail,
                     temporary_folder, wait_until)

__all__ = ["DOCKER", "DockerClient", "Engine", "EnvironmentFailure", "Registry", "busybox_tar",
           "exit_on_signals", "free_port", "remove_folder", "tail", "temporary_folder", "wait_until"]
