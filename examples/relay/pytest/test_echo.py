"""A client that must survive what a firewall does to long sessions."""
import socket
import threading

import pytest


@pytest.fixture
def upstream():
    listener = socket.create_server(("127.0.0.1", 0))

    def serve(one):
        try:
            while data := one.recv(100):
                one.sendall(data)
        except OSError:
            pass

    def accept():
        while True:
            try:
                one, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(one,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield "127.0.0.1:%d" % listener.getsockname()[1]
    listener.close()


def ask(connection, word):
    connection.sendall(word)
    return connection.recv(100)


def test_an_idle_session_is_reset(relay, upstream):
    address = relay.proxy("echo", upstream, profile="azure", timeScale=240)
    connection = socket.create_connection(address, timeout=10)
    assert ask(connection, b"hello") == b"hello"
    with pytest.raises(ConnectionResetError):
        connection.recv(100)


def test_a_client_that_connects_again_survives_a_reset(relay, upstream):
    address = relay.proxy("echo", upstream)
    connection = socket.create_connection(address, timeout=10)
    assert ask(connection, b"hello") == b"hello"
    assert relay.toxic("echo", "reset_now")["affected"] == 1
    with pytest.raises(ConnectionResetError):
        connection.recv(100)
    connection = socket.create_connection(address, timeout=10)
    assert ask(connection, b"again") == b"again"


def test_without_a_timeout_silence_would_hang(relay, upstream):
    address = relay.proxy("echo", upstream)
    connection = socket.create_connection(address, timeout=10)
    assert ask(connection, b"hello") == b"hello"
    relay.toxic("echo", "silent")
    connection.settimeout(0.5)
    with pytest.raises(TimeoutError):
        ask(connection, b"lost")
