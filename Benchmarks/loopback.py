"""What the benchmarks of relays share: ports, transfers over loopback, and what processes use (from /proc)."""
import os
import re
import socket
import threading
import time


def port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(number):
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", number), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"nothing listens on port {number}")


def cpu_seconds(process):
    """Seconds of user and system time so far, in the resolution of the scheduler. A thread may end meanwhile."""
    total = 0
    for task in os.listdir(f"/proc/{process.pid}/task"):
        try:
            total += int(open(f"/proc/{process.pid}/task/{task}/schedstat").read().split()[0])
        except FileNotFoundError:
            pass
    return total / 1e9


def resident_bytes(process):
    return int(re.search(r"VmRSS:\s+(\d+)", open(f"/proc/{process.pid}/status").read()).group(1)) * 1024


def bulk(listener, number, size):
    """Sends `size` bytes from the server to the client; returns the seconds."""
    block = b"x" * (256 * 1024)

    def serve():
        one, _ = listener.accept()
        left = size
        while left > 0:
            left -= one.send(block[:left])
        one.close()

    thread = threading.Thread(target=serve)
    client = socket.create_connection(("127.0.0.1", number))
    thread.start()
    buffer = bytearray(1 << 20)
    got, begun = 0, time.monotonic()
    while count := client.recv_into(buffer):
        got += count
    took = time.monotonic() - begun
    thread.join()
    client.close()
    assert got == size, (got, size)
    return took


def drain_backlog(listener):
    """Takes the connections that wait_for has opened through the contenders."""
    listener.settimeout(0.5)
    try:
        while True:
            listener.accept()[0].close()
    except TimeoutError:
        listener.settimeout(None)
