"""A client of resumable streams, written from docs/resume-protocol.md alone, as an oracle for the server.

    second_client.py --server HOST:PORT --token-file FILE --target HOST:PORT [--bytes N] [--cuts N] [--seed N]

Sends bytes to a target that sends each of them back, cuts its own connection at random positions of either direction,
resumes, and compares. Prints one line of JSON. Ends with 0 if every byte came back once and the stream was done.
"""

import argparse
import hashlib
import hmac
import json
import os
import random
import select
import socket
import struct
import sys
import time

from OpenSSL import SSL

DATA, ACKNOWLEDGEMENT, FINISH, RESET, PING, PONG, CLOSE = range(7)
STATUSES = ["ok", "unknownStream", "targetDenied", "epochOld", "offsetOutside", "full", "targetUnreachable",
            "notAuthenticated", "malformed", "ended"]
CAUSES = ["done", "patience", "shutdown", "protocolError", "offsetOutside", "unknownStream", "targetUnreachable",
          "targetDenied", "full", "notAuthenticated", "resetLinger"]
WINDOW = 2 << 20


class Refused(Exception):
    """The stream is over for this client."""


class Cut(Exception):
    """The connection is gone."""


def code(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


class Connection:
    """One TLS connection. It is cut after so many bytes of each direction."""

    def __init__(self, address, cut_sent, cut_received):
        self.budget_sent, self.budget_received = cut_sent, cut_received
        self.tcp = socket.create_connection(address, timeout=5)
        context = SSL.Context(SSL.TLS_CLIENT_METHOD)
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
        context.set_alpn_protos([b"sluice-resume/1"])
        context.set_verify(SSL.VERIFY_NONE, lambda *_: True)
        self.tls = SSL.Connection(context, self.tcp)
        self.tls.set_connect_state()
        self.tcp.setblocking(True)
        self.tcp.settimeout(None)
        self.tls.do_handshake()
        if self.tls.get_alpn_proto_negotiated() != b"sluice-resume/1":
            raise Refused("ALPN")
        self.exporter = self.tls.export_keying_material(b"EXPORTER-sluice-resume", 32, b"")
        self.tcp.setblocking(False)

    def cut(self):
        """A RST: with SO_LINGER 0, the kernel discards what it has not sent."""
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.tcp.close()
        raise Cut()

    def close(self):
        try:
            self.tls.shutdown()
        except SSL.Error:
            pass
        self.tcp.close()

    def send(self, data):
        """Sends what fits now. Returns how much. Cuts the connection where it was planned."""
        if self.budget_sent is not None:
            if self.budget_sent <= 0:
                self.cut()
            data = data[:self.budget_sent]
        try:
            count = self.tls.send(data)
        except (SSL.WantReadError, SSL.WantWriteError):
            return 0
        except (SSL.Error, OSError):
            raise Cut()
        if self.budget_sent is not None:
            self.budget_sent -= count
        return count

    def receive(self, timeout):
        """What has arrived within this time; nothing if nothing did."""
        if not self.tls.pending():
            readable, _, _ = select.select([self.tcp], [], [], timeout)
            if not readable:
                return b""
        limit = 65536 if self.budget_received is None else min(65536, self.budget_received)
        if limit <= 0:
            self.cut()
        try:
            data = self.tls.recv(limit)
        except (SSL.WantReadError, SSL.WantWriteError):
            return b""
        except (SSL.Error, OSError):
            raise Cut()
        if not data:
            raise Cut()
        if self.budget_received is not None:
            self.budget_received -= len(data)
        return data


class Stream:
    """The client's end: its application sends `payload`, and expects it back."""

    def __init__(self, options, payload, generator):
        self.options, self.random = options, generator
        self.address = split(options.server)
        with open(options.token_file, "rb") as file:
            self.token = file.readline().rstrip(b"\r\n")
        self.identifier, self.secret = os.urandom(16), os.urandom(32)
        self.epoch, self.has_begun = 0, False
        # What the application sends. The FIN has the position after the last byte.
        self.payload, self.end = payload, len(payload) + 1
        self.acknowledged, self.sent, self.highest_sent, self.window = 0, 0, 0, 0
        # What it receives.
        self.received, self.written, self.said_written = 0, 0, 0
        self.digest, self.got_finish = hashlib.sha256(), False
        self.resumptions, self.cuts_left = 0, options.cuts

    # Hello and welcome

    def hello(self, exporter):
        kind = 1 if self.has_begun else 0
        epoch = struct.pack(">I", self.epoch)
        secret = code(self.secret, b"stream", self.identifier, epoch, exporter) if kind else self.secret
        target = b"" if kind else self.options.target.encode()
        return (b"SLR1" + bytes([kind, 0]) + self.identifier + epoch
                + struct.pack(">HIQQ", 300, WINDOW, self.received, self.written) + secret
                + code(self.token, b"client", exporter) + bytes([len(target)]) + target)

    def greet(self, connection):
        hello = self.hello(connection.exporter)
        self.said_written = self.written
        while hello:
            count = connection.send(hello)
            hello = hello[count:]
        answer, until = b"", time.monotonic() + 5
        while len(answer) < 60:
            if time.monotonic() > until:
                raise Cut()
            answer += connection.receive(0.1)
        magic, status, cause, _, window, received, written = struct.unpack(">4sBBHIQQ", answer[:28])
        if magic != b"SLR1":
            raise Refused("not a welcome")
        if status != 7 and not hmac.compare_digest(answer[28:60], code(self.token, b"server", connection.exporter)):
            raise Refused("the server does not have the token")
        if status == 3:
            raise Cut()
        if status == 1 and self.is_complete():
            raise Refused("done")
        if status != 0:
            raise Refused(CAUSES[cause] if status == 9 else STATUSES[status])
        if not self.acknowledged <= written <= received <= self.highest_sent:
            raise Refused("offsetOutside")
        self.acknowledged, self.sent, self.window = written, received, window
        self.resumptions += self.has_begun
        self.has_begun = True
        return answer[60:]

    # Frames

    def is_complete(self):
        return self.acknowledged == self.end and self.got_finish and self.written == self.received

    def output(self):
        """Frames to send now."""
        frames = b""
        if self.written > self.said_written:
            self.said_written = self.written
            frames += struct.pack(">BIQ", ACKNOWLEDGEMENT, 8, self.written)
        limit = min(len(self.payload), self.acknowledged + self.window)
        if self.sent < limit:
            count = min(limit - self.sent, self.random.randint(1, 131072))
            frames += struct.pack(">BI", DATA, count) + self.payload[self.sent:self.sent + count]
            self.sent += count
        if self.sent == len(self.payload):
            frames += struct.pack(">BI", FINISH, 0)
            self.sent += 1
        self.highest_sent = max(self.highest_sent, self.sent)
        return frames

    def frame(self, kind, payload):
        """Reads a frame. Returns an answer, or raises."""
        if kind == DATA and not self.got_finish and payload:
            expected = self.payload[self.received:self.received + len(payload)]
            if payload != expected:
                raise Refused(f"wrong bytes at {self.received}")
            self.digest.update(payload)
            self.received += len(payload)
            self.written = self.received
        elif kind == ACKNOWLEDGEMENT and len(payload) == 8:
            position = struct.unpack(">Q", payload)[0]
            if not self.acknowledged <= position <= self.sent:
                raise Refused(f"acknowledgement {position}, after {self.acknowledged}, of {self.sent}")
            self.acknowledged = position
        elif kind == FINISH and not payload and not self.got_finish:
            if self.received != len(self.payload):
                raise Refused(f"FIN after {self.received} of {len(self.payload)} bytes")
            self.got_finish = True
            self.received += 1
            self.written = self.received
        elif kind == PING and not payload:
            return struct.pack(">BI", PONG, 0)
        elif kind == PONG and not payload:
            pass
        elif kind == CLOSE and len(payload) == 1:
            raise Refused(CAUSES[payload[0]])
        else:
            raise Refused(f"frame of type {kind} with {len(payload)} bytes")
        return b""

    def carry(self, connection, buffer):
        """Frames of one connection, until the stream is over or the connection is lost."""
        waiting, has_closed = b"", False
        heard = time.monotonic()
        while True:
            while len(buffer) >= 5:
                kind, length = struct.unpack(">BI", buffer[:5])
                if length > 131072:
                    raise Refused(f"a frame of {length} bytes")
                if len(buffer) < 5 + length:
                    break
                waiting += self.frame(kind, bytes(buffer[5:5 + length]))
                buffer = buffer[5 + length:]
            if len(waiting) < 65536 and not has_closed:
                waiting += self.output()
            if self.is_complete() and not has_closed:
                waiting += struct.pack(">BIB", CLOSE, 1, 0)
                has_closed = True
            if waiting:
                waiting = waiting[connection.send(waiting):]
            data = connection.receive(0.0 if waiting else 0.05)
            if data:
                heard = time.monotonic()
                buffer += data
            elif time.monotonic() - heard > 45:
                raise Cut()

    def planned_cut(self):
        """How many bytes of each direction the next connection carries."""
        if self.cuts_left <= 0:
            return None, None
        self.cuts_left -= 1
        most = self.random.choice([130, 400, 5000, len(self.payload) // max(self.options.cuts, 1)])
        position = self.random.randint(0, most)
        return (position, None) if self.random.random() < 0.5 else (None, position)

    def run(self):
        """Returns why the stream ended."""
        without_since, pause = time.monotonic(), 0
        while True:
            self.epoch += 1
            connection = None
            try:
                connection = Connection(self.address, *self.planned_cut())
                buffer = self.greet(connection)
                pause = 0
                self.carry(connection, bytearray(buffer))
            except Refused as refusal:
                if connection:
                    connection.close()
                return str(refusal)
            except (Cut, SSL.Error, OSError):
                if connection:
                    connection.tcp.close()
                if pause == 0 and self.has_begun:
                    without_since = time.monotonic()
            if time.monotonic() - without_since > self.options.patience:
                return "patience"
            time.sleep(self.random.uniform(0.02, 0.02 + pause))
            pause = min(max(0.1, 2 * pause), 10)


def split(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--token-file", required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--bytes", type=int, default=1 << 20)
    parser.add_argument("--cuts", type=int, default=20)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--patience", type=float, default=60)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    generator = random.Random(seed)
    payload = generator.randbytes(options.bytes)
    stream = Stream(options, payload, generator)
    cause = stream.run()
    same = stream.digest.digest() == hashlib.sha256(payload).digest() and stream.got_finish
    print(json.dumps({
        "seed": seed, "cause": cause, "same": same, "received": stream.received, "bytes": options.bytes,
        "resumptions": stream.resumptions, "connections": stream.epoch, "cutsLeft": stream.cuts_left}))
    sys.exit(0 if same and cause == "done" else 1)


if __name__ == "__main__":
    main()
