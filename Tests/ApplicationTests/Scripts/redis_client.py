"""redis_client.py ADDRESS PORT KEEPALIVE: asks a Redis server for an echo of each line of standard input."""
import socket
import sys

import redis

options = {}
if int(sys.argv[3]):
    options = {
        "socket_keepalive": True,
        "socket_keepalive_options": {
            socket.TCP_KEEPIDLE: int(sys.argv[3]), socket.TCP_KEEPINTVL: 1, socket.TCP_KEEPCNT: 3,
        },
    }
client = redis.Redis(sys.argv[1], int(sys.argv[2]), **options)
for line in sys.stdin:
    try:
        echo = client.echo("answer-" + line.strip()).decode()
        print(f"{echo}-{client.client_id()}", flush=True)
    except redis.RedisError as error:
        print(f"{type(error).__name__}: {error}", flush=True)
