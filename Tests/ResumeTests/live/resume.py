"""sluice-resume under test: its two ends, certificates, and ends of connections. Sockets are Python's own, certificates are openssl's."""
import hashlib
import os
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.environ["SLUICE_RESUME_PROGRAM"]
SECONDS = float(os.environ.get("SLUICE_SCENE_SECONDS", "60"))


def run(command, **options):
    options.setdefault("timeout", 30)
    return subprocess.run(command, capture_output=True, text=True, **options)


def eventually(condition, what, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(what() if callable(what) else what)


class Place:
    """A folder of this scene: a token, an authority, and certificates that it has signed."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="sluice-resume-")
        self.token = self.file("token")
        run([PROGRAM, "token", self.token], check=True)
        self.authority("ca")
        self.signed("server", "ca", "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path)

    def file(self, name):
        return f"{self.path}/{name}"

    def write(self, name, text, mode=0o600):
        with open(self.file(name), "w") as file:
            file.write(text)
        os.chmod(self.file(name), mode)
        return self.file(name)

    def authority(self, name):
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "90", "-subj",
             f"/CN={name}", "-keyout", self.file(f"{name}.key"), "-out", self.file(f"{name}.pem")], check=True)

    def signed(self, name, authority, extension="basicConstraints=CA:FALSE", days=("-days", "90")):
        self.write(f"{name}.ext", extension + "\n")
        run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}",
             "-keyout", self.file(f"{name}.key"), "-out", self.file(f"{name}.csr")], check=True)
        run(["openssl", "x509", "-req", "-in", self.file(f"{name}.csr"), "-CA", self.file(f"{authority}.pem"), "-CAkey",
             self.file(f"{authority}.key"), "-CAcreateserial", "-extfile", self.file(f"{name}.ext"), "-out",
             self.file(f"{name}.pem"), *days], check=True)

    def expired(self, name):
        """A certificate that signs itself and expired long ago."""
        self.write("ca.conf", f"""[ca]
default_ca = own
[own]
database = {self.file('index')}
serial = {self.file('serial')}
new_certs_dir = {self.path}
default_md = sha256
policy = any
[any]
commonName = supplied
""")
        self.write("index", "")
        self.write("serial", "01\n")
        run(["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/CN={name}", "-keyout",
             self.file(f"{name}.key"), "-out", self.file(f"{name}.csr")], check=True)
        run(["openssl", "ca", "-batch", "-config", self.file("ca.conf"), "-selfsign", "-keyfile", self.file(f"{name}.key"), "-in",
             self.file(f"{name}.csr"), "-startdate", "20200101000000Z", "-enddate", "20200102000000Z", "-notext", "-out",
             self.file(f"{name}.pem")], check=True)

    def server(self, *options, allow=("127.0.0.1:1-65535",), token=True, **keys):
        rules = [word for rule in allow for word in ("--allow", rule)]
        proof = ["--token-file", f"test={self.token}"] if token else []
        return End("server", "--listen", keys.pop("listen", "127.0.0.1:0"), "--certificate", self.file("server.pem"), "--key",
                   self.file("server.key"), *proof, *rules, *options, **keys)

    def client(self, server, *options, token=True, **keys):
        proof = ["--token-file", self.token] if token else []
        return End("client", "--server", server, *proof, *options, **keys)


class End:
    """One sluice-resume, and its log."""

    def __init__(self, *arguments, lines=1, environment=None):
        self.process = subprocess.Popen([PROGRAM, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, **(environment or {})})
        self.log = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.addresses = [self.process.stdout.readline().split(" ")[0].strip() for _ in range(lines)]
        if not all(self.addresses):
            self.process.wait(10)
            self.reader.join(5)
            raise RuntimeError("".join(self.log))

    def _read(self):
        for line in self.process.stderr:
            self.log.append(line)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            print(f"{self.process.args[1]} logged:\n" + "".join(self.log), file=sys.stderr)
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise

    @property
    def address(self):
        return self.addresses[0]

    def port(self, index=0):
        return int(self.addresses[index].rsplit(":", 1)[1])

    def connect(self, index=0):
        return socket.create_connection(("127.0.0.1", self.port(index)), timeout=20)

    def says(self, *texts, seconds=10):
        """Waits for a line of the log that has all these texts."""
        return eventually(lambda: next((line for line in self.log if all(text in line for text in texts)), None),
                          lambda: f"no line with {texts}:\n" + "".join(self.log), seconds)


class Target:
    """A listening socket, whose connections a function serves in threads."""

    def __init__(self, serve=None, host="127.0.0.1"):
        self.socket = socket.create_server((host, 0), backlog=100)
        self.port = self.socket.getsockname()[1]
        self.connections = []
        self.serve = serve
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            connection.settimeout(20)
            self.connections.append(connection)
            if self.serve:
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # A thread that accepts would keep a closed socket listening.
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for connection in self.connections:
            connection.close()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def accepted(self, count=1):
        eventually(lambda: len(self.connections) >= count, f"{len(self.connections)} of {count} connections")
        return self.connections[count - 1]


class Firewall:
    """A relay of bytes between client and server that resets what goes through it, on order."""

    def __init__(self, upstream):
        host, port = upstream.rsplit(":", 1)
        self.upstream = (host, int(port))
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.pairs = []
        self.isOpen = True
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.socket.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.upstream, timeout=5)
            except OSError:
                reset(near)
                continue
            far.settimeout(None)
            self.pairs.append((near, far))
            for source, sink in [(near, far), (far, near)]:
                threading.Thread(target=self._copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def _copy(source, sink):
        try:
            while True:
                data = source.recv(65536)
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
        except OSError:
            pass

    def cut(self):
        """A RST to both ends of every connection. Returns how many there were."""
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                reset(end)
        return len(pairs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.cut()


def reset(connection):
    """Closes with a RST, at once: another thread may wait in recv."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    try:
        # Linux sends the RST only with the last reference. A disconnect does it now (connect(2), AF_UNSPEC).
        import ctypes
        ctypes.CDLL(None).connect(connection.fileno(), struct.pack("H14x", socket.AF_UNSPEC), 16)
    except OSError:
        pass
    connection.close()


def is_reset_at_once(client):
    """A client that takes no more connections: the RST may come before connect has returned."""
    try:
        return is_reset(client.connect())
    except ConnectionResetError:
        return True


def is_reset(connection, seconds=10):
    """Whether the connection ends with a RST, and not with a FIN. What comes before it is returned by `received`."""
    connection.settimeout(seconds)
    try:
        while True:
            data = connection.recv(65536)
            if not data:
                return False
    except ConnectionResetError:
        return True


def read_all(connection, seconds=20):
    connection.settimeout(seconds)
    data = b""
    while True:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece


def read_exactly(connection, count, seconds=20):
    connection.settimeout(seconds)
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        assert piece, f"{len(data)} of {count} bytes, then a FIN"
        data += piece
    return data


def echo(connection):
    try:
        while True:
            data = connection.recv(65536)
            if not data:
                connection.shutdown(socket.SHUT_WR)
                return
            connection.sendall(data)
    except OSError:
        pass


def show(scenes):
    """Runs the scene that the command line names."""
    signal.alarm(int(SECONDS))
    scenes[sys.argv[1]]()
    print("shown")
