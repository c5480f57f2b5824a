"""Ways in: SOCKS5, stdin and stdout, and real programs."""
from resume import *


def socks_request(connection, address, command=1):
    """Greeting and request (RFC 1928), and the answer's code."""
    connection.sendall(b"\x05\x01\x00")
    assert read_exactly(connection, 2) == b"\x05\x00"
    connection.sendall(bytes([5, command, 0]) + address)
    answer = read_exactly(connection, 10)
    assert answer[0] == 5 and answer[2:] == b"\x00\x01\x00\x00\x00\x00\x00\x00", answer
    return answer[1]


def of_name(name, port):
    return bytes([3, len(name)]) + name.encode() + struct.pack(">H", port)


def of_ipv4(port, address="127.0.0.1"):
    return b"\x01" + socket.inet_aton(address) + struct.pack(">H", port)


def of_ipv6(port, address="::1"):
    return b"\x04" + socket.inet_pton(socket.AF_INET6, address) + struct.pack(">H", port)


def socks():
    """Addresses and names, the right error for each refusal, and what is not SOCKS5."""
    with Target() as closed:
        nobody = closed.port
    with Place() as place, Target(echo) as target:
        allow = [f"127.0.0.1:{target.port}", f"localhost:{target.port}", f"[::1]:{target.port}", f"127.0.0.1:{nobody}"]
        with place.server(allow=allow) as server, place.client(server.address, "--socks", "127.0.0.1:0") as client:
            for address in [of_ipv4(target.port), of_name("localhost", target.port), of_name("127.0.0.1", target.port)]:
                with client.connect() as connection:
                    assert socks_request(connection, address) == 0, address
                    connection.sendall(b"hello")
                    assert read_exactly(connection, 5) == b"hello"
                    connection.shutdown(socket.SHUT_WR)
                    assert read_all(connection) == b""
            refusals = [(of_ipv4(nobody), 1, 4), (of_ipv4(9), 1, 2), (of_name("denied.example", 80), 1, 2), (of_ipv6(nobody), 1, 2),
                        (of_ipv4(target.port), 2, 7), (of_ipv4(target.port), 3, 7), (of_name("a b", 80), 1, 8), (of_ipv4(0), 1, 8),
                        (b"\x09\x00\x00\x00\x00\x00\x00", 1, 8)]
            for address, command, code in refusals:
                with client.connect() as connection:
                    assert socks_request(connection, address, command) == code, (address, command, code)
                    # A FIN after the answer: a RST could overtake it.
                    assert connection.recv(1) == b"", address
            # Everything at once, with the application's own bytes and FIN behind.
            with client.connect() as connection:
                connection.sendall(b"\x05\x01\x00" + b"\x05\x01\x00" + of_ipv4(target.port) + b"early")
                connection.shutdown(socket.SHUT_WR)
                assert read_all(connection) == b"\x05\x00" + b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00" + b"early"
            # Byte by byte.
            with client.connect() as connection:
                for byte in b"\x05\x02\x01\x00" + b"\x05\x01\x00" + of_name("localhost", target.port):
                    connection.sendall(bytes([byte]))
                    time.sleep(0.002)
                assert read_exactly(connection, 12)[3] == 0
                connection.sendall(b"x")
                assert read_exactly(connection, 1) == b"x"
            # Only with a password: no method fits.
            with client.connect() as connection:
                connection.sendall(b"\x05\x01\x02")
                assert read_all(connection) == b"\x05\xff"
                client.says("insists on a login")
            for text, why in [(b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00", "first byte is 4"), (b"GET / HTTP/1.1\r\n\r\n", "first byte is 71")]:
                with client.connect() as connection:
                    connection.sendall(text)
                    try:
                        assert connection.recv(10) == b""
                    except ConnectionResetError:
                        pass
                    client.says(why, "SOCKS5")
            client.says("no stream for a SOCKS5 application", "command 2 is not CONNECT")


def curl():
    """curl through the SOCKS5 port, with a name that the server resolves."""
    def serve(connection):
        while b"\r\n\r\n" not in connection.recv(65536):
            pass
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nthrough")
        connection.close()

    with Place() as place, Target(serve) as target, place.server(allow=(f"localhost:{target.port}", f"127.0.0.1:{target.port}")) as server, \
            place.client(server.address, "--socks", "127.0.0.1:0") as client:
        for scheme, host in [("socks5", "127.0.0.1"), ("socks5h", "localhost")]:
            result = run(["curl", "-sS", "-x", f"{scheme}://{client.address}", f"http://{host}:{target.port}/"])
            assert result.stdout == "through", result
        result = run(["curl", "-sS", "-x", f"socks5h://{client.address}", "http://denied.example/"])
        assert result.returncode == 97 and "(2)" in result.stderr, result


def stdio():
    """stdin and stdout as pipes, as one socket, and as files; the exit status says whether the stream was complete."""
    def serve(connection):
        connection.sendall(hashlib.sha256(read_all(connection)).hexdigest().encode())
        connection.close()

    data = random.Random(2).randbytes(3 << 20)
    digest = hashlib.sha256(data).hexdigest().encode()
    with Place() as place, Target(serve) as target, place.server() as server:
        command = [PROGRAM, "client", "--server", server.address, "--token-file", place.token, "--stdio", target.address]
        for _ in range(3):
            result = subprocess.run(command, input=data, capture_output=True, timeout=30)
            assert (result.returncode, result.stdout) == (0, digest), result
        # A few bytes and the end come at the same moment.
        for _ in range(10):
            result = subprocess.run(command, input=b"x", capture_output=True, timeout=30)
            assert (result.returncode, result.stdout) == (0, hashlib.sha256(b"x").hexdigest().encode()), result
        with open(place.file("in"), "wb") as file:
            file.write(data)
        with open(place.file("in"), "rb") as given, open(place.file("out"), "wb") as taken:
            result = subprocess.run(command, stdin=given, stdout=taken, stderr=subprocess.PIPE, timeout=30)
        assert result.returncode == 0 and open(place.file("out"), "rb").read() == digest, result
        result = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
        assert (result.returncode, result.stdout) == (0, hashlib.sha256(b"").hexdigest().encode()), result
        near, far = socket.socketpair()
        process = subprocess.Popen(command, stdin=far, stdout=far, stderr=subprocess.PIPE)
        far.close()
        near.sendall(data)
        near.shutdown(socket.SHUT_WR)
        assert read_all(near) == digest
        assert process.wait(10) == 0
        # An application that is gone, both ways at once, ends its stream: no timer is waited for.
        with Target(echo) as other:
            near, far = socket.socketpair()
            process = subprocess.Popen([*command[:-1], other.address], stdin=far, stdout=far, stderr=subprocess.PIPE, text=True)
            far.close()
            near.sendall(b"hello")
            assert near.recv(5) == b"hello"
            near.close()
            assert process.wait(4) == 0
            assert "cause=done" in process.stderr.read()
        # Refused, and lost.
        result = subprocess.run([*command[:-1], "127.0.0.2:1"], input="", capture_output=True, text=True, timeout=30)
        assert result.returncode == 1 and result.stdout == "", result
        assert result.stderr.splitlines()[-1].startswith("sluice-resume: the connection to 127.0.0.2:1 is lost: the server may not connect"), result
        with Target(echo) as other:
            process = subprocess.Popen([*command[:-1], other.address], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            process.stdin.write("x\n")
            process.stdin.flush()
            assert process.stdout.readline() == "x\n"
            server.process.terminate()
            assert process.wait(10) == 1
            assert "is lost: sluice-resume was stopped at one of its ends" in process.stderr.read()


def secure_shell():
    """Real ssh with --stdio as its ProxyCommand: a session goes on through ten resets."""
    os.makedirs("/run/sshd", exist_ok=True)
    with Place() as place:
        for name in ["host", "user"]:
            run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", place.file(name)], check=True)
        with Target() as finder:
            port = finder.port
        daemon = subprocess.Popen(
            ["/usr/sbin/sshd", "-D", "-e", "-p", str(port), "-h", place.file("host"), "-f", "/dev/null", "-o", "UsePAM=no", "-o", "StrictModes=no",
             "-o", "PidFile=none", "-o", f"AuthorizedKeysFile={place.file('user.pub')}", "-o", "ListenAddress=127.0.0.1", "-o",
             "PermitRootLogin=yes"], stderr=subprocess.DEVNULL)
        try:
            with place.server(allow=(f"localhost:{port}",)) as server, Firewall(server.address) as wall:
                proxy = f"{PROGRAM} client --server {wall.address} --token-file {place.token} --stdio %h:%p"
                ssh = ["ssh", "-F", "none", "-i", place.file("user"), "-p", str(port), "-o", "StrictHostKeyChecking=no", "-o",
                       f"UserKnownHostsFile={place.file('known')}", "-o", "BatchMode=yes", "-o", f"ProxyCommand={proxy}", "localhost"]
                eventually(lambda: "through" in run(ssh + ["echo through"]).stdout, "no ssh session")
                session = subprocess.Popen(ssh + ["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for number in range(10):
                    session.stdin.write(f"line {number}\n")
                    session.stdin.flush()
                    assert session.stdout.readline() == f"line {number}\n", session.stderr.read()
                    assert wall.cut() >= 1
                session.stdin.close()
                assert session.wait(20) == 0 and session.stdout.read() == ""
                # ssh sends its ProxyCommand a SIGHUP. The stream ends in order all the same.
                eventually(lambda: sum("stream ended" in line and "cause=done" in line for line in server.log) >= 2, server.log)
        finally:
            daemon.terminate()
            daemon.wait(10)


def database():
    """psql in a transaction, with a reset between any two statements."""
    binaries = max(entry.path for entry in os.scandir("/usr/lib/postgresql")) + "/bin"
    as_user = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
    with Place() as place:
        os.chmod(place.path, 0o777)
        run(as_user + [f"{binaries}/initdb", "-D", place.file("data"), "--auth=trust", "--no-sync", "--no-locale", "-U", "test"], check=True, timeout=60)
        with Target() as finder:
            port = finder.port
        daemon = subprocess.Popen(
            as_user + [f"{binaries}/postgres", "-D", place.file("data"), "-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-k",
                       place.path], stderr=subprocess.DEVNULL)
        try:
            with place.server() as server, Firewall(server.address) as wall, \
                    place.client(wall.address, "--forward", f"127.0.0.1:0=127.0.0.1:{port}") as client:
                where = f"host=127.0.0.1 port={client.port()} user=test dbname=postgres sslmode=disable gssencmode=disable"
                eventually(lambda: run(["psql", where, "-Atc", "select 6*7"]).stdout == "42\n", "no answer")
                session = subprocess.Popen(["psql", where, "-qAt", "-v", "ON_ERROR_STOP=1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE, text=True)
                session.stdin.write("begin; create table t (n int);\n")
                for number in range(10):
                    session.stdin.write(f"insert into t values ({number}); select sum(n) from t;\n")
                    session.stdin.flush()
                    assert session.stdout.readline() == f"{sum(range(number + 1))}\n", session.stderr.read()
                    assert wall.cut() >= 1
                session.stdin.write("commit; select count(*) from t;\n")
                session.stdin.close()
                assert session.stdout.read() == "10\n" and session.wait(20) == 0, session.stderr.read()
        finally:
            daemon.terminate()
            daemon.wait(20)


show({scene.__name__: scene for scene in [socks, curl, stdio, secure_shell, database]})
