"""What is measured, and how. Times are seconds."""

import json
import os
import select
import statistics
import time

import cgroups
import payloads
import processes


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
    """Signals each task's process, and in turns that of the same container without an agent.
    Seconds from the process's exit, as the kernel tells it on a pidfd: to the die event's arrival
    at a bare client, to the task's own die event, from that to the STOPPED report at the control
    plane, and to that report in all: {"p50", "p99"} of each."""
    bare_times, engine_times, agent_times, all_times = [], [], [], []
    events = bare.events("die")
    alone = [bare.launch(*command_of(task))[1] for task in tasks]
    for task, made in zip(tasks, alone):
        (container,) = bare.docker.containers(task_arn=task["arn"])
        after = plane.last_seq()
        begun = time.time()
        exited = end_process(bare.docker, container["Id"], number)
        reported = subject.reports({task["arn"]}, "STOPPED", after, 30)[task["arn"]]
        died = bare.docker.event_time(container["Id"], "die", int(begun) - 1)
        engine_times.append(died - exited)
        agent_times.append(reported - died)
        all_times.append(reported - exited)
        exited = end_process(bare.docker, made[0], number)
        bare_times.append(events.wait(made[0]) - exited)
    bare.clear(alone)
    events.close()
    return tuple({"p50": statistics.median(times), "p99": percentile(times, 0.99)}
                 for times in (bare_times, engine_times, agent_times, all_times))


def command_of(task):
    (container,) = task["containers"]
    return [*container.get("entryPoint", []), *container["command"]]


def end_process(docker, container_id, number):
    """Signals a container's process and returns when it was gone; seconds since 1970."""
    pid = docker.inspect(container_id)["State"]["Pid"]
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
    containers of which each waits for the START of the one before."""
    waits = [payloads.after(f"c{i}", "START") for i in range(length - 1)]
    return alternating(
        subject, bare, rounds,
        [payloads.container(f"c{i}", **fields) for i, fields in enumerate([{}, *waits])],
        lambda: bare_chain(bare, length))


def bare_chain(bare, length):
    launched = [bare.launch() for _ in range(length)]
    bare.clear([made for _, made in launched])
    return sum(passed for passed, _ in launched)


def init_container(subject, bare, rounds):
    """The same of a container that waits for the SUCCESS of one that takes a second."""
    return alternating(
        subject, bare, rounds,
        [payloads.container("main", **payloads.after("init", "SUCCESS")),
         payloads.container("init", ["sleep", "1"], essential=False)],
        lambda: bare.launch_after("die", "sleep", "1"))


def healthy_dependency(subject, bare, rounds):
    """The same of a container that waits for one to be HEALTHY, looked at every 5 s."""
    check = payloads.health_check("true", interval=5, retries=3)
    config = json.loads(check["dockerConfig"]["config"])
    return alternating(
        subject, bare, rounds,
        [payloads.container("main", **payloads.after("db", "HEALTHY")),
         payloads.container("db", **check)],
        lambda: bare.launch_after("health_status", **config))


def alternating(subject, bare, rounds, containers, bare_way):
    """Medians of seconds: of what `bare_way` returns, and from the payload of a task of these
    containers to its RUNNING, in turns."""
    bare_times, task_times = [], []
    for _ in range(rounds):
        bare_times.append(bare_way())
        task = payloads.task(*containers, family="bench")
        task_times += subject.launch([task])
        subject.clear(bare.docker, [task])
    return statistics.median(bare_times), statistics.median(task_times)
