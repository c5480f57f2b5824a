"""Opens all views of the page on a live gateway, drains an instance, and checks the screen.

    walk.py ADDRESS ADMIN_TOKEN_FILE [FOLDER_FOR_PICTURES]

The gateway needs at least 3 instances, some sessions to port 8080, flow logs, and a denied packet to port 23.
The caller stops the gateway when this prints 'stop the gateway now', and starts it when this prints 'start the gateway now'.
"""

import sys
from urllib.parse import urlsplit

from chromium import Browser

address, token_file = sys.argv[1:3]
folder = sys.argv[3] if len(sys.argv) > 3 else None
with open(token_file) as file:
    token = file.read().strip()


def click(browser, selector, text=""):
    """Clicks the visible element with this selector and text."""
    find = (f"[...document.querySelectorAll({selector!r})].find(e => e.offsetParent !== null "
            f"&& (e.innerText + (e.ariaLabel ?? '')).includes({text!r}))")
    browser.until(find, f"{selector} '{text}'")
    browser.run(f"{find}.click()")


def view(browser, name, heading):
    browser.run(f"location.hash = '#/{name}'")
    browser.shows(heading, "main h1")


def picture(browser, name):
    if folder:
        browser.picture(f"{folder}/{name}.png")


def check(condition, text):
    if not condition:
        raise AssertionError(text)


def first_paint(browser):
    browser.go(address)
    # A machine under load may have a finding.
    browser.until("/^(Healthy|Degraded)$/.test(document.querySelector('.verdict h2')?.innerText)", "the verdict")
    browser.until("performance.getEntriesByName('first-contentful-paint').length", "first paint")
    print("first contentful paint:",
          round(browser.run("performance.getEntriesByName('first-contentful-paint')[0].startTime")), "ms")
    size = browser.run("performance.getEntriesByType('resource').filter(e => e.name.includes('/assets/'))"
                       ".reduce((sum, e) => sum + e.decodedBodySize, 0)")
    check(5_000 < size < 200_000, f"the page loads {size} bytes")
    print("files of the page:", size, "bytes")


def reset_asks(browser):
    """A reset asks first and names the session. Without a token nothing happens."""
    view(browser, "sessions", "Sessions")
    browser.until("document.querySelectorAll('tbody tr').length > 3", "rows")
    browser.shows("203.0.113.10:8080", "tbody")
    # The filter, with the keyboard only.
    browser.press("/")
    browser.press("Tab")
    browser.press("Tab")
    browser.type("9")
    browser.press("Enter")
    browser.shows("No session matches this filter")
    check("port=9" in browser.run("location.hash"), "the filter is in the address")
    click(browser, "form button", "Clear")
    browser.until("document.querySelectorAll('tbody tr').length > 3", "rows again")
    # Sorting.
    click(browser, "thead button", "Source")
    browser.until("document.querySelector('th[aria-sort]').innerText.includes('Source')", "sorted by source")
    rows = browser.run("[...document.querySelectorAll('tbody a')].map(e => Number(e.innerText.split(':')[1]))")
    check(rows == sorted(rows), f"sorted: {rows}")
    picture(browser, "sessions")
    # One session.
    browser.run("document.querySelector('tbody a').click()")
    for text in ("Originator", "Responder", "sequence end", "acknowledged", "Timers", "idle timeout", "Rule", "services"):
        browser.shows(text)
    source = browser.text(".end .address").replace(" port ", ":").strip()
    click(browser, "button.danger", "Reset this session")
    browser.shows("Reset this session?", "dialog")
    browser.shows(source, "dialog")
    click(browser, "dialog button.danger", "Reset it")
    browser.shows("A token is needed", "dialog")
    browser.type("wrong")
    browser.press("Enter")
    browser.shows("does not know this token", "dialog")
    browser.press("Escape")
    browser.until("!document.querySelector('dialog')", "no dialog")
    check(browser.run("sessionStorage.getItem('sluice-token')") is None, "a wrong token is not kept")
    # The browser's log has the answer 401 as an error. Here it is expected.
    browser.mistakes = [m for m in browser.mistakes if "401" not in m]


def drain(browser):
    """Drains an instance with the page, which asks for confirmation, then for the token. Returns its name."""
    view(browser, "fleet", "Fleet and maintenance")
    browser.shows("Start maintenance")
    browser.until("document.querySelector('tbody button')", "instances")
    name = browser.run("[...document.querySelectorAll('tbody button')].filter(e => e.offsetParent)"
                       ".map(e => e.ariaLabel).find(t => t.startsWith('Drain'))").removeprefix("Drain ")
    click(browser, "tbody button", f"Drain {name}")
    browser.shows(f"Drain {name}?", "dialog")
    browser.shows("It takes no new session", "dialog")
    click(browser, "dialog button", f"Drain {name}")
    browser.shows("A token is needed", "dialog")
    browser.type(token)
    browser.press("Enter")
    browser.shows(f"{name} drains", "#notes")
    browser.shows("draining", "tbody")
    browser.shows("gone in", "tbody")
    overview(browser, name)


def overview(browser, name):
    """The first screen shows what drains and until when, what carries traffic, and what is dropped and why."""
    view(browser, "overview", "Overview")
    browser.shows(f"{name} drains, and is gone in 0:", ".verdict")
    browser.shows("draining", ".box.warn")
    first = browser.text(".box.warn .clock")
    browser.until(f"document.querySelector('.box.warn .clock').innerText !== {first!r}", "the countdown runs", 5)
    picture(browser, "overview")
    for zone in ("client", "peer", "internet"):
        browser.shows(zone, ".zones")
    browser.shows("attached", ".zones")
    browser.shows("denied", ".drops")
    browser.until("document.querySelectorAll('figure path.series').length >= 4", "lines in the charts")
    browser.shows("instance draining", ".tape")
    check("by token admin" in browser.text(".tape"), "the tape says who did it")


def confirm(browser, button, title, action, says):
    """Presses a button, checks the question, confirms, and waits for the page's message."""
    click(browser, "button", button)
    browser.shows(title, "dialog")
    click(browser, "dialog button", action)
    browser.until("!document.querySelector('dialog')", "the dialog is closed")
    browser.shows(says, "#notes")


def write(browser, name, value):
    browser.run(f"document.querySelector('input[name={name}]').value = {value}")


def changes(browser):
    """Uses every other button of the fleet's view. The page has the token already."""
    view(browser, "fleet", "Fleet and maintenance")
    click(browser, "tbody button", "Cancel the drain of")
    browser.shows("Cancel the drain of instance", "dialog")
    click(browser, "dialog button", "Cancel the drain")
    browser.until("![...document.querySelectorAll('tbody .state')].some(e => e.innerText.includes('draining'))",
                  "no instance drains")
    write(browser, "minimum", 3)
    write(browser, "maximum", 9)
    confirm(browser, "Prescale…", "Set the capacity to 3 to 9?", "Set it", "3 to 9 instances")
    browser.until("document.querySelector('dl.pairs').innerText.includes('9')", "at most 9")
    write(browser, "instances", 5)
    confirm(browser, "Scale…", "Scale to 5 instances?", "Scale to 5", "5 instances are to serve")
    browser.until("document.querySelectorAll('tbody .state.good').length === 5", "5 serve")
    confirm(browser, "Start maintenance…", "Start maintenance?", "Start", "maintenance")
    browser.shows("replaces one instance after the other")
    picture(browser, "maintenance")
    confirm(browser, "Pause…", "Pause maintenance?", "Pause", "pause")
    browser.shows("paused")
    confirm(browser, "Resume…", "Resume maintenance?", "Resume", "goes on")
    browser.shows("replaces one instance after the other")
    confirm(browser, "Abort…", "Abort maintenance?", "Abort it", "abort")
    browser.shows("aborted")
    confirm(browser, "Reload the configuration…", "Reload the configuration?", "Reload", "")
    view(browser, "events", "Events")
    for kind in ("drain cancelled", "capacity changed", "maintenance started",
                 "maintenance paused", "maintenance resumed", "maintenance aborted"):
        browser.shows(kind, ".tape")


def others(browser):
    view(browser, "risk", "Sessions at risk")
    browser.run("document.querySelector('input[type=checkbox]').click()")
    browser.until("/^\\d+:\\d\\d/.test(document.querySelector('tbody .clock')?.innerText)", "time left")
    left = browser.run("[...document.querySelectorAll('tbody .clock')].map(e => e.innerText)"
                       ".filter(t => t !== 'due').map(t => t.split(':').reduce((s, p) => 60 * s + Number(p), 0))")
    check(left == sorted(left), f"the least time left comes first: {left}")

    view(browser, "events", "Events")
    browser.shows("instance draining", ".tape")
    browser.run("{ const e = document.querySelector('main input'); e.value = 'gateway started';"
                " e.dispatchEvent(new Event('input')); }")
    browser.until("document.querySelectorAll('.tape li').length === 1", "one event passes")

    view(browser, "flows?decision=denied", "Flow logs")
    browser.shows("10.2.0.10:23")
    picture(browser, "flows")
    click(browser, "td a", "Explain")
    browser.shows("Denied", ".verdict")
    browser.shows("No rule allows it")
    check("destinationPort=23" in browser.run("location.hash"), "the 5-tuple is in the address")
    browser.run("location.hash = '#/explain?protocol=tcp&source=10.1.0.10&destination=203.0.113.10&destinationPort=8080'")
    browser.shows("Allowed", ".verdict")
    browser.shows("Rule services decides")
    browser.shows("priority 100")
    picture(browser, "explain")
    # All input is shown as text, and mistakes are reported.
    browser.run("location.hash = '#/explain?protocol=tcp&source=%3Cimg%20src%3Dx%3E&destination=10.2.0.10&destinationPort=1'")
    browser.shows("<img src=x>", "main .problem")
    check(not browser.run("document.querySelector('main img') !== null"), "data became markup")
    browser.mistakes = [m for m in browser.mistakes if "status of 400" not in m]


def small_and_dark(browser):
    for dark in (False, True):
        browser.theme(dark)
        for width in (1440, 800, 360):
            browser.size(width, 800)
            for name, heading in (("overview", "Overview"), ("sessions", "Sessions"), ("risk", "Sessions at risk"),
                                  ("explain", "Explain"), ("events", "Events"), ("flows", "Flow logs"), ("fleet", "Fleet")):
                view(browser, name, heading)
                over = browser.run("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                check(over <= 0, f"{name} is {over} pixels too wide at {width}")
    browser.size(1440, 900)
    # Only a few clients can read the flow logs at the same time. A view that was just closed may still count as one.
    browser.mistakes = [m for m in browser.mistakes if not ("status of 503" in m and "/v1/flow-logs" in m)]


def keys(browser):
    browser.run("document.activeElement.blur()")
    browser.press("4")
    browser.shows("Explain", "main h1")
    browser.press("?")
    browser.shows("Go to a view", "dialog")
    browser.press("Escape")
    browser.until("!document.querySelector('dialog')", "no dialog")
    browser.press("1")
    browser.shows("Last events")
    before = browser.run("getComputedStyle(document.body).color")
    browser.press("t")
    check(browser.run("getComputedStyle(document.body).color") != before, "the theme changes")
    # Tab reaches every link of the navigation, and the focus is visible.
    seen = set()
    browser.run("document.querySelector('.skip').focus()")
    for _ in range(14):
        browser.press("Tab")
        seen.add(browser.run("document.activeElement.dataset.view ?? ''"))
        shown = browser.run("getComputedStyle(document.activeElement).outlineStyle")
        who = browser.run("document.activeElement.tagName + ' ' + document.activeElement.innerText.slice(0, 40)")
        check(shown != "none" or who.startswith("BODY"), f"the focus can't be seen: {who}")
    check(len(seen - {""}) == 7, f"reached by Tab: {seen}")


def disconnected(browser):
    browser.call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    browser.shows("No connection to the gateway", "#banner")
    browser.shows("The data shown is from", "#banner")
    browser.shows("Disconnected", "#pulse")
    check(browser.run("document.body.classList.contains('stale')"), "old data is grey")
    browser.call("Network.emulateNetworkConditions", offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    browser.until("document.getElementById('banner').hidden", "connected again by itself")
    browser.mistakes = [m for m in browser.mistakes if "ERR_INTERNET_DISCONNECTED" not in m]


def restarted(browser):
    """The gateway stops and starts while the page is open. The page shows this, and reconnects by itself."""
    view(browser, "overview", "Overview")
    print("stop the gateway now", flush=True)
    browser.shows("No connection to the gateway", "#banner", 60)
    print("start the gateway now", flush=True)
    browser.until("document.getElementById('banner').hidden", "connected again by itself", 60)
    browser.until("/^(Healthy|Degraded)$/.test(document.querySelector('.verdict h2')?.innerText)", "the verdict")
    # The events of the time without a connection, and the new ones.
    view(browser, "events", "Events")
    browser.shows("gateway stopped", ".tape", 30)
    browser.until("[...document.querySelectorAll('.tape li')].filter(e => e.innerText.includes('gateway started')).length === 2", "started twice", 30)
    browser.mistakes = [m for m in browser.mistakes if "ERR_CONNECTION_REFUSED" not in m
                        and "ERR_INCOMPLETE_CHUNKED" not in m and "ERR_CONNECTION_RESET" not in m and "status of 503" not in m]


with Browser() as browser:
    for step in (first_paint, reset_asks, drain, changes, others, keys, small_and_dark, disconnected, restarted):
        step(browser)
        check(not browser.mistakes, f"{step.__name__}: {browser.mistakes}")
        print(step.__name__, "ok", flush=True)
    own = urlsplit(address).netloc
    foreign = [a for a in browser.addresses if urlsplit(a).netloc not in (own, "") and not a.startswith("about:")]
    check(not foreign, f"requests to other hosts: {foreign[:5]}")
