"""The agent's files are damaged or lost while it is dead: every start comes up as the same instance,
every container runs on as the same process and is accounted for, and is stopped when asked."""

import glob
import os
import random
import shutil
import sqlite3
import unittest

import payloads
from harness import EndToEnd, wait_until
from payloads import container

#: By when every container is accounted for after a start.
ACCOUNTED = 30
#: LONGSHORE_LONG (tests/run --long) goes through every page.
LONG = bool(os.environ.get("LONGSHORE_LONG"))
PAGES = 4
PAGE = 4096
FILES = ("longshore.db", "longshore.db-wal", "longshore.db-shm")


class DamageTest(EndToEnd):

    def setUp(self):
        super().setUp()
        self.seed = int(os.environ.get("LONGSHORE_SEED", random.randrange(1 << 32)))
        print(f"LONGSHORE_SEED={self.seed}", flush=True)
        self.random = random.Random(self.seed)

    def path(self, name):
        return os.path.join(self.agent.data, name)

    def running_tasks(self):
        """Two tasks of one container, one of three in a row with one that has ended."""
        obedient = payloads.OBEDIENT
        tasks = [
            payloads.task(container("main", obedient.format(code=11))),
            payloads.task(container("main", obedient.format(code=12))),
            payloads.task(
                container("init", "exit 0", essential=False),
                container("db", obedient.format(code=13), **payloads.after("init", "SUCCESS")),
                container("web", obedient.format(code=14), **payloads.after("db", "START"))),
        ]
        self.plane.send(*tasks)
        for task in tasks:
            self.plane.wait_status(task["arn"], "RUNNING")
        return tasks

    def processes(self, tasks):
        """What must not change: {(task, container): (id, pid, start, alive)}."""
        return {(task["arn"], name): (shown["Id"], shown["State"]["Pid"],
                                      shown["State"]["StartedAt"], shown["State"]["Running"])
                for task in tasks for name, shown in self.docker.inspect_task(task["arn"]).items()}

    def statuses(self, task):
        return [m["body"]["status"] for m in self.plane.submissions(task["arn"])]

    def instances(self):
        """Every container instance that the control plane has ever given out."""
        return {m["body"]["containerInstance"]["containerInstanceArn"]
                for m in self.plane.messages("api", "RegisterContainerInstance", "out")}

    def accounted_for(self, tasks):
        """True once `longshore tasks` tells of each living container by its id."""
        told = self.agent.tasks()
        for task in tasks:
            shown = {c["Name"]: c for c in told.get(task["arn"], {"Containers": []})["Containers"]}
            for name, seen in self.docker.inspect_task(task["arn"]).items():
                if not seen["State"]["Running"]:
                    continue
                if shown.get(name, {}).get("KnownStatus") != "RUNNING" or \
                        shown[name]["DockerId"] != seen["Id"]:
                    return False
        return True

    def crash_and_damage(self, damage):
        """Kills the agent, damages its files, starts it, and says what it said about it."""
        self.agent.kill()
        before = len(self.agent.log_text())
        damage()
        self.agent.start_connected(self.plane)
        return self.agent.log_text()[before:]

    def assert_nothing_lost(self, tasks, before, what):
        wait_until(lambda: self.accounted_for(tasks), ACCOUNTED, f"all containers known: {what}", 0.1)
        self.assertEqual(self.processes(tasks), before, what)
        self.assertEqual(len(self.instances()), 1, what)
        self.assertTrue(self.agent.running(), what)
        for task in tasks:
            self.assertNotIn("STOPPED", self.statuses(task), what)

    def assert_stops(self, tasks):
        """The control plane's stops work, in the right order and with the true exit codes."""
        codes = {"main": None, "init": 0, "db": 13, "web": 14}
        self.plane.send(*(payloads.stopped(task) for task in tasks))
        for task, main in zip(tasks, (11, 12, None)):
            report = self.plane.wait_status(task["arn"], "STOPPED")
            told = {}
            for message in self.plane.submissions(task["arn"]):
                for reported in message["body"]["containers"]:
                    if reported["status"] == "STOPPED":
                        told[reported["containerName"]] = reported["exitCode"]
            self.assertEqual(told, {c["name"]: main if main else codes[c["name"]]
                                    for c in task["containers"]}, report)
            self.assertEqual(self.statuses(task)[-1], "STOPPED")
            self.assertEqual(self.statuses(task).count("STOPPED"), 1)
        shown = self.docker.inspect_task(tasks[2]["arn"])
        self.assertLessEqual(shown["web"]["State"]["FinishedAt"], shown["db"]["State"]["FinishedAt"])

    def survive(self, tasks, damages):
        """One damage after another to the state of the same running tasks."""
        before = self.processes(tasks)
        for what, damage in damages:
            with self.subTest(what):
                self.crash_and_damage(damage)
                self.assert_nothing_lost(tasks, before, what)

    # Damages.

    def flip(self, name, place):
        with open(self.path(name), "r+b") as file:
            file.seek(place)
            (byte,) = file.read(1)
            file.seek(place)
            file.write(bytes([byte ^ (1 << self.random.randrange(8))]))

    def cut(self, name, size):
        os.truncate(self.path(name), size)

    def remove(self, *names):
        for name in names:
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))

    def write_back(self):
        """All of the state into the main file, whose pages are to be damaged."""
        database = sqlite3.connect(self.path("longshore.db"))
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()

    def chosen(self, places):
        """All of them in the long form, else a few."""
        places = list(places)
        return places if LONG else sorted(self.random.sample(places, min(PAGES, len(places))))

    def each_page(self, name):
        """Damages of a file: cut short, and a bit changed in each page. The number of pages is that
        of now; the file of a later round may be shorter."""
        pages = range(0, max(os.path.getsize(self.path(name)), 1), PAGE)
        prepare = self.write_back if name == "longshore.db" else lambda: None

        def within(place):
            return min(place, max(0, os.path.getsize(self.path(name)) - 1))

        def flip(page):
            prepare()
            if os.path.getsize(self.path(name)):
                self.flip(name, within(page + self.random.randrange(PAGE)))

        def cut(size):
            prepare()
            self.cut(name, min(size, os.path.getsize(self.path(name))))

        for size in self.chosen([0, 1, 100, *pages[1:]]):
            yield f"{name} cut to {size}", lambda size=size: cut(size)
        for page in self.chosen(pages):
            yield f"{name}: a bit in the page at {page}", lambda page=page: flip(page)

    # Tests.

    def test_every_file_of_the_state_may_be_damaged_at_every_page(self):
        tasks = self.running_tasks()
        for name in FILES:
            self.survive(tasks, self.each_page(name))
        self.assert_stops(tasks)

    def test_every_file_of_the_state_may_be_gone(self):
        tasks = self.running_tasks()
        self.survive(tasks, [
            ("the log is gone", lambda: self.remove("longshore.db-wal")),
            ("all of the database is gone", lambda: self.remove(*FILES)),
            ("the identity's file is gone", lambda: self.remove("identity.json")),
            ("the database is gone again", lambda: self.remove(*FILES)),
            ("the identity's file is damaged", lambda: self.flip("identity.json", 60)),
            ("the database is no file", self.put_folder),
        ])
        self.assert_stops(tasks)

    def put_folder(self):
        self.remove(*FILES)
        os.mkdir(self.path("longshore.db"))

    def test_a_row_that_is_not_what_was_written_is_not_believed(self):
        tasks = self.running_tasks()
        before = self.processes(tasks)
        text = self.crash_and_damage(lambda: self.misname(tasks[0]))
        self.assertIn("the state database cannot be used", text)
        self.assert_nothing_lost(tasks, before, "a row names another container")
        self.assert_stops(tasks)

    def misname(self, task):
        """In the task's row, which stays a sound one for whoever does not look at its sum."""
        (container,) = self.docker.containers(task_arn=task["arn"])
        wrong = container["Id"][::-1]
        database = sqlite3.connect(self.path("longshore.db"))
        with database:
            changed = database.execute(
                "UPDATE task SET document=replace(document, ?, ?) WHERE instr(document, ?)",
                (container["Id"], wrong, container["Id"])).rowcount
        database.close()
        self.assertEqual(changed, 1)

    def test_what_ended_while_the_state_was_lost_is_told(self):
        tasks = self.running_tasks()
        (ended,) = self.docker.containers(task_arn=tasks[0]["arn"])

        def lose():
            self.remove(*FILES)
            self.docker.call("POST", f"/containers/{ended['Id']}/kill?signal=TERM")
            wait_until(lambda: not self.docker.inspect(ended["Id"])["State"]["Running"], 10, "its end")
        text = self.crash_and_damage(lose)
        self.assertEqual(text.count("the record of a task is lost"), 3, text)
        report = self.plane.wait_status(tasks[0]["arn"], "STOPPED")
        self.assertEqual(report["containers"][0]["exitCode"], 11)
        self.assertEqual(self.statuses(tasks[0]), ["RUNNING", "STOPPED"])
        for task in tasks[1:]:
            self.assertNotIn("STOPPED", self.statuses(task))

    def test_a_host_that_lost_everything_still_looks_after_its_containers(self):
        tasks = self.running_tasks()
        before = self.processes(tasks)

        def lose():
            shutil.rmtree(self.agent.data)
            os.mkdir(self.agent.data)
        self.crash_and_damage(lose)
        wait_until(lambda: self.accounted_for(tasks), ACCOUNTED, "all containers known", 0.1)
        self.assertEqual(self.processes(tasks), before)
        # Nothing on the host tells which instance it was.
        self.assertEqual(len(self.instances()), 2)

    def test_damage_is_said_and_kept_for_people(self):
        self.running_tasks()

        def damage():
            self.write_back()
            self.cut("longshore.db", 5000)
        text = self.crash_and_damage(damage)
        self.assertIn("the state database cannot be used", text)
        (kept,) = (path for path in glob.glob(self.path("longshore.db.damaged-*"))
                   if not path.endswith(("-wal", "-shm")))
        self.assertIn(kept, text)


if __name__ == "__main__":
    unittest.main()
