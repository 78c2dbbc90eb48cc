"""The agent ends, by signal or by crash, under running tasks: nothing is restarted, nothing lost,
and each state is reported once. On a copy of its disk it begins anew."""

import glob
import os
import shutil
import signal
import time
import unittest

import payloads
from harness import BehindProxy, EndToEnd, wait_until

TRAP = "trap 'exit 9' TERM; while :; do sleep 0.1; done"


class KillTest(EndToEnd):

    def running_tasks(self, count=3, command=("sleep", "3600")):
        tasks = [payloads.task(payloads.container("main", command)) for _ in range(count)]
        self.plane.send(*tasks)
        for task in tasks:
            self.plane.wait_status(task["arn"], "RUNNING")
        self.agent.wait_recorded()
        return tasks

    def processes(self, tasks):
        """What must not change: {task: (container id, pid, start time, restarts)}."""
        found = {}
        for task in tasks:
            (shown,) = self.docker.inspect_task(task["arn"]).values()
            found[task["arn"]] = (shown["Id"], shown["State"]["Pid"], shown["State"]["StartedAt"],
                                  shown["RestartCount"])
        return found

    def instance_arns(self):
        return [m["body"]["containerInstance"]["containerInstanceArn"]
                for m in self.plane.messages("api", "RegisterContainerInstance", "out")]

    def assert_taken_over(self, tasks, before):
        """The new agent process manages the same processes and ends them as asked."""
        self.assertEqual(self.processes(tasks), before)
        for task in tasks:
            self.plane.send(payloads.stopped(task))
        for task in tasks:
            report = self.plane.wait_status(task["arn"], "STOPPED")
            self.assertEqual(report["containers"][0]["exitCode"], 137)
            self.assertEqual(self.statuses(task), ["RUNNING", "STOPPED"])
        self.assertEqual(len(set(self.instance_arns())), 1, self.instance_arns())
        again = self.plane.messages("api", "RegisterContainerInstance", "in")[-1]["body"]
        self.assertEqual(again["containerInstanceArn"], self.instance_arns()[0])

    def test_kill_9_with_three_tasks_running_restarts_and_loses_nothing(self):
        tasks = self.running_tasks()
        before = self.processes(tasks)
        self.agent.kill()
        self.agent.start_connected(self.plane)
        self.assert_taken_over(tasks, before)

    def test_sigterm_leaves_containers_running_and_ends_with_0(self):
        tasks = self.running_tasks()
        before = self.processes(tasks)
        started = time.monotonic()
        self.assertEqual(self.agent.end(signal.SIGTERM), 0)
        self.assertLess(time.monotonic() - started, 5)
        self.assertEqual(self.processes(tasks), before)
        self.agent.start_connected(self.plane)
        self.assert_taken_over(tasks, before)

    def test_what_ended_while_the_agent_was_down_is_reported_once_with_its_exit_code(self):
        tasks = self.running_tasks(command=TRAP)
        self.agent.kill()
        ended, *others = tasks
        (container,) = self.docker.containers(task_arn=ended["arn"])
        self.docker.call("POST", f"/containers/{container['Id']}/kill?signal=TERM")
        wait_until(lambda: self.docker.inspect(container["Id"])["State"]["Status"] == "exited", 10,
                   "the container's end")
        self.agent.start_connected(self.plane)
        report = self.plane.wait_status(ended["arn"], "STOPPED")
        self.assertEqual(report["containers"][0]["exitCode"], 9)
        self.assertIn("executionStoppedAt", report)
        for task in others:
            self.stop_task(task)
            self.assertEqual(self.statuses(task), ["RUNNING", "STOPPED"])
        self.assertEqual(self.statuses(ended), ["RUNNING", "STOPPED"])

    def test_what_vanished_while_the_agent_was_down_is_reported_stopped(self):
        task, other = self.running_tasks(2)
        self.agent.kill()
        (container,) = self.docker.containers(task_arn=task["arn"])
        self.docker.remove(container["Id"])
        self.agent.start_connected(self.plane)
        report = self.plane.wait_status(task["arn"], "STOPPED")
        self.assertIn("ContainerVanishedError", report["containers"][0]["reason"])
        self.assertNotIn("exitCode", report["containers"][0])
        self.assertEqual(self.statuses(other), ["RUNNING"])

    def test_kill_9_at_any_moment_of_a_launch_makes_no_second_container(self):
        for delay in (0.005, 0.03, 0.1, 0.25):
            with self.subTest(delay=delay):
                tasks = [payloads.task(payloads.container("main")) for _ in range(3)]
                self.plane.send(*tasks)
                time.sleep(delay)
                self.agent.kill()
                self.agent.start_connected(self.plane)
                for task in tasks:
                    self.plane.wait_status(task["arn"], "RUNNING")
                    self.assertEqual(len(self.docker.containers(task_arn=task["arn"])), 1)

    def test_a_stop_asked_for_before_the_crash_is_finished_after_it(self):
        task = self.run_task(payloads.task(
            payloads.container("main", "trap '' TERM; while :; do sleep 0.1; done", stopTimeout=3)))
        self.plane.wait_acked(self.plane.send(payloads.stopped(task)))
        self.agent.kill()
        self.agent.start_connected(self.plane)
        report = self.plane.wait_status(task["arn"], "STOPPED")
        self.assertEqual(report["containers"][0]["exitCode"], 137)
        self.assertEqual(self.statuses(task), ["RUNNING", "STOPPED"])

    def move_to(self, instance):
        """The agent's disk lies in another machine, where it is started."""
        self.agent.end()
        with open(self.tag_file, "w", encoding="ascii") as file:
            file.write(instance + "\n")
        self.agent.start_connected(self.plane)

    def test_a_copy_of_the_disk_is_a_new_instance_and_leaves_the_originals_tasks_alone(self):
        self.tag_file = os.path.join(self.directory, "board_asset_tag")
        self.agent.end()
        self.agent.put_into_machine(self.tag_file)
        self.move_to("i-00000000000000001")
        olds = self.running_tasks(2)
        before = self.processes(olds)
        self.move_to("i-00000000000000001")
        self.assertEqual(len(set(self.instance_arns())), 1, self.instance_arns())
        said = len(self.agent.log_text())

        self.move_to("i-00000000000000002")
        original, copy = dict.fromkeys(self.instance_arns())
        first, *_, last = self.plane.messages("api", "RegisterContainerInstance", "in")
        self.assertNotIn("containerInstanceArn", last["body"])
        self.assertNotEqual(last["body"]["clientToken"], first["body"]["clientToken"])
        text = self.agent.log_text()[said:]
        self.assertIn("of another machine", text)
        for name in ("longshore.db", "identity.json"):
            (kept,) = glob.glob(os.path.join(self.agent.data, f"{name}.other-machine-*"))
            self.assertIn(kept, text)

        own = self.run_task(payloads.task(payloads.container("main", TRAP)))
        self.agent.wait_recorded()
        own_before = self.processes([own])
        # Whose a container is is known also when the record of its task is lost.
        self.agent.end()
        for path in glob.glob(os.path.join(self.agent.data, "longshore.db")) + \
                glob.glob(os.path.join(self.agent.data, "longshore.db-*")):
            os.unlink(path)
        self.agent.start_connected(self.plane)
        self.assertEqual(list(self.agent.tasks()), [own["arn"]])
        self.assertEqual(self.processes([own]), own_before)
        self.stop_task(own)

        self.assertEqual(self.processes(olds), before)
        for old in olds:
            self.assertEqual(self.statuses(old), ["RUNNING"])
        self.assertEqual(self.instance_arns()[-1], copy)
        self.assertNotEqual(copy, original)


class PowerCutTest(BehindProxy):
    """A power cut takes from the disk what no fsync wrote: all but what was acknowledged."""

    def test_what_has_run_is_not_run_again_although_the_disk_tells_nothing_of_it(self):
        marks = os.path.join(self.directory, "marks")
        os.makedirs(marks)
        task = payloads.task(
            payloads.container("main", "echo run >> /marks/runs; exit 4", mountPoints=[
                {"sourceVolume": "marks", "containerPath": "/marks", "readOnly": False}]),
            volumes=[{"name": "marks", "type": "host", "host": {"sourcePath": marks}}])
        hold = self.proxy.hold("POST", "/containers/create")
        self.plane.send(task)
        wait_until(lambda: hold.count == 1, 20, "the call to create it")
        before = os.path.join(self.directory, "before")
        shutil.copytree(self.agent.data, before, ignore=shutil.ignore_patterns("*.sock"))
        after = self.proxy.hold("POST", "/start")
        hold.release()
        wait_until(lambda: after.count == 1, 20, "the call to start it")
        self.agent.kill()
        after.release()
        wait_until(lambda: self.inspect(task)["State"]["Status"] == "exited", 20, "its end")
        shutil.rmtree(self.agent.data)
        shutil.copytree(before, self.agent.data)
        self.agent.start_connected(self.plane)
        report = self.plane.wait_status(task["arn"], "STOPPED", 20)
        self.assertEqual(self.only_container(report)["exitCode"], 4)
        self.assertEqual(self.statuses(task), ["RUNNING", "STOPPED"])
        with open(os.path.join(marks, "runs"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "run\n")


if __name__ == "__main__":
    unittest.main()
