"""What each toxic does to a real connection."""
import os
import socket
import subprocess
import time

from relay import Events, Relay, PROGRAM, ending, eventually, main, pair, server, talk


def started(relay, **keys):
    listener = server()
    return listener, relay.proxy("p", listener.getsockname(), **keys)


def received(end, count):
    got = b""
    while len(got) < count:
        more = end.recv(65536)
        if not more:
            break
        got += more
    return got


def seven():
    """toxiproxy's own, by their documented semantics."""
    with Relay() as relay:
        listener, address = started(relay)

        def fresh(kind, attributes, **keys):
            relay.call("POST", "/reset")
            ends = pair(relay, listener, address)
            talk(*ends)
            relay.toxic("p", kind, attributes, **keys)
            return ends

        # latency: of the answers only (downstream is the default), in order.
        client, accepted = fresh("latency", {"latency": 300})
        begun = time.monotonic()
        client.sendall(b"q")
        assert accepted.recv(1) == b"q"
        assert time.monotonic() - begun < 0.3
        begun = time.monotonic()
        accepted.sendall(b"1")
        time.sleep(0.05)
        accepted.sendall(b"2")
        assert client.recv(1) == b"1" and time.monotonic() - begun >= 0.3
        assert client.recv(1) == b"2"

        # bandwidth: thousands of bytes a second.
        client, accepted = fresh("bandwidth", {"rate": 100}, stream="upstream")
        begun = time.monotonic()
        data = os.urandom(50_000)
        client.sendall(data)
        assert received(accepted, len(data)) == data
        took = time.monotonic() - begun
        assert took >= 0.4, took

        # slow_close: the end of the stream is late, its bytes are not.
        client, accepted = fresh("slow_close", {"delay": 400})
        begun = time.monotonic()
        accepted.sendall(b"bye")
        accepted.close()
        assert client.recv(10) == b"bye" and time.monotonic() - begun < 0.4
        assert client.recv(10) == b"" and time.monotonic() - begun >= 0.4

        # timeout: nothing passes, and the connection is closed after the time.
        client, accepted = fresh("timeout", {"timeout": 300})
        begun = time.monotonic()
        accepted.sendall(b"lost")
        assert ending(client) == "closed" and time.monotonic() - begun >= 0.2
        # 0: nothing passes, for ever; its removal closes.
        client, accepted = fresh("timeout", {"timeout": 0})
        accepted.sendall(b"lost")
        assert ending(client, 0.5) is None
        relay.call("DELETE", "/proxies/p/toxics/timeout_downstream")
        assert ending(client) == "closed"

        # slicer: pieces, with pauses.
        client, accepted = fresh("slicer", {"average_size": 100, "size_variation": 0, "delay": 20_000})
        begun = time.monotonic()
        data = os.urandom(1000)
        accepted.sendall(data)
        assert len(client.recv(65536)) <= 200
        assert received(client, 100) and time.monotonic() - begun >= 0.0

        # limit_data: so many bytes, and no more.
        client, accepted = fresh("limit_data", {"bytes": 10})
        accepted.sendall(b"0123456789abc")
        assert received(client, 11) == b"0123456789"
        client, accepted = fresh("limit_data", {"bytes": 10})
        accepted.sendall(b"0123456789")
        assert received(client, 11) == b"0123456789"

        # toxicity: of no connection, of all.
        for toxicity, expected in [(0, None), (1, "reset")]:
            client, accepted = fresh("reset_peer", {"timeout": 0}, toxicity=toxicity)
            assert ending(client, 0.3) == expected

        # Toxics are chained, and what a removed one held goes on.
        client, accepted = fresh("latency", {"latency": 60_000}, name="far")
        relay.toxic("p", "slicer", {"average_size": 1, "size_variation": 0, "delay": 0})
        accepted.sendall(b"held")
        time.sleep(0.2)
        relay.call("DELETE", "/proxies/p/toxics/far")
        assert received(client, 4) == b"held"


def silence():
    """Swallowed both ways, no FIN, no RST; and it is said once what a relay can't show."""
    with Relay() as relay:
        listener, address = started(relay)
        events = Events(relay)
        client, accepted = pair(relay, listener, address)
        talk(client, accepted)
        relay.toxic("p", "silent")
        client.sendall(b"lost")
        accepted.sendall(b"lost")
        assert ending(client, 0.4) is None and ending(accepted, 0.4) is None
        client.shutdown(socket.SHUT_WR)
        assert ending(accepted, 0.3) is None
        eventually(lambda: events.of("noticed"), events.seen)
        # A new one is silent at once.
        client, accepted = pair(relay, listener, address)
        client.sendall(b"lost")
        assert ending(accepted, 0.3) is None
        said = [line for line in relay.lines if "What a relay can't show" in line]
        assert len(said) == 1 and "toxic 'silent_downstream'" in said[0] and "acknowledging" in said[0], relay.lines
        # Without the toxic new ones live; the dead stay dead.
        relay.call("POST", "/reset")
        talk(*pair(relay, listener, address))
        client.sendall(b"still lost")
        assert ending(accepted, 0.3) is None
        # idle_silent: only after the time without a byte.
        ends = pair(relay, listener, address)
        relay.toxic("p", "idle_silent", {"timeout": 1500})
        for _ in range(8):
            talk(*ends)
            time.sleep(0.25)
        eventually(lambda: any(event["connection"] == events.of("opened")[-1]["connection"] for event in events.of("idle")), events.seen)
        ends[0].sendall(b"lost")
        assert ending(ends[1], 0.3) is None


def keep_alive():
    """A TCP keep-alive of either end keeps an idle session, as at the firewall."""
    with Relay() as relay, server() as listener:
        address = relay.proxy("idle", listener.getsockname(), profile="azure", timeScale=80)  # 3 s
        ends = {"none": pair(relay, listener, address), "client": pair(relay, listener, address), "server": pair(relay, listener, address)}
        for name, (client, accepted) in ends.items():
            end = {"client": client, "server": accepted}.get(name)
            if end:
                end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 1)
        time.sleep(6)
        for name, (client, accepted) in ends.items():
            if name == "none":
                assert ending(client) == "reset" and ending(accepted) == "reset", name
            else:
                talk(client, accepted)


def profile():
    """A profile without a toxic: activity restarts the timeout; east-west is silent after 5 minutes."""
    with Relay() as relay:
        listener = server()
        north = relay.proxy("north", listener.getsockname(), profile="azure", timeScale=100)  # 2.4 s
        east = relay.proxy("east", listener.getsockname(), profile="azure", trafficClass="eastWest", timeScale=100)  # 3 s
        events = Events(relay)
        ends = pair(relay, listener, north)
        for _ in range(8):
            talk(*ends)
            time.sleep(0.4)
        assert not events.of("reset"), events.seen
        assert [ending(end) for end in ends] == ["reset", "reset"]
        # The stream of events is another connection than the one that was reset.
        eventually(lambda: events.of("reset"), events.seen)
        event = events.of("reset")[0]
        assert event["proxy"] == "north" and 2400 <= event["idle"] and event["age"] >= 5200, event
        assert event["bytes"] == {"upstream": 8, "downstream": 8}, event
        ends = pair(relay, listener, east)
        eventually(lambda: events.of("silent"), events.seen)
        assert 3000 <= events.of("silent")[0]["idle"], events.seen
        ends[0].sendall(b"lost")
        assert ending(ends[1], 0.3) is None


def drain():
    """Refused, then reset, then over: the toxic removes itself."""
    with Relay() as relay:
        listener, address = started(relay)
        events = Events(relay)
        ends = [pair(relay, listener, address) for _ in range(10)]
        made = relay.toxic("p", "drain", {"refuse": 3000, "reset": 900})
        assert made["affected"] == 10 and made["attributes"] == {"refuse": 3000, "reset": 900, "refuse_with": "reset"}, made
        for one in ends:
            talk(*one)
        assert ending(socket.create_connection(address)) == "reset"
        assert not events.of("reset")
        for one in ends:
            assert [ending(end) for end in one] == ["reset", "reset"]
        eventually(lambda: events.of("drained"), events.seen)
        # First resets are spread over two ninths of the half.
        assert len(events.of("reset")) == 10
        assert relay.call("GET", "/proxies/p/toxics") == []
        talk(*pair(relay, listener, address))
        # The other ways to refuse.
        relay.toxic("p", "drain", {"refuse": 60_000, "refuse_with": "close"})
        keep = None
        assert ending(socket.create_connection(address)) == "closed"
        relay.call("PATCH", "/proxies/p/toxics/drain_downstream", {"attributes": {"refuse_with": "hang"}})
        keep = socket.create_connection(address)
        keep.sendall(b"x")
        assert ending(keep, 0.4) is None
        # Only one disruption at a time.
        status, _, text = relay.raw("POST", "/proxies/p/toxics", b'{"type":"recovery"}')
        assert status == 409 and "drain_downstream" in text, text
        relay.call("POST", "/reset")
        # The older profiles drop what is left, without a RST.
        old = relay.proxy("old", listener.getsockname(), profile="azure-2025", timeScale=100)
        client, accepted = pair(relay, listener, old)
        talk(client, accepted)
        got = relay.call("POST", "/sluice/v1/disruptions", {"proxy": "old", "kind": "drain"})
        assert got["affected"] == 1
        assert relay.call("GET", "/proxies/old/toxics/drain_downstream")["attributes"]["refuse"] == 900
        eventually(lambda: events.of("silent"), events.seen)
        client.sendall(b"lost")
        assert ending(accepted, 0.3) is None


def maintenance():
    """Two instances, one after the other: each connection is reset once, and new ones are always taken."""
    with Relay() as relay:
        listener, address = started(relay)
        events = Events(relay)
        ends = [pair(relay, listener, address) for _ in range(40)]
        relay.toxic("p", "maintenance", {"drain": 1800})
        seen = set()
        while not events.of("drained"):
            talk(*pair(relay, listener, address))
            for index, one in enumerate(ends):
                if index not in seen and ending(one[0], 0.001) == "reset":
                    seen.add(index)
            assert time.monotonic() < relay_limit, events.seen
        # All that were there when it began belonged to instances that were replaced.
        for index, one in enumerate(ends):
            if index not in seen:
                assert ending(one[0], 1) == "reset", index
        assert 3 < len([i for i in seen]) and not events.of("refused"), events.seen
        assert any("maintenanceCompleted" in event["cause"] for event in events.of("disruption")), events.seen
        assert relay.call("GET", "/proxies/p/toxics") == []


relay_limit = time.monotonic() + 60


def recovery():
    """The instance of a connection fails: silence; new ones get no answer until the failure is detected."""
    with Relay() as relay:
        listener, address = started(relay)
        events = Events(relay)
        client, accepted = pair(relay, listener, address)
        talk(client, accepted)
        relay.toxic("p", "recovery", {"detect": 2000, "replace": 600, "instances": 1, "refuse_with": "reset"})
        client.sendall(b"lost")
        assert ending(accepted, 0.2) is None
        assert ending(socket.create_connection(address)) == "reset"
        eventually(lambda: events.of("drained"), events.seen)
        causes = " ".join(event["cause"] for event in events.of("disruption"))
        assert "instanceUnresponsive" in causes and "instanceRecovered" in causes, causes
        assert events.of("silent") and not events.of("reset"), events.seen
        talk(*pair(relay, listener, address))
        client.sendall(b"still lost")
        assert ending(accepted, 0.2) is None


main({
    "seven": seven, "silence": silence, "profile": profile, "keep_alive": keep_alive, "drain": drain, "maintenance": maintenance, "recovery": recovery,
})
