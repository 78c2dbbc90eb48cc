"""A proxy between agent and control plane: what really goes over the wire, and frames that no
well-behaved server would send.

HTTP is copied byte by byte. After an upgrade the server's frames are passed on whole, so that a
frame of ours can be put between two of them.
"""

import socket
import struct
import threading


class Connection:
    """One TCP connection of the agent."""

    def __init__(self, client):
        self.client = client
        self.upgraded = False
        self.ended = False
        self.from_client = bytearray()
        self.writing = threading.Lock()

    @property
    def request_line(self):
        return self._head().split("\r\n")[0]

    @property
    def headers(self):
        """[(name, value)] of the first request, as sent."""
        return [tuple(line.split(": ", 1)) for line in self._head().split("\r\n")[1:]]

    def frames(self):
        """Payloads of the agent's text and binary messages so far, fragments joined."""
        data = bytes(self.from_client).split(b"\r\n\r\n", 1)[1]
        messages, parts = [], b""
        while (frame := parse_frame(data)) is not None:
            final, opcode, payload, used = frame
            data = data[used:]
            if opcode < 8:
                parts += payload
                if final:
                    messages.append(parts)
                    parts = b""
        return messages

    def inject(self, payload, opcode=1, final=True):
        """Sends the agent a frame; opcode 0 continues, 1 is text, 2 binary, 9 ping."""
        size = len(payload)
        head = bytes([(0x80 if final else 0) | opcode])
        if size < 126:
            head += bytes([size])
        elif size < 1 << 16:
            head += b"\x7e" + struct.pack(">H", size)
        else:
            head += b"\x7f" + struct.pack(">Q", size)
        with self.writing:
            self.client.sendall(head + payload)

    def cut(self):
        """Drops the TCP connection without a word."""
        self.client.shutdown(socket.SHUT_RDWR)

    def _head(self):
        return bytes(self.from_client).split(b"\r\n\r\n", 1)[0].decode("latin-1")


def parse_frame(data):
    """(final, opcode, payload, bytes used) of the first frame, or None if it is incomplete."""
    if len(data) < 2:
        return None
    size, at = data[1] & 0x7F, 2
    if size == 126:
        at, size = 4, int.from_bytes(data[2:4], "big")
    elif size == 127:
        at, size = 10, int.from_bytes(data[2:10], "big")
    masked = bool(data[1] & 0x80)
    mask = data[at:at + 4]
    at += 4 if masked else 0
    if len(data) < at + size:
        return None
    body = data[at:at + size]
    if masked:
        body = bytes(b ^ mask[i % 4] for i, b in enumerate(body))
    return bool(data[0] & 0x80), data[0] & 0x0F, body, at + size


class Wire:
    """Listens on loopback for an agent and passes everything on to `port`."""

    def __init__(self, port):
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.connections = []
        self._threads = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        _shut(self._listener)  # Wakes accept(); closing alone would not.
        self._accepting.join(10)
        self._listener.close()
        for connection in self.connections:
            _shut(connection.client)
        for thread in self._threads:
            thread.join(10)

    def sessions(self, parameter):
        """Upgraded connections whose query has `parameter`: "clusterArn" for ACS, "cluster" for
        TCS; oldest first, ended ones included."""
        return [c for c in self.connections if c.upgraded
                and any(f"{lead}{parameter}=" in c.request_line for lead in "?&")]

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            connection = Connection(client)
            self.connections.append(connection)
            thread = threading.Thread(target=self._carry, args=(connection, server), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _carry(self, connection, server):
        """Copies both ways until either side ends."""
        other = threading.Thread(target=self._to_server, args=(connection, server), daemon=True)
        other.start()
        try:
            self._to_client(connection, server)
        except OSError:
            pass  # An end of a connection is no failure here, however it came.
        connection.ended = True
        for end in (connection.client, server):
            _shut(end)
        other.join()
        connection.client.close()
        server.close()

    def _to_server(self, connection, server):
        try:
            while data := connection.client.recv(65536):
                connection.from_client += data
                server.sendall(data)
        except OSError:
            pass  # As above.
        _shut(server)

    def _to_client(self, connection, server):
        pending = b""
        while data := server.recv(65536):
            pending += data
            if not connection.upgraded:
                upgrade = b"HTTP/1.1 101"
                if not pending.startswith(upgrade) and not upgrade.startswith(pending):
                    connection.client.sendall(pending)
                    pending = b""
                    continue
                head, end, rest = pending.partition(b"\r\n\r\n")
                if not end:
                    continue  # Heads come in pieces, too.
                connection.client.sendall(head + end)
                connection.upgraded = True
                pending = rest
            while (frame := parse_frame(pending)) is not None:
                with connection.writing:
                    connection.client.sendall(pending[:frame[3]])
                pending = pending[frame[3]:]


def _shut(end):
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # Closed already.
