"""What every end-to-end test stands on: one private engine a module, and for each test a control
plane, an agent, and a clean engine afterwards."""

import os
import sys
import time
import unittest

import cgroups
from programs import Agent, ControlPlane
from payloads import IMAGE
from engine_api import EngineApi
from engine_proxy import EngineProxy
from testenv import (Engine, EnvironmentFailure, busybox_tar, remove_folder, tail,
                     temporary_folder, wait_until)

__all__ = ["Agent", "ControlPlane", "EndToEnd", "EngineApi", "Engine", "EnvironmentFailure",
           "BehindProxy", "wait_until"]


class EndToEnd(unittest.TestCase):
    """`self.plane`, `self.agent` (connected), `self.docker`, and `self.engine` shared by the class.

    A test fails also when a process of ours left a sanitizer's report. After a failure the logs'
    ends are printed.
    """

    settings = {}      #: Over the golden settings, for every agent of the class.
    plane_flags = ()   #: More flags of `longshore standalone`.
    start_agent = True

    @classmethod
    def setUpClass(cls):
        cls.engine = Engine().start()
        cls.addClassCleanup(cls.engine.stop)
        # As the golden run's image: no ENV, no CMD.
        cls.engine.docker("import", "-", IMAGE, stdin=busybox_tar())

    def run(self, result=None):
        def bad():
            return len(result.failures) + len(result.errors)
        self.directory = temporary_folder("longshore-e2e-")
        self._programs = []
        before = bad()
        try:
            super().run(result)
            if bad() > before:
                for program in self._programs:
                    if os.path.exists(program.log):
                        print(f"--- {self.id()}: end of {os.path.basename(program.log)}\n"
                              f"{tail(program.log, 60)}", file=sys.stderr)
        finally:
            remove_folder(self.directory)
        return result

    def setUp(self):
        self.docker = self.new_docker()
        self.plane = self.new_plane(*self.plane_flags)
        self.agent = self.new_agent()
        if self.start_agent:
            self.agent.start_connected(self.plane)

    def new_docker(self):
        """A connection to the engine; what agents made there is removed after the test."""
        docker = EngineApi(self.engine.socket)
        self.addCleanup(docker.close)
        self.addCleanup(self._clean_up, docker)
        return docker

    def new_plane(self, *flags):
        plane = ControlPlane(self.directory, *flags, name=self._name("standalone")).start()
        self._programs.append(plane)
        return plane

    def new_agent(self, name=None, **settings):
        """An agent, not started; a setting of None is taken away."""
        merged = {"ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION": "3h", **self.settings, **settings}
        agent = Agent(self.directory, self.plane.url, self.engine.host, merged,
                      name or self._name("agent"))
        self._programs.append(agent)
        return agent

    def _name(self, base):
        count = sum(os.path.basename(p.log).startswith(base) for p in self._programs)
        return base if count == 0 else f"{base}{count + 1}"

    def run_task(self, task, seconds=60):
        """Sends it and waits for its RUNNING report; returns the task."""
        self.plane.send(task)
        self.plane.wait_status(task["arn"], "RUNNING", seconds)
        return task

    def stop_task(self, task, seconds=60):
        """Asks for its end and waits for the STOPPED report; returns the report."""
        self.plane.send({**task, "desiredStatus": "STOPPED"})
        return self.plane.wait_status(task["arn"], "STOPPED", seconds)

    def inspect(self, task, name="main"):
        """One container of the task as the engine shows it."""
        return self.docker.inspect_task(task["arn"])[name]

    def statuses(self, task):
        """What was reported of the task so far."""
        return [m["body"]["status"] for m in self.plane.submissions(task["arn"])]

    def only_container(self, report):
        (reported,) = report["containers"]
        return reported

    def never(self, condition, seconds, what):
        """Fails when `condition` turns true within `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.assertFalse(condition(), what)
            time.sleep(0.05)

    def _clean_up(self, docker):
        problems = []
        for program in reversed(self._programs):
            try:
                program.end()
            except AssertionError as error:
                problems.append(str(error))
        if self.engine.pid is None:
            self.engine.start()
        docker.close()
        arns = docker.remove_tasks()
        for program in self._programs:
            arns |= getattr(program, "sent_tasks", set())
        for task_arn in arns:
            cgroups.remove(task_arn)
        for program in self._programs:
            report = program.sanitizer_report()
            if report:
                problems.append(report)
        if problems:
            self.fail("\n".join(problems))


class BehindProxy(EndToEnd):
    """The agent talks to the engine through `self.proxy`, which can hold requests back."""

    start_agent = False
    proxy_settings = {}  #: More arguments of EngineProxy.

    def setUp(self):
        super().setUp()
        self.proxy = EngineProxy(os.path.join(self.directory, "engine.sock"), self.engine.socket,
                                 **self.proxy_settings)
        self.addCleanup(self.proxy.close)
        self.agent = self.new_agent(DOCKER_HOST=self.proxy.host)
        self.agent.start_connected(self.plane)
