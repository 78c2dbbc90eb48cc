"""Bad settings: key, value, source and accepted form on standard error, and the exit code after
which systemd does not restart the agent."""

import json
import os
import subprocess
import unittest

from programs import BINARY, GOLDEN_SETTINGS
from testenv import remove_folder, temporary_folder

DO_NOT_RESTART = 5


class SettingsTest(unittest.TestCase):

    def setUp(self):
        self.directory = temporary_folder("longshore-e2e-")
        self.addCleanup(remove_folder, self.directory)

    def run_agent(self, *flags, **settings):
        """(exit status, standard error) of an agent that must not get as far as running."""
        done = subprocess.run([BINARY, "agent", *flags], capture_output=True, text=True,
                              timeout=10, env=self.environment(**settings))
        return done.returncode, done.stderr

    def environment(self, **settings):
        merged = {
            "PATH": os.environ["PATH"], **GOLDEN_SETTINGS,
            "ECS_BACKEND_HOST": "http://127.0.0.1:1",
            "ECS_DATADIR": self.directory,
            "ECS_AGENT_CONFIG_FILE_PATH": os.path.join(self.directory, "none.json"),
            **settings}
        return {k: v for k, v in merged.items() if v is not None}

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def assert_refused(self, outcome, *words):
        status, err = outcome
        self.assertEqual(status, DO_NOT_RESTART, err)
        for word in words:
            self.assertIn(word.lower(), err.lower())

    def test_a_bad_environment_variable(self):
        cases = {  # key: (value, a part of the accepted form)
            "ECS_CONTAINER_STOP_TIMEOUT": ("soon", "30s"),
            "ECS_AVAILABLE_LOGGING_DRIVERS": ('["jsonfile"]', "json-file"),
            "ECS_RESERVED_PORTS": ("22,23", "["),
            "ECS_RESERVED_MEMORY": ("-3", "0"),
            "ECS_EXTERNAL": ("maybe", "true"),
            "ECS_INSTANCE_ATTRIBUTES": ('["x"]', "{"),
            "ECS_IMAGE_PULL_BEHAVIOR": ("sometimes", "prefer-cached"),
            "DOCKER_HOST": ("var/run/docker.sock", "unix://"),
            "ECS_LOGLEVEL": ("loud", "debug"),
        }
        for key, (value, form) in cases.items():
            with self.subTest(key):
                self.assert_refused(self.run_agent(**{key: value}), key, value.strip('[]"'),
                                    "environment", form)

    def test_a_missing_region(self):
        self.assert_refused(self.run_agent(AWS_DEFAULT_REGION=None), "AWS_DEFAULT_REGION")

    def test_a_bad_value_in_the_json_file(self):
        path = self.write("ecs.config.json", json.dumps({"ReservedMemory": "lots"}))
        self.assert_refused(self.run_agent(ECS_AGENT_CONFIG_FILE_PATH=path),
                            "ReservedMemory", "lots", path)

    def test_a_json_file_that_is_not_json(self):
        path = self.write("ecs.config.json", '{"Cluster": ')
        self.assert_refused(self.run_agent(ECS_AGENT_CONFIG_FILE_PATH=path), path)

    def test_an_unknown_key_and_a_wrong_type_in_the_yaml_file(self):
        path = self.write("longshore.yaml", "clutser: bench\n")
        self.assert_refused(self.run_agent("--config", path), "clutser", path)
        path = self.write("longshore.yaml", "timeouts:\n  stop: [1, 2]\n")
        self.assert_refused(self.run_agent("--config", path), "timeouts.stop", "30s",
                            f"{path}:2")

    def test_a_yaml_file_that_is_not_there(self):
        self.assert_refused(self.run_agent("--config", "/no/such.yaml"), "/no/such.yaml")

    def test_a_log_file_that_cannot_be_opened_is_no_reason_to_end(self):
        environment = self.environment(DOCKER_HOST="unix:///no/engine.sock",
                                       ECS_LOGFILE="/proc/no/agent.log")
        with subprocess.Popen([BINARY, "agent"], stderr=subprocess.PIPE, text=True,
                              env=environment) as process:
            try:
                lines = []
                while not any("/no/engine.sock" in line for line in lines):
                    lines.append(process.stderr.readline())
                    self.assertTrue(lines[-1], lines)
            finally:
                process.terminate()
        self.assertIn("/proc/no/agent.log", lines[0])

    def test_an_unknown_flag(self):
        self.assert_refused(self.run_agent("--clutser", "x"), "--clutser")

    def test_a_word_that_is_no_subcommand_is_named(self):
        for word in ("agnet", "--agent"):
            done = subprocess.run([BINARY, word], capture_output=True, text=True, timeout=10)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(f'"{word}"', done.stderr)

    def test_an_answer_that_cannot_be_written_is_no_success(self):
        for words in (["config"], ["--help"]):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = subprocess.run([BINARY, *words], stdout=full, stderr=subprocess.PIPE,
                                      text=True, timeout=10, env=self.environment())
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("cannot write", done.stderr)


if __name__ == "__main__":
    unittest.main()
