"""The link to the control plane fails in every way there is, made in a network namespace and by the
control plane's own faults, while containers end. The agent says that it is cut off, comes back by
itself within seconds of the repair, and everything is reported: once, in order, with its own time.

Every fault has an agent, a control plane, a cluster and a cable of its own, and all run side by side.
LONGSHORE_LONG=1 makes each of them twenty times in place of once.
"""

import concurrent.futures
import datetime
import os
import re
import signal
import statistics
import sys
import threading
import time
import unittest

import payloads
from engine_api import EngineApi, nanoseconds
from harness import ControlPlane, EndToEnd, wait_until
from network import Cable, NameServer, Proxy

ROUNDS = 20 if os.environ.get("LONGSHORE_LONG") else 1
HEARTBEAT = 2
#: After the repair: the session, and what waited to be reported.
RECONNECT_WITHIN = 5
REPORT_WITHIN = 10
#: Two heartbeats without a word, and a moment to say so. The control plane looks once a second
#: whether one is due.
LATEST_HEARTBEAT = HEARTBEAT + 1
SAID_WITHIN = 2 * LATEST_HEARTBEAT + 1
#: Longer than a connection lives in silence, which is six seconds, seven with the kernel's rounding.
LONG_CUT = 10
NAME = "plane.longshore.test"
TELEMETRY_INTERVAL = 20
#: The engine takes longest when it is asked for many at once.
STARTS = threading.Semaphore(3)
HEARD = ("connect", "HeartbeatAckRequest")
LINE = re.compile(r"time=(\S+)Z msg=\"([^\"]*)\"")


class Lane:
    """One fault with all it needs: an agent behind a cable, and the control plane at its near end.
    A subclass is a fault: begin() makes it, end() mends it."""

    seconds = LONG_CUT    #: From begin() to end().
    settings = {}         #: For the agent.
    says_cut_off = True   #: Two heartbeats fall into the cut.
    hears_more = False    #: A heartbeat still gets through.
    renews = True         #: The ACS session is a new one after it.
    renews_telemetry = True
    kills_agent = False
    resolv_conf = False   #: The agent asks the cable's near end for names.

    def __init__(self, test, index):
        self.test = test
        self.name = " ".join(re.findall("[A-Z][a-z0-9]*", type(self).__name__)).lower()
        self.cable = Cable(index).open()
        test.addCleanup(self.cable.close)
        self.docker = EngineApi(test.engine.socket)
        test.addCleanup(self.docker.close)
        self.plane = test.add_plane(self.cable.near_address, f"plane-{index}")
        self.prepare()
        self.agent = test.add_agent(self, f"agent-{index}")
        self.back, self.telemetry_back, self.reported = [], [], []
        self.mended = 0.0  #: When the last cut ended.

    def prepare(self):
        """Before the agent starts."""

    def backend(self):
        return self.plane.url

    def begin(self):
        raise NotImplementedError

    def end(self):
        raise NotImplementedError

    def meanwhile(self):
        """During the cut, after the containers have ended."""

    def round(self):
        """One cut, with a task that ends in it. AssertionError when a promise is broken."""
        task = self.start_task()
        # Of this connection: they tell the agent how long a silence is too long. A cut that the
        # connection outlived counts as such a time for two beats.
        connected = self.plane.messages("acs", "connect")[-1]["time"]
        if connected > self.mended:
            self.wait_heartbeats(2, connected)
        else:
            self.wait_heartbeats(3, self.mended)
        begun = time.time()
        self.begin()
        ended = self.end_containers(task)
        self.meanwhile()
        time.sleep(max(0.0, begun + self.seconds - time.time()))
        if self.says_cut_off:
            self.check_said(begun)
        repaired = time.time() if self.seconds else begun
        self.mended = repaired
        self.end()
        self.back.append(self.wait_heard(repaired))
        self.reported.append(self.wait_report(task, repaired))
        wait_until(self.is_well, 10, "good health after the repair")
        self.check_reports(task, ended)

    def start_task(self):
        task = payloads.task(
            payloads.container("main", payloads.OBEDIENT.format(code=7), cpu=2, memory=0),
            payloads.container("side", payloads.OBEDIENT.format(code=3), cpu=2, memory=0,
                               essential=False))
        with STARTS:
            self.plane.send(task)
            self.plane.wait_status(task["arn"], "RUNNING", 60)
        return task

    def wait_heartbeats(self, count, since):
        def answered():
            return [m for m in self.plane.messages("acs", "HeartbeatAckRequest", "in")
                    if m["time"] > since]
        wait_until(lambda: len(answered()) >= count, 30, f"{count} heartbeats", 0.05)

    def end_containers(self, task):
        """First the one at the side, then the essential one; returns when each ended."""
        ended = {}
        for name in ("side", "main"):
            container = self.docker.inspect_task(task["arn"])[name]["Id"]
            self.docker.call("POST", f"/containers/{container}/kill?signal=TERM")
            wait_until(lambda: not self.docker.inspect(container)["State"]["Running"], 20,
                       f"the end of {name}")
            ended[name] = nanoseconds(self.docker.inspect(container)["State"]["FinishedAt"]) / 1e9
        return ended

    def check_said(self, begun):
        """In the log in time, and by `longshore health` for as long as it lasts."""
        health = self.agent.health()
        assert not health["Healthy"] and health["ControlPlane"]["CutOff"], health
        for line in self.agent.log_text().splitlines():
            found = LINE.search(line)
            if found and found[2].startswith("cut off from the control plane"):
                at = datetime.datetime.fromisoformat(found[1] + "+00:00").timestamp()
                if at > begun:
                    limit = SAID_WITHIN + LATEST_HEARTBEAT * self.hears_more
                    assert at - begun <= limit, f"cut off was said after {at - begun:.1f} s"
                    return
        raise AssertionError("nobody said that the link is cut off")

    def wait_heard(self, repaired):
        """Seconds from the repair to the first word on ACS; TCS has its time, too."""
        kinds = HEARD[:1] if self.renews else HEARD

        def first(channel, kinds=None):
            return next((m for m in self.plane.messages(channel, direction="in")
                         if m["time"] > repaired and (kinds is None or m["type"] in kinds)), None)
        heard = wait_until(lambda: first("acs", kinds), 60, "a word on ACS", 0.02)
        if self.renews_telemetry:
            # One that happened to speak in the middle of the cut may outlive it, and is heard at
            # its next interval.
            told = wait_until(lambda: first("tcs", HEARD[:1]) or
                              (time.time() > repaired + TELEMETRY_INTERVAL and first("tcs")),
                              60, "a word on TCS", 0.02)
            if told["type"] == "connect":
                self.telemetry_back.append(told["time"] - repaired)
        return heard["time"] - repaired

    def is_well(self):
        health = self.agent.health()
        return not health["ControlPlane"]["CutOff"] and health["UnsentReports"] == 0

    def wait_report(self, task, repaired):
        wait_until(lambda: self.plane.submissions(task["arn"], "STOPPED"), 60, "the report", 0.02)
        told = self.plane.submissions(task["arn"], "STOPPED")[0]["time"] - repaired
        assert told <= REPORT_WITHIN, f"reported {told:.1f} s after the repair"
        return told

    def check_reports(self, task, ended):
        """Exactly one end of the task and of each container, each with its own code and time."""
        reports = [m["body"] for m in self.plane.submissions(task["arn"])]
        stopped = [r for r in reports if r["status"] == "STOPPED"]
        assert len(stopped) == 1 and reports[-1] is stopped[0], f"not one end, the last: {reports}"
        codes = [(c["containerName"], c.get("exitCode")) for r in reports
                 for c in r.get("containers", []) if c["status"] == "STOPPED"]
        assert sorted(codes) == [("main", 7), ("side", 3)], f"each end once: {codes}"
        told = stopped[0]["executionStoppedAt"]
        # When it was noticed; not when it could be said.
        assert abs(told - ended["main"]) < LONG_CUT / 2, f"ended at {ended['main']}, reported as {told}"


class LinkDown(Lane):
    def begin(self):
        self.cable.unplug()

    def end(self):
        self.cable.plug_in()


class PacketsVanish(Lane):
    def begin(self):
        self.cable.drop(to_plane=True, to_agent=True)

    def end(self):
        self.cable.drop()


class PacketsVanishShortly(PacketsVanish):
    """Connections outlive it."""

    seconds = 3
    says_cut_off = False
    renews = False
    renews_telemetry = False


class NothingGetsThere(Lane):
    """Telemetry, which happens to say nothing meanwhile, does not notice."""

    hears_more = True
    renews_telemetry = False

    def begin(self):
        self.cable.drop(to_plane=True)

    def end(self):
        self.cable.drop()


class NothingComesBack(Lane):
    def begin(self):
        self.cable.drop(to_agent=True)

    def end(self):
        self.cable.drop()


class AgentDiesInTheCut(LinkDown):
    """What it has to tell is on disk."""

    kills_agent = True
    says_cut_off = False  # The one that was connected is gone before.

    def meanwhile(self):
        time.sleep(1)
        self.agent.kill()
        self.agent.start()


class ConnectionsReset(Lane):
    seconds = 0
    says_cut_off = False

    def begin(self):
        self.cable.reset_connections()

    def end(self):
        pass


class ControlPlaneDies(Lane):
    """And comes back on the same port, without a memory."""

    def begin(self):
        (registered,) = self.plane.messages("api", "RegisterContainerInstance", "in")
        (answer,) = self.plane.messages("api", "RegisterContainerInstance", "out")
        arn = answer["body"]["containerInstance"]["containerInstanceArn"]
        self.registration = {**registered["body"], "containerInstanceArn": arn}
        self.plane.end(signal.SIGKILL)

    def end(self):
        self.plane.start_again()
        # The real one would know it.
        self.plane.call("RegisterContainerInstance", self.registration)


class ControlPlaneHangs(Lane):
    """Its kernel takes connections and data, nobody reads them."""

    renews = False
    renews_telemetry = False

    def begin(self):
        os.kill(self.plane.pid, signal.SIGSTOP)

    def end(self):
        os.kill(self.plane.pid, signal.SIGCONT)


class SlowLink(Lane):
    """Slow alone is no reason to give up."""

    seconds = 6
    says_cut_off = False
    renews = False
    renews_telemetry = False

    def begin(self):
        self.cable.slow_down("32kbit")

    def end(self):
        self.cable.slow_down(None)


class Refusals(Lane):
    """Neither addresses nor sessions are to be had. A service that refuses is asked ever more
    rarely, as the official agent does it, so this cut is a shorter one."""

    seconds = SAID_WITHIN
    code = "ServerException"
    status = 500

    def begin(self):
        self.before = self.plane.last_seq()
        for channel, match in (("api", "DiscoverPollEndpoint"), ("api", "SubmitTaskStateChange"),
                               ("acs", "connect"), ("tcs", "connect")):
            self.plane.fault(channel=channel, match=match, action="refuse", status=self.status,
                             code=self.code, times=1000)
        self.cable.reset_connections()

    def end(self):
        assert self.plane.messages("api", "DiscoverPollEndpoint", "in", self.before), \
            "the agent did not ask anew where to connect"
        self.plane.clear_faults()

    def wait_report(self, task, repaired):
        """What was refused stands in the record, too; what counts is the answer."""
        def taken():
            return next((m for m in self.plane.messages("api", "SubmitTaskStateChange", "out")
                         if m["time"] > repaired and "acknowledgment" in m["body"]), None)
        told = wait_until(taken, 60, "an accepted report", 0.02)["time"] - repaired
        assert told <= REPORT_WITHIN, f"reported {told:.1f} s after the repair"
        return told

    def check_reports(self, task, ended):
        reports = [m["body"] for m in self.plane.submissions(task["arn"], "STOPPED")]
        assert all(r == reports[0] for r in reports), f"not the same report again: {reports}"


class CredentialsExpired(Refusals):
    code = "ExpiredTokenException"
    status = 403


class NameServerSilent(Lane):
    """The cable is well, but names lead nowhere."""

    resolv_conf = True

    def prepare(self):
        self.names = NameServer(self.cable.near_address, self.cable.near_address)
        self.test.addCleanup(self.names.close)

    def backend(self):
        return f"http://{NAME}:{self.plane.port}"

    def begin(self):
        self.names.silent = True
        self.cable.reset_connections()

    def end(self):
        assert self.names.questions, "the agent asked for no name"
        self.names.silent = False


class ProxyRefuses(Lane):
    """With 407, as one whose password has changed."""

    def prepare(self):
        self.proxy = Proxy(self.cable.near_address, (self.cable.near_address, self.plane.port))
        self.test.addCleanup(self.proxy.close)
        self.settings = {"HTTP_PROXY": self.proxy.url}

    def begin(self):
        self.proxy.refusing = True
        self.proxy.cut()

    def end(self):
        assert self.proxy.refused, "the agent did not ask the proxy"
        self.proxy.refusing = False


class PayloadsRepeated(Lane):
    """And in the wrong order: what was sent comes again, before and after a cut and the end."""

    seconds = 0
    says_cut_off = False

    def begin(self):
        self.plane.fault(channel="acs", match="PayloadMessage", action="duplicate", times=1000)
        self.repeat()
        self.cable.reset_connections()

    def end(self):
        pass

    def start_task(self):
        self.plane.fault(channel="acs", match="PayloadMessage", action="duplicate", times=3)
        self.task = super().start_task()
        return self.task

    def repeat(self):
        older = [m["body"] for m in self.plane.messages("acs", "PayloadMessage", "out")]
        for body in reversed(older[-6:]):
            self.plane.send_raw("PayloadMessage", body)

    def check_reports(self, task, ended):
        self.repeat()
        self.wait_heartbeats(1, time.time())  # Answered after what was sent before.
        self.plane.clear_faults()
        super().check_reports(task, ended)
        made = self.docker.containers(task_arn=task["arn"])
        assert len(made) == 2, f"two containers, not {len(made)}"


LANES = (LinkDown, AgentDiesInTheCut, PacketsVanish, PacketsVanishShortly, NothingGetsThere,
         NothingComesBack, ConnectionsReset, ControlPlaneDies, ControlPlaneHangs, SlowLink, Refusals,
         CredentialsExpired, NameServerSilent, ProxyRefuses, PayloadsRepeated)


def longest(times):
    """Median, 99th percentile and maximum, in seconds."""
    ordered = sorted(times)
    return (f"{statistics.median(ordered):5.2f} {ordered[int(0.99 * (len(ordered) - 1))]:5.2f} "
            f"{ordered[-1]:5.2f}")


class LinkTest(EndToEnd):

    def setUp(self):
        self.docker = self.new_docker()

    def add_plane(self, address, name):
        plane = ControlPlane(self.directory, "--allow-remote", "--no-manifest",
                             "--heartbeat-seconds", str(HEARTBEAT), "--resend-seconds", "5",
                             name=name, cluster=name, address=address).start()
        self._programs.append(plane)
        return plane

    def add_agent(self, lane, name):
        self.plane = lane.plane
        resolv_conf = None
        if lane.resolv_conf:
            resolv_conf = os.path.join(self.directory, f"{name}.resolv")
            with open(resolv_conf, "w", encoding="ascii") as file:
                file.write(f"nameserver {lane.cable.near_address}\n")
        # One that starts again takes over what its cluster's labels show.
        agent = self.new_agent(name=name, **lane.settings, ECS_CLUSTER=lane.plane.name,
                               ECS_BACKEND_HOST=lane.backend())
        agent.run_through(lane.cable.enter(resolv_conf))
        return agent.start_connected(lane.plane)

    def test_nothing_is_lost_and_the_agent_comes_back_by_itself(self):
        only = os.environ.get("LONGSHORE_FAULT", "")
        lanes = [kind(self, index) for index, kind in enumerate(LANES)
                 if only in kind.__name__]
        processes = {lane.name: lane.agent.pid for lane in lanes if not lane.kills_agent}

        def play(lane):
            for _ in range(ROUNDS):
                lane.round()
        broken = []
        with concurrent.futures.ThreadPoolExecutor(len(lanes)) as pool:
            for lane, played in [(lane, pool.submit(play, lane)) for lane in lanes]:
                try:
                    played.result()
                except Exception as error:  # pylint: disable=broad-except; told below, with all.
                    broken.append(f"{lane.name}: {error}")
        print(f"{'seconds after the repair':24} ACS: p50 p99 max    TCS: p50 p99 max    "
              "report: p50 p99 max", file=sys.stderr)
        for lane in lanes:
            times = (lane.back, lane.telemetry_back, lane.reported)
            print(f"{lane.name:24} {'   '.join(longest(t) if t else ' ' * 17 for t in times)}",
                  file=sys.stderr)
        if broken:
            self.fail("\n".join(broken))
        self.assertEqual({lane.name: lane.agent.pid for lane in lanes
                          if lane.agent.running() and not lane.kills_agent}, processes)
        for lane in lanes:
            for times in (lane.back, lane.telemetry_back):
                if times:
                    self.assertLessEqual(sorted(times)[int(0.99 * (len(times) - 1))],
                                         RECONNECT_WITHIN, lane.name)


if __name__ == "__main__":
    unittest.main()
