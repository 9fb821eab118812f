"""A small RTSP client for tests: plays over TCP or UDP, puts frames together, reads the number of a test picture."""
import re
import select
import socket
import struct
import subprocess
import time


class Player:
    """One session on one reel. The header of a JPEG of the file serves all frames: they have the same tables."""

    def __init__(self, daemon, reel, agent=None):
        self.url = f"{daemon.url}{reel}"
        self.socket = daemon.connect()
        self.buffer = b""
        self.cseq = 0
        self.session = ""
        self.agent = agent
        self.blocks = []
        self.last_ts = None
        self.request("DESCRIBE", Accept="application/sdp")
        reply = self.request("SETUP", "/track1", Transport=self.transport())
        self.session = re.search(r"Session: ([^;\r]+)", reply).group(1)

    def transport(self):
        return "RTP/AVP/TCP;unicast;interleaved=0-1"

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()

    def fill(self):
        data = self.socket.recv(1 << 18)
        assert data, "kinorad closed the connection"
        self.buffer += data

    def take(self, n):
        while len(self.buffer) < n:
            self.fill()
        data, self.buffer = self.buffer[:n], self.buffer[n:]
        return data

    def message(self):
        """The next reply; blocks that come before it are kept."""
        while True:
            while len(self.buffer) < 4:
                self.fill()
            if self.buffer[0] == 0x24:
                self.blocks.append(self.block())
                continue
            while b"\r\n\r\n" not in self.buffer:
                self.fill()
            head = self.take(self.buffer.index(b"\r\n\r\n") + 4).decode()
            length = re.search(r"Content-Length: *(\d+)", head, re.I)
            return head + (self.take(int(length.group(1))).decode() if length else "")

    def block(self):
        """The next interleaved block: its channel and its bytes."""
        head = self.take(4)
        assert head[0] == 0x24, f"not a block: {head!r}"
        return head[1], self.take(struct.unpack(">H", head[2:])[0])

    def send(self, method, track="", **headers):
        self.cseq += 1
        if self.session:
            headers["Session"] = self.session
        if self.agent:
            headers["User-Agent"] = self.agent
        lines = [f"{method} {self.url}{track} RTSP/1.0", f"CSeq: {self.cseq}",
                 *(f"{name}: {value}" for name, value in headers.items())]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def request(self, method, track="", status=200, **headers):
        self.send(method, track, **headers)
        reply = self.message()
        assert reply.startswith(f"RTSP/1.0 {status} "), f"{method} {headers}: {reply}"
        return reply

    def play(self, **headers):
        """PLAY from here on: what came before the reply is of no interest. Returns the reply and the milliseconds from
        the request to its first packet."""
        begin = time.perf_counter()
        self.send("PLAY", **headers)
        reply = self.message()
        assert reply.startswith("RTSP/1.0 200 "), f"PLAY {headers}: {reply}"
        first = int(re.search(r"seq=(\d+)", reply).group(1))
        self.blocks = []
        while True:
            block = self.block()
            if block[0] == 0 and struct.unpack(">H", block[1][2:4])[0] == first:
                break
        took = (time.perf_counter() - begin) * 1000
        self.blocks = [block]
        return reply, took

    def packet(self):
        """The next RTP packet, or None for an RTCP BYE."""
        while True:
            channel, data = self.blocks.pop(0) if self.blocks else self.block()
            if channel == 0:
                return data
            while len(data) >= 4:
                if data[1] == 203:
                    return None
                data = data[4 + 4 * struct.unpack(">H", data[2:4])[0]:]

    def frame(self):
        """The next frame: its RTP time and its scan (RFC 2435), or None at the end of the range."""
        scan = b""
        while True:
            packet = self.packet()
            if packet is None:
                return None
            marker, ts = packet[1] >> 7, struct.unpack(">I", packet[4:8])[0]
            payload = packet[12:]
            offset = int.from_bytes(payload[1:4], "big")
            body = payload[8:]
            if offset == 0 and payload[5] >= 128:
                body = body[4 + struct.unpack(">H", body[2:4])[0]:]
            assert offset == len(scan), f"{offset} follows {len(scan)} bytes"
            scan += body
            if marker:
                return ts, scan

    def frames(self, most=1000000):
        """Frames up to the end of the range, or `most` of them."""
        found = []
        while len(found) < most:
            frame = self.frame()
            if frame is None:
                break
            found.append(frame)
        return found


    def collect(self, seconds):
        """What comes until then goes to self.blocks, whole."""
        end = time.monotonic() + seconds
        while True:
            while len(self.buffer) >= 4 and len(self.buffer) >= 4 + struct.unpack(">H", self.buffer[2:4])[0]:
                self.blocks.append(self.block())
            if not select.select([self.socket], [], [], max(0, end - time.monotonic()))[0]:
                return
            self.fill()


class UdpPlayer(Player):
    """The same over UDP; collect() alone receives."""

    def transport(self):
        while True:
            self.media = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
            self.media[0].bind((self.socket.getsockname()[0], 0))
            port = self.media[0].getsockname()[1]
            try:
                if port % 2 == 0:
                    self.media[1].bind((self.socket.getsockname()[0], port + 1))
                    break
            except OSError:
                pass # the second one is taken
            self.close_media()
        self.media[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        return f"RTP/AVP;unicast;client_port={port}-{port + 1}"

    def close_media(self):
        for s in self.media:
            s.close()

    def close(self):
        self.close_media()
        super().close()

    def collect(self, seconds):
        end = time.monotonic() + seconds
        while True:
            ready = select.select(self.media, [], [], max(0, end - time.monotonic()))[0]
            if not ready:
                return
            self.blocks.extend((self.media.index(s), s.recv(65536)) for s in ready)


def header_of(jpeg):
    """All of a JPEG before its entropy-coded data."""
    at = 2
    while jpeg[at + 1] != 0xDA:
        at += 2 + int.from_bytes(jpeg[at + 2:at + 4], "big")
    return jpeg[:at + 2 + int.from_bytes(jpeg[at + 2:at + 4], "big")]


def decode_gray(jpegs):
    """All pictures' luma, one behind the other."""
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "mjpeg", "-i", "-", "-vf", "extractplanes=y",
                           "-fps_mode", "passthrough", "-f", "rawvideo", "-"],
                          input=b"".join(jpegs), capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def numbers(luma, width=320, height=240, stride=None):
    """Reads the squares of each 320x240 test picture (shared/drawing/pattern_number.h)."""
    assert (width, height) == (320, 240)
    stride = stride or width
    size = stride * height
    assert len(luma) % size == 0, f"{len(luma)} bytes are no whole pictures"
    found = []
    for base in range(0, len(luma), size):
        n = 0
        for bit in range(32):
            x = 32 + 8 * bit + 4
            upper, lower = luma[base + 220 * stride + x], luma[base + 228 * stride + x]
            assert abs(upper - lower) >= 64, f"picture {base // size}: square {bit} is neither black nor white"
            n = n << 1 | (upper > lower)
        found.append(n)
    return found
