#!/usr/bin/env python3
"""Every way in which clients of the university lab put frames together, on frames of every size, byte for byte."""
import contextlib
import pathlib
import random
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import Daemon, VIDEO, read_lab_reel, realtime, run_tests  # noqa: E402
from lab import (CollectsAndMisspells, CollectsToMarker, CollectsToMarkerInCrlf, CountsGaps, JavaClient,  # noqa: E402
                 ResetsAtHigherNumber, ResetsAtHigherNumberReadsAll, SortsByNumber, StockClient)

DICE = random.Random(7)
BUNNY = read_lab_reel(VIDEO / "bunny.mjpeg")


def padded(frame, size):
    """The frame as a JPEG of that size: comments are put behind its first marker."""
    left, comments = size - len(frame), b""
    while left > 0:
        n = min(left, 65537)
        n -= 4 if 0 < left - n < 4 else 0  # the last one needs its own header
        comments += b"\xff\xfe" + (n - 2).to_bytes(2, "big") + DICE.randbytes(n - 4)
        left -= n
    return frame[:2] + comments + frame[2:]


REELS = {
    "small.Mjpeg": BUNNY[:24],
    "edge.Mjpeg": [padded(BUNNY[i], size) for i, size in enumerate((20467, 20468, 20469, 20480, 21000, 22400, 8000))],
    "hd.Mjpeg": [padded(BUNNY[i], DICE.randrange(20500, 65000)) for i in range(12)],
    "huge.Mjpeg": [padded(BUNNY[i], DICE.randrange(65600, 99999)) for i in range(8)],
}
# What collects packets until M takes either numbering; what starts anew at a higher number wants one a frame, and what
# looks at gaps, timestamps and order may want one a packet.
EITHER = (CollectsToMarker, CollectsToMarkerInCrlf, CollectsAndMisspells, CountsGaps)
BY_FRAME = (ResetsAtHigherNumber, ResetsAtHigherNumberReadsAll)


@contextlib.contextmanager
def serving(*args):
    with tempfile.TemporaryDirectory() as folder:
        for name, frames in REELS.items():
            assert all(frame[:2] == b"\xff\xd8" for frame in frames)
            pathlib.Path(folder, name).write_bytes(b"".join(b"%05d" % len(frame) + frame for frame in frames))
        with Daemon(folder, *args) as daemon:
            yield daemon


def play(kind, daemon, name):
    client = kind(daemon, name)
    assert client.request("SETUP") == 200, "SETUP"
    assert client.request("PLAY") == 200, "PLAY"
    return client


def check(kind, daemon, name, query=""):
    """All frames of a reel reach this kind of client."""
    try:
        client = play(kind, daemon, name + query)
        for i, want in enumerate(REELS[name]):
            got = client.frame()
            assert got == want, f"frame {i}: {len(got)} bytes, not those {len(want)}"
        assert client.request("TEARDOWN") == 200, "TEARDOWN"
        client.close()
    except Exception as error:
        raise AssertionError(f"{kind.__name__} {name}{query}: {type(error).__name__} {error}") from error


@realtime
def test_small_frames_reach_every_client():
    """Fault: no frame of one packet bore M, so that six families of clients showed nothing at all."""
    with serving() as daemon:
        for kind in (StockClient, JavaClient, *EITHER, *BY_FRAME):
            check(kind, daemon, "small.Mjpeg")


@realtime
def test_large_frames_reach_every_client_that_assembles():
    """Fault: frames above 20480 bytes were cut by the clients' recv(20480)."""
    with serving() as daemon:
        for name in ("edge.Mjpeg", "hd.Mjpeg", "huge.Mjpeg"):
            for kind in (*EITHER, *BY_FRAME):
                check(kind, daemon, name)


@realtime
def test_a_name_asks_for_a_number_a_packet():
    with serving() as daemon:
        for name in ("hd.Mjpeg", "huge.Mjpeg"):
            for kind in (*EITHER, SortsByNumber):
                check(kind, daemon, name, "?seq=packet")


@realtime
def test_a_setting_asks_for_a_number_a_packet_and_a_name_for_one_a_frame():
    with serving("-o", "lab.numbering=packet") as daemon:
        check(SortsByNumber, daemon, "hd.Mjpeg")
        for kind in BY_FRAME:
            check(kind, daemon, "hd.Mjpeg", "?seq=frame")


@realtime
def test_a_reload_counts_for_new_sessions():
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as conf:
        conf.write("[lab]\nnumbering = frame\n")
        conf.flush()
        with serving("-c", conf.name) as daemon:
            before = play(ResetsAtHigherNumber, daemon, "hd.Mjpeg")
            pathlib.Path(conf.name).write_text("[lab]\nnumbering = packet\n")
            daemon.process.send_signal(signal.SIGHUP)
            daemon.wait_line("reloaded")
            check(SortsByNumber, daemon, "hd.Mjpeg")
            assert before.frames(12) == REELS["hd.Mjpeg"], "the session that was there before"
            before.close()


@realtime
def test_a_name_asks_for_another_length_of_whole_frames():
    class ReadsAll(StockClient):
        reads = 65536

    with serving() as daemon:
        check(ReadsAll, daemon, "hd.Mjpeg", "?datagram=65507")
        check(SortsByNumber, daemon, "small.Mjpeg", "?seq=packet&datagram=1412")
    with serving("-o", "lab.datagram_size=65507") as daemon:
        check(ReadsAll, daemon, "hd.Mjpeg")


def test_whole_frames_end_at_20480_bytes_and_chunks_have_1400():
    with serving() as daemon:
        client = play(CollectsToMarker, daemon, "edge.Mjpeg")
        client.reads = 65536
        for number, frame in enumerate(REELS["edge.Mjpeg"], 1):
            left, stamps = len(frame), set()
            while left > 0:
                seq, marker, stamp, payload = client.packet()
                assert len(payload) == (left if len(frame) <= 20468 else min(left, 1400)), (len(frame), len(payload))
                left -= len(payload)
                assert seq == number and marker == (left == 0), (seq, number, marker, left)
                stamps.add(stamp)
            assert all(abs(stamp - time.time()) < 60 for stamp in stamps), stamps
        client.close()


def test_numbers_go_on_over_pause_seek_and_loop():
    """A client drops what is numbered below the last picture it showed."""
    for query in ("", "?seq=packet"):
        with serving("-o", "media.loop=yes") as daemon:
            client = play(CollectsToMarker, daemon, "hd.Mjpeg" + query)
            frames = REELS["hd.Mjpeg"]
            got = client.frames(5)
            assert client.request("PAUSE") == 200
            assert client.request("PLAY") == 200
            got += client.frames(10)
            assert got == (frames + frames)[:15], "frames over PAUSE and the end of the reel"
            assert client.request("PLAY", "\nFrame: 3") == 200
            for _ in range(20): # what was on its way comes first
                if client.frame() == frames[2]:
                    break
            else:
                raise AssertionError("the frame that was asked for never came")
            assert client.frames(3) == frames[3:6]
            assert client.request("TEARDOWN") == 200
            client.close()


def test_the_number_of_frames_goes_to_who_reads_it():
    with serving() as daemon:
        client = play(SortsByNumber, daemon, "hd.Mjpeg?seq=packet")
        assert client.total == len(REELS["hd.Mjpeg"])
        assert client.frame() == REELS["hd.Mjpeg"][0]
        assert client.stamp == 1, "the timestamp is the frame's number"
        client.close()
        for query in ("", "?seq=frame"):
            client = play(StockClient, daemon, "small.Mjpeg" + query)
            assert len(client.lines) == 4 and client.lines[3] == "", client.lines
            client.close()


def test_a_wrong_choice_is_400():
    with serving() as daemon:
        for query in ("?seq=both", "?datagram=9", "?datagram=65508"):
            client = StockClient(daemon, "hd.Mjpeg" + query)
            assert client.request("SETUP") == 400, query
            client.close()


run_tests(globals())
