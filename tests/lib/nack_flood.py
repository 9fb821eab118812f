#!/usr/bin/env python3
"""A viewer that asks again for everything: nack_flood.py URL NACKS-PER-SECOND.

Plays over UDP and prints "playing". From a line on its standard input to the end of that, it sends generic NACKs (RFC 4585),
each for 17 of the packets that came last, many to a datagram. Then it leaves and prints what it asked for and got, as JSON.
"""
import json
import pathlib
import re
import select
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from rtsp_play import UdpPlayer  # noqa: E402

IN_ONE_DATAGRAM = 70
ROUND_S = 0.001
SENDER = 0x4B494E46
RECENT = 1000


class Target:
    """What a player needs to know of a server."""

    def __init__(self, url):
        self.host, port, self.reel = re.fullmatch(r"rtsp://([\d.]+):(\d+)/(.+)", url).groups()
        self.port = int(port)
        self.url = f"rtsp://{self.host}:{port}/"

    def connect(self):
        return socket.create_connection((self.host, self.port), timeout=20)


class Flooder(UdpPlayer):
    def __init__(self, target):
        self.profile, self.rtcp_port = "RTP/AVP", 0
        self.ssrc, self.newest, self.asked = 0, 0, 0
        self.seen, self.got, self.repeated = set(), 0, 0
        super().__init__(target, target.reel)
        for media in self.media:
            media.setblocking(False)
        self.target = target.host

    def request(self, method, track="", status=200, **headers):
        reply = super().request(method, track, status, **headers)
        if method == "DESCRIBE" and "RTP/AVPF" in reply:
            self.profile = "RTP/AVPF"
        if method == "SETUP":
            self.rtcp_port = int(re.search(r"server_port=\d+-(\d+)", reply).group(1))
        return reply

    def transport(self):
        return super().transport().replace("RTP/AVP", self.profile)

    def receive(self, seconds):
        for ready in select.select(self.media, [], [], seconds)[0]:
            try:
                while True:
                    data = ready.recv(65536)
                    if ready is self.media[0] and len(data) >= 12:
                        self.take_packet(data)
            except BlockingIOError:
                pass

    def take_packet(self, data):
        kind, seq, _, ssrc = struct.unpack(">BHII", data[1:12])
        self.got += 1
        again = (kind & 127, ssrc, seq, data[4:8]) in self.seen
        self.seen.add((kind & 127, ssrc, seq, data[4:8]))
        self.repeated += again
        if kind & 127 != 97 and not again:
            self.ssrc, self.newest = ssrc, seq

    def ask(self, count):
        """So many NACK packets."""
        while count > 0:
            words = struct.pack(">BBHI", 0x80, 201, 1, SENDER)
            for _ in range(min(count, IN_ONE_DATAGRAM)):
                first = (self.newest - 17 - (self.asked * 17) % RECENT) & 0xFFFF
                words += struct.pack(">BBHIIHH", 0x81, 205, 3, SENDER, self.ssrc, first, 0xFFFF)
                self.asked += 1
            count -= IN_ONE_DATAGRAM
            try:
                self.media[1].sendto(words, (self.target, self.rtcp_port))
            except BlockingIOError:
                pass

    def flood(self, rate):
        """Until standard input ends."""
        begin, before = time.monotonic(), self.asked
        while not select.select([sys.stdin], [], [], 0)[0]:
            self.receive(ROUND_S)
            self.ask(int((time.monotonic() - begin) * rate) - (self.asked - before))
        return time.monotonic() - begin


def main():
    with Flooder(Target(sys.argv[1])) as flooder:
        flooder.request("PLAY")
        print("playing", flush=True)
        while not select.select([sys.stdin], [], [], 0)[0]:
            flooder.receive(0.01)
        sys.stdin.readline()
        took = flooder.flood(float(sys.argv[2]))
        flooder.request("TEARDOWN")
        print(json.dumps({"nacks": flooder.asked, "nacks_per_s": round(flooder.asked / took), "profile": flooder.profile,
                          "received": flooder.got, "repeated": flooder.repeated}))


main()
