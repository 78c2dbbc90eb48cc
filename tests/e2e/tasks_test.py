"""`longshore tasks`: what the agent of this host has to do, seen from the same host."""

import json
import os
import socket
import stat
import subprocess
import unittest

import payloads
from harness import EndToEnd, wait_until
from payloads import container
from programs import BINARY

NOBODY = 65534


class TasksTest(EndToEnd):

    def ask(self, *flags, **identity):
        """(exit status, standard output, standard error) of `longshore tasks`."""
        done = subprocess.run(
            [BINARY, "tasks", "--data-dir", self.agent.data, *flags], capture_output=True,
            text=True, timeout=20, env={"PATH": os.environ["PATH"]}, **identity)
        return done.returncode, done.stdout, done.stderr

    def listed(self):
        """{ARN: task} as `--json` gives them."""
        status, out, err = self.ask("--json")
        self.assertEqual(status, 0, err)
        return {task["Arn"]: task for task in json.loads(out)["Tasks"]}

    def table(self, *flags):
        """The lines of the table without its heading."""
        status, out, err = self.ask(*flags)
        self.assertEqual(status, 0, err)
        heading, *lines = out.splitlines()
        self.assertRegex(heading, "^TASK +DEFINITION +DESIRED +KNOWN +RUNNING +REMARKS$")
        return lines

    def test_no_tasks_are_an_empty_table(self):
        self.assertEqual(self.table(), [])
        self.assertEqual(self.listed(), {})

    def test_a_task_from_running_to_stopped(self):
        task = self.run_task(payloads.task(
            container("main"),
            container("side", "exit 3", essential=False)))
        wait_until(lambda: "exit 3" in self.table("--containers")[2], 10, "the exit of side")
        shown = self.listed()[task["arn"]]
        self.assertEqual((shown["Family"], shown["Version"]), ("e2e", "7"))
        self.assertEqual((shown["DesiredStatus"], shown["KnownStatus"]), ("RUNNING", "RUNNING"))
        self.assertNotIn("WaitsFor", shown)
        main, side = shown["Containers"]
        self.assertEqual(main["DockerId"], self.docker.inspect_task(task["arn"])["main"]["Id"])
        self.assertEqual((main["Name"], main["KnownStatus"], main["RestartCount"]),
                         ("main", "RUNNING", 0))
        self.assertEqual((side["KnownStatus"], side["ExitCode"]), ("STOPPED", 3))
        first, main_line, _ = self.table("--containers")
        self.assertEqual(first.split(),
                         [task["arn"].rsplit("/", 1)[1], "e2e:7", "RUNNING", "RUNNING", "1/2"])
        self.assertEqual(main_line.split(), ["main", main["DockerId"][:12], "running"])

        self.stop_task(task)
        shown = self.listed()[task["arn"]]
        self.assertEqual((shown["DesiredStatus"], shown["KnownStatus"]), ("STOPPED", "STOPPED"))
        self.assertTrue(shown["StoppedAt"].endswith("Z"), shown)
        self.assertIn("ExitCode", shown["Containers"][0])

    def waits_for(self, task):
        return self.listed()[task["arn"]].get("WaitsFor")

    def test_a_task_waits_for_a_port_until_its_holder_is_gone(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        web = container("main", portMappings=[
            {"containerPort": 80, "hostPort": port, "protocol": "tcp"}])
        first = self.run_task(payloads.task(web))
        second = payloads.task(web)
        third = payloads.task(web)
        self.plane.send(second)
        self.plane.send(third)
        held = f"host port {port}/tcp is held by task {first['arn'].rsplit('/', 1)[1]}"
        wait_until(lambda: third["arn"] in self.listed(), 10, "the third task")
        self.assertEqual(self.waits_for(second), held)
        self.assertEqual(self.waits_for(third), held + "; behind 1 task")
        # In the order in which they came.
        lines = self.table()
        self.assertEqual([line.split()[0] for line in lines],
                         [task["arn"].rsplit("/", 1)[1] for task in (first, second, third)])
        self.assertIn("waiting: " + held, lines[1])

        self.stop_task(first)
        self.plane.wait_status(second["arn"], "RUNNING")
        self.assertIsNone(self.waits_for(second))
        self.assertIn(second["arn"].rsplit("/", 1)[1], self.waits_for(third))
        self.stop_task(third)
        self.assertIsNone(self.waits_for(third))

    def test_a_task_too_large_for_this_host_holds_up_nobody(self):
        huge = payloads.task(container("main"), memory=1 << 30)
        self.plane.send(huge)
        self.run_task(payloads.task(container("main")))
        self.assertRegex(self.waits_for(huge), "^can never start here: needs 1073741824 MiB of "
                                               "memory, this host has [0-9]+ MiB for tasks$")
        self.assertEqual(self.listed()[huge["arn"]]["KnownStatus"], "PENDING")
        self.stop_task(huge)

    def test_a_container_that_could_not_start_says_why(self):
        task = payloads.task(container("main", ["/no/such/program"]))
        self.plane.send(task)
        self.plane.wait_status(task["arn"], "STOPPED")
        (line,) = self.table()
        self.assertIn("main: CannotStartContainerError: ", line)

    def test_the_socket_is_its_users_alone_and_replaced_after_a_crash(self):
        path = os.path.join(self.agent.data, "longshore.sock")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        task = self.run_task(payloads.task(container("main")))
        self.agent.kill()
        self.assertTrue(os.path.exists(path))
        status, _, err = self.ask()
        self.assertEqual(status, 1)
        self.assertIn("no agent runs with this data directory", err)
        self.agent.start_connected(self.plane)
        self.assertEqual(self.listed()[task["arn"]]["KnownStatus"], "RUNNING")

    def test_another_user_is_told_whom_to_ask_as(self):
        os.chmod(self.directory, 0o755)
        os.chmod(self.agent.data, 0o755)
        status, out, err = self.ask(user=NOBODY, group=NOBODY, extra_groups=[])
        self.assertEqual((status, out), (1, ""))
        self.assertIn("sudo longshore tasks", err)

    def test_bad_settings_are_named(self):
        status, _, err = self.ask("--timeouts-stop", "soon")
        self.assertEqual(status, 5)
        self.assertIn("--timeouts-stop", err)


if __name__ == "__main__":
    unittest.main()
