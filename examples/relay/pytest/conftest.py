"""The fixture `relay`: one sluice-relay for the session, set back before each test."""
import json
import re
import subprocess
import urllib.request

import pytest


class Relay:
    def __init__(self):
        self.process = subprocess.Popen(["sluice-relay", "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
        said = ""
        for line in self.process.stderr:
            said += line
            found = re.search(r"control API is at (http://\S+)", line)
            if found:
                self.url = found.group(1)
                return
        raise RuntimeError(said)

    def call(self, method, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(self.url + path, method=method, data=body)
        text = urllib.request.urlopen(request, timeout=10).read()
        return json.loads(text) if text else None

    def proxy(self, name, upstream, **keys):
        """Makes a proxy to `host:port`, and returns (host, port) of where it listens.

        Keys: profile="azure", trafficClass="eastWest", timeScale=60.
        """
        made = self.call("POST", "/proxies", {"name": name, "listen": "127.0.0.1:0", "upstream": upstream, **keys})
        host, port = made["listen"].rsplit(":", 1)
        return host, int(port)

    def toxic(self, proxy, kind, **attributes):
        return self.call("POST", f"/proxies/{proxy}/toxics", {"type": kind, "attributes": attributes})

    def clear(self):
        self.call("POST", "/reset")
        for name in self.call("GET", "/proxies"):
            self.call("DELETE", f"/proxies/{name}")


@pytest.fixture(scope="session")
def relay_process():
    relay = Relay()
    yield relay
    relay.process.terminate()
    relay.process.wait(10)


@pytest.fixture
def relay(relay_process):
    relay_process.clear()
    return relay_process
