"""Connections through the relay: bytes, ends, resets, limits, and real programs."""
import hashlib
import os
import resource
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time

from relay import Events, Relay, PROGRAM, abort, ending, eventually, main, pair, server, talk


def started(relay, **keys):
    listener = server()
    return listener, relay.proxy("p", listener.getsockname(), **keys)


def half_close():
    """A client that has sent all still receives: the server's answer comes after the client's FIN."""
    with Relay() as relay:
        listener, address = started(relay)
        client, accepted = pair(relay, listener, address)
        data = os.urandom(3_000_000)
        threading.Thread(target=lambda: (client.sendall(data), client.shutdown(socket.SHUT_WR)), daemon=True).start()
        got = b""
        while more := accepted.recv(65536):
            got += more
        assert hashlib.sha256(got).digest() == hashlib.sha256(data).digest()
        # The client reads slowly, and the server has closed long before.
        accepted.sendall(data)
        accepted.close()
        time.sleep(0.3)
        got = b""
        while more := client.recv(65536):
            got += more
            if len(got) < 500_000:
                time.sleep(0.01)
        assert got == data, (len(got), len(data))
        eventually(lambda: 'sluice_relay_connections{proxy="p"} 0' in relay.raw("GET", "/metrics")[2], "it is not gone")
        # The client speaks and ends before the upstream is connected.
        client = socket.create_connection(address)
        client.sendall(b"early")
        client.shutdown(socket.SHUT_WR)
        accepted, _ = listener.accept()
        accepted.settimeout(20)
        assert accepted.recv(100) == b"early" and accepted.recv(100) == b""
        accepted.sendall(b"late")
        accepted.close()
        assert client.recv(100) == b"late" and client.recv(100) == b""


def reset_passed_on():
    with Relay() as relay:
        listener, address = started(relay)
        for first, second in [(0, 1), (1, 0)]:
            ends = pair(relay, listener, address)
            talk(*ends)
            abort(ends[first])
            assert ending(ends[second]) == "reset"
        # After a half-close, too.
        client, accepted = pair(relay, listener, address)
        talk(client, accepted)
        client.shutdown(socket.SHUT_WR)
        assert accepted.recv(1) == b""
        abort(accepted)
        assert ending(client) == "reset"
        # While nobody reads, too.
        client, accepted = pair(relay, listener, address)
        client.setblocking(False)
        try:
            while True:
                client.send(b"x" * 65536)
        except BlockingIOError:
            pass
        abort(accepted)
        client.setblocking(True)
        assert ending(client) == "reset"


def resets():
    """Old, idle and busy connections: both ends get ECONNRESET."""
    with Relay() as relay:
        listener, address = started(relay)
        for kind, attributes in [
            ("reset_now", {}), ("reset_peer", {"timeout": 0}), ("reset_peer", {"timeout": 200}),
            ("idle_reset", {"timeout": 200}), ("limit_time", {"time": 200}),
        ]:
            silent = pair(relay, listener, address)
            old = pair(relay, listener, address)
            talk(*old)
            unread = pair(relay, listener, address)
            talk(*unread)
            unread[0].sendall(b"not read")
            time.sleep(0.1)
            relay.toxic("p", kind, attributes, name="t")
            for ends in [silent, old, unread]:
                for end in ends:
                    how = ending(end)
                    assert how == "reset", (kind, attributes, how)
            if kind != "reset_now":
                relay.call("DELETE", "/proxies/p/toxics/t")
        # A half-closed one, too: the reset must not depend on how the connection stood.
        client, accepted = pair(relay, listener, address)
        talk(client, accepted)
        client.shutdown(socket.SHUT_WR)
        assert accepted.recv(1) == b""
        relay.toxic("p", "reset_now")
        assert ending(client) == "reset"
        try:
            accepted.sendall(b"x")
            time.sleep(0.1)
            accepted.sendall(b"x")
            assert False, "the server's end is not reset"
        except (ConnectionResetError, BrokenPipeError):
            pass


def back_pressure():
    """A reader that does not read stops the writer, and costs the relay no memory."""
    with Relay() as relay:
        listener, address = started(relay)
        before = relay.memory()
        ends = [pair(relay, listener, address) for _ in range(20)]
        sent = 0
        block = b"x" * 65536
        for client, accepted in ends:
            accepted.setblocking(False)
            still = 0
            while still < 10:
                try:
                    sent += accepted.send(block)
                    still = 0
                except BlockingIOError:
                    still += 1
                    time.sleep(0.01)
        grown = relay.memory() - before
        print(f"{sent} bytes sent, {grown} bytes of memory")
        assert sent > 20 * 256 * 1024, sent
        assert grown < 20 * 1024 * 1024, grown
        # All of it arrives, once it is read.
        got = 0
        for client, accepted in ends:
            accepted.close()
            while more := client.recv(1 << 20):
                got += len(more)
        assert got == sent, (got, sent)
        # The same with a toxic that holds everything.
        relay.toxic("p", "bandwidth", {"rate": 0})
        before = relay.memory()
        ends = [pair(relay, listener, address) for _ in range(20)]
        for client, accepted in ends:
            accepted.setblocking(False)
            still = 0
            while still < 10:
                try:
                    accepted.send(block)
                    still = 0
                except BlockingIOError:
                    still += 1
                    time.sleep(0.01)
        grown = relay.memory() - before
        assert grown < 20 * 1024 * 1024, grown


def many():
    """10,000 connections; the next one is reset, and the limit is named. Where fewer files may be open, the limit is lower, and it is said."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    limit = min(10_000, (hard - 600) // 2)
    with Relay() as relay:
        said = [line for line in relay.lines if f"the limit of connections is {limit}: 'ulimit -Hn 20600' allows all" in line]
        assert bool(said) == (limit < 10_000), relay.lines
        listener = server(host="127.0.0.2")
        address = relay.proxy("p", listener.getsockname())
        ends = [pair(relay, listener, address) for _ in range(limit)]
        memory = relay.memory()
        print(f"memory of {limit} connections: {memory}")
        over = socket.create_connection(address)
        assert ending(over) == "reset"
        eventually(lambda: any(f"the limit of {limit} connections is reached" in line for line in relay.lines), relay.lines)
        assert "sluice_relay_refused_by_limit_total 1\n" in relay.raw("GET", "/metrics")[2]
        talk(*ends[0])
        talk(*ends[-1])
        assert relay.toxic("p", "reset_now")["affected"] == limit
        for client, accepted in ends:
            assert ending(client) == "reset" and ending(accepted) == "reset"
        eventually(lambda: 'sluice_relay_connections{proxy="p"} 0' in relay.raw("GET", "/metrics")[2], "some are left")
        talk(*pair(relay, listener, address))


def no_upstream():
    with Relay() as relay:
        gone = server()
        upstream = gone.getsockname()
        gone.close()
        address = relay.proxy("p", upstream)
        events = Events(relay)
        client = socket.create_connection(address)
        assert ending(client) == "closed"
        eventually(lambda: events.of("upstreamFailed"), events.seen)
        eventually(lambda: any(f"no connection to 127.0.0.1:{upstream[1]}" in line for line in relay.lines), relay.lines)
        nowhere = relay.call("POST", "/proxies", {"name": "q", "listen": "127.0.0.1:0", "upstream": "nonsense"})
        host, port = nowhere["listen"].rsplit(":", 1)
        assert ending(socket.create_connection((host, int(port)))) == "closed"
        eventually(lambda: any("'nonsense' is not host:port" in line for line in relay.lines), relay.lines)


def without_privileges():
    """As uid 65534 without capabilities: all works, and a privileged port is refused with the kernel's reason."""
    with Relay(user=65534) as relay:
        status = open(f"/proc/{relay.process.pid}/status").read()
        assert "\nUid:\t65534\t" in status and "\nCapEff:\t0000000000000000" in status, status
        libraries = open(f"/proc/{relay.process.pid}/maps").read()
        assert "libbpf" not in libraries, "it is linked with libbpf"
        listener, address = started(relay)
        ends = pair(relay, listener, address)
        talk(*ends)
        relay.toxic("p", "reset_now")
        assert [ending(end) for end in ends] == ["reset", "reset"]
        lowest = int(open("/proc/sys/net/ipv4/ip_unprivileged_port_start").read())
        if lowest > 1:
            status, _, text = relay.raw("POST", "/proxies", b'{"name":"x","upstream":"u:1","listen":"127.0.0.1:1"}')
            assert (status, text) == (500, '{"error":"listen tcp 127.0.0.1:1: bind: permission denied","status":500}\n'), text


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


def secure_shell():
    """Real ssh: a session through the relay, then a reset that it prints."""
    folder = tempfile.mkdtemp(prefix="sluice-relay-ssh-")
    os.makedirs("/run/sshd", exist_ok=True)
    try:
        for name in ["host", "user"]:
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{folder}/{name}"], check=True)
        shutil.copy(f"{folder}/user.pub", f"{folder}/authorized")
        port_finder = server()
        port = port_finder.getsockname()[1]
        port_finder.close()
        daemon = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-e", "-p", str(port), "-h", f"{folder}/host", "-f", "/dev/null", "-o", "UsePAM=no",
             "-o", "StrictModes=no", "-o", "PidFile=none", "-o", f"AuthorizedKeysFile={folder}/authorized",
             "-o", "ListenAddress=127.0.0.1", "-o", "PermitRootLogin=yes"], stderr=subprocess.DEVNULL)
        try:
            with Relay() as relay:
                address = relay.proxy("ssh", ("127.0.0.1", port))
                client = ["ssh", "-F", "none", "-i", f"{folder}/user", "-p", str(address[1]), "-o", "StrictHostKeyChecking=no",
                          "-o", f"UserKnownHostsFile={folder}/known", "-o", "BatchMode=yes", "127.0.0.1"]
                eventually(lambda: "through" in run(client + ["echo through"]).stdout, "no ssh session")
                session = subprocess.Popen(client + ["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                session.stdin.write("hello\n")
                session.stdin.flush()
                assert session.stdout.readline() == "hello\n"
                assert relay.toxic("ssh", "reset_now")["affected"] == 1
                # Its input stays open: a client that writes first would print "Broken pipe".
                session.wait(20)
                errors = session.stderr.read()
                assert session.returncode == 255 and ("Connection reset by" in errors or "Broken pipe" in errors), (session.returncode, errors)
                print(errors.strip())
        finally:
            daemon.terminate()
            daemon.wait(10)
    finally:
        shutil.rmtree(folder)


def database():
    """Real PostgreSQL: queries, then an idle reset of the profile, with the clock 200 times as fast."""
    binaries = max(entry.path for entry in os.scandir("/usr/lib/postgresql")) + "/bin"
    folder = tempfile.mkdtemp(prefix="sluice-relay-psql-")
    as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    os.chmod(folder, 0o777)
    try:
        run(as_user + [f"{binaries}/initdb", "-D", f"{folder}/data", "--auth=trust", "--no-sync", "--no-locale", "-U", "test"], check=True)
        finder = server()
        port = finder.getsockname()[1]
        finder.close()
        daemon = subprocess.Popen(
            as_user + [f"{binaries}/postgres", "-D", f"{folder}/data", "-p", str(port), "-c", "listen_addresses=127.0.0.1",
                       "-c", "fsync=off", "-k", folder], stderr=subprocess.DEVNULL)
        try:
            with Relay() as relay:
                address = relay.proxy("db", ("127.0.0.1", port), profile="azure", timeScale=200)
                events = Events(relay)
                target = f"host=127.0.0.1 port={address[1]} user=test dbname=postgres sslmode=disable gssencmode=disable"
                eventually(lambda: run(["psql", target, "-Atc", "select 6*7"]).stdout == "42\n", "no answer")
                session = subprocess.Popen(["psql", target, "-At"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                session.stdin.write("select 1;\n")
                session.stdin.flush()
                assert session.stdout.readline() == "1\n"
                # 4 minutes, 200 times as fast, are 1.2 s.
                eventually(lambda: events.of("reset"), events.seen)
                event = events.of("reset")[0]
                assert event["cause"] == "profile azure" and 1200 <= event["idle"], event
                session.stdin.write("select 2;\n")
                session.stdin.close()
                errors = session.stderr.read()
                session.wait(20)
                assert "server closed the connection unexpectedly" in errors or "reset by peer" in errors, errors
                print(errors.strip())
        finally:
            daemon.terminate()
            daemon.wait(20)
    finally:
        shutil.rmtree(folder)


def redis():
    finder = server()
    port = finder.getsockname()[1]
    finder.close()
    daemon = subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--daemonize", "no", "--dir", "/tmp"],
                              stdout=subprocess.DEVNULL)
    try:
        with Relay() as relay:
            address = relay.proxy("redis", ("127.0.0.1", port))
            client = ["redis-cli", "-p", str(address[1])]
            eventually(lambda: run(client + ["set", "k", "v"]).stdout == "OK\n", "no answer")
            big = "x" * 1_000_000
            assert run(client + ["-x", "set", "big"], input=big).stdout == "OK\n"
            assert run(client + ["get", "big"]).stdout.strip() == big
            relay.toxic("redis", "limit_data", {"bytes": 1000})
            assert run(client + ["get", "big"]).stdout.strip() != big
            relay.call("POST", "/reset")
            assert run(client + ["get", "k"]).stdout == "v\n"
            # Closed while the client's request comes in: it sees an end or a reset, by what arrived first.
            relay.toxic("redis", "drain", {"refuse": 60_000, "reset": 0, "refuse_with": "close"})
            said = run(client + ["get", "k"])
            assert any(word in (said.stdout + said.stderr).lower() for word in ["closed", "reset"]), said
    finally:
        daemon.terminate()
        daemon.wait(20)


main({
    "half_close": half_close, "reset_passed_on": reset_passed_on, "resets": resets, "back_pressure": back_pressure, "many": many,
    "no_upstream": no_upstream, "without_privileges": without_privileges, "secure_shell": secure_shell, "database": database,
    "redis": redis,
})
