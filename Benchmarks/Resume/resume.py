#!/usr/bin/env python3
"""A resumable stream beside plain TLS relays, in the same run (RESUME-3).

    Benchmarks/Resume/resume.py [--program PATH] [--gigabytes N] [--rounds N] [--streams N]

Each contender is a pair of processes: TCP to TLS 1.3, and TLS to TCP. Prints throughput and CPU time a gigabyte of both processes, in turns so that
drift hits all alike; how long an application waits after a reset of the connection; and the memory of idle streams.
CPU time is from /proc. Needs haproxy, stunnel4 and openssl, and a release build: swift build -c release --product sluice-resume
"""
import argparse
import os
import resource
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from loopback import bulk, cpu_seconds, drain_backlog, port, resident_bytes, wait_for  # noqa: E402

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class Pair:
    """Two processes; applications connect to `port`."""

    def __init__(self, name, listen, server, client, server_port):
        self.name, self.port = name, listen
        self.processes = [subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)]
        wait_for(server_port)
        self.processes.append(subprocess.Popen(client, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_for(listen)

    def cpu(self):
        """Seconds of user and system time of both so far."""
        return sum(cpu_seconds(process) for process in self.processes)

    def memory(self):
        return [resident_bytes(process) for process in self.processes]

    def end(self):
        for process in self.processes:
            process.terminate()
            process.wait(15)


class Cutter:
    """Forwards to a port, and resets all connections when asked."""

    def __init__(self, target):
        self.target, self.sockets, self.lock = target, [], threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            one, _ = self.listener.accept()
            try:
                other = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                one.close()
                continue
            for s in (one, other):
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self.lock:
                self.sockets += [one, other]
            for a, b in ((one, other), (other, one)):
                threading.Thread(target=self.forward, args=(a, b), daemon=True).start()

    @staticmethod
    def forward(source, destination):
        try:
            while data := source.recv(65536):
                destination.sendall(data)
        except OSError:
            pass

    def cut(self):
        with self.lock:
            sockets, self.sockets = self.sockets, []
        for s in sockets:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            try:
                s.shutdown(socket.SHUT_RD)  # the forwarding thread returns
            except OSError:
                pass
            s.close()


def files(program, folder):
    script = f"""
        set -e
        cd {folder}
        umask 077
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -keyout key -out certificate 2>/dev/null
        cat certificate key >both
        {program} token token
    """
    subprocess.run(["sh", "-c", script], check=True)


def contenders(program, upstream, folder):
    made = []
    stream, stream_server = port(), port()
    made.append(Pair(
        "sluice-resume", stream,
        [program, "server", "--listen", f"127.0.0.1:{stream_server}", "--certificate", f"{folder}/certificate", "--key", f"{folder}/key",
         "--token-file", f"{folder}/token", "--allow", f"{upstream[0]}:{upstream[1]}"],
        [program, "client", "--server", f"127.0.0.1:{stream_server}", "--token-file", f"{folder}/token", "--forward",
         f"127.0.0.1:{stream}={upstream[0]}:{upstream[1]}"], stream_server))
    plain, plain_server = port(), port()
    common = "global\n  nbthread 1\n  maxconn 9000\ndefaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n"
    with open(f"{folder}/server.cfg", "w") as file:
        file.write(f"{common}listen x\n  bind 127.0.0.1:{plain_server} ssl crt {folder}/both ssl-min-ver TLSv1.3\n  server s {upstream[0]}:{upstream[1]}\n")
    with open(f"{folder}/client.cfg", "w") as file:
        file.write(f"{common}listen x\n  bind 127.0.0.1:{plain}\n  server s 127.0.0.1:{plain_server} ssl ca-file {folder}/certificate verify required\n")
    made.append(Pair("HAProxy, TLS", plain, ["haproxy", "-db", "-f", f"{folder}/server.cfg"], ["haproxy", "-db", "-f", f"{folder}/client.cfg"], plain_server))
    tunnel, tunnel_server = port(), port()
    base = "foreground = yes\npid =\nsslVersionMin = TLSv1.3\n"
    with open(f"{folder}/server.conf", "w") as file:
        file.write(f"{base}[x]\naccept = 127.0.0.1:{tunnel_server}\nconnect = {upstream[0]}:{upstream[1]}\ncert = {folder}/both\n")
    with open(f"{folder}/client.conf", "w") as file:
        file.write(f"{base}[x]\nclient = yes\naccept = 127.0.0.1:{tunnel}\nconnect = 127.0.0.1:{tunnel_server}\nCAfile = {folder}/certificate\nverifyChain = yes\n")
    made.append(Pair("stunnel", tunnel, ["stunnel4", f"{folder}/server.conf"], ["stunnel4", f"{folder}/client.conf"], tunnel_server))
    return made


def pauses(program, folder, upstream, rounds, spacing):
    """How long an application waits for an echo that it asks for at the moment of a reset, in ms, and without a reset."""
    server_port, listen = port(), port()
    listener = socket.create_server(upstream)
    server = [program, "server", "--listen", f"127.0.0.1:{server_port}", "--certificate", f"{folder}/certificate", "--key", f"{folder}/key",
              "--token-file", f"{folder}/token", "--allow", f"{upstream[0]}:{upstream[1]}"]
    processes = [subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)]
    wait_for(server_port)
    cutter = Cutter(server_port)
    client = [program, "client", "--server", f"127.0.0.1:{cutter.port}", "--token-file", f"{folder}/token", "--forward",
              f"127.0.0.1:{listen}={upstream[0]}:{upstream[1]}"]
    processes.append(subprocess.Popen(client, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    for _ in range(200):
        try:
            one = socket.create_connection(("127.0.0.1", listen))
            break
        except OSError:
            time.sleep(0.02)
    other, _ = listener.accept()

    def echo():
        while data := other.recv(4096):
            other.sendall(data)

    threading.Thread(target=echo, daemon=True).start()

    def ask(number):
        begun = time.perf_counter()
        one.sendall(struct.pack("!I", number))
        got = b""
        while len(got) < 4:
            got += one.recv(4 - len(got))
        assert struct.unpack("!I", got)[0] == number
        return (time.perf_counter() - begun) * 1000

    quiet = [ask(number) for number in range(200)]
    times = []
    for number in range(rounds):
        time.sleep(spacing)
        cutter.cut()
        times.append(ask(number))
    one.close()
    for process in processes:
        process.terminate()
        process.wait(15)
    listener.close()
    return quiet, times


def idle(listener, pair, count):
    """Memory of each process for an idle connection, in bytes."""
    before = pair.memory()
    clients, servers = [], []
    for _ in range(count):
        clients.append(socket.create_connection(("127.0.0.1", pair.port)))
        servers.append(listener.accept()[0])
    # One byte each way: buffers were used.
    for a, b in zip(clients, servers):
        a.sendall(b"x")
        b.recv(1)
        b.sendall(b"y")
        a.recv(1)
    time.sleep(2)
    after = pair.memory()
    for s in clients + servers:
        s.close()
    return [(b - a) / count for a, b in zip(before, after)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=f"{ROOT}/.build/release/sluice-resume")
    parser.add_argument("--gigabytes", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--streams", type=int, default=4000)
    parser.add_argument("--resets", type=int, default=100)
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    listener = socket.socket()
    listener.bind(("127.0.0.2", 0))
    listener.listen(4096)
    program = os.path.abspath(arguments.program)
    with tempfile.TemporaryDirectory() as folder:
        files(program, folder)
        all = contenders(program, listener.getsockname(), folder)
        try:
            drain_backlog(listener)
            size = int(arguments.gigabytes * 1e9)
            speeds, costs = {p.name: [] for p in all}, {p.name: [] for p in all}
            for number in range(arguments.rounds):
                for pair in all[number % len(all):] + all[:number % len(all)]:
                    before = pair.cpu()
                    took = bulk(listener, pair.port, size)
                    speeds[pair.name].append(size / took / 1e6)
                    costs[pair.name].append((pair.cpu() - before) / (size / 1e9))
            print(f"{'':16} {'MB/s':>8} {'s CPU a GB':>12}   (medians of {arguments.rounds}, both processes)")
            for pair in all:
                print(f"{pair.name:16} {statistics.median(speeds[pair.name]):8.0f} {statistics.median(costs[pair.name]):12.2f}")
            own = statistics.median(speeds["sluice-resume"])
            for pair in all[1:]:
                other = statistics.median(speeds[pair.name])
                print(f"throughput, sluice-resume / {pair.name}: {own / other:.2f} (target 0.60)")
            memory = idle(listener, all[0], arguments.streams)
            print(f"memory of an idle stream ({arguments.streams}): client {memory[1] / 1024:.1f} KiB, server {memory[0] / 1024:.1f} KiB")
        finally:
            for pair in all:
                pair.end()
        for spacing, resets in ((0.3, arguments.resets), (11, 9)):
            quiet, times = pauses(program, folder, ("127.0.0.3", port()), resets, spacing)
            times.sort()
            print(f"wait for an echo, {resets} resets, one each {spacing} s: median {statistics.median(times):.1f} ms, largest {times[-1]:.1f} ms; "
                  f"without a reset {statistics.median(quiet):.2f} ms (target 100 ms)")


main()
