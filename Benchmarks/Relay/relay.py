#!/usr/bin/env python3
"""The relay beside HAProxy in TCP mode without splice, and a plain copy loop with SwiftNIO, in the same run.

    Benchmarks/Relay/relay.py [--program PATH] [--copy-loop PATH] [--gigabytes N]

Prints throughput and CPU time a gigabyte for each, in turns so that drift hits all alike; the memory of 10,000 idle connections; and the latency
that each adds, p50 and p99. CPU time is that of the process between the ends, from /proc. Needs haproxy, and a release build:
swift build -c release --product sluice-relay --product relay-copy-loop
"""
import argparse
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from loopback import bulk, cpu_seconds, drain_backlog, port, resident_bytes, wait_for  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class Contender:
    def __init__(self, name, command, listen):
        self.name, self.port = name, listen
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(listen)

    def cpu(self):
        return cpu_seconds(self.process)

    def memory(self):
        return resident_bytes(self.process)

    def end(self):
        self.process.terminate()
        self.process.wait(10)


def contenders(arguments, upstream, folder):
    relay, proxy, loop = port(), port(), port()
    with open(f"{folder}/haproxy.cfg", "w") as file:
        file.write(
            "global\n  nbthread 1\n  nosplice\n  maxconn 9000\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1h\n"
            f"  timeout server 1h\nlisten x\n  bind 127.0.0.1:{proxy}\n  server s {upstream[0]}:{upstream[1]}\n")
    return [
        Contender("sluice-relay", [arguments.program, "--listen", "127.0.0.1:0", "--proxy", f"x=127.0.0.1:{relay},{upstream[0]}:{upstream[1]}"], relay),
        Contender("HAProxy", ["haproxy", "-db", "-f", f"{folder}/haproxy.cfg"], proxy),
        Contender("NIO copy loop", [arguments.copy_loop, str(loop), upstream[0], str(upstream[1])], loop),
    ]


def latency(listener, number, rounds):
    client = socket.create_connection(("127.0.0.1", number))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    one, _ = listener.accept()
    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def echo():
        while data := one.recv(100):
            one.sendall(data)

    thread = threading.Thread(target=echo)
    thread.start()
    times = []
    for _ in range(rounds):
        begun = time.perf_counter()
        client.sendall(b"x" * 64)
        client.recv(100)
        times.append(time.perf_counter() - begun)
    client.close()
    thread.join()
    one.close()
    times.sort()
    return times[len(times) // 2] * 1e6, times[len(times) * 99 // 100] * 1e6


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=f"{ROOT}/.build/release/sluice-relay")
    parser.add_argument("--copy-loop", default=f"{ROOT}/.build/release/relay-copy-loop")
    parser.add_argument("--gigabytes", type=float, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    listener = socket.socket()
    # Another address, so that 10,000 connections on each side have ports.
    listener.bind(("127.0.0.2", 0))
    listener.listen(4096)
    with tempfile.TemporaryDirectory() as folder:
        all = contenders(arguments, listener.getsockname(), folder)
        try:
            drain_backlog(listener)
            size = int(arguments.gigabytes * 1e9)
            costs = {one.name: [] for one in all}
            rates = {one.name: [] for one in all}
            for _ in range(arguments.rounds):
                for one in all:
                    before = one.cpu()
                    took = bulk(listener, one.port, size)
                    costs[one.name].append((one.cpu() - before) / size * 1e9)
                    rates[one.name].append(size / took / 1e6)
            base = statistics.median(costs["HAProxy"])
            for one in all:
                cost = statistics.median(costs[one.name])
                print(f"{one.name:14} {statistics.median(rates[one.name]):7.0f} MB/s  {cost:6.3f} s CPU/GB  {cost / base:5.2f} x HAProxy"
                      f"  (rounds: {', '.join(f'{value:.3f}' for value in costs[one.name])})")
            # Each connection to the server alone, as the base of what is added.
            direct = socket.socket()
            direct.bind(("127.0.0.1", 0))
            direct.listen()
            base50, base99 = latency(direct, direct.getsockname()[1], 5000)
            print(f"round trip, direct: p50 {base50:.1f} us, p99 {base99:.1f} us")
            for one in all:
                p50, p99 = latency(listener, one.port, 5000)
                print(f"{one.name:14} adds p50 {p50 - base50:6.1f} us, p99 {p99 - base99:6.1f} us")
            relay = all[0]
            before = relay.memory()
            ends = []
            # Two descriptors for each, here and in the relay.
            most = (resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 700) // 2
            for _ in range(min(9_990, most)):
                client = socket.create_connection(("127.0.0.1", relay.port))
                accepted = listener.accept()[0]
                client.sendall(b"x")
                accepted.recv(1)
                accepted.sendall(b"y")
                client.recv(1)
                ends.append((client, accepted))
            time.sleep(1)
            print(f"memory: {before / 1e6:.0f} MB before, {relay.memory() / 1e6:.0f} MB with {len(ends)} idle connections that have exchanged a byte")
        finally:
            for one in all:
                one.end()


main()
