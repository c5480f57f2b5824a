"""grpc_server.py PORT INTERVAL: answers with the caller's port; a second call stays open until the client is gone.

INTERVAL is that of the client's keep-alives in milliseconds, which the server then permits; 0: gRPC's default of 5 min.
"""
import sys
import time
from concurrent import futures

import grpc

interval = int(sys.argv[2])
options = []
if interval:
    options = [
        ("grpc.http2.min_ping_interval_without_data_ms", interval * 2 // 3),
        ("grpc.keepalive_permit_without_calls", 1),
    ]


def say(request, context):
    return b"answer-" + request + b"-" + context.peer().rsplit(":", 1)[1].encode()


def watch(request, context):
    context.add_callback(lambda: print("call is gone", flush=True))
    yield b"call is open"
    while context.is_active():
        time.sleep(0.1)


methods = {"Say": grpc.unary_unary_rpc_method_handler(say), "Watch": grpc.unary_stream_rpc_method_handler(watch)}
server = grpc.server(futures.ThreadPoolExecutor(4), options=options)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("lab.Lab", methods),))
server.add_insecure_port("0.0.0.0:" + sys.argv[1])
server.start()
print("ready", flush=True)
server.wait_for_termination()
