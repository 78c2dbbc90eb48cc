"""A task's CPU and memory as the kernel holds them."""

import unittest

import cgroups
import payloads
from harness import EndToEnd, wait_until

MIB = 1024 * 1024


class LimitsTest(EndToEnd):
    settings = {"ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION": "1s"}

    def test_cpu_and_memory_of_the_task_are_in_the_files_of_its_group(self):
        task = self.run_task(payloads.task(
            payloads.container("one"), payloads.container("two"), cpu=0.5, memory=80))
        arn = task["arn"]
        self.assertEqual(cgroups.read(arn, "cpu.cfs_quota_us"),
                         cgroups.read(arn, "cpu.cfs_period_us") // 2)
        self.assertEqual(cgroups.read(arn, "memory.limit_in_bytes"), 80 * MIB)
        task_id = arn.rsplit("/", 1)[1]
        for name, shown in self.docker.inspect_task(arn).items():
            for controller in ("cpu", "memory"):
                self.assertEqual(cgroups.group_of(shown["State"]["Pid"], controller),
                                 f"/ecs/{task_id}/{shown['Id']}", name)

    def test_without_task_limits_shares_are_the_sum_and_memory_is_free(self):
        task = self.run_task(payloads.task(
            payloads.container("one", cpu=100), payloads.container("two", cpu=0)))
        # A container without CPU units gets the kernel's least, 2.
        self.assertEqual(cgroups.read(task["arn"], "cpu.shares"), 102)
        self.assertEqual(cgroups.read(task["arn"], "cpu.cfs_quota_us"), -1)
        self.assertGreater(cgroups.read(task["arn"], "memory.limit_in_bytes"), 1 << 60)

    def test_the_tasks_memory_is_enforced_on_containers_without_a_limit_of_their_own(self):
        task = payloads.task(
            payloads.container("big", "x=a; while :; do x=$x$x; done", memory=0), memory=24)
        self.plane.send(task)
        report = self.plane.wait_status(task["arn"], "STOPPED")
        self.assertEqual(report["containers"][0]["exitCode"], 137)
        self.assertEqual(report["containers"][0]["reason"],
                         "OutOfMemoryError: Container killed due to memory usage")

    def test_clean_up_removes_the_containers_and_the_group(self):
        kept = self.run_task(payloads.task(payloads.container("main"), cpu=0.25, memory=64))
        task = self.run_task(payloads.task(payloads.container("main"), cpu=0.25, memory=64))
        self.assertNotEqual(cgroups.directories(task["arn"]), [])
        self.stop_task(task)
        wait_until(lambda: not self.docker.containers(task_arn=task["arn"]), 10,
                   "the removal of the task's containers")
        wait_until(lambda: not cgroups.directories(task["arn"]), 10,
                   "the removal of the task's group in every hierarchy")
        self.assertEqual(len(self.docker.containers(task_arn=kept["arn"])), 1)
        self.assertNotEqual(cgroups.directories(kept["arn"]), [])

    def test_clean_up_that_was_due_while_the_agent_was_down_is_done_at_its_start(self):
        task = self.run_task(payloads.task(payloads.container("main"), cpu=0.25, memory=64))
        self.stop_task(task)
        self.agent.kill()
        self.agent.start_connected(self.plane)
        wait_until(lambda: not self.docker.containers(task_arn=task["arn"])
                   and not cgroups.directories(task["arn"]), 10, "the clean-up")


if __name__ == "__main__":
    unittest.main()
