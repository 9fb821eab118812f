"""An RTSP server that sends given RTP packets, interleaved or over UDP, to whoever plays; and packets worth sending."""
import re
import socket
import struct
import subprocess
import threading
import time


class ReplayServer:
    """Answers on 127.0.0.1 with the media lines of a description and, at PLAY, with the packets and RTCP BYE: over the
    connection, or over UDP to who asks for that."""

    def __init__(self, packets, *media_lines, address=("127.0.0.1", 0)):
        self.packets = packets
        self.sdp = "\r\n".join(["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", *media_lines, "a=control:track1", ""]).encode()
        self.socket = socket.create_server(address)
        self.url = f"rtsp://127.0.0.1:{self.socket.getsockname()[1]}/x"
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def accept(self):
        try:
            while True:
                connection, _ = self.socket.accept()
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()
        except OSError:
            pass

    def serve(self, connection):
        data, peer = b"", None
        try:
            while True:
                while data[:1] == b"$" and len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[2:4], "big"):
                    data = data[4 + int.from_bytes(data[2:4], "big"):]
                end = data.find(b"\r\n\r\n") if data[:1] != b"$" else -1
                if end < 0:
                    part = connection.recv(65536)
                    if not part:
                        return
                    data += part
                    continue
                peer = self.answer(connection, data[:end].decode(), peer)
                data = data[end + 4:]
        except OSError:
            pass

    def answer(self, connection, request, peer):
        """Returns the UDP port that the media go to, None for the connection."""
        number = re.search(r"CSeq: *(\d+)", request).group(1)
        method = request.split(" ", 1)[0]
        more, body = "", b""
        if method == "OPTIONS":
            more = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
        elif method == "DESCRIBE":
            more, body = f"Content-Type: application/sdp\r\nContent-Length: {len(self.sdp)}\r\n", self.sdp
        elif method == "SETUP":
            port = re.search(r"client_port=(\d+)", request)
            peer = int(port.group(1)) if port else None
            transport = f"RTP/AVP;unicast;{port.group(0)}-{peer + 1}" if peer else "RTP/AVP/TCP;unicast;interleaved=0-1"
            more = f"Session: 12345678;timeout=60\r\nTransport: {transport}\r\n"
        connection.sendall(f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{more}\r\n".encode() + body)
        if method == "PLAY":
            ssrc = self.packets[-1][8:12]
            bye = struct.pack(">BBH", 0x80, 201, 1) + ssrc + struct.pack(">BBH", 0x81, 203, 1) + ssrc
            send = self.send_udp if peer else self.send_interleaved
            send(connection, peer, bye)
        return peer

    def send_interleaved(self, connection, _peer, bye):
        for packet in self.packets:
            connection.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
        connection.sendall(struct.pack(">cBH", b"$", 1, len(bye)) + bye)

    def send_udp(self, _connection, peer, bye):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            for packet in self.packets:
                s.sendto(packet, ("127.0.0.1", peer))
                time.sleep(0.0005)
            s.sendto(bye, ("127.0.0.1", peer + 1))


def packets_of_ffmpeg(*arguments):
    """What ffmpeg's RTP muxer sends for these input and codec arguments; large packets, so that none is lost."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.bind(("127.0.0.1", 0))
        s.settimeout(3)
        url = f"rtp://127.0.0.1:{s.getsockname()[1]}?pkt_size=16000"
        command = ["ffmpeg", "-nostdin", "-v", "error", "-re", *map(str, arguments), "-f", "rtp", url]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as ffmpeg:
            packets = []
            try:
                while True:
                    packets.append(s.recv(65536))
            except socket.timeout:
                ffmpeg.kill()
            assert packets, ffmpeg.stderr.read()
    return [p for p in packets if not 200 <= p[1] <= 204]


def segments(jpeg):
    """(marker, whole segment) of each segment before the scan, and the scan with EOI as marker 0."""
    found, at = [], 2
    while True:
        end = at + 2 + int.from_bytes(jpeg[at + 2:at + 4], "big")
        found.append((jpeg[at + 1], jpeg[at:end]))
        at = end
        if found[-1][0] == 0xDA:
            return found + [(0, jpeg[at:])]


def rtp(seq, ts, marker, payload, payload_type=26, extension=b""):
    head = struct.pack(">BBHII", 0x90 if extension else 0x80, (0x80 if marker else 0) | payload_type, seq & 0xFFFF, ts, 77)
    if extension:
        head += struct.pack(">HH", 0xFFD8, len(extension) // 4) + extension
    return head + payload


def packets_of_jpeg(frames, first, rest=None, extension=b"", payload_type=26, piece=8000, whole=False):
    """Frames cut up by a sender made up here: first(offset 0) and rest(offset) make the payload headers."""
    packets = []
    for i, jpeg in enumerate(frames):
        body = jpeg if whole else segments(jpeg)[-1][1]
        for at in range(0, len(body), piece):
            head = first(jpeg) if at == 0 else rest(jpeg, at)
            packets.append(rtp(len(packets), 9000 * i, at + piece >= len(body), head + body[at:at + piece], payload_type,
                               extension if at == 0 else b""))
    return packets
