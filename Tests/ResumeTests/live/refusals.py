"""Who is refused: wrong tokens and certificates, other versions, and what is wrong with options and files."""
from resume import *


def exchange(client):
    """One byte there and back."""
    with client.connect() as application:
        application.sendall(b"x")
        assert read_exactly(application, 1) == b"x"


def wrong_token():
    """A token that the server does not have, and a server that does not have the token: refused at once, not retried."""
    with Place() as place, Target(echo) as target, place.server() as server:
        run([PROGRAM, "token", place.file("other")], check=True)
        options = ["--forward", f"127.0.0.1:0={target.address}"]
        with End("client", "--server", server.address, "--token-file", place.file("other"), *options) as client:
            began = time.monotonic()
            assert is_reset_at_once(client)
            assert time.monotonic() - began < 5
            client.says("stream lost", "cause=notAuthenticated")
            server.says("no token that is known here")
        assert not target.connections
        with place.client(server.address, *options) as client:
            exchange(client)
        # A server in the middle, which has some certificate, but not the token.
        with End("server", "--listen", "127.0.0.1:0", "--certificate", place.file("server.pem"), "--key", place.file("server.key"),
                 "--token-file", place.file("other"), "--allow", target.address) as impostor, place.client(impostor.address, *options) as client:
            assert is_reset_at_once(client)
            client.says("stream lost", "cause=notAuthenticated")


def server_certificate():
    """The server's certificate: of another authority, with another name, expired; and the right one."""
    with Place() as place, Target(echo) as target, place.server() as server:
        place.authority("other")
        options = ["--forward", f"127.0.0.1:0={target.address}"]
        with place.client(server.address, "--ca", place.file("ca.pem"), *options) as client:
            exchange(client)
        with place.client(server.address, "--ca", place.file("ca.pem"), "--server-name", "localhost", *options) as client:
            exchange(client)
        with place.client(server.address, "--ca", place.file("other.pem"), *options) as client:
            began = time.monotonic()
            assert is_reset_at_once(client)
            assert time.monotonic() - began < 5
            client.says("stream lost", "cause=notAuthenticated")
        place.signed("named", "ca", "subjectAltName=DNS:right.example")
        with End("server", "--listen", "127.0.0.1:0", "--certificate", place.file("named.pem"), "--key", place.file("named.key"),
                 "--token-file", place.token, "--allow", target.address) as named:
            with place.client(named.address, "--ca", place.file("ca.pem"), "--server-name", "right.example", *options) as client:
                exchange(client)
            for wrong in [["--server-name", "wrong.example"], []]:
                with place.client(named.address, "--ca", place.file("ca.pem"), *wrong, *options) as client:
                    assert is_reset_at_once(client), wrong
                    client.says("stream lost", "cause=notAuthenticated")
        place.expired("old")
        with Target() as finder:
            port = finder.port
        old = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", place.file("old.pem"), "-key", place.file("old.key"),
                                "-alpn", "sluice-resume/1", "-tls1_3", "-quiet"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            # An authority that is itself valid, so that the client starts: the expired one is beside it.
            both = place.write("both.pem", open(place.file("old.pem")).read() + open(place.file("ca.pem")).read())
            with place.client(f"127.0.0.1:{port}", "--ca", both, "--server-name", "old", *options) as client:
                assert "certificates have expired" in "".join(client.log) or client.says("1 of 2 certificates have expired")
                assert is_reset_at_once(client)
                client.says("stream lost", "cause=notAuthenticated")
        finally:
            old.terminate()
            old.wait(10)


def mutual():
    """Certificates of clients: signed by --client-ca, by somebody else, expired, and none."""
    with Place() as place, Target(echo) as target, place.server("--client-ca", place.file("ca.pem"), token=False) as server:
        place.signed("client", "ca")
        place.authority("other")
        place.signed("stranger", "other")
        options = ["--ca", place.file("ca.pem"), "--forward", f"127.0.0.1:0={target.address}"]

        def client(name):
            return place.client(server.address, "--certificate", place.file(f"{name}.pem"), "--key", place.file(f"{name}.key"), *options, token=False)

        with client("client") as end:
            exchange(end)
            server.says("stream began", 'client="certificate ')
        with client("stranger") as end:
            assert is_reset_at_once(end)
            end.says("stream lost", "cause=notAuthenticated")
        with place.client(server.address, *options) as end:
            assert is_reset_at_once(end)
            end.says("stream lost", "cause=notAuthenticated")
        assert len(target.connections) == 1, "a stranger reached the target"


def downgrade():
    """TLS 1.2, and no or another application protocol: refused before anything is read."""
    with Place() as place, place.server() as server:
        def client(*options):
            return run(["openssl", "s_client", "-connect", server.address, "-CAfile", place.file("ca.pem"), *options], input="", timeout=20)

        good = client("-tls1_3", "-alpn", "sluice-resume/1")
        assert "ALPN protocol: sluice-resume/1" in good.stdout and "TLSv1.3" in good.stdout, good
        old = client("-tls1_2", "-alpn", "sluice-resume/1")
        assert old.returncode != 0 and "protocol version" in old.stderr, old
        other = client("-tls1_3", "-alpn", "http/1.1")
        assert "ALPN protocol: sluice-resume/1" not in other.stdout
        server.says("connection refused", "sluice-resume/1")
        # It is closed, and gets no answer to a hello.
        import ssl
        context = ssl.create_default_context(cafile=place.file("ca.pem"))
        with context.wrap_socket(socket.create_connection(("127.0.0.1", server.port())), server_hostname="localhost") as connection:
            try:
                connection.sendall(b"SLR1" + bytes(200))
                assert connection.recv(100) == b""
            except (ConnectionError, ssl.SSLError):
                pass


def fails(arguments, *texts):
    result = run([PROGRAM, *arguments])
    assert result.returncode not in (0, None) and result.stdout == "", (arguments, result)
    for text in texts:
        assert text in result.stderr, (arguments, text, result.stderr)


def files():
    """Each wrong file is named, with what is wrong and what to do."""
    with Place() as place:
        place.authority("other")
        place.expired("old")
        token, pem, key = place.token, place.file("server.pem"), place.file("server.key")

        def server(certificate=pem, its_key=key, token=token):
            return ["server", "--listen", "127.0.0.1:0", "--certificate", certificate, "--key", its_key, "--token-file", token, "--allow", "db:1"]

        missing = place.file("missing")
        fails(server(certificate=missing), f"{missing}: the certificate can't be read: No such file or directory")
        fails(server(its_key=missing), f"{missing}: the private key can't be read: No such file")
        fails(server(token=missing), f"{missing}: the token can't be read: No such file")
        fails(server(certificate=key), key, "it is a private key")
        fails(server(certificate=token), "there is no -----BEGIN CERTIFICATE-----")
        public = place.write("public", open(pem).read())
        fails(server(its_key=public), public, "there is no -----BEGIN PRIVATE KEY-----")
        fails(server(its_key=place.file("other.key")), f"is not the key of {pem}", "openssl pkey")
        fails(server(certificate=place.file("old.pem"), its_key=place.file("old.key")), "expired at 2020-01-02T00:00:00Z", "replace the file")
        damaged = place.write("damaged", open(pem).read().replace("MII", "AAA"))
        fails(server(certificate=damaged), "is damaged")
        run(["openssl", "x509", "-in", pem, "-outform", "der", "-out", place.file("der")], check=True)
        fails(server(certificate=place.file("der")), "DER form", "openssl x509 -inform der")
        run(["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:x", "-out", place.file("locked")], check=True)
        fails(server(its_key=place.file("locked")), "has a passphrase", "openssl pkey -in")
        os.chmod(key, 0o604)
        fails(server(), "others than its owner may read the private key (mode 0604)", f"chmod o-rwx {key}")
        os.chmod(key, 0o640)
        for mode in [0o640, 0o604, 0o660]:
            os.chmod(token, mode)
            fails(server(), f"(mode 0{mode:o})", f"chmod go-rwx {token}")
        os.chmod(token, 0o600)
        for text, why in [("short\n", "holds no token"), ("a" * 43 + "\n", "can be guessed"), ("one line " * 8, "holds no token"),
                          ("abcdefghijklmnopqrstuvwxyz0123456789\nmore\n", "more than one line")]:
            fails(server(token=place.write("bad", text)), why, "sluice resume token")
        fails(server(token=place.path), "is a directory")
        twice = server() + ["--token-file", f"again={token}"]
        fails(twice, "are the same token")
        fails(["token", token], f"{token} exists")
        made = run([PROGRAM, "token"], check=True).stdout
        assert len(made) == 44 and made != run([PROGRAM, "token"], check=True).stdout, made
        assert os.stat(place.token).st_mode & 0o777 == 0o600
        busy = Target()
        fails(server()[:2] + [busy.address] + server()[3:], f"can't listen on {busy.address}", "another program uses the port")
        fails(server()[:2] + ["203.0.113.7:1"] + server()[3:], "this machine has no such address")


def options():
    """Each wrong option is named, with an example of a right one."""
    with Place() as place:
        keys = ["--certificate", place.file("server.pem"), "--key", place.file("server.key")]
        proof = ["--token-file", place.token]
        fails(["server", *keys, *proof], "Which targets may clients reach? Write --allow HOST:PORTS", "--allow db:5432")
        fails(["server", *keys, "--allow", "db:1"], "Write --token-file FILE", "--client-ca FILE")
        fails(["server", *proof, "--allow", "db:1"], "--certificate")
        for rule, why in [("db", "has no port"), ("db:x", "'x' is not a port"), ("db:9-2", "write 2-9"), ("10.9.0.5/24:1", "write 10.9.0.0/24"),
                          ("10.9.0.0/33:1", "0 to 32"), ("*.example:1", "permits that name only"), ("2001:db8::1:22", "in brackets"), (":22", "no host"),
                          ("db:0", "is not a port"), ("db:1,", "has no port")]:
            fails(["server", *keys, *proof, "--allow", rule], why)
        client = ["client", "--server", "gw:7443", *proof]
        fails(client, "Nothing to carry", "--forward 127.0.0.1:5432=db:5432")
        fails(["client", "--server", "gw:7443", "--stdio", "db:1"], "--token-file FILE", "--certificate FILE --key FILE")
        fails([*client, *keys, "--stdio", "db:1"], "write one of them")
        fails(["client", "--server", "gw", *proof, "--stdio", "db:1"], "'gw' has no port", "gw:5432")
        fails([*client, "--listen", "127.0.0.1:1"], "--listen and --target belong together")
        for forwarding, why in [("5432", "write LISTEN=TARGET"), ("5432=db", "has no port"), ("=db:1", "has no port"), ("1=::1:22", "in brackets")]:
            fails([*client, "--forward", forwarding], why)
        for option, value, why in [("--buffer", "1K", "64K to 64M"), ("--buffer", "many", "like 2M"), ("--patience", "5", "like 30s or 5m"),
                                   ("--patience", "20h", "1s to 18h"), ("--renew-after", "0s", "1s to 168h"), ("--max-streams", "0", "1 to 1000000"),
                                   ("--log-level", "loud", "--log-level")]:
            fails([*client, "--stdio", "db:1", option, value], why)


show({scene.__name__: scene for scene in [wrong_token, server_certificate, mutual, downgrade, files, options]})
