"""grpc_client.py ADDRESS:PORT INTERVAL: one call that stays open, and one for each line of standard input.

INTERVAL is that of the keep-alives in milliseconds; 0: none, which is gRPC's default.
"""
import sys
import threading

import grpc

interval = int(sys.argv[2])
options = []
if interval:
    options = [
        ("grpc.keepalive_time_ms", interval), ("grpc.keepalive_timeout_ms", 1000),
        ("grpc.keepalive_permit_without_calls", 1), ("grpc.http2.max_pings_without_data", 0),
    ]
channel = grpc.insecure_channel(sys.argv[1], options=options)
say = channel.unary_unary("/lab.Lab/Say")
watch = channel.unary_stream("/lab.Lab/Watch")


def write_line(text):
    """Both threads print: a line at once, or it is mixed with the other's."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def report(error):
    write_line(f"{error.code().name}: {error.details()}")


def follow():
    try:
        for message in watch(b""):
            write_line(message.decode())
    except grpc.RpcError as error:
        report(error)


threading.Thread(target=follow, daemon=True).start()
for line in sys.stdin:
    try:
        write_line(say(line.strip().encode()).decode())
    except grpc.RpcError as error:
        report(error)
