#!/bin/sh
# An idle connection through the relay is reset after 4 minutes; here, 240 times as fast, after one second.
set -eu
folder=$(mktemp -d)
server='' relay=''
trap 'kill $server $relay 2>/dev/null || true; rm -rf "$folder"' EXIT

python3 -c '
import socket
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    one, _ = listener.accept()
    one.sendall(one.recv(100))
' >"$folder/server" & server=$!
until [ -s "$folder/server" ]; do sleep 0.05; done

sluice-relay --listen 127.0.0.1:0 2>"$folder/relay" & relay=$!
until grep -q 'control API' "$folder/relay"; do sleep 0.05; done
api=$(sed -n 's/.*\(http:.*\)/\1/p' "$folder/relay")

proxy=$(curl -sSf "$api/proxies" -d '{"name":"echo","listen":"127.0.0.1:0","upstream":"127.0.0.1:'"$(cat "$folder/server")"'",
    "profile":"azure","timeScale":240}')
address=$(echo "$proxy" | sed 's/.*"listen":"\([^"]*\)".*/\1/')
echo "the proxy: $proxy"

python3 -c '
import socket, sys
host, port = sys.argv[1].rsplit(":", 1)
one = socket.create_connection((host, int(port)), timeout=10)
one.sendall(b"hello")
print("answer:", one.recv(100).decode())
try:
    one.recv(100)
    sys.exit("the connection was closed without a reset")
except ConnectionResetError as error:
    print("then:", error)
' "$address"
