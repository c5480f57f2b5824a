"""Scenarios, namespaces and the examples."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as XML

from relay import PROGRAM, main, server

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..")
# Any user can execute it.
PYTHON = "/usr/bin/python3"
USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--bounding-set=-all"] if os.getuid() == 0 else []


def echo_server():
    """Answers each byte; ends when the test does."""
    listener = server()

    def serve(one):
        try:
            while more := one.recv(4096):
                one.sendall(more)
        except OSError:
            pass
        one.close()

    def accept():
        while True:
            try:
                one, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=serve, args=(one,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


CLIENT = r"""
import os, socket, sys, time
host, port = os.environ["SLUICE_RELAY_DB"].rsplit(":", 1)
def connect():
    one = socket.create_connection((host, int(port)), timeout=%(timeout)s)
    one.sendall(b"x"); assert one.recv(1) == b"x"
    return one
kept = connect()
quick = connect(); quick.close()
time.sleep(0.8)
try:
    kept.sendall(b"y")
    got = kept.recv(1)
    print("answer", got)
except OSError as error:
    print("error", type(error).__name__)
    kept.close()
    again = connect() if %(again)s else None
time.sleep(0.5)
"""


def scenario(steps, client, *options, namespaces=False):
    folder = tempfile.mkdtemp(prefix="sluice-relay-run-")
    os.chmod(folder, 0o777)
    try:
        upstream = echo_server()
        with open(f"{folder}/test.yaml", "w") as file:
            file.write(f"proxies:\n  - name: db\n    listen: 127.0.0.1:0\n    upstream: 127.0.0.1:{upstream}\n{steps}")
        got = subprocess.run(
            USER + [PROGRAM, "run", f"{folder}/test.yaml", "--junit", f"{folder}/out.xml", "--markdown", f"{folder}/out.md",
                    *options, "--", PYTHON, "-c", client],
            capture_output=True, text=True, timeout=60)
        print(got.stdout, got.stderr)
        junit = XML.parse(f"{folder}/out.xml").getroot()
        return got, junit, open(f"{folder}/out.md").read()
    finally:
        shutil.rmtree(folder)


def verdicts():
    """Survives, notices at once, notices after a time, hangs."""
    got, junit, table = scenario(
        "steps:\n  - {at: 400ms, toxic: reset_now}\n", CLIENT % {"timeout": 2, "again": True})
    assert got.returncode == 0 and "error ConnectionResetError" in got.stdout, got
    names = [case.get("name") for case in junit.iter("testcase")]
    assert junit.get("failures") == "0" and len(names) == 4, names
    assert "connection 1 of db notices at once" in names and "connection 2 of db survives" in names, names
    assert re.search(r"\| 1 \| db \|.*reset by reset_now_downstream \| notices at once \| 0\.\d+ s \|", table), table

    got, junit, table = scenario(
        "steps:\n  - {at: 400ms, proxy: db, toxic: silent, name: cut}\n", CLIENT % {"timeout": 1, "again": False})
    assert got.returncode == 0 and "error TimeoutError" in got.stdout, got
    assert re.search(r"\| 1 \|.*silent by cut \| notices after 1\.\d+ s \|", table), table

    # The same, but it must notice sooner.
    got, junit, table = scenario(
        "noticeWithin: 500ms\nsteps:\n  - {at: 400ms, toxic: silent}\n", CLIENT % {"timeout": 1, "again": False})
    assert got.returncode == 1 and junit.get("failures") == "1", (got, table)
    failure = next(junit.iter("failure")).get("message")
    assert "later than 0.5 s" in failure, failure

    hanging = CLIENT.replace("kept.sendall(b\"y\")\n    got = kept.recv(1)", "kept.sendall(b\"y\"); time.sleep(1.5); got = None")
    got, junit, table = scenario("steps:\n  - {at: 400ms, toxic: silent}\n", hanging % {"timeout": 1, "again": False})
    assert got.returncode == 1 and "hangs for" in table and "(failure)" in table, (got, table)

    # The command's status is the run's.
    got, junit, table = scenario("", "import sys; sys.exit(7)")
    assert got.returncode == 7 and junit.get("failures") == "1", got
    assert "no connection came through a proxy" in table, table


def mistakes():
    """Each mistake names its line, and what to write."""
    folder = tempfile.mkdtemp(prefix="sluice-relay-run-")
    head = "proxies:\n  - {name: db, upstream: '127.0.0.1:1'}\n"
    cases = [
        ("", 1, "the scenario is empty"),
        ("proxies: [", None, "this is not YAML"),
        ("steps: []\n", 1, "'proxies:' is missing"),
        ("proxies: []\n", 1, "'proxies:' is empty"),
        ("proxies:\n  - name: db\n", 2, "a proxy without 'upstream'"),
        ("proxies:\n  - name: db\n    upstream: u:1\n    timescale: 2\n", 4, "unknown key 'timescale' of a proxy: write one of name"),
        ("proxies:\n  - name: db\n    upstream: u:1\n    timeScale: fast\n", 4, "timeScale must be a number"),
        ("proxies:\n  - name: db\n    upstream: u:1\n    profile: aws\n", 4, "profile must be azure, azure-2025"),
        (head + "  - {name: db, upstream: 'u:1'}\n", 3, "there are two proxies 'db'"),
        (head + "steps:\n  - {toxic: silent}\n", 4, "a step without 'at'"),
        (head + "steps:\n  - {at: soon, toxic: silent}\n", 4, "at must be a time like 500ms"),
        (head + "steps:\n  - at: 1s\n    proxy: web\n    toxic: silent\n", 5, "there is no proxy 'web': write one of db"),
        (head + "steps:\n  - at: 1s\n    toxic: sillent\n", 5, "there is no toxic 'sillent': write one of latency"),
        (head + "steps:\n  - {at: 1s}\n", 4, "a step does one thing"),
        (head + "steps:\n  - {at: 1s, toxic: silent, remove: x}\n", 4, "not toxic and remove"),
        (head + "steps:\n  - at: 1s\n    toxic: drain\n    attributes: {refuse: long}\n", 6, "DrainToxic.attributes.refuse of type int64"),
        (head + "steps:\n  - at: 1s\n    toxic: drain\n    attributes: {wait: 1}\n", 6, "drain has no attribute 'wait': write refuse"),
        (head + "steps: 5\n", 3, "'steps' must be a list"),
    ]
    try:
        for text, line, words in cases:
            with open(f"{folder}/s.yaml", "w") as file:
                file.write(text)
            got = subprocess.run([PROGRAM, "run", f"{folder}/s.yaml", "--", "true"], capture_output=True, text=True, timeout=20)
            place = f"{folder}/s.yaml: line {line}: " if line else f"{folder}/s.yaml: line "
            assert got.returncode == 2 and place in got.stderr and words in got.stderr, (text, got)
        got = subprocess.run([PROGRAM, "run", f"{folder}/none.yaml", "--", "true"], capture_output=True, text=True, timeout=20)
        assert got.returncode == 2 and "No such file" in got.stderr, got
        with open(f"{folder}/s.yaml", "w") as file:
            file.write(head)
        got = subprocess.run([PROGRAM, "run", f"{folder}/s.yaml"], capture_output=True, text=True, timeout=20)
        assert got.returncode == 64 and "after '--'" in got.stderr, got
        got = subprocess.run([PROGRAM, "run", f"{folder}/s.yaml", "--", "/no/such/program"], capture_output=True, text=True, timeout=20)
        assert got.returncode != 0 and "/no/such/program" in got.stderr, got
    finally:
        shutil.rmtree(folder)


SILENT = r"""
import os, socket, sys, time, urllib.request, json
base = os.environ["SLUICE_RELAY"]
def call(method, path, value=None):
    request = urllib.request.Request(base + path, method=method, data=None if value is None else json.dumps(value).encode())
    return urllib.request.urlopen(request, timeout=10).read()
port = json.loads(call("GET", "/proxies/db"))["listen"].rsplit(":", 1)[1]
one = socket.create_connection(("127.0.0.1", int(port)), timeout=20)
one.setsockopt(socket.IPPROTO_TCP, 18, 1500)  # TCP_USER_TIMEOUT
one.sendall(b"x"); assert one.recv(1) == b"x"
kept = socket.create_connection(("127.0.0.1", int(port)), timeout=20)
kept.sendall(b"x"); assert kept.recv(1) == b"x"
call("POST", "/proxies/db/toxics", {"type": "silent", "name": "cut", "toxicity": 1})
one.sendall(b"y")
try:
    one.recv(1)
    print("answered")
except OSError as error:
    print(error)
call("DELETE", "/proxies/db/toxics/cut")
again = socket.create_connection(("127.0.0.1", int(port)), timeout=20)
again.sendall(b"z"); assert again.recv(1) == b"z"
call("POST", "/proxies/db/toxics", {"type": "reset_now"})
try:
    again.recv(1)
except ConnectionResetError:
    print("reset")
print("uid", os.getuid())
"""


def namespaces():
    """Without root: silence on the wire, so that the client's TCP gives up by itself."""
    upstream = echo_server()
    got = subprocess.run(
        USER + [PROGRAM, "--namespaces", "--listen", "127.0.0.1:8474", "--proxy", f"db=127.0.0.1:0,127.0.0.1:{upstream}", "--",
                PYTHON, "-c", SILENT], capture_output=True, text=True, timeout=60)
    print(got.stdout, got.stderr)
    assert got.returncode == 0, got
    assert "Connection timed out" in got.stdout and "answered" not in got.stdout, got
    assert "reset" in got.stdout and f"uid {65534 if USER else os.getuid()}" in got.stdout, got
    assert "What a relay can't show" not in got.stderr, got
    # Its status is the command's, and nothing is left.
    got = subprocess.run(USER + [PROGRAM, "--namespaces", "--listen", "127.0.0.1:0", "--", "sh", "-c", "exit 9"], capture_output=True, text=True, timeout=60)
    assert got.returncode == 9, got
    left = subprocess.run(["pgrep", "-u", "65534", "-f", "sleep infinity"], capture_output=True, text=True).stdout
    assert not left or not USER, left
    # In a scenario, too: when the client gave up is seen in its network.
    client = CLIENT.replace('timeout=%(timeout)s)', 'timeout=20); one.setsockopt(socket.IPPROTO_TCP, 18, 700)')
    got, junit, table = scenario("steps:\n  - {at: 400ms, toxic: silent}\n", client % {"again": False}, "--namespaces")
    assert got.returncode == 0 and "error TimeoutError" in got.stdout, got
    assert re.search(r"\| 1 \|.*silent by silent_downstream \| notices after [12]\.\d+ s \|", table), table


def refused():
    """Where namespaces are off, the switch is named."""
    limit = "/proc/sys/user/max_user_namespaces"
    # In a user namespace of its own the limit is that namespace's.
    got = subprocess.run(
        ["unshare", "--user", "--map-root-user", "sh", "-c", f"echo 0 >{limit}; exec \"$@\"", "sh", PROGRAM, "--namespaces", "--", "true"],
        capture_output=True, text=True, timeout=30)
    assert got.returncode == 1 and "sysctl -w user.max_user_namespaces=" in got.stderr, got
    got = subprocess.run([PROGRAM, "--namespaces", "--", "true"], env={"PATH": "/nowhere"}, capture_output=True, text=True, timeout=30)
    assert got.returncode == 1 and "apt-get install iproute2 nftables util-linux" in got.stderr, got


def environment():
    folder = os.path.dirname(PROGRAM)
    return {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}


def shell_example():
    got = subprocess.run(["sh", f"{ROOT}/examples/relay/shell/test.sh"], capture_output=True, text=True, timeout=60, env=environment())
    print(got.stdout, got.stderr)
    assert got.returncode == 0 and "reset" in got.stdout, got


def pytest_example():
    folder = tempfile.mkdtemp(prefix="sluice-relay-pytest-")
    try:
        got = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"{ROOT}/examples/relay/pytest"],
            capture_output=True, text=True, timeout=90, env={**environment(), "PYTHONDONTWRITEBYTECODE": "1"}, cwd=folder)
    finally:
        shutil.rmtree(folder)
    print(got.stdout, got.stderr)
    assert got.returncode == 0 and re.search(r"[1-9]\d* passed", got.stdout), got


def junit_example():
    """Compiled and run with Debian's JUnit 5."""
    jars = [f"/usr/share/java/{name}.jar" for name in [
        "junit-jupiter-api", "junit-jupiter-engine", "junit-platform-commons", "junit-platform-engine",
        "junit-platform-launcher", "junit-platform-console", "opentest4j", "apiguardian-api", "univocity-parsers", "picocli",
        "junit-platform-reporting", "open-test-reporting-schema"]]
    jars = [jar for jar in jars if os.path.exists(jar)]
    folder = tempfile.mkdtemp(prefix="sluice-relay-junit-")
    try:
        sources = [f"{ROOT}/examples/relay/junit5/{name}" for name in ["Relay.java", "RelayTest.java"]]
        path = ":".join(jars)
        got = subprocess.run(["javac", "-cp", path, "-d", folder, *sources], capture_output=True, text=True, timeout=90)
        assert got.returncode == 0, got
        got = subprocess.run(
            ["java", "-cp", f"{path}:{folder}", "org.junit.platform.console.ConsoleLauncher", "--disable-banner", "--scan-classpath", folder],
            capture_output=True, text=True, timeout=90, env=environment())
        print(got.stdout, got.stderr)
        assert got.returncode == 0 and re.search(r"[1-9]\d* tests successful", got.stdout), got
    finally:
        shutil.rmtree(folder)


def resilience_example():
    """The counting client lives through the disruptions of its scenario: every number arrives, in order."""
    listener = server()
    seen = []

    def serve(one):
        try:
            for line in one.makefile("rb"):
                seen.append(int(line))
                one.sendall(line)
        except OSError:
            pass
        one.close()

    def accept():
        while True:
            try:
                one, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=serve, args=(one,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    folder = tempfile.mkdtemp(prefix="sluice-relay-run-")
    try:
        scenario = open(f"{ROOT}/examples/resilience/disruptions.yaml").read()
        assert "127.0.0.1:9000" in scenario, scenario
        with open(f"{folder}/test.yaml", "w") as file:
            file.write(scenario.replace("127.0.0.1:9000", "127.0.0.1:%d" % listener.getsockname()[1]))
        got = subprocess.run(
            [PROGRAM, "run", f"{folder}/test.yaml", "--markdown", f"{folder}/out.md", "--",
             "sh", "-c", 'exec resilience-example "$SLUICE_RELAY_COUNT" 100 700'],
            capture_output=True, text=True, timeout=60, env=environment())
        table = open(f"{folder}/out.md").read()
    finally:
        shutil.rmtree(folder)
    print(got.stdout, got.stderr, table)
    assert got.returncode == 0, got
    # Each disruption was there, and was noticed at once. The first one, at 1 s, only by a client that had connected by then.
    opened = float(re.search(r"\| count \| ([0-9.]+) s \|", table).group(1))
    for cause in (["reset_now"] if opened < 0.9 else []) + ["drain", "idle"]:
        assert re.search(rf"\| count \|.*by {cause}.*\| notices at once \|", table), (cause, table)
    end = re.search(r"counted to 100 over (\d+) connections; lost: (\d+) reset; lines sent again: (\d+)", got.stdout)
    assert end, got.stdout
    connections, resets, again = map(int, end.groups())
    assert resets >= 3 and connections >= resets + 1, got.stdout
    assert got.stdout.count("lost (reset)") == resets and got.stdout.count("connected at attempt") == connections, got.stdout
    # The server has every number, in order; what came twice was sent again by the client.
    assert sorted(set(seen)) == list(range(1, 101)) and seen == sorted(seen), seen
    assert len(seen) - 100 <= again, (seen, again)


main({
    "resilience_example": resilience_example, "verdicts": verdicts, "mistakes": mistakes, "namespaces": namespaces, "refused": refused, "shell_example": shell_example,
    "pytest_example": pytest_example, "junit_example": junit_example,
})
