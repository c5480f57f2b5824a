"""What applications get: every byte once, FIN, RST, half-close, and the reset of a stream that can't be saved."""
from resume import *


def forward():
    """Eight MiB each way at the same time, through ten resets between the two ends."""
    data = random.Random(1).randbytes(8 << 20)
    with Place() as place, Target(echo) as target, place.server() as server, Firewall(server.address) as wall, \
            place.client(wall.address, "--forward", f"127.0.0.1:0={target.address}") as client:
        application = client.connect()

        def send():
            step = len(data) // 10
            for index in range(10):
                application.sendall(data[index * step:(index + 1) * step if index < 9 else len(data)])
                time.sleep(0.05)
                wall.cut()
            application.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        received = read_all(application)
        sender.join()
        assert hashlib.sha256(received).digest() == hashlib.sha256(data).digest(), (len(received), len(data))
        client.says("stream resumed", "after=")
        line = client.says("stream ended", "cause=done")
        assert f"sent={len(data)}" in line, line
        server.says("stream ended", "cause=done", "client=\"token test\"", f"target={target.address}")


def half_close():
    """A target that answers only after the FIN: netcat's -N."""
    def serve(connection):
        data = read_all(connection)
        connection.sendall(b"%d bytes" % len(data))
        connection.close()

    with Place() as place, Target(serve) as target, place.server() as server, \
            place.client(server.address, "--forward", f"127.0.0.1:0={target.address}") as client:
        result = run(["nc", "-N", "127.0.0.1", str(client.port())], input="x" * 100_000)
        assert result.stdout == "100000 bytes", result
        # The other way: the target's FIN first, then more from the application.
        with Target() as second, place.client(server.address, "--listen", "127.0.0.1:0", "--target", second.address) as other:
            application = other.connect()
            far = second.accepted()
            far.sendall(b"hello")
            far.shutdown(socket.SHUT_WR)
            assert read_all(application) == b"hello"
            application.sendall(b"later")
            application.close()
            assert read_all(far) == b"later"


def resets():
    """A RST of one application is a RST at the other one, after the data before it."""
    with Place() as place, Target() as target, place.server() as server, \
            place.client(server.address, "--forward", f"127.0.0.1:0={target.address}") as client:
        application = client.connect()
        far = target.accepted(1)
        application.sendall(b"before")
        assert read_exactly(far, 6) == b"before"
        reset(application)
        assert is_reset(far), "a FIN instead of a RST at the target"
        application = client.connect()
        far = target.accepted(2)
        far.sendall(b"before")
        assert read_exactly(application, 6) == b"before"
        reset(far)
        assert is_reset(application), "a FIN instead of a RST at the application"
        eventually(lambda: sum("stream ended" in line and "cause=done" in line for line in client.log) == 2, client.log)


def refused_target():
    """A target that refuses the connection, and one that no rule permits: a RST to the application, and the cause in both logs."""
    with Target() as target:
        port = target.port
    with Place() as place, place.server(allow=(f"127.0.0.1:{port}",)) as server, \
            place.client(server.address, "--forward", f"127.0.0.1:0=127.0.0.1:{port}", "--forward", "127.0.0.1:0=127.0.0.1:9", lines=2) as client:
        assert is_reset(client.connect(0))
        client.says("stream lost", "cause=targetUnreachable", f"target=127.0.0.1:{port}")
        server.says("cause=targetUnreachable", "Connection refused", "client=\"token test\"")
        assert is_reset(client.connect(1))
        client.says("stream lost", "cause=targetDenied", "target=127.0.0.1:9")
        server.says("cause=targetDenied", "no --allow permits it", "target=127.0.0.1:9")


def own_peer():
    """Nothing listens at the target, and the only source port is the target's: TCP connects the server to itself. The application is reset."""
    if "SLUICE_OWN_PEER" not in os.environ:
        script = "ip link set lo up && echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range && exec \"$@\""
        os.environ["SLUICE_OWN_PEER"] = "1"
        os.execvp("unshare", ["unshare", "--net", "sh", "-c", script, "sh", sys.executable, *sys.argv])
    # Without a listener the connection really leads to itself.
    one = socket.create_connection(("127.0.0.1", 40000))
    assert one.getsockname() == one.getpeername()
    # Without TIME-WAIT, so that the next one may do the same.
    reset(one)
    with Place() as place, place.server(listen="127.0.0.1:7443") as server, \
            place.client(server.address, "--forward", "127.0.0.1:5000=127.0.0.1:40000") as client:
        assert is_reset_at_once(client)
        client.says("stream lost", "cause=targetUnreachable")
        server.says("cause=targetUnreachable", "connected to itself")


def rules():
    """Names and addresses: what is judged is what is connected to."""
    with Place() as place, Target(echo) as target:
        port = target.port
        cases = [
            ("127.0.0.0/8:%d" % port, "localhost", True),
            ("localhost:%d" % port, "localhost", True),
            ("localhost:%d" % port, "LOCALHOST", True),
            # A rule with a name permits that name only, not its address.
            ("localhost:%d" % port, "127.0.0.1", False),
            # A name whose address no rule permits.
            ("10.0.0.0/8:1-65535", "localhost", False),
            ("127.0.0.1:%d" % (port - 1), "127.0.0.1", False),
            # An address in another form is the same address, and is judged as that.
            ("10.0.0.0/8:1-65535", "0x7f000001", False),
            ("10.0.0.0/8:1-65535", "[::ffff:127.0.0.1]", False),
            ("127.0.0.1:%d" % port, "[::ffff:127.0.0.1]", True),
            ("0.0.0.0/0:1-65535", "0.0.0.0", False),
        ]
        for rule, host, isPermitted in cases:
            with place.server(allow=(rule,)) as server, \
                    place.client(server.address, "--forward", f"127.0.0.1:0={host}:{port}") as client:
                application = client.connect()
                if isPermitted:
                    eventually(lambda: client.log, (rule, host))
                    assert "stream began" in client.log[0], (rule, host, client.log, server.log)
                    application.sendall(b"x")
                    assert read_exactly(application, 1) == b"x", (rule, host)
                    application.close()
                else:
                    assert is_reset(application), (rule, host)
                    client.says("cause=targetDenied")
        # The server itself.
        with place.server() as server, place.client(server.address, "--forward", f"127.0.0.1:0={server.address}") as client:
            assert is_reset_at_once(client)
            server.says("it is this server itself")
        with place.server(listen=":0", allow=("127.0.0.0/8:1-65535",)) as server:
            own = f"127.0.0.1:{server.port()}"
            with place.client(own, "--forward", f"127.0.0.1:0={own}") as client:
                assert is_reset_at_once(client)
                server.says("it is this server itself")


def full():
    """The maximum of streams: of the server, then of the client. Streams that exist are not affected."""
    with Place() as place, Target(echo) as target, place.server("--max-streams", "1") as server, \
            place.client(server.address, "--forward", f"127.0.0.1:0={target.address}") as client:
        first = client.connect()
        first.sendall(b"1")
        assert read_exactly(first, 1) == b"1"
        assert is_reset_at_once(client)
        client.says("stream lost", "cause=full")
        first.sendall(b"2")
        assert read_exactly(first, 1) == b"2"
        with place.server() as other, \
                place.client(other.address, "--max-streams", "1", "--forward", f"127.0.0.1:0={target.address}") as small:
            one = small.connect()
            one.sendall(b"1")
            assert read_exactly(one, 1) == b"1"
            for _ in range(5):
                assert is_reset_at_once(small)
            small.says("the limit of streams is reached", "max-streams=1")
            assert sum("the limit of streams" in line for line in small.log) == 1, small.log
            small.process.send_signal(signal.SIGUSR1)
            small.says("state", "streams=1", "begun=1", "refused=5")
            one.close()
            eventually(lambda: "cause=done" in "".join(small.log), small.log)
            again = small.connect()
            again.sendall(b"3")
            assert read_exactly(again, 1) == b"3"


def dead_server():
    """kill -9 of the server: the application is reset once the client's patience is over, and the cause is in the log."""
    with Place() as place, Target(echo) as target:
        server = place.server()
        with place.client(server.address, "--patience", "2s", "--forward", f"127.0.0.1:0={target.address}") as client:
            application = client.connect()
            application.sendall(b"x")
            assert read_exactly(application, 1) == b"x"
            server.process.kill()
            server.process.wait()
            # The target's connection ends with the process.
            began = time.monotonic()
            assert is_reset(application)
            assert 1.9 <= time.monotonic() - began < 8
            client.says("stream lost", "cause=patience", f"target={target.address}")


def forgetful_server():
    """A server that was restarted at the same address does not know the stream: both applications are reset at once."""
    with Place() as place, Target(echo) as target:
        server = place.server()
        address = server.address
        with place.client(address, "--forward", f"127.0.0.1:0={target.address}") as client:
            application = client.connect()
            application.sendall(b"x")
            assert read_exactly(application, 1) == b"x"
            server.process.kill()
            server.process.wait()
            with place.server(listen=address):
                assert is_reset(application)
                client.says("stream lost", "cause=unknownStream")


def dead_client():
    """kill -9 of the client: the server keeps the stream for its retention, then the target is reset."""
    with Place() as place, Target() as target, place.server("--retention", "2s") as server:
        client = place.client(server.address, "--forward", f"127.0.0.1:0={target.address}")
        application = client.connect()
        far = target.accepted()
        far.sendall(b"x")
        assert read_exactly(application, 1) == b"x"
        client.process.kill()
        client.process.wait()
        began = time.monotonic()
        assert is_reset(far)
        assert 1.9 <= time.monotonic() - began < 8
        server.says("stream lost", "cause=patience")


def shutdown():
    """SIGTERM of either end resets both applications at once, with the cause in both logs."""
    for which in ["server", "client"]:
        with Place() as place, Target() as target, place.server() as server, \
                place.client(server.address, "--forward", f"127.0.0.1:0={target.address}") as client:
            application = client.connect()
            far = target.accepted()
            far.sendall(b"x")
            assert read_exactly(application, 1) == b"x"
            end = server if which == "server" else client
            end.process.terminate()
            assert is_reset(application), which
            assert is_reset(far), which
            assert end.process.wait(10) == 0
            client.says("stream lost", "cause=shutdown")
            server.says("stream lost", "cause=shutdown")
            end.says("stopping", "streams=1")


def renewal():
    """A planned connection replaces the old one, and nobody notices."""
    with Place() as place, Target(echo) as target, place.server() as server, Firewall(server.address) as wall, \
            place.client(wall.address, "--renew-after", "1s", "--forward", f"127.0.0.1:0={target.address}") as client:
        application = client.connect()
        for number in range(40):
            application.sendall(b"%3d" % number)
            assert read_exactly(application, 3) == b"%3d" % number
            time.sleep(0.1)
        eventually(lambda: len(wall.pairs) >= 3, "no other connection")
        application.close()
        line = client.says("stream ended", "cause=done")
        assert "resumptions=0" not in line, line


def service():
    """systemd's messages, credentials and the journal's priorities; the state by SIGUSR1."""
    with Place() as place, Target(echo) as target:
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(place.file("notify"))
        manager.settimeout(10)
        # As systemd's ACL shows it.
        os.chmod(place.token, 0o440)
        environment = {"NOTIFY_SOCKET": place.file("notify"), "CREDENTIALS_DIRECTORY": place.path, "JOURNAL_STREAM": "1:1"}
        with End("server", "--listen", "127.0.0.1:0", "--certificate", "server.pem", "--key", "server.key", "--token-file", "token",
                 "--allow", target.address, environment=environment) as server:
            assert manager.recv(100) == b"READY=1"
            server.process.send_signal(signal.SIGUSR1)
            line = server.says("state")
            assert line.startswith("<5>state kept-bytes=0 streams=0"), line
            os.chmod(place.token, 0o600)
            with place.client(server.address, "--forward", f"127.0.0.1:0={target.address}", environment={"NOTIFY_SOCKET": place.file("notify")}):
                assert manager.recv(100) == b"READY=1"
            assert manager.recv(100) == b"STOPPING=1"
        assert manager.recv(100) == b"STOPPING=1"


show({scene.__name__: scene for scene in [
    forward, half_close, resets, refused_target, own_peer, rules, full, dead_server, forgetful_server, dead_client, shutdown, renewal, service]})
