#!/usr/bin/env python3
"""The viewers of the server bench count what is lost, out of order and incomplete, and the bare sender leaves nothing out."""
import json
import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, VIDEO, Daemon, read_raw_reel, run_tests  # noqa: E402

MARKER, TICKS = 0x80, 3750  # a frame at 24 frames/s


def free_ports(count):
    """The first of so many in a row, which is even."""
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            first = s.getsockname()[1] & ~1
        try:
            for port in range(first, first + count):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                    s.bind(("", port))
            return first
        except OSError:
            pass


class Viewers:
    def __init__(self, *options):
        self.program = subprocess.Popen([BIN / "viewers", *map(str, options)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.program.stdout.readline() == "playing\n"

    def counts(self):
        self.program.stdin.write("end\n")
        self.program.stdin.flush()
        return json.loads(self.program.stdout.readline())

    def until(self, good, seconds=30):
        """The counts once they are good."""
        end = time.monotonic() + seconds
        while not good(counts := self.counts()) and time.monotonic() < end:
            time.sleep(0.05)
        return counts

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.program.stdin.close()
        self.program.wait(30)
        self.program.stdout.close()


def packet(seq, frame, marker=False):
    return struct.pack(">BBHII", 0x80, 26 | (MARKER if marker else 0), seq & 0xffff, frame * TICKS, 1) + bytes(100)


def receive(packets):
    """What a viewer counts of them."""
    port = free_ports(2)
    with Viewers("--bare", "--port", port, "rtsp://127.0.0.1:1/") as viewers, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for some in packets:
            out.sendto(some, ("127.0.0.1", port))
        return viewers.until(lambda counts: counts["packets"] == len(packets))


def frames(first, count, size):
    return [packet(first + i, i // size, i % size == size - 1) for i in range(count * size)]


def check(some, /, **wanted):
    counts = receive(some)
    found = {name: counts[name] for name in wanted}
    assert found == wanted, counts


def test_whole_frames():
    check(frames(65530, 3, 4), packets=12, frames=3, incomplete=0, lost=0, disordered=0)


def test_a_lost_packet():
    some = frames(65530, 3, 4)
    check(some[:5] + some[6:], packets=11, frames=2, incomplete=1, lost=1, disordered=0)


def test_a_lost_marker():
    some = frames(7, 3, 4)
    check(some[:7] + some[8:], packets=11, frames=1, incomplete=1, lost=1, disordered=0)


def test_a_packet_that_comes_twice():
    some = frames(7, 2, 4)
    check(some[:2] + some[1:], packets=9, frames=1, incomplete=1, lost=0, disordered=1)


def test_the_bare_sender_leaves_nothing_out():
    with tempfile.TemporaryDirectory() as folder:
        sizes, port = pathlib.Path(folder, "sizes"), free_ports(4)
        sizes.write_text("".join(f"{len(frame)}\n" for frame in read_raw_reel(VIDEO / "bunny-720p.mjpeg")))
        for way in ("gso", "mmsg", "tcp"):
            tcp = way == "tcp"
            command = [BIN / "floor", way, "127.0.0.1", str(port), "2", VIDEO / "bunny-720p.mjpeg", sizes]
            viewing = ["--bare", "--count", 2, *(["--tcp"] if tcp else []), "--port", port, f"rtsp://127.0.0.1:{port}/"]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as sender:
                assert sender.stdout.readline() == b"ready\n"
                with Viewers(*viewing) as viewers:
                    counts = viewers.until(lambda counts: counts["frames"] >= 20)
                sender.kill()
            assert counts["frames"] >= 20 and counts["lost"] == 0 and counts["disordered"] == 0, (way, counts)


def test_sessions_of_kinorad():
    with Daemon() as daemon:
        for options in (["--port", free_ports(6)], ["--tcp"]):
            with Viewers("--count", 3, *options, f"{daemon.url}bunny-720p.mjpeg") as viewers:
                counts = viewers.until(lambda counts: counts["frames"] >= 12)
            assert counts["playing"] == 3 and counts["failed"] == 0 and counts["first_ms"] > 0, counts
        done = subprocess.run([BIN / "viewers", "--churn", "40", "--count", "4", f"{daemon.url}bunny-720p.mjpeg"], capture_output=True, check=True)
        counts = json.loads(done.stdout)
        assert counts["cycles"] == 40 and counts["failed"] == 0, counts


run_tests(globals())
