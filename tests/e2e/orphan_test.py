"""Containers that carry our labels, of tasks that this agent has never heard of."""

import os
import time
import unittest

import cgroups
import payloads
from engine_proxy import EngineProxy
from harness import EndToEnd, wait_until
from payloads import container
from programs import BINARY

#: How long the agent looks at one before it calls it an orphan.
OLD_ENOUGH = 30


class OrphanTest(EndToEnd):
    """Three agents of three clusters side by side, since each has to wait so long: the label of
    the cluster keeps their containers apart."""

    start_agent = False

    def leave(self, name, cluster=None):
        """A running container; with a cluster, one that an agent of it seems to have made."""
        arn = payloads.new_task_arn()
        labels = {} if cluster is None else {
            "com.amazonaws.ecs.task-arn": arn,
            "com.amazonaws.ecs.cluster": cluster,
            "com.amazonaws.ecs.container-name": "main",
            "com.amazonaws.ecs.task-definition-family": "lost",
            "com.amazonaws.ecs.task-definition-version": "1"}
        made = self.docker.create(name, {
            "Image": payloads.IMAGE, "Labels": labels,
            "Cmd": ["sh", "-c", payloads.OBEDIENT.format(code=0)],
            "HostConfig": {"CgroupParent": f"/ecs/{arn.rsplit('/', 1)[1]}"}})
        self.addCleanup(cgroups.remove, arn)
        self.addCleanup(self.docker.remove, made)
        self.docker.start(made)
        return made

    def start_with(self, cluster, text):
        """An agent of that cluster with a YAML file of its own; returns it and its proxy."""
        self.plane.call("CreateCluster", {"clusterName": cluster})
        path = os.path.join(self.directory, cluster + ".yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        proxy = EngineProxy(os.path.join(self.directory, cluster + ".sock"), self.engine.socket)
        self.addCleanup(proxy.close)
        agent = self.new_agent(ECS_CLUSTER=cluster, DOCKER_HOST=proxy.host)
        agent.command([BINARY, "agent", "--config", path])
        agent.start_connected(self.plane)
        return agent, proxy

    def is_there(self, container_id):
        return any(c["Id"] == container_id for c in self.docker.call("GET", "/containers/json"))

    def line_about(self, agent, orphan):
        """The agent's log line that names it, or None."""
        return next((line for line in agent.log_text().splitlines()
                     if "belongs to no task" in line and orphan in line), None)

    def test_orphans_are_named_and_removed_only_where_that_is_asked_for(self):
        keep = self.start_with("keep", "external: true\n")
        remove = self.start_with("remove", "longshore:\n  orphans:\n    policy: remove\n")
        dry = self.start_with("dry", "longshore:\n  orphans: {policy: remove, dry_run: true}\n")
        # What is there at the start becomes a task again: orphans are what turns up later.
        kept, removed, spared = (self.leave(f"of-{c}", c) for c in ("keep", "remove", "dry"))
        stranger = self.leave("stranger")
        for agent, proxy in (keep, remove, dry):
            proxy.cut_events()  # It compares then, as it does every 30 s.
        task = payloads.task(container("main"))
        self.plane.post("/_longshore/payload", {
            "tasks": [task], "containerInstance": self.instance_of("remove")})
        self.plane.wait_status(task["arn"], "RUNNING")
        time.sleep(OLD_ENOUGH + 2)
        for agent, proxy in (keep, remove, dry):
            proxy.cut_events()
        for (agent, _), orphan in ((keep, kept), (remove, removed), (dry, spared)):
            wait_until(lambda: self.line_about(agent, orphan), 10, "a log line with its id")
        wait_until(lambda: not self.is_there(removed), 15, "the orphan's removal")
        self.assertIn("dry run", self.line_about(dry[0], spared))
        for survivor in (kept, spared, stranger):
            self.assertTrue(self.is_there(survivor))
        for agent, _ in (keep, remove, dry):
            self.assertIsNone(self.line_about(agent, stranger))
        self.assertEqual(self.plane.submissions(task["arn"], "STOPPED"), [])

    def instance_of(self, cluster):
        return next(m["body"]["containerInstanceArn"]
                    for m in self.plane.messages("acs", "connect")
                    if f"/{cluster}/" in m["body"]["containerInstanceArn"])


if __name__ == "__main__":
    unittest.main()
