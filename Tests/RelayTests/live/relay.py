"""A relay under test, and ends of connections through it. Sockets and HTTP are Python's own."""
import http.client
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

PROGRAM = os.environ["SLUICE_RELAY_PROGRAM"]


class Relay:
    """Starts sluice-relay on any port, and ends it."""

    def __init__(self, *options, user=None, listen="127.0.0.1:0"):
        command = [PROGRAM, "--listen", listen, *options]
        if user:
            command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--bounding-set=-all", *command]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.lines = []
        self.port = None
        for line in self.process.stderr:
            self.lines.append(line)
            found = re.search(r"control API is at http://.*:(\d+)$", line.strip())
            if found:
                self.port = int(found.group(1))
                break
        if self.port is None:
            self.process.wait()
            raise RuntimeError("".join(self.lines))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stderr:
            self.lines.append(line)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise

    def raw(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response.status, response.getheader("Content-Type"), text

    def call(self, method, path, value=None):
        status, _, text = self.raw(method, path, None if value is None else json.dumps(value))
        assert status < 400, (method, path, value, status, text)
        return json.loads(text) if text.strip() else None

    def proxy(self, name, upstream, **keys):
        """Makes a proxy, and returns its address."""
        made = self.call("POST", "/proxies", {"name": name, "listen": "127.0.0.1:0", "upstream": "%s:%d" % upstream, **keys})
        host, port = made["listen"].rsplit(":", 1)
        return host, int(port)

    def toxic(self, proxy, kind, attributes=None, **keys):
        return self.call("POST", f"/proxies/{proxy}/toxics", {"type": kind, "attributes": attributes or {}, **keys})

    def memory(self):
        """Resident bytes."""
        text = open(f"/proc/{self.process.pid}/status").read()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1)) * 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


def server(backlog=1024, host="127.0.0.1"):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, 0))
    listener.listen(backlog)
    listener.settimeout(20)
    return listener


def pair(relay, listener, address):
    """A connection through the relay: the client's end and the server's."""
    client = socket.create_connection(address, timeout=20)
    accepted, _ = listener.accept()
    accepted.settimeout(20)
    return client, accepted


def talk(client, accepted):
    """One byte each way."""
    client.sendall(b"c")
    assert accepted.recv(1) == b"c"
    accepted.sendall(b"s")
    assert client.recv(1) == b"s"


def abort(end):
    """Closes with a RST."""
    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    end.close()


def ending(end, seconds=20):
    """How an end learns that its connection is over: reset, closed, or None after the time."""
    end.settimeout(seconds)
    try:
        while True:
            if not end.recv(65536):
                return "closed"
    except ConnectionResetError:
        return "reset"
    except TimeoutError:
        return None


def eventually(condition, what, seconds=20):
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        if condition():
            return
        time.sleep(0.02)
    assert condition(), what


class Events:
    """Collects the stream of events."""

    def __init__(self, relay):
        self.seen = []
        self.socket = socket.create_connection(("127.0.0.1", relay.port))
        self.socket.sendall(b"GET /sluice/v1/events HTTP/1.1\r\nHost: relay\r\nAccept: text/event-stream\r\n\r\n")
        self.begun = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        assert self.begun.wait(10)

    def _read(self):
        rest = b""
        while True:
            try:
                more = self.socket.recv(65536)
            except OSError:
                return
            if not more:
                return
            rest += more
            if b": events" in rest:
                self.begun.set()
            *lines, rest = rest.split(b"\n")
            for line in lines:
                if line.startswith(b"data: "):
                    self.seen.append(json.loads(line[6:]))

    def kinds(self):
        return [event["event"] for event in self.seen]

    def of(self, kind):
        return [event for event in self.seen if event["event"] == kind]


def main(scenes):
    """Runs the scene that is named on the command line."""
    signal.alarm(int(os.environ.get("SLUICE_SCENE_SECONDS", "120")))
    scenes[sys.argv[1]]()
    print("shown")
