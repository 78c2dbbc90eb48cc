"""A volume driver of the engine, whose server can be away: its mounts hang then."""

import contextlib
import http.server
import json
import os
import socketserver
import threading
import uuid

# The engine looks for drivers here alone. Source: docs.docker.com/engine/extend/plugin_api.
FOLDER = "/run/docker/plugins"


class VolumePlugin:
    """Serves volumes that are folders of `directory`. `name` is the driver's."""

    def __init__(self, directory):
        self.name = f"longshore-{uuid.uuid4().hex[:12]}"
        self.hanging = 0  #: Mounts that wait.
        self._directory = directory
        self._mountable = threading.Event()
        self._mountable.set()
        self._socket = os.path.join(FOLDER, f"{self.name}.sock")
        plugin = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                asked = json.loads(self.rfile.read(length) or b"{}")
                body = json.dumps(plugin.answer(self.path, asked)).encode()
                with contextlib.suppress(BrokenPipeError):
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)

            def address_string(self):
                return "engine"  # A unix socket's peer has no address.

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
            daemon_threads = True
            request_queue_size = 128

        os.makedirs(FOLDER, exist_ok=True)
        self._server = Server(self._socket, Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def hang(self):
        """From now on mounts wait, until mend()."""
        self._mountable.clear()

    def mend(self):
        self._mountable.set()

    def close(self):
        self.mend()
        self._server.shutdown()
        self._server.server_close()
        os.unlink(self._socket)

    def answer(self, path, asked):
        volume = {"Name": asked.get("Name", ""),
                  "Mountpoint": os.path.join(self._directory, asked.get("Name", "_"))}
        if path == "/Plugin.Activate":
            return {"Implements": ["VolumeDriver"]}
        if path == "/VolumeDriver.Mount":
            os.makedirs(volume["Mountpoint"], exist_ok=True)
            self.hanging += 1
            self._mountable.wait()
            self.hanging -= 1
        if path == "/VolumeDriver.Get":
            return {"Volume": volume, "Err": ""}
        if path == "/VolumeDriver.List":
            return {"Volumes": [], "Err": ""}
        return {"Mountpoint": volume["Mountpoint"], "Err": ""}
