"""The life of one three-container task on a host whose agent is killed in the middle of it.

A life is: the agent's first start, the launch, RUNNING, the stop, STOPPED, the clean-up. Whoever
ends the agent, it is started again at once and the life goes on.
"""

import signal
import time

import cgroups
import payloads
import programs
from agent_database import AgentDatabase
from crash_judge import Judge

#: A life takes some 3 s; what takes so long hangs.
STEP_SECONDS = 120
NAMES = ("init", "base", "main")


def three_containers(family):
    """One that ends by itself, one that another needs, and that one, with a port and a volume."""
    volume = {"mountPoints": [{"sourceVolume": "shared", "containerPath": "/shared",
                               "readOnly": False}]}
    return payloads.task(
        payloads.container("init", "echo ready >/shared/state", essential=False, **volume),
        payloads.container("base", payloads.OBEDIENT.format(code=0)),
        payloads.container(
            "main", payloads.OBEDIENT.format(code=3),
            dependsOn=[{"containerName": "init", "condition": "SUCCESS"},
                       {"containerName": "base", "condition": "START"}],
            portMappings=[{"containerPort": 80, "hostPort": 0, "protocol": "tcp"}], **volume),
        family=family,
        volumes=[{"name": "shared", "type": "docker", "dockerVolumeConfiguration": {
            "scope": "task", "autoprovision": False, "driver": "local"}}])


class Failed(Exception):
    """The life cannot go on: (kind of fault, what happened)."""


class Life:
    """One life in `directory`. In the end `faults` is the verdict, and `deaths` lists in which phase
    the agent was killed. `ports` are for this host alone. `stop_after`: the stop is sent so many
    seconds after the launch was, and not after RUNNING."""

    def __init__(self, directory, engine, docker, events, name, ports, stop_after=None):
        self.deaths = []
        self._docker = docker
        self._name = name
        self._phase = "start"
        self._kills = {}
        self._kill_at = []  #: Moments still to come, in order.
        self._stop_after = stop_after
        self._task = three_containers(name)
        self._arn = self._task["arn"]
        # A cluster of its own: agents of one cluster share what its labels say.
        self._plane = programs.ControlPlane(
            directory, name=name + "-standalone", cluster=name).start()
        self._agent = programs.Agent(directory, self._plane.url, engine.host, {
            "ECS_CLUSTER": name,
            "ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION": "1s",
            "ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION_JITTER": "0s",
            "ECS_DYNAMIC_HOST_PORT_RANGE": ports}, name=name + "-agent")
        self._judge = Judge(self._plane, events, self._arn, NAMES, name, stop_after is None)

    @property
    def faults(self):
        return self._judge.faults

    @property
    def programs(self):
        return [self._plane, self._agent]

    def live(self, command=None, kills=None):
        """`command` stands in for the agent's first start. `kills` are {phase: [seconds after its
        begin]}."""
        self._kills = kills or {}
        try:
            self._start(command)
            self._go_through()
            self._agent.end(signal.SIGKILL)
            self._judge.look_at_all()
            self._check_identity()
        except Failed as failed:
            self._judge.fault(*failed.args)
        finally:
            for program in reversed(self.programs):
                program.end(signal.SIGKILL)
        return self

    def _go_through(self):
        self._enter("start")
        self._until(self._connected, "a connection")
        self._check_identity()
        self._enter("launch")
        self._send(self._task)
        if self._stop_after is None:
            self._until(lambda: self._reported("RUNNING") or self._reported("STOPPED"), "RUNNING")
            self._check_running()
        else:
            begin = time.monotonic()
            self._until(lambda: time.monotonic() - begin >= self._stop_after, "time")
        self._enter("stop")
        self._send(payloads.stopped(self._task))
        self._until(lambda: self._reported("STOPPED"), "STOPPED")
        self._enter("clean-up")
        self._until(self._forgotten, "end of the clean-up")

    def _enter(self, phase):
        self._phase = phase
        now = time.monotonic()
        self._kill_at = sorted(
            self._kill_at + [now + seconds for seconds in self._kills.get(phase, ())])

    def _send(self, task):
        (instance,) = self._instances()
        self._plane.post("/_longshore/payload", {"tasks": [task], "containerInstance": instance})

    def _start(self, command=None):
        if command:
            self._agent.command(command)
        self._agent.start()
        self._agent.command([programs.BINARY, "agent"])

    def _until(self, condition, what):
        deadline = time.monotonic() + STEP_SECONDS
        while not condition():
            self._look_after()
            if time.monotonic() > deadline:
                raise Failed("lost", f"no {what} within {STEP_SECONDS} s")
            time.sleep(0.01)

    def _look_after(self):
        """What is due now: a kill, a new start of a dead agent, a look at new reports."""
        if self._kill_at and time.monotonic() >= self._kill_at[0]:
            self._kill_at.pop(0)
            self._agent.kill()
        if not self._agent.running():
            status = self._agent.process.returncode
            if status != -signal.SIGKILL:
                raise Failed("lost", f"the agent ended by itself with {status}")
            self.deaths.append(self._phase)
            self._judge.crashed(AgentDatabase(self._agent.data).reports)
            self._start()
        self._judge.look_at_new_reports()

    def _instances(self):
        """Every identity that was given out, in order."""
        arns = [m["body"]["containerInstance"]["containerInstanceArn"]
                for m in self._plane.messages("api", "RegisterContainerInstance", "out")]
        return list(dict.fromkeys(arns))

    def _check_identity(self):
        if len(self._instances()) != 1:
            raise Failed("changed identities", self._instances())

    def _connected(self):
        return self._plane.messages("acs", "connect")

    def _reported(self, status):
        return self._plane.submissions(self._arn, status)

    def _check_running(self):
        ends = self._reported("STOPPED")
        if ends:
            raise Failed("wrong reports", f"in place of RUNNING: {ends[0]['body']}")
        shown = [c["Labels"]["com.amazonaws.ecs.container-name"]
                 for c in self._docker.containers(task_arn=self._arn)]
        if sorted(shown) != sorted(NAMES):
            self._judge.fault("doubled" if len(shown) > len(NAMES) else "lost", f"{shown} run")

    def _forgotten(self):
        """Nothing of the task is left anywhere, and nothing to be told."""
        volumes = self._docker.call("GET", "/volumes")["Volumes"]
        if (self._docker.containers(task_arn=self._arn) or cgroups.directories(self._arn)
                or any(f"-{self._name}-" in volume["Name"] for volume in volumes)):
            return False
        database = AgentDatabase(self._agent.data)
        return database.readable and not database.tasks and not database.reports
