"""Drives a headless Chromium by its DevTools protocol over a pipe. Needs only Python's standard library."""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time


class Browser:
    """One browser with one page. Records the messages of the console, the policy and the network."""

    def __init__(self, width=1440, height=900, dark=False):
        self.profile = tempfile.mkdtemp(prefix="sluice-page-")
        to_browser, self.output = os.pipe()
        self.input, from_browser = os.pipe()

        def place():
            # The protocol's pipe uses descriptors 3 and 4, so the originals are moved away first.
            reader, writer = os.dup(to_browser), os.dup(from_browser)
            while reader in (3, 4):
                reader = os.dup(reader)
            while writer in (3, 4):
                writer = os.dup(writer)
            os.dup2(reader, 3)
            os.dup2(writer, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-sync",
             "--no-proxy-server", "--hide-scrollbars", "--remote-debugging-pipe", f"--user-data-dir={self.profile}",
             f"--window-size={width},{height}", "about:blank"],
            close_fds=False, preexec_fn=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        os.close(to_browser)
        os.close(from_browser)
        self.number = 0
        self.rest = b""
        #: Errors that must not happen: console errors, exceptions, violations of the policy.
        self.mistakes = []
        #: Every requested address.
        self.addresses = []
        self.session = None
        target = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.call(f"{domain}.enable")
        self.size(width, height)
        self.theme(dark)

    def call(self, method, **parameters):
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + 60
        while time.monotonic() < end:
            answer = self.read(end - time.monotonic())
            if answer and answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
        raise RuntimeError(f"{method}: the browser did not answer within 60 s")

    def read(self, seconds):
        """The next message. None: no message arrived in time."""
        while b"\0" not in self.rest:
            if not select.select([self.input], [], [], max(0, seconds))[0]:
                return None
            data = os.read(self.input, 1 << 20)
            if not data:
                raise RuntimeError("the browser has ended")
            self.rest += data
        text, self.rest = self.rest.split(b"\0", 1)
        message = json.loads(text)
        self.note(message)
        return message

    def note(self, message):
        method, values = message.get("method"), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = values["exceptionDetails"]
            self.mistakes.append(f"exception: {details['text']} {details.get('exception', {}).get('description', '')}")
        elif method == "Runtime.consoleAPICalled" and values["type"] in ("error", "assert"):
            self.mistakes.append(f"console: {[a.get('value') for a in values['args']]}")
        elif method == "Log.entryAdded" and values["entry"]["level"] == "error":
            self.mistakes.append(f"log: {values['entry']['text']} {values['entry'].get('url', '')}")
        elif method == "Audits.issueAdded" and values["issue"]["code"] == "ContentSecurityPolicyIssue":
            self.mistakes.append(f"policy: {values['issue']['details']}")
        elif method == "Network.requestWillBeSent":
            self.addresses.append(values["request"]["url"])

    def listen(self, seconds):
        """Waits, and records the messages that arrive meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.read(end - time.monotonic())

    def size(self, width, height, scale=1):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale,
                  mobile=width < 500)

    def theme(self, dark):
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}])

    def go(self, address):
        self.call("Page.navigate", url=address)

    def run(self, script):
        """The value of an expression in the page. Waits for a promise."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{script}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def text(self, selector="body"):
        """The text on the screen there."""
        return self.run(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def until(self, script, what, seconds=20):
        """Waits until an expression is true. After a timeout, the error has the text on the screen."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.run(f"Boolean({script})"):
                return
            self.listen(0.2)
        raise AssertionError(f"{what}: not within {seconds} s. On the screen:\n{self.text()[:4000]}")

    def shows(self, text, selector="main", seconds=20):
        """Waits until a text is on the screen, in any case."""
        self.until(
            f"(document.querySelector({json.dumps(selector)})?.innerText ?? '').toLowerCase()"
            f".includes({json.dumps(text.lower())})", f"'{text}' in {selector}", seconds)

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            values = {"type": kind, "key": key}
            if kind == "keyDown" and len(key) == 1:
                values["text"] = key
            if key in ("Tab", "Enter", "Escape"):
                values["windowsVirtualKeyCode"] = {"Tab": 9, "Enter": 13, "Escape": 27}[key]
                if key == "Enter" and kind == "keyDown":
                    values["text"] = "\r"
            self.call("Input.dispatchKeyEvent", **values)

    def type(self, text):
        self.call("Input.insertText", text=text)

    def picture(self, path, whole=False):
        if whole:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 4000), "scale": 1}
            data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        else:
            data = self.call("Page.captureScreenshot", format="png")
        with open(path, "wb") as file:
            file.write(base64.b64decode(data["data"]))

    def end(self):
        try:
            self.session = None
            self.call("Browser.close")
            self.process.wait(10)
        except Exception:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()
