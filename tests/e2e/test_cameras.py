#!/usr/bin/env python3
"""Our client against what cameras and hostile servers do: redirects, another source, another port, stray bytes."""
import json
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, SOURCE, Daemon, read_raw_reel, run_tests  # noqa: E402
from replay_server import ReplayServer, packets_of_jpeg, rtp, segments  # noqa: E402

JPEG = (SOURCE / "tests/data/420.jpg").read_bytes()
FRAMES = 8


def tables_of(jpeg):
    return b"".join(s[5:] for marker, s in segments(jpeg) if marker == 0xDB)


def first(jpeg, q=255, kind=1, tables=None):
    tables = tables_of(jpeg) if tables is None else tables
    return struct.pack(">IBBBB", 0, kind, q, 2, 2) + struct.pack(">HH", 0, len(tables)) + tables


def rest(_jpeg, at, q=255, kind=1):
    return struct.pack(">IBBBB", at, kind, q, 2, 2)


def packets():
    return packets_of_jpeg([JPEG] * FRAMES, first, rest)


class Camera(ReplayServer):
    """Lets `hook(method, request)` answer with (status line, header lines) in place of the usual reply."""

    def __init__(self, hook=None, sent=None, **more):
        self.hook, self.requests = hook, []
        super().__init__(sent or packets(), "m=video 0 RTP/AVP 26", **more)

    def answer(self, connection, request, peer):
        self.requests.append(request.split("\r\n")[0])
        reply = self.hook and self.hook(request.split(" ", 1)[0], request)
        if not reply:
            return super().answer(connection, request, peer)
        number = re.search(r"CSeq: *(\d+)", request).group(1)
        connection.sendall(f"RTSP/1.0 {reply[0]}\r\nCSeq: {number}\r\n{reply[1]}\r\n".encode())
        return peer


def kinora(*args, seconds=60):
    return subprocess.run([str(BIN / "kinora"), *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=seconds, check=False)


def probe(url, *more):
    done = kinora("probe", "--json", *more, url)
    return done, json.loads(done.stdout)


def saved(url, transport="tcp"):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "saved.mjpeg")
        done = kinora("save", "--transport", transport, url, path)
        return done, len(read_raw_reel(path)) if path.exists() else 0


def redirect_once(method, location):
    left = [1]

    def hook(asked, _request):
        if asked != method or not left:
            return None
        left.clear()
        return "307 Elsewhere", f"Location: {location}\r\n"
    return hook


def test_redirects_are_followed_at_every_step():
    for method in ("DESCRIBE", "SETUP", "PLAY"):
        with Camera() as there, Camera(redirect_once(method, there.url)) as here:
            done, frames = saved(here.url)
            assert (done.returncode, frames) == (0, FRAMES), (method, done.stderr)
            assert any(r.startswith("PLAY") for r in there.requests), there.requests
        with Camera(redirect_once(method, "/elsewhere")) as here:
            done, frames = saved(here.url)
            assert (done.returncode, frames) == (0, FRAMES), (method, done.stderr)
            assert "/elsewhere" in here.requests[-1], here.requests


def test_a_refused_play_loses_nothing():
    """Nothing was played: once all frames of the reel were lost."""
    for transport in ("udp", "tcp"):
        with Camera(lambda method, _: ("500 Internal Server Error", "") if method == "PLAY" else None) as camera:
            camera.sdp = camera.sdp.replace(b"a=control", b"a=range:npt=0-10\r\na=framerate:24\r\na=control")
            done, report = probe(camera.url, "--transport", transport)
            assert done.returncode == 1, done.stdout
            assert report["frames"]["expected"] == report["frames"]["lost"] == 0, report


def test_a_circle_of_redirects_is_named():
    with Camera(lambda method, _: ("302 Found", "Location: /x\r\n") if method == "DESCRIBE" else None) as camera:
        done = kinora("probe", camera.url)
        assert done.returncode == 1 and "redirects endlessly" in done.stderr, done.stderr


def test_nothing_is_sent_to_a_third_host():
    """The server names another host as its source: packets were sent there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as victim:
        victim.bind(("127.0.0.99", 0))
        port = victim.getsockname()[1]

        def hook(method, request):
            if method != "SETUP":
                return None
            ports = re.search(r"client_port=[\d-]+", request).group(0)
            return "200 OK", f"Session: 1\r\nTransport: RTP/AVP;unicast;{ports};source=127.0.0.99;server_port={port}-{port}\r\n"
        with Camera(hook) as camera:
            done = kinora("probe", "--transport", "udp", "--duration", "2", camera.url)
        victim.setblocking(False)
        try:
            raise AssertionError(f"got {victim.recv(2000)!r}")
        except BlockingIOError:
            pass
        assert done.returncode in (0, 1), done.stderr


def test_a_reel_of_one_packet_is_played():
    """Two packets in sequence made a source valid over UDP, however long the second one took: here there is none, no
    SSRC is announced and RTP-Info is not sent."""
    one = packets_of_jpeg([JPEG], first, rest, piece=60000)
    assert len(one) == 1
    for transport in ("udp", "tcp"):
        with Camera(sent=one) as camera:
            done, report = probe(camera.url, "--transport", transport)
            assert (done.returncode, report["frames"]["complete"]) == (0, 1), (transport, done.stderr)
        with Camera(sent=one) as camera:
            done, frames = saved(camera.url, transport)
            assert (done.returncode, frames) == (0, 1), (transport, done.stderr)
    with tempfile.TemporaryDirectory() as folder:
        command = [BIN / "kinora-prep", "pattern", "one.mjpeg", "--size", "64x64", "--fps", "1", "--frames", "1"]
        subprocess.run([*command, "--quality", "30"], cwd=folder, capture_output=True, check=True)
        with Daemon(folder) as daemon:
            for transport in ("udp", "tcp"):
                done, frames = saved(daemon.url + "one.mjpeg", transport)
                assert (done.returncode, frames) == (0, 1), (transport, done.stderr)


def test_what_refuses_udp_is_played_over_tcp():
    def hook(method, request):
        return ("400 Bad Request", "") if method == "SETUP" and "client_port" in request else None
    with Camera(hook) as camera:
        done, report = probe(camera.url)
        assert (done.returncode, report["transport"]) == (0, "tcp"), done.stderr
        assert [r.split(" ")[0] for r in camera.requests[:5]] == ["OPTIONS", "DESCRIBE", "SETUP", "SETUP", "PLAY"]


def test_udp_that_comes_to_nothing_otherwise_is_played_over_tcp():
    """The connection closed on SETUP, or PLAY refused."""
    class Closes(Camera):
        def answer(self, connection, request, peer):
            if request.startswith("SETUP") and "client_port" in request:
                connection.close()
            return super().answer(connection, request, peer)
    over_udp = []

    def refuses_play(method, request):
        if method == "SETUP":
            over_udp.append("client_port" in request)
        return ("503 Service Unavailable", "") if method == "PLAY" and over_udp[-1] else None
    for camera, words in ((Closes(), "closed the connection when asked for UDP: trying TCP"),
                          (Camera(refuses_play), "refuses UDP (PLAY: 503 Service Unavailable): trying TCP")):
        with camera:
            done, report = probe(camera.url)
            assert (done.returncode, report["transport"]) == (0, "tcp"), done.stderr
            assert report["frames"]["complete"] == FRAMES and words in done.stdout + done.stderr, done.stdout + done.stderr
            assert [r.split(" ")[0] for r in camera.requests].count("PLAY") == 1 + (camera.hook is not None)
            done = kinora("probe", "--transport", "udp", camera.url)
            assert done.returncode == 1, done.stdout


def test_without_a_port_8554_is_tried():
    """In a network of its own, where nobody listens at 554."""
    if os.environ.get("KIN_TEST_NETWORK") is None:
        if shutil.which("unshare") is None or shutil.which("ip") is None or \
                subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode != 0:
            return "no network namespace can be made here"
        command = ["unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$0" "$@"', sys.executable, __file__,
                   "test_without_a_port_8554_is_tried"]
        done = subprocess.run(command, env={**os.environ, "KIN_TEST_NETWORK": "1"}, capture_output=True, text=True,
                              timeout=120, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return None
    done = kinora("probe", "rtsp://127.0.0.1/x")
    assert done.returncode == 1 and "neither port 554 nor port 8554" in done.stderr, done.stderr
    done = kinora("ls", "rtsp://127.0.0.1/x")
    assert done.returncode == 1 and "neither port 554 nor port 8554" in done.stderr, done.stderr
    with Camera(address=("127.0.0.1", 8554)):
        done, frames = saved("rtsp://127.0.0.1/x")
        assert (done.returncode, frames) == (0, FRAMES), done.stderr
    return None


run_tests(globals())
