"""The server against a client that was written from docs/resume-protocol.md alone: second_client.py."""
import json
import os

from resume import Place, Target, run, show

# Debian's Python, because python3-openssl is Debian's.
PYTHON = "/usr/bin/python3"
CLIENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "second_client.py")


def echo(connection):
    try:
        while True:
            data = connection.recv(65536)
            if not data:
                break
            connection.sendall(data)
        connection.shutdown(1)
    except OSError:
        pass


def second(place, server, target, *options):
    result = run([PYTHON, CLIENT, "--server", server.address, "--token-file", place.token, "--target", target.address, *options],
                 timeout=60)
    assert result.stdout, result.stderr
    return json.loads(result.stdout)


def second_client():
    """Every byte comes back once, through cuts at random positions of either direction."""
    with Place() as place, Target(echo) as target, place.server() as server:
        cut, resumed = 0, 0
        for size, cuts in [(0, 0), (1, 3), (100, 20), (300_000, 30), (3_000_000, 30)]:
            seen = len(target.connections)
            found = second(place, server, target, "--bytes", str(size), "--cuts", str(cuts))
            assert found["same"] and found["cause"] == "done", found
            assert len(target.connections) == seen + 1, "the target was connected to more than once"
            cut += found["connections"] - 1
            resumed += found["resumptions"]
        assert cut > 8 and resumed > 3, (cut, resumed)
        server.says("stream ended", "cause=done")
        # A token that the server does not know, and a target that it does not permit.
        place.write("other", "0123456789abcdefghijklmnopqrstuvwxyz\n")
        result = run([PYTHON, CLIENT, "--server", server.address, "--token-file", place.file("other"), "--target", target.address])
        assert json.loads(result.stdout)["cause"] == "notAuthenticated", result.stdout + result.stderr
        result = run([PYTHON, CLIENT, "--server", server.address, "--token-file", place.token, "--target", "192.0.2.1:1"])
        assert json.loads(result.stdout)["cause"] == "targetDenied", result.stdout + result.stderr


show({"second_client": second_client})
