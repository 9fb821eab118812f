#!/usr/bin/env python3
"""How soon the picture moves and the cache fills: with kinorad, gst-rtsp-server, and servers made up here that do not
know Speed, refuse it, jump when their pace changes, or divide RTP time by it.
kin-test: paced"""
import json
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, SOURCE, Daemon, check_received, realtime, run_tests  # noqa: E402
from replay_server import rtp, segments  # noqa: E402

FPS, FRAMES = 25, 150
TICKS = 90000 // FPS


def probe(url, *options):
    done = subprocess.run([BIN / "kinora", "probe", "--json", *options, url], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=90, check=False)
    return json.loads(done.stdout), done


class Reel:
    """A kinorad with one reel of six seconds."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        path = pathlib.Path(self.folder.name, "reel.mjpeg")
        subprocess.run([BIN / "kinora-prep", "pattern", path, "--size", "640x360", "--fps", str(FPS), "--frames", str(FRAMES)],
                       check=True, stdout=subprocess.DEVNULL)
        self.daemon = Daemon(self.folder.name)
        self.daemon.__enter__()
        return self.daemon.url + "reel.mjpeg"

    def __exit__(self, *error):
        self.daemon.__exit__(*error)
        self.folder.cleanup()


def test_kinorad_fills_the_cache_while_it_plays():
    with Reel() as url:
        for transport in "udp", "tcp":
            report, done = probe(url, "--transport", transport)
            assert done.returncode == 0, done.stdout + done.stderr
            check_received(report, FRAMES)
            assert report["cache"]["filled_ms"] is not None, report["cache"]
            assert 23 < report["fps"] < 27, report["fps"]  # what came early makes it no faster


@realtime
def test_it_is_full_within_a_second():
    with Reel() as url:
        for transport in "udp", "tcp":
            cache = probe(url, "--transport", transport)[0]["cache"]
            assert cache["start_frames"] <= 3 and cache["filled_ms"] < 1000, cache
            assert cache["underruns"] == 0 and cache["min_frames"] > 20, cache


@realtime
def test_the_classic_start():
    with Reel() as url:
        report, _ = probe(url, "--prebuffer", "30", "--no-fill")
        assert report["cache"]["start_frames"] == 30 and report["cache"]["filled_ms"] > 1000, report["cache"]


def test_a_gst_server_is_not_asked():
    python = "/usr/bin/python3"
    have = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    if subprocess.run([python, "-c", have], capture_output=True, check=False).returncode != 0:
        return "gst-rtsp-server is not installed"
    with subprocess.Popen([python, SOURCE / "tests/lib/gst_server.py", "320", "240", "100", "recorded"], stdout=subprocess.PIPE,
                          text=True) as server:
        try:
            url = server.stdout.readline().strip()
            for transport in "udp", "tcp":
                report, done = probe(url, "--transport", transport, "--duration", "3")
                assert done.returncode == 0, done.stdout + done.stderr
                assert report["frames"]["complete"] + report["packets"]["lost"] >= 60, report
                assert report["frames"]["left_out"] == 0 and report["fps"] < 30, report
        finally:
            server.kill()
    return None


def jpeg_packets():
    """Payloads of tests/data/420.jpg after RFC 2435, without RTP headers."""
    parts = segments((SOURCE / "tests/data/420.jpg").read_bytes())
    tables = b"".join(data[4:] for marker, data in parts if marker == 0xDB)
    tables = [tables[i + 1:i + 65] for i in range(0, len(tables), 65)]
    height, width = struct.unpack(">HH", next(data for marker, data in parts if marker == 0xC0)[5:9])
    scan, found = parts[-1][1], []
    for at in range(0, len(scan), 8000):
        head = struct.pack(">IBBBB", at, 1, 255, (width + 7) // 8, (height + 7) // 8)
        if at == 0:
            head += struct.pack(">BBH", 0, 0, 128) + tables[0] + tables[-1]
        found.append(head + scan[at:at + 8000])
    return found


class PacedServer:
    """Sends FRAMES frames over the connection, each when it is due. `habit` says what it makes of Speed: ignores it,
    refuses it, does it but jumps to the beginning when its pace changes, or divides RTP time by it."""

    def __init__(self, habit):
        self.habit, self.plays = habit, []
        self.payloads = jpeg_packets()
        self.at, self.speed, self.seq, self.ts, self.run = 0, 1.0, 0, 90000, 0
        self.lock = threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self.socket.getsockname()[1]}/x"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        data = b""
        try:
            connection, _ = self.socket.accept()
            while True:
                while data[:1] == b"$" and len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[2:4], "big"):
                    data = data[4 + int.from_bytes(data[2:4], "big"):]
                end = data.find(b"\r\n\r\n") if data[:1] != b"$" else -1
                if end >= 0:
                    self.answer(connection, data[:end].decode())
                    data = data[end + 4:]
                    continue
                part = connection.recv(65536)
                if not part:
                    return
                data += part
        except OSError:
            pass

    def answer(self, connection, request):
        number = re.search(r"CSeq: *(\d+)", request).group(1)
        method, status, more, body = request.split(" ", 1)[0], "200 OK", "", ""
        if method == "DESCRIBE":
            body = (f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=range:npt=0-{FRAMES / FPS}\r\nm=video 0 RTP/AVP 26\r\n"
                    f"a=framerate:{FPS}\r\na=control:track1\r\n")
            more = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
        elif method == "SETUP":
            more = "Session: 12345678;timeout=60\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        with self.lock:
            if method in ("PLAY", "PAUSE", "TEARDOWN"):
                status, more = self.control(method, request)
            connection.sendall(f"RTSP/1.0 {status}\r\nCSeq: {number}\r\n{more}\r\n{body}".encode())
        if method == "PLAY" and status == "200 OK":
            threading.Thread(target=self.send, args=(connection, self.run), daemon=True).start()

    def control(self, method, request):
        speed = re.search(r"Speed: *([0-9.]+)", request)
        where = re.search(r"npt=([0-9.]+)", request)
        if method == "PLAY":
            self.plays.append(request)
            if speed and self.habit == "refuses":
                return "456 Header Field Not Valid for Resource", ""
        self.run += 1
        if method != "PLAY":
            return "200 OK", ""
        if where:
            self.at = round(float(where.group(1)) * FPS)
        elif self.habit == "jumps":
            self.at = 0
        self.speed = float(speed.group(1)) if speed and self.habit in ("jumps", "divides") else 1.0
        more = f"Range: npt={self.at / FPS:.3f}-\r\nRTP-Info: url={self.url}/track1;seq={self.seq % 65536};rtptime={self.ts}\r\n"
        return "200 OK", more + (f"Speed: {self.speed}\r\n" if self.speed != 1 or (speed and self.habit == "jumps") else "")

    def send(self, connection, run):
        due = time.monotonic()
        try:
            while self.at < FRAMES:
                with self.lock:
                    if run != self.run:
                        return
                    for i, payload in enumerate(self.payloads):
                        packet = rtp(self.seq, self.ts, i == len(self.payloads) - 1, payload)
                        connection.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
                        self.seq += 1
                    self.at += 1
                    self.ts += round(TICKS / self.speed) if self.habit == "divides" else TICKS
                due += 1 / FPS / self.speed
                time.sleep(max(0, due - time.monotonic()))
            with self.lock:
                if run == self.run:
                    bye = struct.pack(">BBHI", 0x80, 201, 1, 77) + struct.pack(">BBHI", 0x81, 203, 1, 77)
                    connection.sendall(struct.pack(">cBH", b"$", 1, len(bye)) + bye)
        except OSError:
            pass


def play_from(habit):
    server = PacedServer(habit)
    report, done = probe(server.url, "--transport", "tcp")
    server.socket.close()
    assert done.returncode == 0, done.stdout + done.stderr
    asked = [bool(re.search("Speed: [2-9]", play)) for play in server.plays]
    return report, server.plays, asked


def test_servers_that_do_not_do_it_are_asked_once():
    for habit, plays in ("ignores", [True]), ("refuses", [True, False]):
        report, _, asked = play_from(habit)
        assert asked == plays, (habit, asked)
        assert report["frames"]["complete"] == report["frames"]["expected"] == FRAMES, report["frames"]
        assert report["packets"]["lost"] == 0, report


def test_a_server_that_jumps_when_its_pace_changes_is_not_asked_again():
    report, plays, asked = play_from("jumps")
    assert asked[0] and not any(asked[1:]), plays
    assert "Range" not in plays[1] and "Range" in plays[2] and len(plays) == 3, plays
    assert report["frames"]["complete"] >= FRAMES, report["frames"]


def test_a_server_that_divides_rtp_time_is_found_out():
    report, plays, asked = play_from("divides")
    assert asked == [True, False] and "Range" in plays[1], plays
    assert report["frames"]["complete"] >= FRAMES and report["fps"] < 30, report


if __name__ == "__main__":
    run_tests(globals())
