"""One agent under measurement: this one, or another with the same settings."""

import os
import shlex
import time

import cgroups
from programs import BINARY, Agent
from testenv import wait_until


class Subject:
    """Starts fresh agents of one kind against a control plane and an engine."""

    def __init__(self, name, command, plane, engine, directory):
        self.name = name
        self._command = command
        self._plane = plane
        self._engine = engine
        self._directory = directory
        self._count = 0
        self.agent = None

    def start(self):
        """Starts an agent with a new data directory; returns seconds to its ACS connection."""
        self._count += 1
        self.agent = Agent(self._directory, self._plane.url, self._engine.host,
                           {"ECS_LOGLEVEL": "info"}, f"{self.name}-{self._count}")
        self.agent.command(self._command)
        return self.start_again()

    def start_again(self):
        """The same, with the data directory and the tasks of the last one."""
        after = self._plane.last_seq()
        begun = time.time()
        self.agent.start()
        self.agent.wait_connected(self._plane, after, 60)
        return self._plane.messages("acs", "connect", after=after)[0]["time"] - begun

    def end(self):
        if self.agent:
            self.agent.end()

    def launch(self, tasks, seconds=120):
        """Sends tasks in one message; returns, for each, seconds from that message to its RUNNING
        report, both as the control plane saw them."""
        after = self._plane.last_seq()
        self._plane.send(*tasks)
        sent = self._plane.wait_message(10, "acs", "PayloadMessage", "out", after)["time"]
        reports = self.reports({task["arn"] for task in tasks}, "RUNNING", after, seconds)
        return [reports[task["arn"]] - sent for task in tasks]

    def reports(self, arns, status, after, seconds):
        """Waits for a report of each task; {arn: time}. Looks seldom: the times are the control
        plane's, and looking takes CPU from what is measured."""
        def look():
            found = {}
            for m in self._plane.messages("api", "SubmitTaskStateChange", "in", after):
                if m["body"].get("status") == status and m["body"].get("task") in arns:
                    found.setdefault(m["body"]["task"], m["time"])
            return found if len(found) == len(arns) else None
        return wait_until(look, seconds, f"{len(arns)} tasks {status}", 0.1)

    def clear(self, docker, tasks):
        """Removes the tasks' containers behind the agent's back and waits for its reports;
        removes their cgroups."""
        after = self._plane.last_seq()
        arns = {task["arn"] for task in tasks}
        for arn in arns:
            for container in docker.containers(task_arn=arn):
                docker.remove(container["Id"])
        self.reports(arns, "STOPPED", after, 120)
        for arn in arns:
            cgroups.remove(arn)


def peers():
    """[(name, command)] of the agents to measure: this one first, then the command PEER_AGENT."""
    found = [("Longshore", [BINARY, "agent"])]
    if os.environ.get("PEER_AGENT"):
        found.append(("peer", shlex.split(os.environ["PEER_AGENT"])))
    return found
