"""A proxy on Docker Engine's socket that loses events, cuts their stream, holds requests back or
refuses them, and spoils answers.

Everything else is copied byte by byte: the engine behind it is the real one.
"""

import contextlib
import json
import random
import socket
import threading
import time

_REASON = b'{"message":"disturbed"}'
_ERROR = (b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
          b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(_REASON), _REASON))


class EngineProxy:
    """Listens at `path` and passes on to the engine's socket.

    `drop`: the share of event lines that never arrive. `cut_after`: seconds after which an event
    stream is cut, None for never. `random_source` decides which lines are lost.
    """

    def __init__(self, path, engine_socket, drop=0.0, cut_after=None, random_source=None):
        self.host = f"unix://{path}"
        self._engine = engine_socket
        self._drop = drop
        self._cut_after = cut_after
        self._random = random_source or random.Random()
        self.passed = []   #: Events that arrived, decoded.
        self.dropped = []  #: Events that were lost.
        self.cuts = 0      #: Streams cut.
        self.disturbed = 0  #: Answers that came late, cut short, or as an error.
        self._disturbance = None
        self._lock = threading.Lock()
        self._holds = []
        self._ends = set()
        self._streams = set()  #: The agent's ends of event streams.
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(64)
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    def hold(self, method, part):
        """Keeps requests whose line starts with `method` and contains `part` from the engine until
        the returned Hold is released."""
        hold = Hold(method, part)
        with self._lock:
            self._holds.append(hold)
        return hold

    def refuse(self, method, part):
        """Closes the connection of such requests instead, until the returned Hold is released."""
        hold = Hold(method, part, refuses=True)
        with self._lock:
            self._holds.append(hold)
        return hold

    @contextlib.contextmanager
    def disturb(self, share, random_source):
        """Inside, that share of requests is answered late, cut short, or with status 500, whatever
        the engine did; event streams are left alone."""
        with self._lock:
            self._disturbance = (share, random_source)
        try:
            yield
        finally:
            with self._lock:
                self._disturbance = None

    @contextlib.contextmanager
    def lose_events(self):
        """Inside, no event arrives."""
        with self._lock:
            before, self._drop = self._drop, 1.0
        try:
            yield
        finally:
            with self._lock:
                self._drop = before

    def cut_events(self):
        """Cuts the event streams that are open now."""
        with self._lock:
            streams = list(self._streams)
        for client in streams:
            self._cut(client)

    def close(self):
        with self._lock:
            holds, ends = list(self._holds), list(self._ends)
        for hold in holds:
            hold.release()
        _shut(self._listener)  # Wakes accept(); closing alone would not.
        self._accepting.join(10)
        self._listener.close()
        for end in ends:
            _shut(end)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        engine = socket.socket(socket.AF_UNIX)
        with self._lock:
            self._ends |= {client, engine}
        try:
            engine.connect(self._engine)
            watches = threading.Event()
            asking = threading.Thread(target=self._to_engine, args=(client, engine, watches),
                                      daemon=True)
            asking.start()
            self._to_client(client, engine, watches)
        except OSError:
            pass  # An end of a connection is no failure here, however it came.
        finally:
            for end in (client, engine):
                _shut(end)
                end.close()
            with self._lock:
                self._ends -= {client, engine}
                self._streams.discard(client)

    def _to_engine(self, client, engine, watches):
        try:
            while data := client.recv(65536):
                # An agent writes a request's head in one piece.
                line = data.split(b"\r\n", 1)[0].decode("latin-1")
                if line.startswith("GET ") and "/events?" in line:
                    watches.set()
                with self._lock:
                    waits = [hold for hold in self._holds if hold.wants(line)]
                for hold in waits:
                    hold.wait()
                if any(hold.refuses for hold in waits):
                    break
                engine.sendall(data)
        except OSError:
            pass  # As above.
        _shut(engine)

    def _to_client(self, client, engine, watches):
        while data := engine.recv(65536):
            if watches.is_set():
                self._carry_events(client, engine, data)
                return
            spoil = self._choose()
            if spoil == "late":
                time.sleep(2)
            elif spoil == "short":
                client.sendall(data[:len(data) // 2])
                return
            elif spoil == "error":
                client.sendall(_ERROR)
                return
            client.sendall(data)

    def _choose(self):
        with self._lock:
            if not self._disturbance:
                return None
            share, random_source = self._disturbance
            if random_source.random() >= share:
                return None
            self.disturbed += 1
            return random_source.choice(("late", "short", "error"))

    def _carry_events(self, client, engine, pending):
        """The answer's head as it is, then its chunks line by line."""
        with self._lock:
            self._streams.add(client)
        if self._cut_after is not None:
            timer = threading.Timer(self._cut_after, self._cut, (client,))
            timer.daemon = True
            timer.start()
        file = _Joined(pending, engine)
        line = None
        while line not in (b"\r\n", b""):
            line = file.line()
            client.sendall(line)
        rest = b""
        while size := int(file.line() or b"0", 16):
            rest += file.exactly(size)
            file.line()
            *lines, rest = rest.split(b"\n")
            for line in lines:
                self._carry_event(client, line + b"\n")

    def _carry_event(self, client, line):
        event = json.loads(line)
        with self._lock:
            lost = self._random.random() < self._drop
            (self.dropped if lost else self.passed).append(event)
        if not lost:
            client.sendall(b"%x\r\n%s\r\n" % (len(line), line))

    def _cut(self, client):
        with self._lock:
            if client not in self._streams:
                return  # It had ended before.
            self.cuts += 1
        _shut(client)


class Hold:
    """Requests that wait, or never come through; see EngineProxy.hold and refuse."""

    def __init__(self, method, part, refuses=False):
        self.refuses = refuses
        self._method = method
        self._part = part
        self._released = threading.Event()
        self.count = 0  #: Requests that were held back so far.

    def wants(self, line):
        return (not self._released.is_set() and line.startswith(self._method + " ")
                and self._part in line)

    def wait(self):
        self.count += 1
        if not self.refuses:
            self._released.wait(120)

    def release(self):
        self._released.set()


class _Joined:
    """What was read already, and then the socket, as lines and pieces."""

    def __init__(self, first, end):
        self._data = first
        self._end = end

    def line(self):
        """With its end; b"" at the end of the stream."""
        while b"\n" not in self._data:
            if not self._more():
                return b""
        line, _, self._data = self._data.partition(b"\n")
        return line + b"\n"

    def exactly(self, count):
        while len(self._data) < count:
            if not self._more():
                raise OSError("the stream ended inside a chunk")
        piece, self._data = self._data[:count], self._data[count:]
        return piece

    def _more(self):
        data = self._end.recv(65536)
        self._data += data
        return data


def _shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # Closed already.
