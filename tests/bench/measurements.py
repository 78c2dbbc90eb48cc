"""What is measured, and how. Times are seconds."""

import os
import select
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


def new_ending_task():
    """Its process ends by itself, with exit code 0, on SIGUSR1."""
    return payloads.task(payloads.container(
        "main", "trap 'exit 0' USR1; sleep 3600 & wait"), family="bench")


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
        if turn >= 2:
            bare_times.append(passed)
            task_times.append(reported)
    return tuple({"p50": statistics.median(times), "p99": percentile(times, 0.99)}
                 for times in (bare_times, task_times))


def at_once(subject, bare, count, rounds):
    """(best median of 1, 4 and 16 connections to the bare engine, median of one payload of `count`
    tasks until the last RUNNING report, the tasks of the last round, left running), alternating."""
    bare_times = {connections: [] for connections in (1, 4, 16)}
    task_times, tasks = [], []
    for _ in range(rounds):
        if tasks:
            subject.clear(bare.docker, tasks)
        for connections, times in bare_times.items():
            times.append(bare.launch_at_once(count, connections))
        tasks = [new_task() for _ in range(count)]
        task_times.append(max(subject.launch(tasks)))
    best = min(statistics.median(times) for times in bare_times.values())
    return best, statistics.median(task_times), tasks


def cpu(subject, engine, seconds):
    """Percent of a core with the agent running and publishing metrics, and with it stopped."""
    groups = {**processes.of_engine(engine)}
    with_agent = processes.cpu_percent({**groups, "agent": [subject.agent.pid]}, seconds)
    subject.end()
    time.sleep(2)  # The daemons finish what the agent's going has caused.
    without = processes.cpu_percent(groups, seconds)
    return with_agent, without


def exits(subject, plane, bare, tasks, number):
    """Signals each task's process. Seconds from its exit, as the kernel tells it on a pidfd, to the
    engine's die event, from that to the STOPPED report at the control plane, and in all: {"p50",
    "p99"} of each."""
    engine_times, agent_times, all_times = [], [], []
    for task in tasks:
        (container,) = bare.docker.containers(task_arn=task["arn"])
        after = plane.last_seq()
        begun = time.time()
        exited = end_process(bare.docker.inspect(container["Id"])["State"]["Pid"], number)
        reported = subject.reports({task["arn"]}, "STOPPED", after, 30)[task["arn"]]
        died = bare.docker.event_time(container["Id"], "die", int(begun) - 1)
        engine_times.append(died - exited)
        agent_times.append(reported - died)
        all_times.append(reported - exited)
    return tuple({"p50": statistics.median(times), "p99": percentile(times, 0.99)}
                 for times in (engine_times, agent_times, all_times))


def end_process(pid, number):
    """Signals a process and returns when it was gone; seconds since 1970."""
    watched = os.pidfd_open(pid)
    try:
        os.kill(pid, number)
        if not select.select([watched], [], [], 30)[0]:
            raise RuntimeError(f"process {pid} still lived 30 s after signal {number}")
        return time.time()
    finally:
        os.close(watched)


def start_chain(subject, bare, length, rounds):
    """Medians of seconds: `length` bare create + start one after another, and a task of as many
    containers of which each waits for the START of the one before, alternating."""
    bare_times, task_times = [], []
    for _ in range(rounds):
        launched = [bare.launch() for _ in range(length)]
        bare_times.append(sum(passed for passed, _ in launched))
        bare.clear([made for _, made in launched])
        waits = [payloads.after(f"c{i}", "START") for i in range(length - 1)]
        passed, task = to_running(subject, *(
            payloads.container(f"c{i}", **fields) for i, fields in enumerate([{}, *waits])))
        task_times.append(passed)
        subject.clear(bare.docker, [task])
    return statistics.median(bare_times), statistics.median(task_times)


def to_running(subject, *containers):
    """Seconds from the payload to RUNNING of one task, and the task."""
    task = payloads.task(*containers, family="bench")
    (passed,) = subject.launch([task])
    return passed, task


def init_container(subject):
    return to_running(
        subject,
        payloads.container("main", **payloads.after("init", "SUCCESS")),
        payloads.container("init", ["sleep", "1"], essential=False))


def healthy_dependency(subject):
    return to_running(
        subject,
        payloads.container("main", **payloads.after("db", "HEALTHY")),
        payloads.container("db", **payloads.health_check("true", interval=5, retries=3)))
