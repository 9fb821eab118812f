#!/usr/bin/env python3
"""Sets up sessions over TCP and holds them: idle_sessions.py URL COUNT. Prints how many it holds, and waits for the end of its input."""
import re
import resource
import socket
import sys

REQUEST = "SETUP {url}/track1 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"


def main():
    url, count = sys.argv[1], int(sys.argv[2])
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    address, port = re.match(r"rtsp://([^:/]+):(\d+)/", url).groups()
    held = []
    for _ in range(count):
        connection = socket.create_connection((address, int(port)), timeout=30)
        connection.sendall(REQUEST.format(url=url).encode())
        if b" 200 " not in connection.recv(4096).partition(b"\r\n")[0]:
            break
        held.append(connection)
    print(len(held), flush=True)
    sys.stdin.read()


main()
