"""What is measured, and how. Times are seconds."""

import datetime
import os
import signal
import statistics
import threading
import time
import uuid

import cgroups
import payloads
import processes
from engine_api import EngineApi


def percentile(values, share):
    """The smallest value that at least `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def new_task():
    return payloads.task(payloads.container("main"), family="bench")


class BareEngine:
    """Create and start over the engine's socket, as any agent has to, and nothing else."""

    def __init__(self, socket_path):
        self._socket = socket_path
        self.docker = EngineApi(socket_path)

    def launch(self, docker=None):
        """Returns seconds for create + start, and what clear() needs."""
        docker = docker or self.docker
        group = uuid.uuid4().hex
        spec = {
            "Image": payloads.IMAGE,
            "Cmd": ["sleep", "3600"],
            "HostConfig": {"CgroupParent": f"/ecs/{group}", "CpuShares": 10,
                           "Memory": 32 << 20, "LogConfig": {"Type": "json-file"}},
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
                    made.append(self.launch(docker)[1])
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

    def clear(self, made):
        for container, group in made:
            self.docker.remove(container)
            cgroups.remove(f"task/{group}")


def start_to_connected(subject, rounds):
    """p50 of fresh starts: process creation to the ACS connection at the control plane."""
    times = []
    for _ in range(rounds):
        times.append(subject.start())
        subject.end()
    return statistics.median(times)


def launches(subject, bare, rounds):
    """Alternates bare launches and tasks; ({"p50", "p99"} of bare, the same of tasks)."""
    bare_times, task_times = [], []
    for turn in range(rounds + 2):  # The first two of each warm the engine up.
        passed, made = bare.launch()
        bare.clear([made])
        task = new_task()
        (reported,) = subject.launch([task])
        subject.clear(bare.docker, [task])
        cgroups.remove(task["arn"])
        if turn >= 2:
            bare_times.append(passed)
            task_times.append(reported)
    return tuple({"p50": statistics.median(times), "p99": percentile(times, 0.99)}
                 for times in (bare_times, task_times))


def at_once(subject, bare, count):
    """(best of 1, 4 and 16 connections to the bare engine, one payload of `count` tasks until the
    last RUNNING report, the tasks, left running)."""
    best = min(bare.launch_at_once(count, connections) for connections in (1, 4, 16))
    tasks = [new_task() for _ in range(count)]
    return best, max(subject.launch(tasks)), tasks


def cpu(subject, engine, seconds):
    """Percent of a core with the agent running and publishing metrics, and with it stopped."""
    groups = {**processes.of_engine(engine)}
    with_agent = processes.cpu_percent({**groups, "agent": [subject.agent.pid]}, seconds)
    subject.end()
    time.sleep(2)  # The daemons finish what the agent's going has caused.
    without = processes.cpu_percent(groups, seconds)
    return with_agent, without


def exits(subject, plane, bare, tasks):
    """Kills each task's process. Seconds from the exit as the engine dates it (State.FinishedAt) to
    its own die event, and from that event to the STOPPED report at the control plane:
    ({"p50", "p99"} of the engine, the same of the agent)."""
    engine_times, agent_times = [], []
    for task in tasks:
        (container,) = bare.docker.containers(task_arn=task["arn"])
        shown = bare.docker.inspect(container["Id"])
        after = plane.last_seq()
        begun = time.time()
        os.kill(shown["State"]["Pid"], signal.SIGKILL)
        reported = subject.reports({task["arn"]}, "STOPPED", after, 30)[task["arn"]]
        finished = to_epoch(bare.docker.inspect(container["Id"])["State"]["FinishedAt"])
        died = bare.docker.event_time(container["Id"], "die", int(begun) - 1)
        engine_times.append(died - finished)
        agent_times.append(reported - died)
    return tuple({"p50": statistics.median(times), "p99": percentile(times, 0.99)}
                 for times in (engine_times, agent_times))


def to_epoch(text):
    """The engine's RFC 3339 text with nanoseconds as seconds since 1970."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole + "+00:00")
    return moment.timestamp() + float("0." + (fraction or "0"))


def to_running(subject, *containers):
    """Seconds from the payload to RUNNING of one task, and the task."""
    task = payloads.task(*containers, family="bench")
    (passed,) = subject.launch([task])
    return passed, task


def init_container(subject):
    return to_running(
        subject,
        payloads.container("main", dependsOn=[{"containerName": "init", "condition": "SUCCESS"}]),
        payloads.container("init", ["sleep", "1"], essential=False))


def healthy_dependency(subject):
    check = '{"Healthcheck":{"Test":["CMD","true"],"Interval":5000000000,"Retries":3}}'
    return to_running(
        subject,
        payloads.container("main", dependsOn=[{"containerName": "db", "condition": "HEALTHY"}]),
        payloads.container("db", healthCheckType="docker", dockerConfig={
            "config": check, "hostConfig": "{}", "version": "1.24"}))
