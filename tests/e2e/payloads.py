"""Tasks as ECS sends them inside a PayloadMessage."""

import uuid

IMAGE = "busybox:bench"
ACCOUNT = "123456789012"
REGION = "us-west-2"
CLUSTER = "bench"


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


def stopped(sent):
    """The same task, asked to stop."""
    return {**sent, "desiredStatus": "STOPPED"}
