"""The control API: every exchange of exchanges.txt, and toxiproxy's clients."""
import json
import os
import re
import socket
import time

from relay import Relay, ending, eventually, main, pair, server, talk, PROGRAM
import subprocess


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def exchanges():
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout.split()[1].rstrip(",")
    values = dict(zip("ABC", map(str, free_ports(3))), VERSION=version)
    lines = open(os.path.join(os.path.dirname(__file__), "exchanges.txt"), encoding="utf-8").read().splitlines()
    count, wrong = 0, []
    with Relay() as relay:
        request = None
        for line in lines:
            line = re.sub(r"\$(VERSION|[ABC])", lambda found: values[found.group(1)], line)
            if line.startswith("> "):
                request = line[2:].split(" ", 2)
            elif line.startswith("<"):
                mark, _, rest = line.partition(" ")
                status, _, body = rest.partition(" ")
                sent = request[2].encode() if len(request) > 2 else None
                got = relay.raw(request[0], request[1], sent)
                expected = body[:-2] + "\n" if body.endswith("\\n") else body
                same = got[0] == int(status) and (expected in got[2] if mark == "<~" else expected == got[2])
                count += 1
                if not same:
                    wrong.append(f"{' '.join(request)}\n  expected {status} {expected!r}\n  got      {got[0]} {got[2]!r}")
    print(f"{count} exchanges")
    assert count >= 80, count
    assert not wrong, "\n".join(wrong)


def headers():
    with Relay() as relay:
        assert relay.raw("GET", "/proxies")[1] == "application/json"
        assert relay.raw("GET", "/version")[1] == "application/json;charset=utf-8"
        assert relay.raw("GET", "/proxies/none")[1] == "text/plain; charset=utf-8"
        # A page in a browser must not reach it.
        for path in ["/proxies", "/version", "/reset", "/populate", "/sluice/v1/events", "/sluice/v1/disruptions"]:
            method = "GET" if path in ("/proxies", "/version", "/sluice/v1/events") else "POST"
            status, _, text = relay.raw(method, path, headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64)"})
            assert (status, text) == (403, "User agent not allowed\n"), (path, status, text)


def clients():
    """What the clients of Ruby, Go, Java and Node send, by their documents."""
    listener = server()
    upstream = "127.0.0.1:%d" % listener.getsockname()[1]
    with Relay() as relay:
        # Ruby: populate with upstream and listen, then toxics by type, and takes proxies down and up with POST.
        body = json.dumps([{"name": "redis", "upstream": upstream, "listen": "127.0.0.1:0"}])
        status, _, text = relay.raw("POST", "/populate", body, {"Content-Type": "application/json", "User-Agent": "Ruby"})
        assert status == 201 and json.loads(text)["proxies"][0]["name"] == "redis", text
        listen = json.loads(text)["proxies"][0]["listen"]
        address = (listen.rsplit(":", 1)[0], int(listen.rsplit(":", 1)[1]))
        client, accepted = pair(relay, listener, address)
        talk(client, accepted)
        relay.call("POST", "/proxies/redis", {"enabled": False})
        assert ending(client) in ("closed", "reset")
        try:
            socket.create_connection(address, timeout=5)
            assert False, "a disabled proxy listens"
        except ConnectionRefusedError:
            pass
        relay.call("POST", "/proxies/redis", {"enabled": True})
        client, accepted = pair(relay, listener, address)
        talk(client, accepted)
        # Java: a toxic is created with its attributes, and each setter sends one attribute by POST.
        made = relay.call("POST", "/proxies/redis/toxics", {
            "name": "slow", "type": "latency", "stream": "DOWNSTREAM".lower(), "toxicity": 1.0, "attributes": {"latency": 100, "jitter": 0}})
        assert made["attributes"]["latency"] == 100
        changed = relay.call("POST", "/proxies/redis/toxics/slow", {"attributes": {"latency": 10, "jitter": 0}})
        assert changed["attributes"]["latency"] == 10
        # Go, since 2.4: PATCH, with a user agent of its own.
        status, _, text = relay.raw(
            "PATCH", "/proxies/redis/toxics/slow", json.dumps({"attributes": {"latency": 20}, "toxicity": 1}),
            {"Content-Type": "application/json", "User-Agent": "toxiproxy-cli/2.9.0 (linux/amd64)"})
        assert status == 200 and json.loads(text)["attributes"]["latency"] == 20, text
        # Node: a body without a length (chunked).
        connection = socket.create_connection(("127.0.0.1", relay.port))
        part = b'{"attributes":{"latency":30}}'
        connection.sendall(
            b"POST /proxies/redis/toxics/slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            + b"%x\r\n%s\r\n0\r\n\r\n" % (len(part), part))
        answer = b""
        while more := connection.recv(4096):
            answer += more
        assert b"200 OK" in answer and b'"latency":30' in answer, answer
        # Java's own client offers HTTP/2 with its first request, and sends the next one on the same connection if it may.
        connection = socket.create_connection(("127.0.0.1", relay.port))
        connection.sendall(b"POST /reset HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                           b"HTTP2-Settings: AAEAAEAA\r\nContent-Length: 0\r\n\r\n")
        answer = b""
        while more := connection.recv(4096):
            answer += more
        assert b"204 No Content" in answer and b"connection: close" in answer.lower(), answer


def python_client():
    """toxiproxy-python from PyPI, unmodified."""
    from toxiproxy import Toxiproxy
    from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

    listener = server()
    upstream = "127.0.0.1:%d" % listener.getsockname()[1]
    with Relay() as relay:
        toxiproxy = Toxiproxy()
        toxiproxy.update_api_consumer("127.0.0.1", relay.port)
        assert toxiproxy.running() and b"2.12.0" in toxiproxy.version()
        proxy = toxiproxy.create(upstream=upstream, name="db")
        address = (proxy.listen.rsplit(":", 1)[0], int(proxy.listen.rsplit(":", 1)[1]))
        try:
            toxiproxy.create(upstream=upstream, name="db")
            assert False, "made twice"
        except ProxyExists:
            pass
        client, accepted = pair(relay, listener, address)
        talk(client, accepted)
        proxy.add_toxic(type="latency", attributes={"latency": 50, "jitter": 0})
        proxy.add_toxic(type="idle_reset", attributes={"timeout": 300}, name="idle")
        assert set(proxy.toxics()) == {"latency_downstream", "idle"}
        assert proxy.get_toxic("idle").attributes == {"timeout": 300}
        assert ending(client) == "reset" and ending(accepted) == "reset"
        try:
            proxy.add_toxic(type="no_such")
            assert False, "an unknown toxic was made"
        except InvalidToxic:
            pass
        proxy.destroy_toxic("idle")
        try:
            proxy.destroy_toxic("idle")
            assert False, "destroyed twice"
        except NotFound:
            pass
        with proxy.down():
            try:
                socket.create_connection(address, timeout=5)
                assert False, "it is up"
            except ConnectionRefusedError:
                pass
        toxiproxy.reset()
        assert proxy.toxics() == {}
        client, accepted = pair(relay, listener, address)
        talk(client, accepted)
        assert list(toxiproxy.proxies()) == ["db"]
        toxiproxy.destroy_all()
        assert toxiproxy.proxies() == {}


def vanishing_client():
    """A control client that disappears, in the middle of anything, leaves nothing behind."""
    listener = server()
    with Relay() as relay:
        address = relay.proxy("p", listener.getsockname())
        before = relay.descriptors()
        for data in [b"", b"GET /proxies HTT", b"POST /proxies HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
                     b"GET /sluice/v1/events HTTP/1.1\r\nHost: x\r\n\r\n", b"\x00\xff garbage\r\n\r\n"]:
            for how in ["close", "abort"]:
                client = socket.create_connection(("127.0.0.1", relay.port))
                client.sendall(data)
                time.sleep(0.05)
                if how == "abort":
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.close()
        eventually(lambda: relay.descriptors() <= before, "descriptors are left")
        client, accepted = pair(relay, listener, address)
        talk(client, accepted)
        # A body without an end is not collected for ever.
        status, _, text = relay.raw("POST", "/proxies", b'{"name":"' + b"x" * (2 << 20) + b'"}')
        assert status == 413, (status, text[:200])


def limits():
    with Relay() as relay:
        for number in range(64):
            relay.call("POST", "/proxies", {"name": f"p{number}", "upstream": "u:1", "enabled": False})
        status, _, text = relay.raw("POST", "/proxies", b'{"name":"more","upstream":"u:1","enabled":false}')
        assert (status, json.loads(text)["error"]) == (400, "too many proxies: the limit is 64"), text
        for number in range(16):
            relay.toxic("p0", "latency", name=f"t{number}")
        status, _, text = relay.raw("POST", "/proxies/p0/toxics", b'{"type":"latency","name":"more"}')
        assert (status, json.loads(text)["error"]) == (400, "too many toxics: the limit is 16"), text


def options():
    """--config, --proxy, and toxiproxy's own -host and -port."""
    import tempfile
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write('[{"name":"web","listen":"127.0.0.1:0","upstream":"127.0.0.1:9"}]')
        file.flush()
        with Relay("-config", file.name, "--proxy", "db=127.0.0.1:0,127.0.0.1:10") as relay:
            assert sorted(relay.call("GET", "/proxies")) == ["db", "web"]
        file.seek(0)
        file.write('[{"name":3}')
        file.flush()
        got = subprocess.run([PROGRAM, "--config", file.name, "--listen", "127.0.0.1:0"], capture_output=True, text=True, timeout=20)
        assert got.returncode == 1 and "/populate" in got.stderr and file.name in got.stderr, got
    port = free_ports(1)[0]
    process = subprocess.Popen([PROGRAM, "-host", "127.0.0.1", "-port", str(port)], stderr=subprocess.PIPE, text=True)
    try:
        # A notice about open files may come before.
        assert any(f"http://127.0.0.1:{port}" in process.stderr.readline() for _ in range(2))
        got = subprocess.run([PROGRAM, "--port", str(port)], capture_output=True, text=True, timeout=20)
        assert got.returncode == 1 and f"listen tcp 127.0.0.1:{port}: bind: address already in use" in got.stderr, got
    finally:
        process.terminate()
        assert process.wait(10) == 0
    got = subprocess.run([PROGRAM, "--proxy", "db"], capture_output=True, text=True, timeout=20)
    assert got.returncode == 1 and "NAME=LISTEN,UPSTREAM" in got.stderr, got


main({
    "exchanges": exchanges, "headers": headers, "clients": clients, "python_client": python_client,
    "vanishing_client": vanishing_client, "limits": limits, "options": options,
})
