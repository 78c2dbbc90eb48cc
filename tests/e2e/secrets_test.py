"""Secrets stay out of logs and files."""

import base64
import os
import subprocess
import unittest

import payloads
from harness import EndToEnd
from programs import BINARY, ECR_PASSWORD, GOLDEN_SETTINGS, SECRET_KEY
from testenv import Registry


def credentials(name):
    return {"accessKeyId": f"AKIA{name.upper()}", "credentialsId": f"id-of-{name}",
            "expiration": "2099-01-01T00:00:00Z",
            "roleArn": f"arn:aws:iam::123456789012:role/{name}",
            "secretAccessKey": f"secret-key-of-{name}-role",
            "sessionToken": f"session-token-of-{name}-role"}


class SecretsTest(EndToEnd):
    settings = {"ECS_LOGLEVEL": "debug",
                "ECS_ENGINE_AUTH_TYPE": "docker",
                "ECS_ENGINE_AUTH_DATA":
                    '{"registry.example":{"username":"u","password":"engine-auth-password"}}'}

    def test_no_log_and_no_file_of_the_agent_or_standalone_shows_a_secret(self):
        registry = Registry(password=ECR_PASSWORD)
        self.addCleanup(registry.stop)
        registry.start()
        image = registry.push(self.engine, payloads.IMAGE, "app:1")
        task = payloads.task(
            payloads.container("main", image=image, registryAuthentication={
                "type": "ecr", "ecrAuthData": {
                    "endpointOverride": self.plane.url, "region": payloads.REGION,
                    "registryId": payloads.ACCOUNT, "useExecutionRole": True}}),
            roleCredentials=credentials("task"), executionRoleCredentials=credentials("execution"))
        self.run_task(task)
        wrong = payloads.task(payloads.container("main", image=image + "-missing"))
        self.plane.send(wrong)
        self.plane.wait_status(wrong["arn"], "STOPPED")
        self.stop_task(task)
        self.agent.end()

        secrets = [SECRET_KEY, ECR_PASSWORD, "engine-auth-password",
                   "secret-key-of-task-role", "session-token-of-task-role",
                   "secret-key-of-execution-role", "session-token-of-execution-role",
                   base64.b64encode(f"AWS:{ECR_PASSWORD}".encode()).decode()]
        looked_at = 0
        for folder, _, names in os.walk(self.directory):
            for name in names:
                path = os.path.join(folder, name)
                if name.endswith(".ecr"):  # The file that gives standalone its password.
                    continue
                if not os.path.isfile(path):  # The agent's socket.
                    continue
                with open(path, "rb") as file:
                    content = file.read()
                looked_at += 1
                for secret in secrets:
                    self.assertNotIn(secret.encode(), content, f"{folder}/{name}")
        # Two logs, the port file and a database at least: the walk did not look past them.
        self.assertGreaterEqual(looked_at, 4)

    def test_config_prints_every_setting_with_its_origin_and_no_secret(self):
        environment = {"PATH": os.environ["PATH"], **GOLDEN_SETTINGS, **self.settings}
        done = subprocess.run([BINARY, "config"], env=environment, capture_output=True, text=True,
                              timeout=20)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("***", done.stdout)
        self.assertNotIn("engine-auth-password", done.stdout + done.stderr)
        self.assertNotIn(SECRET_KEY, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"(?m)^cluster +bench +environment$")
        self.assertRegex(done.stdout, r"(?m)^registry_auth.data +\*\*\* +environment$")
        self.assertRegex(done.stdout, r"(?m)^timeouts.stop +30s +default$")


if __name__ == "__main__":
    unittest.main()
