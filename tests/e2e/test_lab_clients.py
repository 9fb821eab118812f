#!/usr/bin/env python3
"""Clients of the university lab, written from the description of what they do, against kinorad."""
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import Daemon, VIDEO, read_lab_reel, run_tests  # noqa: E402

REEL = "bunny.mjpeg"
FRAMES = read_lab_reel(VIDEO / REEL)


class StockClient:
    """The stock Python client: LF, three lines, one recv(1024) a reply read by line index, recv(20480) a packet,
    drops every packet whose sequence number is not above the last one."""
    setup = "SETUP {file} RTSP/1.0\nCSeq: {seq}\nTransport: RTP/UDP; client_port= {port}"
    other = "{verb} {file} RTSP/1.0\nCSeq: {seq}\nSession: {session}"

    def __init__(self, daemon, name=REEL):
        self.file, self.seq, self.session, self.last = name, 0, 0, 0
        self.rtsp = daemon.connect()
        self.rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.rtp.bind(("", 0))
        self.rtp.settimeout(3)

    def reply(self):
        lines = self.rtsp.recv(1024).decode().split("\n")
        status = int(lines[0].split(" ")[1])
        assert int(lines[1].split(" ")[1]) == self.seq, lines
        session = int(lines[2].split(" ")[1])
        if self.session == 0:
            self.session = session
        assert session == self.session or status != 200, lines
        return status

    def request(self, verb):
        self.seq += 1
        form = self.setup if verb == "SETUP" else self.other
        text = form.format(verb=verb, file=self.file, seq=self.seq, session=self.session,
                           port=self.rtp.getsockname()[1])
        self.rtsp.sendall(text.encode())
        return self.reply()

    def frame(self):
        """The next frame that the client would show."""
        while True:
            data = self.rtp.recv(20480)
            assert data[0] == 0x80 and data[1] & 0x7F == 26, data[:12].hex()
            number = data[2] << 8 | data[3]
            if number > self.last:
                self.last = number
                return data[12:]

    def close(self):
        self.rtsp.close()
        self.rtp.close()


class NoSpaceClient(StockClient):
    setup = "SETUP {file} RTSP/1.0\nCSeq: {seq}\nTransport: RTP/UDP; client_port={port}"


class BareClient(StockClient):
    """No header names at all."""
    setup = "SETUP {file}\n{seq}\n RTSP/1.0 RTP/UDP {port}"
    other = "{verb} \n{seq}"


class UrlClient(StockClient):
    setup = "SETUP rtsp://127.0.0.1/{file} RTSP/1.0\nCSeq: {seq}\nTransport: RTP/UDP; client_port= {port}"
    other = "{verb} rtsp://127.0.0.1/{file} RTSP/1.0\nCSeq: {seq}\nSession: {session}"


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

    def __init__(self, daemon, name=REEL):
        super().__init__(daemon, name)
        self.lines = self.rtsp.makefile("rb")

    def reply(self):
        lines = [self.lines.readline() for _ in range(3)]
        assert all(line.endswith(b"\r\n") for line in lines), lines
        assert int(lines[1].split()[1]) == self.seq, lines
        if self.session == 0:
            self.session = int(lines[2].split()[1])
        return int(lines[0].split()[1])


FORMS = [StockClient, NoSpaceClient, BareClient, UrlClient, SpacedEqualsClient, CrlfClient, BlankLineClient,
         TcpWordClient, PreferClient, TrailingSpaceClient, JavaClient]


def test_stock_client_gets_every_frame_byte_for_byte():
    with Daemon() as daemon:
        client = StockClient(daemon)
        assert client.request("SETUP") == 200
        assert client.request("PLAY") == 200
        for i, want in enumerate(FRAMES):
            assert client.frame() == want, f"frame {i} differs"
        assert client.request("TEARDOWN") == 200
        client.close()


def test_pause_and_play_go_on_where_they_stopped():
    with Daemon() as daemon:
        client = StockClient(daemon)
        assert client.request("SETUP") == 200
        assert client.request("PLAY") == 200
        first = [client.frame() for _ in range(10)]
        assert client.request("PAUSE") == 200
        client.rtp.settimeout(0.4)
        more = []
        try:
            while True:
                more.append(client.frame())
        except socket.timeout:
            pass
        assert len(more) < 5, f"{len(more)} frames after PAUSE"
        client.rtp.settimeout(3)
        assert client.request("PLAY") == 200
        rest = [client.frame() for _ in range(10)]
        assert first + more + rest == FRAMES[:20 + len(more)]
        assert client.request("TEARDOWN") == 200
        client.close()


def test_every_request_form_of_the_survey():
    with Daemon() as daemon:
        for form in FORMS:
            client = form(daemon)
            try:
                assert client.request("SETUP") == 200, "SETUP"
                assert client.request("PLAY") == 200, "PLAY"
                got = [client.frame() for _ in range(3)]
                assert got == FRAMES[:3], "frames"
                assert client.request("PAUSE") == 200, "PAUSE"
                assert client.request("PLAY") == 200, "PLAY again"
                assert client.request("TEARDOWN") == 200, "TEARDOWN"
            except Exception as error:
                raise AssertionError(f"{form.__name__}: {type(error).__name__} {error}") from error
            client.close()


def test_missing_file_is_404_in_three_lines():
    with Daemon() as daemon:
        client = StockClient(daemon, "nothing.Mjpeg")
        assert client.request("SETUP") == 404
        client.close()


def test_teardown_before_play_is_answered():
    with Daemon() as daemon:
        client = StockClient(daemon)
        assert client.request("SETUP") == 200
        assert client.request("TEARDOWN") == 200
        client.close()


def test_sequence_numbers_rise_over_a_loop():
    with Daemon(VIDEO, "-o", "media.loop=yes") as daemon:
        client = StockClient(daemon)
        assert client.request("SETUP") == 200
        assert client.request("PLAY") == 200
        for i in range(len(FRAMES) + 5):
            assert client.frame() == FRAMES[i % len(FRAMES)], f"frame {i} differs"
        assert client.request("TEARDOWN") == 200
        client.close()


def test_large_frames_come_in_chunks():
    """A frame that fits no datagram: 1400-byte chunks, M on the last."""
    big = b"\xff\xd8" + b"\xff\xfe\xff\xff" + bytes(65533) + FRAMES[0][2:]
    import tempfile
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "big.mjpeg").write_bytes(b"%05d" % len(big) + big)
        with Daemon(folder) as daemon:
            client = StockClient(daemon, "big.mjpeg")
            assert client.request("SETUP") == 200
            assert client.request("PLAY") == 200
            got, marker = b"", False
            while not marker:
                data = client.rtp.recv(65536)
                assert len(data) <= 1412
                got += data[12:]
                marker = bool(data[1] & 0x80)
            assert got == big
            client.request("TEARDOWN")
            client.close()


run_tests(globals())
