"""What the kernel says about a task's group and a container's processes (cgroup v1, and the v2 tree
of a hybrid host, where the engine makes groups too)."""

import os
import re


def mounts():
    """{controller: directory} of every hierarchy, wherever this host has it; "unified" is v2's."""
    found = {}
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        for line in lines:
            left, right = line.rstrip("\n").split(" - ")
            kind, _, options = right.split(" ")[:3]
            if kind == "cgroup":
                for option in options.split(","):
                    found.setdefault(option, left.split(" ")[4])
            elif kind == "cgroup2":
                found["unified"] = left.split(" ")[4]
    return found


def task_directory(task_arn, controller):
    return os.path.join(mounts()[controller], "ecs", task_arn.rsplit("/", 1)[1])


def read(task_arn, file_name):
    """One file of the task's group; its controller is the part of the name before the dot."""
    path = os.path.join(task_directory(task_arn, file_name.split(".")[0]), file_name)
    with open(path, encoding="ascii") as file:
        return int(file.read())


def directories(task_arn):
    """Every hierarchy's directory of the task that exists now."""
    candidates = {task_directory(task_arn, controller) for controller in mounts()}
    return sorted(path for path in candidates if os.path.isdir(path))


def container_processes(task_arn, container_id):
    """Processes that the kernel shows in a container's group now."""
    path = os.path.join(task_directory(task_arn, "memory"), container_id, "cgroup.procs")
    try:
        with open(path, encoding="ascii") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        return []  # The group is gone, and with it every process.


def group_of(pid, controller):
    """The path of a process in one hierarchy, for example "/ecs/<task>/<container>"."""
    with open(f"/proc/{pid}/cgroup", encoding="utf-8") as lines:
        for line in lines:
            _, controllers, path = line.rstrip("\n").split(":", 2)
            if controller in re.split("[,=]", controllers):
                return path
    return None


def processes(task_arn):
    """The ids of all processes in the task's group and below it."""
    found = set()
    for directory in directories(task_arn):
        for folder, _, files in os.walk(directory):
            if "cgroup.procs" in files:
                try:
                    with open(os.path.join(folder, "cgroup.procs"), encoding="ascii") as lines:
                        found |= {int(line) for line in lines}
                except OSError:
                    continue  # The group is going away.
    return found


def remove(task_arn):
    """Removes what is left of a task whose agent ended before it cleaned up."""
    for directory in directories(task_arn):
        try:
            os.rmdir(directory)
        except OSError:
            continue  # A container's group below it is still going away.
