"""`longshore run TASK-DEFINITION.json`: a task on this machine, in the foreground."""

import contextlib
import json
import os
import re
import select
import signal
import socket
import subprocess
import threading
import time
import unittest

from harness import EndToEnd, wait_until
from payloads import IMAGE
from programs import BINARY, SANITIZER_MARKS

TIME = r"\d\d:\d\d:\d\d"


def definition(*containers, **fields):
    return {"family": "hello", "containerDefinitions": list(containers), **fields}


def container(name, script, **fields):
    return {"name": name, "image": IMAGE, "memory": 32, "essential": True,
            "command": ["sh", "-c", script], **fields}


class RunTest(EndToEnd):

    def setUp(self):  # Brings its own control plane and agent: the base class's stay out.
        self.docker = self.new_docker()

    def launch(self, content, **environment):
        """Starts it on a file with `content` (text, or an object to be JSON)."""
        path = os.path.join(self.directory, "task.json")
        with open(path, "w", encoding="utf-8") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        process = subprocess.Popen(
            [BINARY, "run", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
            # Who runs these tests under nohup ignores it, and so would their children.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
            env={"PATH": os.environ["PATH"], "HOME": self.directory,
                 "DOCKER_HOST": self.engine.host, **environment})
        self.addCleanup(self.end, process)
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
            process.communicate()

    def finish(self, process, seconds=30):
        """(exit status, standard output, standard error) once it has ended."""
        out, err = process.communicate(timeout=seconds)
        self.assertFalse([m for m in SANITIZER_MARKS if m in err], err)
        return process.returncode, out, err

    def read_until(self, process, words, times=1):
        """Its lines, up to one with these words, the `times`-th of them; it is killed, and this
        fails, when there is none in time."""
        guard = threading.Timer(100, process.kill)
        guard.start()
        lines = []
        try:
            while sum(words in line for line in lines) < times:
                lines.append(process.stdout.readline())
                self.assertTrue(lines[-1], lines)
        finally:
            guard.cancel()
        return lines

    def test_it_prints_the_time_line_and_the_output_and_ends_with_the_exit_code(self):
        status, out, err = self.finish(self.launch(definition(
            container("web", "echo hello from web; echo trouble >&2; sleep 1; exit 3"),
            container("side", "echo hello from side; sleep 60", essential=False, stopTimeout=2))))
        self.assertEqual(status, 3, err)
        self.assertIn("web | hello from web\n", out)
        self.assertIn("web | trouble\n", err)
        self.assertIn("side | hello from side\n", out)
        shown = [s for s in re.findall(TIME + r".*\b(PENDING|RUNNING|STOPPED)\b", out)]
        self.assertEqual([s for i, s in enumerate(shown) if s not in shown[:i]][-2:],
                         ["RUNNING", "STOPPED"], out)
        self.assertEqual([c for c in self.docker.containers() if c["State"] == "running"], [])

    def test_the_essential_containers_success_is_its_own(self):
        status, out, err = self.finish(self.launch(definition(
            container("main", "sleep 0.5; exit 0"),
            container("side", "exit 4", essential=False))))
        self.assertEqual(status, 0, out + err)

    def test_an_essential_container_that_never_ran_is_no_success(self):
        status, out, err = self.finish(self.launch(definition(
            {"name": "main", "image": IMAGE, "command": ["/nonexistent"], "memory": 32},
            container("other", "trap 'exit 0' TERM; while :; do sleep 0.1; done"))))
        self.assertEqual(status, 1, out + err)
        self.assertIn("main STOPPED: CannotStartContainerError", out)

    def test_the_ports_of_the_host_are_shown(self):
        process = self.launch(definition(
            container("web", "echo served | nc -lp 80", portMappings=[{"containerPort": 80}]),
            networkMode="bridge"))
        line = self.read_until(process, "web RUNNING")[-1]
        shown = re.search(r"web RUNNING 0\.0\.0\.0:(\d+)->80/tcp", line)
        self.assertTrue(shown, line)

        def served():
            with contextlib.suppress(OSError), socket.create_connection(
                    ("127.0.0.1", int(shown.group(1))), 1) as connection:
                return connection.recv(100)
        self.assertEqual(wait_until(served, 10, "an answer at that port"), b"served\n")
        self.assertEqual(self.finish(process)[0], 0)

    def test_each_run_under_a_restart_policy_is_shown(self):
        process = self.launch(definition(
            container("main", "while :; do sleep 0.1; done"),
            container("job", "echo run; sleep 61; exit 5", essential=False,
                      restartPolicy={"enabled": True, "restartAttemptPeriod": 60})))
        lines = self.read_until(process, "job | run", times=2)
        process.send_signal(signal.SIGINT)
        _, out, err = self.finish(process, 60)
        shown = "".join(lines) + out
        self.assertIn("job restarted (1)", shown, err)
        self.assertEqual(shown.count("job | run"), 2, shown)

    def test_a_change_and_output_are_shown_when_they_happen(self):
        process = self.launch(definition(
            container("main", "exit 0", dependsOn=[{"containerName": "init",
                                                    "condition": "SUCCESS"}]),
            container("init", "echo begun; sleep 5", essential=False)))
        self.read_until(process, "init | begun")
        begun = time.monotonic()
        self.finish(process)
        self.assertGreater(time.monotonic() - begun, 4)

    def test_ctrl_c_stops_the_task_properly(self):
        process = self.launch(definition(
            container("main", "trap 'echo bye; exit 5' TERM; while :; do sleep 0.1; done")))
        wait_until(lambda: any(c["State"] == "running" for c in self.docker.containers()), 20,
                   "the container's start")
        # The trap is set a moment after the start.
        wait_until(lambda: "trap" in self.top(), 5, "the shell in the container")
        process.send_signal(signal.SIGINT)
        status, out, err = self.finish(process)
        self.assertEqual(status, 5, out + err)
        self.assertIn("bye", out)
        self.assertIn("STOPPED", out)
        self.assertEqual([c for c in self.docker.containers() if c["State"] == "running"], [])

    def test_a_reader_that_goes_away_stops_the_task(self):
        process = self.launch(definition(
            container("main", "trap 'exit 5' TERM; while :; do echo tick; sleep 0.1; done")))
        self.read_until(process, "tick")
        process.stdout.close()
        process.stdout = None
        status, _, err = self.finish(process)
        self.assertEqual(status, 5, err)
        self.assertEqual(self.docker.containers(), [])

    def test_a_terminal_that_goes_away_stops_the_task(self):
        process = self.launch(definition(
            container("main", "trap 'exit 5' TERM; while :; do echo tick; sleep 0.1; done")))
        self.read_until(process, "tick")
        process.send_signal(signal.SIGHUP)
        status, out, err = self.finish(process)
        self.assertEqual(status, 5, out + err)
        self.assertIn("STOPPED", out)
        self.assertEqual(self.docker.containers(), [])

    def top(self):
        (made,) = self.docker.containers()
        return json.dumps(self.docker.call("GET", f"/containers/{made['Id']}/top"))

    def test_a_typo_is_named_with_its_place(self):
        cases = {
            "containerDefinitons": {"family": "x", "containerDefinitons": []},
            "containerDefinitions[0].memroy":
                definition({"name": "web", "image": IMAGE, "memroy": 32}),
            "containerDefinitions[0].memory":
                definition({"name": "web", "image": IMAGE, "memory": "32"}),
        }
        for place, content in cases.items():
            with self.subTest(place):
                status, out, err = self.finish(self.launch(content), 10)
                self.assertNotEqual(status, 0)
                self.assertIn(place, out + err)
        self.assertEqual(self.docker.containers(), [])

    def test_a_file_that_is_not_json_is_named_with_the_position(self):
        status, out, err = self.finish(self.launch('{"family": "x",\n  oops'), 10)
        self.assertNotEqual(status, 0)
        self.assertIn("task.json", out + err)
        self.assertRegex(out + err, "line 2|byte 19")

    def test_a_file_that_is_not_there_is_named(self):
        done = subprocess.run([BINARY, "run", "/no/such/task.json"], capture_output=True,
                              text=True, timeout=10)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("/no/such/task.json", done.stdout + done.stderr)

    def test_a_missing_engine_is_said_at_once_and_the_wait_for_it_can_be_ended(self):
        process = self.launch(definition(container("main", "exit 0")),
                              DOCKER_HOST="unix:///no/engine.sock")
        said = ""
        while "/no/engine.sock" not in said:
            readable, _, _ = select.select([process.stderr], [], [], 5)
            self.assertTrue(readable, said)
            said += os.read(process.stderr.fileno(), 4096).decode()
        process.send_signal(signal.SIGINT)
        status, _, _ = self.finish(process, 5)
        self.assertNotEqual(status, 0)


if __name__ == "__main__":
    unittest.main()
