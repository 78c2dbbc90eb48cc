"""Tasks as ECS sends them inside a PayloadMessage."""

import json
import uuid

IMAGE = "busybox:bench"
ACCOUNT = "123456789012"
REGION = "us-west-2"
CLUSTER = "bench"


# Ends at once with the given code when asked to, and uses no CPU until then.
OBEDIENT = "trap 'exit {code}' TERM; sleep 3600 & wait"


def new_task_arn():
    return f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/{CLUSTER}/{uuid.uuid4().hex}"


def container(name, command=("sleep", "3600"), **fields):
    """One container; a string as command is run by a shell."""
    made = {
        "name": name,
        "image": IMAGE,
        "cpu": 10,
        "memory": 32,
        "essential": True,
        "environment": {},
        "links": [],
        "mountPoints": [],
        "volumesFrom": [],
        "portMappings": [],
        "overrides": "{}",
        "dockerConfig": {"config": "{}", "hostConfig": "{}", "version": "1.17"},
        "stopTimeout": 2,
    }
    if isinstance(command, str):
        made["entryPoint"] = ["sh", "-c"]
        made["command"] = [command]
    else:
        made["command"] = list(command)
    made.update(fields)
    return made


def task(*containers, **fields):
    """A task that shall run; `fields` override, for example cpu=0.5, memory=64."""
    made = {
        "arn": new_task_arn(),
        "taskClusterArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{CLUSTER}",
        "family": "e2e",
        "version": "7",
        "desiredStatus": "RUNNING",
        "overrides": "{}",
        "volumes": [],
        "containers": list(containers),
    }
    made.update(fields)
    return made


def after(name, condition):
    """Fields of a container that waits for another one."""
    return {"dependsOn": [{"containerName": name, "condition": condition}]}


def health_check(*words, interval=0.5, retries=20):
    """Fields of a container with a Docker health check: a command, every `interval` seconds."""
    config = {"Healthcheck": {"Test": ["CMD", *words], "Interval": int(interval * 1e9),
                              "Timeout": 2_000_000_000, "Retries": retries}}
    return {"healthCheckType": "docker", "dockerConfig": {
        "config": json.dumps(config), "hostConfig": "{}", "version": "1.24"}}


def stopped(sent):
    """The same task, asked to stop."""
    return {**sent, "desiredStatus": "STOPPED"}
