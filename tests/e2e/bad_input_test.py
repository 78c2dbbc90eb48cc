"""Broken and hostile messages on ACS: a clear error at the right place, nothing else disturbed."""

import json
import time
import unittest

import payloads
from harness import EndToEnd, wait_until
from wire import Wire

ERROR_PREFIX = "UnrecogniedTaskError: Error loading task - "  # Misspelt so on the wire.


class BadTaskTest(EndToEnd):

    def broken(self, **fields):
        return payloads.task(payloads.container("main", **fields))

    def test_one_broken_task_of_three_stops_and_the_others_run(self):
        good = [payloads.task(payloads.container("main")) for _ in range(2)]
        bad = self.broken(portMappings=[{"containerPort": 80, "hostPort": 0, "protocol": "sctp"}])
        message_id = self.plane.send(good[0], bad, good[1])
        for task in good:
            self.plane.wait_status(task["arn"], "RUNNING")
        report = self.plane.wait_status(bad["arn"], "STOPPED")
        self.assertTrue(report["reason"].startswith(ERROR_PREFIX), report["reason"])
        # The text says where and what.
        self.assertIn("protocol", report["reason"])
        self.assertIn("sctp", report["reason"])
        self.never(lambda: self.plane.acked(message_id), 1, "a payload with a bad task was acked")
        self.assertEqual(self.docker.inspect_task(bad["arn"]), {})

    def test_each_kind_of_broken_task_is_reported_with_its_cause(self):
        cases = {
            "overrides": self.broken(overrides='{"memory":1}'),
            "containerPort": self.broken(portMappings=[{"containerPort": 70000}]),
            "desiredStatus": {**self.broken(), "desiredStatus": "SLEEPING"},
            "volume": {**self.broken(), "volumes": [{"name": "v", "type": "ebs"}]},
            "cpu": self.broken(cpu=-1),
        }
        for word, task in cases.items():
            with self.subTest(word):
                self.plane.send(task)
                report = self.plane.wait_status(task["arn"], "STOPPED")
                self.assertTrue(report["reason"].startswith(ERROR_PREFIX), report["reason"])
                self.assertIn(word.lower(), report["reason"].lower())

    def test_a_malformed_image_name_is_refused_in_the_engines_words(self):
        words = "CannotPullImageManifestError: Error response from daemon: invalid reference format"
        cases = {"Busybox:1": words + ": repository name must be lowercase", "busybox:a:b": words,
                 "busybox:bad tag": words, "busybox@sha256:123": words}
        for image, reason in cases.items():
            with self.subTest(image):
                task = self.broken(image=image)
                self.plane.send(task)
                report = self.plane.wait_status(task["arn"], "STOPPED")
                self.assertEqual(report["containers"][0]["reason"], reason)

    def test_a_mistyped_field_of_docker_config_names_its_block(self):
        cases = {
            "HostConfigError: Unable to decode given host config: json: cannot unmarshal string "
            "into Go struct field HostConfig.Memory of type int64":
                {"config": "{}", "hostConfig": '{"Memory":"64m"}'},
            "DockerClientConfigError: Unable decode given docker config: json: cannot unmarshal "
            "number into Go struct field Config.User of type string":
                {"config": '{"User":5}', "hostConfig": "{}"},
        }
        for reason, blocks in cases.items():
            with self.subTest(reason):
                task = self.broken(dockerConfig={**blocks, "version": "1.24"})
                self.plane.send(task)
                report = self.plane.wait_status(task["arn"], "STOPPED")
                self.assertEqual(self.only_container(report)["reason"], reason)


class BadFrameTest(EndToEnd):
    """Frames go through a proxy of ours, which can send what no server library would."""
    start_agent = False

    def setUp(self):
        super().setUp()
        self.wire = Wire(self.plane.port)
        self.addCleanup(self.wire.close)
        self.agent = self.new_agent(ECS_BACKEND_HOST=self.wire.url)
        self.agent.start_connected(self.plane)

    def session(self):
        def live():
            return next((s for s in self.wire.sessions("clusterArn") if not s.ended), None)
        return wait_until(live, 30, "an ACS session")

    def envelope(self, kind, message):
        return json.dumps({"type": kind, "message": message}).encode()

    def assert_alive(self):
        """On the same session or a new one, heartbeats are answered; at once but for the big
        frames, which a sanitizer's build reads slowly."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            after = self.plane.last_seq()
            beat = f"beat-{after}-{time.monotonic_ns()}"
            try:
                self.session().inject(self.envelope("HeartbeatMessage",
                                                    {"healthy": True, "messageId": beat}))
            except OSError:
                pass  # That session has just ended; the next one is awaited.
            else:
                limit = time.monotonic() + 2
                while time.monotonic() < limit:
                    if any(m["body"].get("messageId") == beat for m in
                           self.plane.messages("acs", "HeartbeatAckRequest", "in", after)):
                        return
                    time.sleep(0.02)
        self.fail(f"no heartbeat answered for 60 s\n{self.agent.log_text()[-3000:]}")

    def test_bad_frames_change_nothing(self):
        task = self.run_task(payloads.task(payloads.container("main")))
        (before,) = self.docker.inspect_task(task["arn"]).values()
        payload = {"clusterArn": task["taskClusterArn"], "containerInstanceArn": "arn:x",
                   "messageId": "bad"}
        typed = payloads.task(payloads.container("main", cpu=0.5))
        frames = {
            "truncated JSON": self.envelope("PayloadMessage", {**payload, "tasks": [task]})[:-20],
            "not JSON": b"hello",
            "empty": b"",
            "an array": b"[1,2,3]",
            "null": b"null",
            "no type": b'{"message":{}}',
            "a type that is a number": b'{"type":7,"message":{}}',
            "a message that is a string": b'{"type":"PayloadMessage","message":"x"}',
            "an unknown type": self.envelope("PoisonPill", {"messageId": "bad"}),
            "wrong member types": self.envelope("PayloadMessage", {**payload, "tasks": {"a": 1}}),
            "a fraction in an integer": self.envelope("PayloadMessage",
                                                      {**payload, "tasks": [typed]}),
            "nothing that is required": self.envelope("PayloadMessage", {"tasks": [task]}),
            "invalid UTF-8 escapes": b'{"type":"PayloadMessage","message":{"messageId":"\\ud800"}}',
            "deep nesting": b'{"type":"PayloadMessage","message":{"x":' + b"[" * 100_000,
            "10 MB of padding": self.envelope("PayloadMessage",
                                              {**payload, "tasks": [], "x": "x" * 10_000_000}),
            "10 MB that never end": b'{"type":"PayloadMessage","message":"' + b"x" * 10_000_000,
        }
        for name, frame in frames.items():
            with self.subTest(name):
                self.session().inject(frame)
                self.assert_alive()
        self.assertEqual(self.plane.submissions(typed["arn"]), [])
        (after,) = self.docker.inspect_task(task["arn"]).values()
        self.assertEqual(after["State"], before["State"])
        self.assertTrue(self.agent.running())
        self.assertEqual(len(self.plane.submissions(task["arn"])), 1)

    def test_broken_websocket_framing_is_survived(self):
        for name, frame in {
            "text that is not UTF-8": (b"\xff\xfe\xfd", 1, True),
            "binary": (b"\0\1\2", 2, True),
            "an opcode nobody knows": (b"x", 5, True),
            "a continuation of nothing": (b"x", 0, True),
        }.items():
            with self.subTest(name):
                self.session().inject(*frame)
                self.assert_alive()

    def test_a_message_in_fragments_is_put_together(self):
        after = self.plane.last_seq()
        beat = self.envelope("HeartbeatMessage", {"healthy": True, "messageId": "in-parts"})
        session = self.session()
        session.inject(beat[:20], 1, False)
        session.inject(b"", 9)  # A ping may come between two fragments.
        session.inject(beat[20:30], 0, False)
        session.inject(beat[30:], 0, True)
        self.plane.wait_message(5, "acs", "HeartbeatAckRequest", after=after,
                                where=lambda m: m["body"]["messageId"] == "in-parts")

    def test_a_dropped_connection_is_made_again_and_tasks_do_not_notice(self):
        task = self.run_task(payloads.task(payloads.container("main")))
        for _ in range(3):
            self.session().cut()
            time.sleep(0.2)
            self.assert_alive()
        self.stop_task(task)
        self.assertEqual(len(self.plane.submissions(task["arn"])), 2)


if __name__ == "__main__":
    unittest.main()
