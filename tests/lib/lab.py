"""Clients of the university lab, written from the description of what they do: one class for each behaviour."""
import socket

SO_RCVBUFFORCE = 33


class StockClient:
    """The stock Python client: LF, three lines, one recv(1024) a reply read by line index, recv(20480) a packet,
    drops every packet whose sequence number is not above the last one, never looks at M."""
    setup = "SETUP {file} RTSP/1.0\nCSeq: {seq}\nTransport: RTP/UDP; client_port= {port}"
    other = "{verb} {file} RTSP/1.0\nCSeq: {seq}\nSession: {session}"
    reads = 20480

    def __init__(self, daemon, name):
        self.file, self.seq, self.session, self.last = name, 0, 0, 0
        self.rtsp = daemon.connect()
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.rtp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        except PermissionError:
            self.rtp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.rtp.bind(("", 0))
        self.rtp.settimeout(5)
        self.begin()

    def begin(self):
        pass

    def reply(self):
        self.lines = self.rtsp.recv(1024).decode().split("\n")
        status = int(self.lines[0].split(" ")[1])
        assert int(self.lines[1].split(" ")[1]) == self.seq, self.lines
        session = int(self.lines[2].split(" ")[1])
        if self.session == 0:
            self.session = session
        assert session == self.session or status != 200, self.lines
        return status

    def request(self, verb, more=""):
        self.seq += 1
        form = self.setup if verb == "SETUP" else self.other
        text = form.format(verb=verb, file=self.file, seq=self.seq, session=self.session,
                           port=self.rtp.getsockname()[1]) + more
        self.rtsp.sendall(text.encode())
        return self.reply()

    def packet(self):
        """Sequence number, M, timestamp and payload of the next packet."""
        data = self.rtp.recv(self.reads)
        assert data[0] == 0x80 and data[1] & 0x7F == 26 and data[8:12] == bytes(4), data[:12].hex()
        return data[2] << 8 | data[3], bool(data[1] & 0x80), int.from_bytes(data[4:8], "big"), data[12:]

    def frame(self):
        """The next frame that the client would show."""
        while True:
            seq, _, _, payload = self.packet()
            if seq > self.last:
                self.last = seq
                return payload

    def frames(self, count):
        return [self.frame() for _ in range(count)]

    def close(self):
        self.rtsp.close()
        self.rtp.close()


# --- how requests are written

class NoSpaceClient(StockClient):
    setup = "SETUP {file} RTSP/1.0\nCSeq: {seq}\nTransport: RTP/UDP; client_port={port}"


class BareClient(StockClient):
    """No header names at all."""
    setup = "SETUP {file}\n{seq}\n RTSP/1.0 RTP/UDP {port}"
    other = "{verb} \n{seq}"


class UrlClient(StockClient):
    setup = "SETUP rtsp://127.0.0.1/{file} RTSP/1.0\nCSeq: {seq}\nTransport: RTP/UDP; client_port= {port}"
    other = "{verb} rtsp://127.0.0.1/{file} RTSP/1.0\nCSeq: {seq}\nSession: {session}"


class NameAsHostClient(StockClient):
    """The name of the file stands where the host belongs."""
    setup = "SETUP rtsp://{file} RTSP/1.0\nCSeq: {seq}\nTransport: RTP/UDP; client_port= {port}"
    other = "{verb} rtsp://{file} RTSP/1.0\nCSeq: {seq}\nSession: {session}"


class ProperTransportClient(StockClient):
    """A URL and RTP/AVP as RTSP has them, but no empty line."""
    setup = "SETUP rtsp://127.0.0.1/{file} RTSP/1.0\nCSeq: {seq}\nTransport: RTP/AVP; client_port= {port}"
    other = "{verb} rtsp://127.0.0.1/{file} RTSP/1.0\nCSeq: {seq}\nSession: {session}"


class MisspeltClient(StockClient):
    """CSeq is misspelt in all requests but the first."""
    other = "{verb} {file} RTSP/1.0\nSEeq: {seq}\nSession: {session}"


class SpacedEqualsClient(StockClient):
    setup = "SETUP {file} RTSP/1.0\nCSeq: {seq}\nTransport: RTP/UDP; client_port = {port}"


class CrlfClient(StockClient):
    setup = "SETUP {file} RTSP/1.0\r\nCSeq: {seq}\r\nTransport: RTP/UDP;client_port={port}\r\n"
    other = "{verb} {file} RTSP/1.0\r\nCSeq: {seq}\r\nSession: {session}\r\n"


class BlankLineClient(StockClient):
    setup = "SETUP {file} RTSP/1.0\nCSeq: {seq}\nTransport: RTP/UDP; client_port= {port}\n\n"
    other = "{verb} {file} RTSP/1.0\nCSeq: {seq}\nSession: {session}\n\n"


class TcpWordClient(StockClient):
    setup = "SETUP {file} RTSP/1.0\nCSeq: {seq}\nTransport: TCP/UDP ; client_port = {port}"


class PreferClient(StockClient):
    setup = "SETUP {file} RTSP/1.0\nCSeq: {seq}\nTransport: RTP/UDP; client_port= {port}\nPrefer: HD"


class TrailingSpaceClient(StockClient):
    setup = "SETUP {file} RTSP/1.0 \nCSeq: {seq}\nTransport: RTP/UDP; client_port= {port}"
    other = "{verb} {file} RTSP/1.0 \nCSeq: {seq}\nSession: {session}"


class JavaClient(StockClient):
    """Reads exactly three lines a reply with readLine()."""
    setup = "SETUP {file} RTSP/1.0\r\nCSeq: {seq}\r\nTransport: RTP/UDP; client_port= {port}\r\n"
    other = "{verb} {file} RTSP/1.0\r\nCSeq: {seq}\r\nSession: {session}\r\n"

    def begin(self):
        self.input = self.rtsp.makefile("rb")

    def reply(self):
        lines = [self.input.readline() for _ in range(3)]
        assert all(line.endswith(b"\r\n") for line in lines), lines
        assert int(lines[1].split()[1]) == self.seq, lines
        if self.session == 0:
            self.session = int(lines[2].split()[1])
        return int(lines[0].split()[1])


FORMS = [StockClient, NoSpaceClient, BareClient, UrlClient, NameAsHostClient, ProperTransportClient, MisspeltClient,
         SpacedEqualsClient, CrlfClient, BlankLineClient, TcpWordClient, PreferClient, TrailingSpaceClient, JavaClient]


# --- how frames are put together

class ResetsAtHigherNumber(StockClient):
    """A higher sequence number begins a frame, the same one continues it, M ends it."""
    def begin(self):
        self.buffer = b""

    def frame(self):
        while True:
            seq, marker, _, payload = self.packet()
            if seq > self.last:
                self.last, self.buffer = seq, b""
            if seq < self.last:
                continue
            self.buffer += payload
            if marker:
                done, self.buffer = self.buffer, b""
                return done


class ResetsAtHigherNumberReadsAll(ResetsAtHigherNumber):
    reads = 65536


class CollectsToMarker(StockClient):
    """Takes every packet until M, and shows the frame if that packet's number is above the last one shown."""
    def frame(self):
        buffer = b""
        while True:
            seq, marker, _, payload = self.packet()
            buffer += payload
            if marker and seq > self.last:
                self.last = seq
                return buffer
            if marker:
                buffer = b""


class CollectsToMarkerInCrlf(CollectsToMarker):
    setup = CrlfClient.setup
    other = CrlfClient.other


class CollectsAndMisspells(CollectsToMarker):
    other = MisspeltClient.other


class CountsGaps(StockClient):
    """Expects each packet's number to be the next one, and gives up a frame behind a gap of less than 30000."""
    setup = BlankLineClient.setup
    other = BlankLineClient.other
    reads = 65536

    def begin(self):
        self.expected = None

    def frame(self):
        buffer, corrupt = b"", False
        while True:
            seq, marker, _, payload = self.packet()
            if self.expected not in (None, seq):
                corrupt = corrupt or (seq - self.expected) % 65536 < 30000
            self.expected = (seq + 1) % 65536
            buffer += payload
            if marker and not corrupt:
                return buffer
            if marker:
                buffer, corrupt = b"", False


class SortsByNumber(StockClient):
    """A new timestamp, which is the frame's number, begins a frame; its packets are sorted by their numbers, which must
    be consecutive; M ends it. Reads the number of frames from the reply to SETUP, and seeks by "Frame: n"."""
    reads = 65535

    def begin(self):
        self.stamp, self.parts = -1, []

    def reply(self):
        status = super().reply()
        for line in self.lines:
            if "TotalFrames" in line:
                self.total = int(line.split(" ")[1])
        return status

    def frame(self):
        while True:
            seq, marker, stamp, payload = self.packet()
            if stamp != self.stamp:
                self.stamp, self.parts = stamp, []
            self.parts.append((seq, payload))
            if marker:
                self.parts.sort()
                numbers = [number for number, _ in self.parts]
                if numbers == list(range(numbers[0], numbers[0] + len(numbers))):
                    return b"".join(part for _, part in self.parts)
