#!/usr/bin/env python3
"""kin-test: paced. Work belongs to those who wait for it: what clients abandon leaves no descriptor, no queue and no memory
behind, holds up nobody, and does not delay the end of the server. Counts only; where something must end, the limit is far
below what the work itself would take."""
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, VIDEO, need, run_tests  # noqa: E402
from rtsp_play import Player  # noqa: E402

MAKE_REEL = BIN / "make_reel"
ABANDONED = 60
LONG = 1 << 40  # bytes of a hole: to index it takes many minutes
SOON_S = 20
PLACE = tempfile.TemporaryDirectory(prefix="kinora-abandoned-")
MEDIA = pathlib.Path(PLACE.name)


def put_media():
    """Reels whose indexes take very long, a directory of them, and short ones."""
    if (MEDIA / "short0.mjpeg").exists():
        return
    jpeg = one_jpeg()
    (MEDIA / "long").mkdir()
    for i in range(ABANDONED):
        path = MEDIA / "long" / f"f{i}.mjpeg"
        path.write_bytes(jpeg)
        os.truncate(path, LONG)
    for i in range(10):
        (MEDIA / f"short{i}.mjpeg").write_bytes(jpeg * (i + 1))


def one_jpeg():
    data = (VIDEO / "bunny.mjpeg").read_bytes()
    return data[5:5 + int(data[:5])] if data[:5].isdigit() else data[:data.index(b"\xff\xd9") + 2]


def ask_and_leave(daemon, path, accept, reset):
    with socket.create_connection(("127.0.0.1", daemon.port), 10) as s:
        s.sendall(f"DESCRIBE {daemon.url}{path} RTSP/1.0\r\nCSeq: 1\r\nAccept: {accept}\r\n\r\n".encode())
        if reset:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def describe(daemon, path, accept="application/sdp"):
    with daemon.connect(timeout=60) as s:
        s.sendall(f"DESCRIBE {daemon.url}{path} RTSP/1.0\r\nCSeq: 1\r\nAccept: {accept}\r\n\r\n".encode())
        return s.recv(65536)[:12]


def wait_for_descriptors(daemon, most):
    end = time.monotonic() + SOON_S
    while daemon.descriptors() > most:
        assert time.monotonic() < end, f"{daemon.descriptors()} descriptors instead of {most}"
        time.sleep(0.05)


def check_abandoned(path_of, accept, reset):
    """Many ask and leave; then nothing is left of it, others are served, and the server ends (Daemon checks that)."""
    put_media()
    with Daemon(MEDIA, "-o", "media.index_dir=") as daemon:
        assert describe(daemon, "short0.mjpeg").endswith(b" 200")
        before = daemon.descriptors()
        for i in range(ABANDONED):
            ask_and_leave(daemon, path_of(i), accept, reset)
        assert describe(daemon, "short1.mjpeg").endswith(b" 200")
        wait_for_descriptors(daemon, before + 1)  # the reel of that one


def test_abandoned_indexes_by_reset():
    check_abandoned(lambda i: f"long/f{i}.mjpeg", "application/sdp", reset=True)


def test_abandoned_indexes_by_an_orderly_end():
    check_abandoned(lambda i: f"long/f{i}.mjpeg", "application/sdp", reset=False)


def test_abandoned_listings():
    check_abandoned(lambda i: "long", "application/json", reset=True)


def test_the_server_ends_while_work_is_asked_for():
    put_media()
    with Daemon(MEDIA, "-o", "media.index_dir=") as daemon:
        sockets = [daemon.connect() for _ in range(ABANDONED)]
        for i, s in enumerate(sockets):
            s.sendall(f"DESCRIBE {daemon.url}long/f{i}.mjpeg RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
        assert describe(daemon, "", "application/json").endswith(b" 200")
    for s in sockets:
        s.close()


def test_a_listing_of_unfinished_indexes_is_shared_and_ends():
    put_media()
    with Daemon(MEDIA, "-o", "media.index_dir=") as daemon:
        sockets = [daemon.connect(timeout=60) for _ in range(20)]
        for s in sockets:
            s.sendall(f"DESCRIBE {daemon.url}long RTSP/1.0\r\nCSeq: 1\r\nAccept: application/json\r\n\r\n".encode())
        for s in sockets:
            assert s.recv(12).endswith(b" 200")
            s.close()


def make_large():
    """Progressive 4K: to halve a frame takes 25 MB and a good part of a second."""
    path = MEDIA / "large.mjpeg"
    if not path.exists():
        done = subprocess.run([MAKE_REEL, "progressive", "3840", "2160", "2"], check=True, capture_output=True)
        path.write_bytes(done.stdout * 20)


def test_seeks_replace_conversions():
    """Sessions that jump from place to place leave nothing in the lane of conversions but their latest wish."""
    make_large()
    with Daemon(MEDIA, "-o", "media.index_dir=", "-o", "media.repair_dir=") as daemon:
        (MEDIA / "bunny.mjpeg").write_bytes((VIDEO / "bunny.mjpeg").read_bytes())
        players = [Player(daemon, "large.mjpeg?fmt=half") for _ in range(4)]
        for jump in range(10):
            for player in players:
                player.request("PLAY", Range=f"npt={jump * 0.1:.1f}-")
        command = [BIN / "kinora", "probe", "--json", "--duration", "1", "--transport", "tcp", f"{daemon.url}bunny.mjpeg"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert re.search(r'"complete":[1-9]', done.stdout), done.stdout + done.stderr
        assert daemon.rss_kib() < 400 * 1024, daemon.rss_kib()
    for player in players:
        player.close()


def test_a_half_closed_connection_with_a_session_hangs_nobody():
    """Regression: the timer of an answer that was no longer due kept the loop busy for ever."""
    put_media()
    with Daemon(MEDIA) as daemon:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp, daemon.connect(timeout=60) as s:
            rtp.bind(("127.0.0.1", 0))
            port = rtp.getsockname()[1] & ~1
            s.sendall(f"SETUP {daemon.url}short1.mjpeg RTSP/1.0\r\nCSeq: 1\r\n"
                      f"Transport: RTP/AVP;unicast;client_port={port}-{port + 1}\r\n\r\n".encode())
            assert s.recv(4096).startswith(b"RTSP/1.0 200")
            s.sendall(f"DESCRIBE {daemon.url}short2.mjpeg RTSP/1.0\r\nCSeq: 2\r\n\r\n".encode())
            s.shutdown(socket.SHUT_WR)
            while s.recv(4096):
                pass
            for i in range(3):
                assert describe(daemon, f"short{i}.mjpeg") == b"RTSP/1.0 200"
                time.sleep(0.5)


def test_a_short_index_passes_long_ones_that_are_waited_for():
    """Of a dozen addresses; each index would take many minutes, and all of them are wanted."""
    put_media()
    with Daemon(MEDIA, "-o", "media.index_dir=") as daemon:
        sockets = []
        for i in range(36):
            s = socket.create_connection(("127.0.0.1", daemon.port), 60, (f"127.0.{i % 12 + 1}.1", 0))
            s.sendall(f"DESCRIBE {daemon.url}long/f{i}.mjpeg RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
            sockets.append(s)
        for i in range(10):
            assert describe(daemon, f"short{i}.mjpeg").endswith(b" 200")
    for s in sockets:
        s.close()


if not MAKE_REEL.exists():
    need("make_reel")
run_tests(globals())
