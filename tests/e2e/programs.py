"""The built binary, run the way people run it: `longshore standalone` and `longshore agent`."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "env"))

import payloads
from agent_database import AgentDatabase
from waiting import tail, wait_until

BINARY = os.environ.get("LONGSHORE_BIN") or os.path.join(ROOT, "build/release/agent/longshore")

ACCESS_KEY = "AKIALONGSHOREE2E"
SECRET_KEY = "e2e-secret-key-that-no-log-may-show"
ECR_PASSWORD = "e2e-registry-password-that-no-log-may-show"

# Of the run in which tests/data/golden was recorded.
GOLDEN_SETTINGS = {
    "ECS_CLUSTER": payloads.CLUSTER,
    "ECS_EXTERNAL": "true",
    "ECS_IMAGE_PULL_BEHAVIOR": "prefer-cached",
    "ECS_ENABLE_TASK_IAM_ROLE": "true",
    "ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST": "true",
    "ECS_AVAILABLE_LOGGING_DRIVERS": '["json-file","none","syslog"]',
    "AWS_DEFAULT_REGION": payloads.REGION,
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
}

SANITIZER_MARKS = ("AddressSanitizer", "LeakSanitizer", "ThreadSanitizer", "runtime error:")


class Program:
    """A process of ours with its standard error in a file."""

    def __init__(self, directory, name, arguments, environment):
        self.log = os.path.join(directory, name + ".log")
        self.name = name
        self._arguments = [BINARY, *arguments]
        self._environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": directory,
            **environment,
        }
        self.process = None

    def start(self, **identity):
        """`identity`: user, group and extra_groups of subprocess.Popen."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self._arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self._environment, start_new_session=True, **identity)
        return self

    def command(self, words):
        """Another program in place of the built binary, for comparison."""
        self._arguments = list(words)

    def run_through(self, words):
        """Lets another program start it, one that becomes it: the process stays the same."""
        self._arguments = [*words, *self._arguments]

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def end(self, number=signal.SIGTERM, seconds=20):
        """Signals it and returns the exit status, negative for a signal. Killed if it lingers:
        then AssertionError."""
        if not self.running():
            return self.process.returncode if self.process else None
        self.process.send_signal(number)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(
                f"{self.name} still ran {seconds} s after signal {number}; "
                f"its log ends with:\n{tail(self.log)}") from None

    def wait(self, seconds=20):
        """Waits for it to end by itself and returns the exit status."""
        wait_until(lambda: not self.running(), seconds, f"the end of {self.name}")
        return self.process.returncode

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def sanitizer_report(self):
        """What a sanitizer wrote, or None."""
        text = self.log_text() if os.path.exists(self.log) else ""
        found = min((text.find(m) for m in SANITIZER_MARKS if m in text), default=-1)
        return None if found < 0 else text[max(0, found - 200):found + 4000]


class ControlPlane(Program):
    """`longshore standalone` and its test interface under /_longshore/."""

    def __init__(self, directory, *flags, name="standalone", cluster=payloads.CLUSTER,
                 address="127.0.0.1"):
        self._address = address
        self._port_file = os.path.join(directory, name + ".port")
        password = os.path.join(directory, name + ".ecr")
        with open(password, "w", encoding="ascii") as file:
            file.write(ECR_PASSWORD)
        super().__init__(directory, name, [
            "standalone", "--listen", f"{address}:0", "--port-file", self._port_file,
            "--cluster", cluster, "--region", payloads.REGION,
            "--account", payloads.ACCOUNT, "--ecr-password-file", password, *flags], {})
        self.port = None
        self.sent_tasks = set()  #: ARNs of all that send() was given.
        self._seen = []

    def start(self):
        super().start()
        wait_until(lambda: os.path.exists(self._port_file) or not self.running(), 20,
                   "standalone's port file")
        assert self.running(), f"standalone ended at once:\n{tail(self.log)}"
        with open(self._port_file, encoding="ascii") as file:
            self.port = int(file.read())
        return self

    @property
    def url(self):
        return f"http://{self._address}:{self.port}"

    def start_again(self):
        """Starts it on the port it had, with an empty memory: what agents had registered is gone."""
        at = self._arguments.index("--listen") + 1
        self._arguments[at] = f"{self._address}:{self.port}"
        os.remove(self._port_file)
        self._seen = []
        return self.start()

    def post(self, path, body):
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise AssertionError(
                f"POST {path}: {error.code} {error.read().decode(errors='replace')}") from None

    def send(self, *tasks):
        """Sends tasks in one PayloadMessage, sent again until acknowledged, and returns its id."""
        self.sent_tasks.update(task["arn"] for task in tasks)
        return self.post("/_longshore/payload", {"tasks": list(tasks)})["messageId"]

    def send_raw(self, kind, message):
        """Sends one ACS message as it stands, once."""
        self.post("/_longshore/acs", {"type": kind, "message": message})

    def call(self, operation, body):
        """One call of the ECS API, unsigned; returns the answer."""
        request = urllib.request.Request(self.url, json.dumps(body).encode(), {
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": f"AmazonEC2ContainerServiceV20141113.{operation}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())

    def fault(self, **command):
        self.post("/_longshore/faults", command)

    def clear_faults(self):
        """Forgets the faults that are still to happen."""
        request = urllib.request.Request(self.url + "/_longshore/faults", method="DELETE")
        urllib.request.urlopen(request, timeout=20).close()

    def record(self):
        """Every message so far, in order."""
        since = self._seen[-1]["seq"] if self._seen else 0
        with urllib.request.urlopen(f"{self.url}/_longshore/record?since={since}", timeout=20) as a:
            self._seen += json.loads(a.read())
        return self._seen

    def messages(self, channel=None, kind=None, direction=None, after=0):
        """Recorded messages that match; `after` is a sequence number."""
        return [m for m in self.record()
                if m["seq"] > after and channel in (None, m["channel"])
                and kind in (None, m["type"]) and direction in (None, m["direction"])]

    def last_seq(self):
        record = self.record()
        return record[-1]["seq"] if record else 0

    def wait_message(self, seconds, channel, kind, direction="in", after=0, where=lambda m: True):
        """Waits for a matching message and returns it."""
        def look():
            found = self.messages(channel, kind, direction, after)
            return next((m for m in found if where(m)), None)
        return wait_until(look, seconds, f"{channel} {kind} at the control plane", 0.02)

    def submissions(self, task_arn, status=None):
        """SubmitTaskStateChange of one task, in order."""
        return [m for m in self.messages("api", "SubmitTaskStateChange", "in")
                if m["body"].get("task") == task_arn
                and status in (None, m["body"].get("status"))]

    def wait_status(self, task_arn, status, seconds=60):
        """Waits until the task is reported in `status`; returns the report's body. AssertionError
        when it is reported STOPPED instead."""
        def look():
            return next(iter(self.submissions(task_arn, status)
                             or self.submissions(task_arn, "STOPPED")), None)
        body = wait_until(look, seconds, f"{task_arn} {status}", 0.02)["body"]
        assert body["status"] == status, f"instead of {status}: {body}"
        return body

    def acked(self, message_id):
        return any(m["body"].get("messageId") == message_id
                   for m in self.messages("acs", "AckRequest", "in"))

    def wait_acked(self, message_id, seconds=30):
        wait_until(lambda: self.acked(message_id), seconds, f"the ack of {message_id}", 0.02)


class Agent(Program):
    """`longshore agent` against a control plane and an engine. May be started again after its
    end: the data directory stays."""

    def __init__(self, directory, backend, docker_host, settings=None, name="agent"):
        self.data = os.path.join(directory, name + "-data")
        os.makedirs(self.data, exist_ok=True)
        environment = {
            **GOLDEN_SETTINGS,
            "ECS_BACKEND_HOST": backend,
            "DOCKER_HOST": docker_host,
            "ECS_DATADIR": self.data,
            # A settings file of this machine must not have a say.
            "ECS_AGENT_CONFIG_FILE_PATH": os.path.join(directory, "no-such-file.json"),
            **(settings or {}),
        }
        super().__init__(directory, name, ["agent"],
                         {k: v for k, v in environment.items() if v is not None})

    def put_into_machine(self, tag_file):
        """From its next start on it sees a machine whose board's asset tag is what this file then
        holds: on EC2 the instance's id. In a mount namespace of its own, where the tag hides what
        /sys/class shows of the real machine."""
        self.run_through(["unshare", "--mount", "--propagation", "slave", "sh", "-c",
                          "mount -t tmpfs firmware /sys/class && mkdir -p /sys/class/dmi/id && "
                          'cp "$0" /sys/class/dmi/id/board_asset_tag && exec "$@"', tag_file])

    def start_connected(self, plane, seconds=20):
        """Starts it and waits until it is connected to ACS."""
        after = plane.last_seq()
        self.start()
        self.wait_connected(plane, after, seconds)
        return self

    def wait_connected(self, plane, after=0, seconds=20):
        def look():
            return plane.messages("acs", "connect", after=after) or not self.running()
        wait_until(look, seconds, "the agent's ACS connection", 0.005)
        assert self.running(), (
            f"the agent ended with {self.process.returncode}; its log ends with:\n{tail(self.log)}")

    def tasks(self):
        """What `longshore tasks --json` tells: {ARN: task}."""
        done = self._ask("tasks")
        assert done.returncode == 0, done.stderr
        return {task["Arn"]: task for task in json.loads(done.stdout)["Tasks"]}

    def health(self):
        """What `longshore health --json` tells; its exit status says the same."""
        done = self._ask("health")
        assert done.stdout, done.stderr
        health = json.loads(done.stdout)
        assert done.returncode == (0 if health["Healthy"] else 1), done
        return health

    def _ask(self, command):
        return subprocess.run(
            [BINARY, command, "--json", "--data-dir", self.data], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=20, env={"PATH": os.environ["PATH"]})

    def wait_recorded(self, seconds=10):
        """Waits until it is on disk that the reports were taken. A crash before that repeats them,
        since nobody could know whether they arrived."""
        wait_until(lambda: (kept := AgentDatabase(self.data)).readable and not kept.reports,
                   seconds, "the record that the reports were taken", 0.02)

    def kill(self):
        """SIGKILL: what a crash leaves."""
        self.end(signal.SIGKILL)


def wait_gone(pid, seconds):
    """Waits until no process of that id exists."""
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), seconds, f"the end of process {pid}")


def sleep_until(moment):
    """Sleeps to a time.monotonic() value; for measuring that something does not happen."""
    time.sleep(max(0.0, moment - time.monotonic()))
