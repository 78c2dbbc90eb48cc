"""A network of two ends for tests of the link: a namespace for the agent, one cable to this machine,
and on this side what a host finds on its way to the control plane: a name server and a proxy.

Everything is gone with the namespace, which a cable's other end follows.
"""

import contextlib
import os
import socket
import struct
import subprocess
import threading


def run(*words):
    """One command of iproute2; AssertionError with its words when it fails."""
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr.strip()}"


class Cable:
    """A namespace `name` with one link to this machine. `index`, 0 to 4095, picks its addresses, of
    the block that RFC 2544 keeps for such purposes."""

    def __init__(self, index):
        self.name = f"longshore-link-{index}"
        self._near, self._far = f"lsh{index}", f"lsa{index}"
        network = f"198.18.{index // 64}.{index % 64 * 4}"
        base = network.rpartition(".")[0]
        last = int(network.rpartition(".")[2])
        self.near_address, self.far_address = f"{base}.{last + 1}", f"{base}.{last + 2}"

    def open(self):
        run("ip", "netns", "add", self.name)
        try:
            run("ip", "link", "add", self._near, "type", "veth", "peer", "name", self._far,
                "netns", self.name)
            run("ip", "addr", "add", f"{self.near_address}/30", "dev", self._near)
            run("ip", "link", "set", self._near, "up")
            self.inside("ip", "addr", "add", f"{self.far_address}/30", "dev", self._far)
            self.inside("ip", "link", "set", "lo", "up")
            self.plug_in()
        except AssertionError:
            self.close()
            raise
        return self

    def close(self):
        subprocess.run(["ip", "link", "del", self._near], capture_output=True)
        run("ip", "netns", "del", self.name)

    def enter(self, resolv_conf=None):
        """Words before a command that is to run inside. Only the network is another one: the files
        of /sys stay, and with them the cgroups, which `ip netns exec` would hide."""
        words = ["nsenter", f"--net=/run/netns/{self.name}"]
        if resolv_conf:
            words += ["unshare", "--mount", "--propagation", "private", "sh", "-c",
                      f"mount --bind {resolv_conf} /etc/resolv.conf && exec \"$@\"", "sh"]
        return words

    def inside(self, *words):
        run(*self.enter(), *words)

    def plug_in(self):
        self.inside("ip", "link", "set", self._far, "up")
        # Only now there are routes; a default one, as hosts have it.
        self.inside("ip", "route", "replace", "default", "via", self.near_address)

    def unplug(self):
        self.inside("ip", "link", "set", self._far, "down")

    def drop(self, to_plane=False, to_agent=False):
        """Packets of these directions vanish without a word: they go to a station that is not
        there. A direction that is not named is mended."""
        for lost, prefix, target, device in (
                (to_plane, self.enter(), self.near_address, self._far),
                (to_agent, [], self.far_address, self._near)):
            if lost:
                run(*prefix, "ip", "neigh", "replace", target, "lladdr", "02:00:00:00:00:99",
                    "dev", device, "nud", "permanent")
            else:
                subprocess.run([*prefix, "ip", "neigh", "del", target, "dev", device],
                               capture_output=True)

    def slow_down(self, rate):
        """Both directions at `rate` ("32kbit"), with a queue of a second and a half; None: as fast
        as it goes."""
        for prefix, device in ((self.enter(), self._far), ([], self._near)):
            words = [*prefix, "tc", "qdisc", "replace", "dev", device, "root"]
            if rate:
                run(*words, "tbf", "rate", rate, "burst", "2kb", "latency", "1500ms")
            else:
                subprocess.run([*prefix, "tc", "qdisc", "del", "dev", device, "root"],
                               capture_output=True)

    def reset_connections(self):
        """RST to both ends of all that goes over the cable."""
        run("ss", "-K", "dst", self.far_address)


class NameServer:
    """Answers every question for an IPv4 address with `answer`, any other with nothing, and when
    `silent` not at all."""

    def __init__(self, address, answer):
        self.silent = False
        self.questions = 0
        self._answer = socket.inet_aton(answer)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        self._socket.settimeout(0.2)  # Closing it does not wake who waits for a packet.
        self._open = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        self._open = False
        self._thread.join(10)
        self._socket.close()

    def _serve(self):
        while self._open:
            try:
                packet, peer = self._socket.recvfrom(512)
            except socket.timeout:
                continue
            self.questions += 1
            if not self.silent:
                self._socket.sendto(self._reply(packet), peer)

    def _reply(self, packet):
        end = packet.index(b"\0", 12) + 5
        question = packet[12:end]
        wants_ipv4 = question[-4:-2] == b"\0\1"
        head = packet[:2] + struct.pack(">HHHHH", 0x8180, 1, int(wants_ipv4), 0, 0)
        record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 0, 4) + self._answer
        return head + question + (record if wants_ipv4 else b"")


class Proxy:
    """An HTTP proxy with one place behind it: CONNECT and whole URLs lead to `target`, an (address,
    port). While `refusing`, it answers 407."""

    def __init__(self, address, target):
        self.refusing = False
        self.refused = 0
        self._target = target
        self._listener = socket.create_server((address, 0))
        self.url = f"http://{address}:{self._listener.getsockname()[1]}"
        self._ends = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()

    def cut(self):
        """Ends every connection."""
        for end in self._ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # Ended already.

    def _accept(self):
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        self._ends.append(client)
        with contextlib.suppress(OSError), client:  # A test cuts it at any moment.
            head = b""
            while b"\r\n\r\n" not in head:
                more = client.recv(4096)
                if not more:
                    return
                head += more
            if self.refusing:
                self.refused += 1
                client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n"
                               b"Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n"
                               b"Connection: close\r\n\r\n")
                return
            with socket.create_connection(self._target, 10) as upstream:
                upstream.settimeout(None)
                self._ends.append(upstream)
                if head.startswith(b"CONNECT "):
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    upstream.sendall(head)
                back = threading.Thread(target=_copy, args=(upstream, client), daemon=True)
                back.start()
                _copy(client, upstream)
                back.join()


def _copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # Ended already.
