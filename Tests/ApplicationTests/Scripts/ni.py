"""SAP's network interface protocol (NI), written from its public description:

- help.sap.com, "Communication Modes" of the network interface: in NI_MESG_IO each block of data follows its length,
  4 bytes that do not count themselves; the blocks 'NI_PING\\0' and 'NI_PONG\\0' test whether the other end is there;
- Wireshark's display filter reference, "SAP NI Protocol".

The length's byte order is the network's. This is not SAP's program, and its messages are those of its sockets.

    ni.py server PORT INTERVAL LIMIT    prints "ready PORT" (0: any port) and answers blocks; after INTERVAL seconds
                                        without one it sends a ping, and closes the connection if LIMIT seconds later
                                        there is no pong (rdisp/keepalive, rdisp/keepalive_timeout)
    ni.py client ADDRESS PORT           sends each line of standard input as a block, prints the answers, answers pings
"""
import selectors
import socket
import struct
import sys
import threading
import time

PING = b"NI_PING\0"
PONG = b"NI_PONG\0"
LARGEST = 1 << 20


class Broken(Exception):
    """The other end is gone, or does not speak NI."""


def send(connection, block):
    connection.sendall(struct.pack("!I", len(block)) + block)


class Blocks:
    """The blocks of a stream of bytes."""

    def __init__(self):
        self.rest = b""

    def add(self, data):
        self.rest += data
        while len(self.rest) >= 4:
            (length,) = struct.unpack("!I", self.rest[:4])
            if length > LARGEST:
                raise Broken(f"a block of {length} bytes is refused")
            if len(self.rest) < 4 + length:
                return
            block, self.rest = self.rest[4:4 + length], self.rest[4 + length:]
            yield block


def serve(connection, number, interval, limit):
    blocks = Blocks()
    heard = time.monotonic()
    asked = None
    selector = selectors.DefaultSelector()
    selector.register(connection, selectors.EVENT_READ)
    try:
        while True:
            deadline = asked + limit if asked else heard + interval
            if not selector.select(max(0, deadline - time.monotonic())):
                if asked:
                    raise Broken("no NI_PONG: the connection is closed")
                asked = time.monotonic()
                send(connection, PING)
                continue
            data = connection.recv(65536)
            if not data:
                raise Broken("closed by the client")
            heard, asked = time.monotonic(), None
            for block in blocks.add(data):
                if block == PING:
                    send(connection, PONG)
                elif block != PONG:
                    send(connection, b"answer-" + block + b"-%d" % number)
    except (OSError, Broken) as error:
        print(f"connection is broken: {error}", flush=True)
    finally:
        selector.close()
        connection.close()


def server(port, interval, limit):
    listener = socket.create_server(("", port))
    print("ready", listener.getsockname()[1], flush=True)
    number = 0
    while True:
        connection, _ = listener.accept()
        number += 1
        threading.Thread(target=serve, args=(connection, number, interval, limit), daemon=True).start()


def client(address, port):
    connection = socket.create_connection((address, port))
    selector = selectors.DefaultSelector()
    selector.register(connection, selectors.EVENT_READ)
    selector.register(sys.stdin, selectors.EVENT_READ)
    blocks = Blocks()
    try:
        while True:
            for key, _ in selector.select():
                if key.fileobj is sys.stdin:
                    line = sys.stdin.readline()
                    if not line:
                        return 0
                    send(connection, line.strip().encode())
                    continue
                data = connection.recv(65536)
                if not data:
                    raise Broken("closed by the server")
                for block in blocks.add(data):
                    if block == PING:
                        send(connection, PONG)
                    elif block != PONG:
                        print(block.decode(), flush=True)
    except (OSError, Broken) as error:
        print(f"connection is broken: {error}", flush=True)
        return 1


if sys.argv[1] == "server":
    server(int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]))
else:
    sys.exit(client(sys.argv[2], int(sys.argv[3])))
