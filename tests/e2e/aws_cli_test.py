"""The AWS CLI and boto3 against `longshore standalone`, with a small scripted agent.

What is shown is that Amazon's own tools take the answers: they parse them by the service's model,
and their waiters end.
"""

import base64
import json
import os
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request
import uuid

import boto3
import botocore.exceptions
from botocore.config import Config

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LONGSHORE = os.environ.get("LONGSHORE_BIN",
                           os.path.join(REPOSITORY, "build/release/agent/longshore"))
REGION = "eu-west-1"
ACCOUNT = "111122223333"
PASSWORD = "registry-password"
ENVIRONMENT = {**os.environ, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example",
               "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": ""}
for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
    ENVIRONMENT.pop(name, None)

SIGNATURE = ("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20250102/eu-west-1/ecs/aws4_request, "
             "SignedHeaders=host;x-amz-date, Signature=" + "a" * 64)
WEB = {"family": "web", "containerDefinitions": [
    {"name": "web", "image": "busybox", "memory": 64, "command": ["sleep", "1000"]}]}


class Websocket:
    """The client side of RFC 6455, as far as an agent needs it."""

    def __init__(self, port, target):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=20)
        self._socket.sendall((
            f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
            f"X-Amz-Date: 20250102T030405Z\r\nAuthorization: {SIGNATURE}\r\n\r\n").encode())
        self._file = self._socket.makefile("rb")
        status = self._file.readline()
        assert b" 101 " in status, status
        while self._file.readline() not in (b"\r\n", b""):
            pass

    def send(self, text):
        data, mask = text.encode(), os.urandom(4)
        length = (bytes([0x80 | len(data)]) if len(data) < 126
                  else bytes([0x80 | 126]) + struct.pack(">H", len(data)))
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self._socket.sendall(b"\x81" + length + mask + masked)

    def receive(self):
        """The next text message, or None at the end of the connection."""
        try:
            head = self._file.read(2)
            if len(head) < 2 or head[0] & 0x0F == 8:
                return None
            length = head[1] & 0x7F
            if length == 126:
                length = struct.unpack(">H", self._file.read(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self._file.read(8))[0]
            return self._file.read(length).decode()
        except (OSError, ValueError):
            return None

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._file.close()
        self._socket.close()


class ScriptedAgent:
    """Registers, connects, and says of every task what it is told to want."""

    def __init__(self, ecs, port):
        self._ecs = ecs
        answer = ecs.register_container_instance(
            cluster="default",
            attributes=[{"name": "color", "value": "blue"}],
            totalResources=[{"name": "CPU", "type": "INTEGER", "integerValue": 2048},
                            {"name": "MEMORY", "type": "INTEGER", "integerValue": 1024},
                            {"name": "PORTS", "type": "STRINGSET", "stringSetValue": ["22"]},
                            {"name": "PORTS_UDP", "type": "STRINGSET", "stringSetValue": []}])
        self.arn = answer["containerInstance"]["containerInstanceArn"]
        endpoint = ecs.discover_poll_endpoint(cluster="default", containerInstance=self.arn)
        assert endpoint["endpoint"] == f"http://127.0.0.1:{port}", endpoint
        query = urllib.parse.urlencode({
            "agentHash": "0123abcd", "agentVersion": "1.2.3", "clusterArn": "default",
            "containerInstanceArn": self.arn, "dockerVersion": "DockerVersion: 24.0.5",
            "protocolVersion": "2", "sendCredentials": "true", "seqNum": "1"})
        self._websocket = Websocket(port, "/ws?" + query)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            text = self._websocket.receive()
            if text is None:
                return
            frame = json.loads(text)
            if frame["type"] == "HeartbeatMessage":
                self._send("HeartbeatAckRequest", {"messageId": frame["message"]["messageId"]})
            if frame["type"] == "PayloadMessage":
                for task in frame["message"]["tasks"]:
                    self._submit(task)
                self._send("AckRequest", {
                    "cluster": frame["message"]["clusterArn"], "containerInstance": self.arn,
                    "messageId": frame["message"]["messageId"]})

    def _send(self, kind, message):
        self._websocket.send(json.dumps({"type": kind, "message": message}))

    def _submit(self, task):
        stopped = task["desiredStatus"] == "STOPPED"
        containers = [{
            "containerName": c["name"], "runtimeId": uuid.uuid4().hex,
            "imageDigest": "sha256:" + "0" * 64, "status": task["desiredStatus"],
            **({"exitCode": 143} if stopped else {"networkBindings": [
                {"bindIP": "0.0.0.0", "containerPort": 80, "hostPort": 32768,
                 "protocol": "tcp"}]})} for c in task["containers"]]
        self._ecs.submit_task_state_change(cluster="default", task=task["arn"], reason="",
                                           status=task["desiredStatus"], containers=containers)

    def close(self):
        self._websocket.close()
        self._thread.join(20)


class AwsCliTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.directory.cleanup)
        port_file = os.path.join(cls.directory.name, "port")
        password_file = os.path.join(cls.directory.name, "password")
        with open(password_file, "w", encoding="ascii") as file:
            file.write(PASSWORD + "\n")
        cls.log = open(os.path.join(cls.directory.name, "log"), "w+b")
        cls.addClassCleanup(cls.log.close)
        cls.plane = subprocess.Popen(
            [LONGSHORE, "standalone", "--listen", "127.0.0.1:0", "--port-file", port_file,
             "--region", REGION, "--account", ACCOUNT, "--ecr-password-file", password_file],
            stdout=cls.log, stderr=subprocess.STDOUT)
        cls.addClassCleanup(cls._end_plane)
        deadline = time.monotonic() + 20
        while not os.path.exists(port_file):
            assert cls.plane.poll() is None, "longshore standalone ended at once"
            assert time.monotonic() < deadline, "longshore standalone does not listen"
            time.sleep(0.02)
        with open(port_file, encoding="ascii") as file:
            cls.port = int(file.read())
        cls.endpoint = f"http://127.0.0.1:{cls.port}"
        session = boto3.Session(aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="example",
                                region_name=REGION)
        once = Config(retries={"total_max_attempts": 1})
        cls.ecs = session.client("ecs", endpoint_url=cls.endpoint, config=once)
        cls.ecr = session.client("ecr", endpoint_url=cls.endpoint, config=once)
        cls.agent = ScriptedAgent(cls.ecs, cls.port)
        cls.addClassCleanup(cls.agent.close)

    @classmethod
    def _end_plane(cls):
        cls.plane.terminate()
        try:
            cls.plane.wait(20)
        except subprocess.TimeoutExpired:
            cls.plane.kill()
            cls.plane.wait()
            raise

    def run_aws(self, *arguments):
        return subprocess.run(["aws", "--endpoint-url", self.endpoint, "ecs", *arguments],
                              env=ENVIRONMENT, capture_output=True, text=True, timeout=120)

    def aws(self, *arguments):
        done = self.run_aws(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def register(self, definition):
        path = os.path.join(self.directory.name, "definition.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(definition, file)
        return self.aws("register-task-definition", "--cli-input-json", "file://" + path)

    def test_a_task_runs_and_stops_by_the_commands_people_use(self):
        registered = self.register(WEB)["taskDefinition"]
        self.assertEqual(registered["status"], "ACTIVE")
        ran = self.aws("run-task", "--task-definition", "web", "--started-by", "test")
        self.assertEqual(ran["failures"], [])
        arn = ran["tasks"][0]["taskArn"]
        self.assertTrue(arn.startswith(f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/default/"), arn)
        self.aws("wait", "tasks-running", "--tasks", arn)

        task = self.aws("describe-tasks", "--tasks", arn)["tasks"][0]
        self.assertEqual(task["lastStatus"], "RUNNING")
        self.assertEqual(task["startedBy"], "test")
        self.assertEqual(task["connectivity"], "CONNECTED")
        container = task["containers"][0]
        self.assertEqual(container["networkBindings"][0]["hostPort"], 32768)
        self.assertEqual(container["imageDigest"], "sha256:" + "0" * 64)
        self.assertIn(arn, self.aws("list-tasks", "--family", "web")["taskArns"])

        self.aws("stop-task", "--task", arn, "--reason", "seen enough")
        self.aws("wait", "tasks-stopped", "--tasks", arn)
        task = self.aws("describe-tasks", "--tasks", arn)["tasks"][0]
        self.assertEqual(task["stoppedReason"], "seen enough")
        self.assertEqual(task["stopCode"], "UserInitiated")
        self.assertEqual(task["containers"][0]["exitCode"], 143)

    def test_the_instance_is_described_as_the_agent_registered_it(self):
        arns = self.aws("list-container-instances")["containerInstanceArns"]
        self.assertEqual(arns, [self.agent.arn])
        found = self.aws("describe-container-instances", "--container-instances", *arns,
                         "--include", "CONTAINER_INSTANCE_HEALTH")["containerInstances"][0]
        self.assertTrue(found["agentConnected"])
        self.assertEqual(found["versionInfo"], {
            "agentVersion": "1.2.3", "agentHash": "0123abcd", "dockerVersion": "24.0.5"})
        self.assertIn({"name": "color", "value": "blue"}, found["attributes"])
        self.assertEqual({r["name"]: r["integerValue"] for r in found["registeredResources"]
                          if r["type"] == "INTEGER"}, {"CPU": 2048, "MEMORY": 1024})
        self.assertEqual(found["healthStatus"]["overallStatus"], "INSUFFICIENT_DATA")
        cluster = self.aws("describe-clusters", "--clusters", "default")["clusters"][0]
        self.assertEqual(cluster["registeredContainerInstancesCount"], 1)

    def test_what_does_not_fit_is_a_failure_and_not_a_task(self):
        self.register({**WEB, "family": "huge", "containerDefinitions": [
            {"name": "web", "image": "busybox", "memory": 4096}]})
        answer = self.aws("run-task", "--task-definition", "huge")
        self.assertEqual(answer["tasks"], [])
        self.assertEqual(answer["failures"][0]["reason"], "RESOURCE:MEMORY")

    def test_errors_reach_the_user_with_code_and_member(self):
        done = self.run_aws("run-task", "--task-definition", "nothing-of-this-name")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("(ClientException)", done.stderr)
        done = self.run_aws("list-tasks", "--cluster", "nowhere")
        self.assertIn("(ClusterNotFoundException)", done.stderr)
        done = self.run_aws("list-services")
        self.assertIn("(UnknownOperationException)", done.stderr)
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            self.ecs.register_task_definition(family="web", containerDefinitions=[
                {"name": "web", "image": "busybox"}])
        self.assertIn("containerDefinitions[0]: memory", str(caught.exception))

    def test_lists_come_in_pages_that_the_tools_put_together(self):
        for _ in range(3):
            self.register({**WEB, "family": "paged"})
        arns = self.aws("list-task-definitions", "--family-prefix", "paged",
                        "--page-size", "1")["taskDefinitionArns"]
        self.assertEqual([arn.rsplit(":", 1)[1] for arn in arns], ["1", "2", "3"])

    def test_tags_are_kept(self):
        arn = self.register({**WEB, "family": "tagged"})["taskDefinition"]["taskDefinitionArn"]
        self.aws("tag-resource", "--resource-arn", arn, "--tags", "key=team,value=orders")
        self.assertEqual(self.aws("list-tags-for-resource", "--resource-arn", arn)["tags"],
                         [{"key": "team", "value": "orders"}])

    def test_ecr_gives_the_configured_password_and_the_record_does_not_show_it(self):
        data = self.ecr.get_authorization_token()["authorizationData"][0]
        token = base64.b64decode(data["authorizationToken"]).decode()
        self.assertEqual(token, "AWS:" + PASSWORD)
        with urllib.request.urlopen(self.endpoint + "/_longshore/record", timeout=20) as answer:
            record = answer.read().decode()
        self.assertIn("GetAuthorizationToken", record)
        self.assertNotIn(data["authorizationToken"], record)
        self.assertNotIn(PASSWORD, record)


if __name__ == "__main__":
    unittest.main(verbosity=2)
