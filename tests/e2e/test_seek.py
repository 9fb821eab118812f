#!/usr/bin/env python3
"""Going anywhere in a reel: every request shows exactly the frames it names. The numbers are read from decoded pictures.

The reel: ten minutes at 25 frames/s, each picture with its number.
"""
# kin-test: paced
import atexit
import pathlib
import random
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, need, realtime, run_tests  # noqa: E402
from rtsp_play import Player, UdpPlayer, decode_gray, header_of, numbers  # noqa: E402

RATE = 25
FRAMES = 600 * RATE
TICKS = 90000 // RATE
need("ffmpeg")
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="kinora-seek-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def make(name, frames, container="lab"):
    subprocess.run([BIN / "kinora-prep", "pattern", FOLDER / name, "--size", "320x240", "--fps", str(RATE), "--frames",
                    str(frames), "--quality", "50", "--format", container], check=True, capture_output=True, timeout=120)


make("long.mjpeg", FRAMES)
make("short.mjpeg", 10)
with open(FOLDER / "long.mjpeg", "rb") as file:
    HEADER = header_of(file.read(int(file.read(5))))


def numbers_of(frames):
    return numbers(decode_gray([HEADER + scan for _, scan in frames]))


def times_of(frames):
    """RTP times since the first frame."""
    return [(ts - frames[0][0]) & 0xffffffff for ts, _ in frames]


def served(*args):
    return Daemon(FOLDER, "-o", f"media.frame_rate={RATE}", *args)


def field(reply, name):
    return re.search(rf"\r\n{name}: ([^\r]+)", reply).group(1)


def npt(frame):
    return f"npt={frame / RATE:.3f}-"


@realtime
def test_200_random_positions():
    choice = random.Random(3)
    wanted, got, took = [choice.randrange(FRAMES) for _ in range(200)], [], []
    with served() as daemon, Player(daemon, "long.mjpeg") as player:
        for frame in wanted:
            reply, ms = player.play(Range=npt(frame))
            ts, scan = player.frame()
            assert field(reply, "Range") == f"{npt(frame)}600.000", reply
            assert ts == int(re.search(r"rtptime=(\d+)", reply).group(1)), reply
            got.append((ts, scan))
            took.append(ms)
            player.request("PAUSE")
        again = []
        for frame in wanted[:100]: # now the frames are in the daemon's cache
            again.append(player.play(Range=npt(frame))[1])
            player.request("PAUSE")
    assert numbers_of(got) == wanted
    assert statistics.median(again) <= 5, f"{statistics.median(again):.2f} ms from PLAY to the first packet"
    print(f"PLAY to first packet: median {statistics.median(took):.2f} ms, warm {statistics.median(again):.2f} ms, "
          f"worst {max(took + again):.2f} ms")


def test_ranges_are_half_open_in_every_unit():
    rows = [("npt=123.400-123.520", "npt=123.400-123.520", [3085, 3086, 3087]),
            ("npt=0:02:03.4-0:02:03.52", "npt=123.400-123.520", [3085, 3086, 3087]),
            ("npt=123.4396-123.4796", "npt=123.440-123.480", [3086]), # within half a millisecond
            ("smpte-25=00:02:03:10-00:02:03:13", "smpte-25=00:02:03:10-00:02:03:13", [3085, 3086, 3087]),
            ("smpte=00:02:00:04-00:02:00:07", None, [3003, 3004, 3005]), # 120.12 s
            ("npt=599.96-", "npt=599.960-600.000", [14999])]
    with served() as daemon, Player(daemon, "long.mjpeg") as player:
        for asked, answered, want in rows:
            reply, _ = player.play(Range=asked)
            assert answered is None or field(reply, "Range") == answered, reply
            assert field(reply, "Range").split("=")[0] == asked.split("=")[0]
            got = numbers_of(player.frames())
            assert got == want, f"{asked}: {got}"
        player.request("PLAY", status=457, Range="npt=600-")
        player.request("PLAY", status=457, Range="clock=19961108T142300Z-")


def test_frames_that_last_unequally():
    """By milliseconds, by the time between two frames, and by every fourth one backward."""
    begin = [i * 40 + i * 13 % 37 for i in range(100)] # ms
    make("even.mjpeg", len(begin), "raw")
    for name, more in (("uneven.mkv", ()), ("uneven.mov", ("-video_track_timescale", "1000"))):
        subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "mjpeg", "-i", FOLDER / "even.mjpeg", "-c", "copy",
                        "-bsf:v", "setts=ts=N*40+mod(N*13\\,37):duration=0", *more, FOLDER / name], check=True,
                       capture_output=True, timeout=60)
        with served() as daemon, Player(daemon, name) as player:
            got = []
            for i in range(len(begin) - 1):
                for at in (begin[i], (begin[i] + begin[i + 1]) / 2):
                    player.play(Range=f"npt={at / 1000:.4f}-")
                    got.append(player.frame())
                    player.request("PAUSE")
            assert numbers_of(got) == [i // 2 for i in range(2 * len(begin) - 2)], name
            player.play(Range=f"npt={begin[80] / 1000}-{begin[40] / 1000}", Scale=-4)
            frames = player.frames()
        shown = list(range(80, 40, -4))
        assert numbers_of(frames) == shown, name
        for ts, frame in zip(times_of(frames), shown):
            assert abs(ts - (begin[80] - begin[frame]) * 90 / 4) <= 0.5, f"{name}: frame {frame} at {ts}"


@realtime
def test_faster_is_not_more():
    bytes_of = {}
    for scale in (1, 8, -16):
        with served() as daemon, Player(daemon, "long.mjpeg") as player:
            player.play(Range="npt=300-", Scale=scale)
            bytes_of[scale] = sum(len(scan) for _, scan in player.frames(40))
            begin = time.monotonic()
            player.frames(40)
            took = time.monotonic() - begin
        assert abs(took * RATE - 40) < 4, f"scale {scale}: 40 frames came in {took:.2f} s"
    assert max(bytes_of.values()) < 1.1 * bytes_of[1], bytes_of


def check_scale(scale, start, end, want):
    with served() as daemon, Player(daemon, "long.mjpeg") as player:
        reply, _ = player.play(Range=f"npt={start}-{end}", Scale=scale)
        frames = player.frames()
    assert float(field(reply, "Scale")) == scale, reply
    got = numbers_of(frames)
    assert got == want, f"scale {scale}: {got}"
    first = float(field(reply, "Range")[4:].split("-")[0])
    for number, ts in zip(got, times_of(frames)):
        assert abs((first + scale * ts / 90000) * RATE - number) < 0.01, f"frame {number} at {ts}"
    return times_of(frames)


def test_fast_forward():
    assert check_scale(2, 60, 62, list(range(1500, 1550, 2))) == [i * TICKS for i in range(25)]
    assert check_scale(4, 60, 64, list(range(1500, 1600, 4))) == [i * TICKS for i in range(25)]
    check_scale(16, 0, 32, list(range(0, 800, 16)))
    check_scale(1.5, 4, 6, [100 + i * 3 // 2 for i in range(34)])


def test_slow_motion():
    assert check_scale(0.5, 1, 1.2, [25, 26, 27, 28, 29]) == [i * 2 * TICKS for i in range(5)]


def test_backward():
    assert check_scale(-1, 2, 1, list(range(50, 25, -1))) == [i * TICKS for i in range(25)]
    assert check_scale(-4, 64, 60, list(range(1600, 1500, -4))) == [i * TICKS for i in range(25)]


def test_backward_from_the_end_without_a_range():
    with served() as daemon, Player(daemon, "short.mjpeg") as player:
        reply, _ = player.play(Scale=-1)
        assert field(reply, "Range") == "npt=0.360-0.000", reply
        assert numbers_of(player.frames()) == list(range(9, -1, -1))
        player.request("PLAY", status=400, Scale=0)


@realtime
def test_speed_delivers_faster():
    with served() as daemon, Player(daemon, "long.mjpeg") as player:
        reply, _ = player.play(Range="npt=10-14", Speed=8)
        begin = time.monotonic()
        frames = player.frames()
        took = time.monotonic() - begin
        assert field(reply, "Speed") == "4.0", reply
        assert numbers_of(frames) == list(range(250, 350))
        assert times_of(frames) == [i * TICKS for i in range(100)]
        assert 0.9 < took < 2, f"4 s came in {took:.1f} s"


def rtp_heads(player):
    """Sequence number and time of the RTP packets that were collected, which are then forgotten."""
    heads = [struct.unpack(">HI", data[2:8]) for channel, data in player.blocks if channel == 0]
    player.blocks = []
    return heads


def test_packets_stay_in_sequence_through_a_pause_and_a_speed():
    """mpv missed packets there over UDP: it does not read its socket while it is paused. The numbers have no gap."""
    with served() as daemon, UdpPlayer(daemon, "long.mjpeg") as player:
        player.request("PLAY")
        player.collect(1)
        player.request("PAUSE")
        player.collect(0.5)
        before = rtp_heads(player)
        assert len(before) >= RATE / 2, len(before)
        for headers in {"Speed": "2.0"}, {"Range": "npt=100-", "Speed": "2.0"}, {"Speed": "1.0"}:
            reply = player.request("PLAY", **headers)
            player.collect(1)
            player.request("PAUSE")
            player.collect(0.5)
            after = rtp_heads(player)
            first = (int(re.search(r"seq=(\d+)", reply).group(1)), int(re.search(r"rtptime=(\d+)", reply).group(1)))
            assert after[0] == first, f"RTP-Info says {first}, the first packet is {after[0]}"
            sequence = [seq for seq, _ in before[-1:] + after]
            gaps = [(a, b) for a, b in zip(sequence, sequence[1:]) if (b - a) % 65536 != 1]
            assert not gaps, f"{headers}: {gaps}"
            before = after


def test_rate_changes_while_playing():
    with served() as daemon, Player(daemon, "long.mjpeg") as player:
        player.play(Range="npt=100-")
        before = player.frames(5)
        reply, _ = player.play(Scale=-2)
        after = player.frames(5)
    start = numbers_of(after)[0]
    assert numbers_of(before) == list(range(2500, 2505))
    assert 2505 <= start < 2750 # while the request was on its way, it played on
    assert numbers_of(after) == [start - 2 * i for i in range(5)]
    assert abs(float(field(reply, "Range")[4:].split("-")[0]) * RATE - start) < 0.01


def test_pause_and_single_steps():
    with served() as daemon, Player(daemon, "long.mjpeg") as player:
        player.play(Range="npt=50-")
        player.frames(3)
        at = round(float(field(player.request("PAUSE"), "Range")[4:-1]) * RATE)
        for step in (at, at + 1, at + 2, at + 1, at):
            player.play(Range=f"{npt(step)}{(step + 1) / RATE:.3f}")
            assert numbers_of(player.frames()) == [step]
        reply, _ = player.play()
        assert field(reply, "Range") == f"{npt(at + 1)}600.000", reply
        assert numbers_of(player.frames(2)) == [at + 1, at + 2]


def test_pause_at_a_time_to_come():
    with served() as daemon, Player(daemon, "long.mjpeg") as player:
        player.play(Range="npt=50-60")
        reply = player.request("PAUSE", Range="npt=52.4")
        assert field(reply, "Range") == "npt=52.400-", reply
        assert numbers_of(player.frames(60)) == list(range(1250, 1310))
        time.sleep(0.5)
        player.request("PAUSE", status=457, Range="npt=55-") # it does not play any more
        assert field(player.request("PAUSE"), "Range") == "npt=52.400-"
        reply, _ = player.play()
        assert field(reply, "Range") == "npt=52.400-60.000", reply
        player.request("PAUSE", status=457, Range="npt=50-")
        player.request("PAUSE", status=457, Range="npt=61-")
        player.request("PAUSE", status=457, Range="clock=19961108T142300Z-")
        player.blocks = []
        assert numbers_of(player.frames(1))[0] >= 1310 # and plays on


def test_numbers_that_no_reel_has():
    with served() as daemon, Player(daemon, "long.mjpeg") as player:
        for start in ("999999999999", "99999999999999", "1" + 60 * "0"):
            player.request("PLAY", status=457, Range=f"npt={start}-")
        for asked, done in (("99999999999", "16.0"), ("-99999999999", "-16.0"), ("0.00001", "0.125"),
                            ("1" + 60 * "0", "16.0"), ("-1" + 60 * "0" + ".5", "-16.0")):
            reply, _ = player.play(Range="npt=100-", Scale=asked)
            assert field(reply, "Scale") == done, reply
        for asked, done in (("99999999999999", "4.0"), ("1" + 60 * "0", "4.0"), ("0.00001", "0.125")):
            reply, _ = player.play(Range="npt=100-", Speed=asked)
            assert field(reply, "Speed") == done, reply


def test_loops_leave_no_gap():
    for scale, want in ((1, list(range(10))), (-1, list(range(9, -1, -1))), (4, [0, 4, 8])):
        with served("-o", "media.loop=yes") as daemon, Player(daemon, "short.mjpeg") as player:
            player.play(Scale=scale)
            frames = player.frames(3 * len(want))
        assert numbers_of(frames) == want * 3, f"scale {scale}"
        lap = 10 * TICKS / abs(scale)
        assert times_of(frames)[len(want)] == lap and times_of(frames)[2 * len(want)] == 2 * lap, times_of(frames)


def test_ffmpeg_seeks_to_the_frame():
    for position in ("123.4", "599.96", "0.04"):
        with served() as daemon:
            done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-ss", position, "-i",
                                   daemon.url + "long.mjpeg", "-frames:v", "1", "-vf", "extractplanes=y", "-f",
                                   "rawvideo", "-"], capture_output=True, timeout=60, check=False)
        got = numbers(done.stdout)
        assert got == [round(float(position) * RATE)], f"-ss {position}: {got} {done.stderr.decode()}"


def test_mpv_starts_at_the_frame():
    if shutil.which("mpv") is None:
        return "mpv is not installed"
    for position in ("123.4", "599.96"):
        with served() as daemon:
            subprocess.run(["mpv", "--no-config", "--really-quiet", f"--start={position}", "--frames=1", "--no-audio",
                            "--vo=image", "--vo-image-format=png", f"--vo-image-outdir={FOLDER}", "--rtsp-transport=tcp",
                            daemon.url + "long.mjpeg"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                           check=True)
        done = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-i", FOLDER / "00000001.png", "-vf", "format=gray",
                               "-f", "rawvideo", "-"], capture_output=True, timeout=60, check=True)
        got = numbers(done.stdout)
        assert got == [round(float(position) * RATE)], f"--start={position}: {got}"
    return None


def gst_seek(daemon, rate, start, stop, count):
    done = subprocess.run(["/usr/bin/python3", pathlib.Path(__file__).resolve().parents[1] / "lib" / "gst_seek.py",
                           daemon.url + "long.mjpeg", str(rate), str(start), str(stop), str(count)],
                          capture_output=True, timeout=60, check=False)
    if done.returncode == 77:
        return None
    assert done.returncode == 0, done.stderr.decode()
    return numbers(done.stdout)


def test_gstreamer_seeks_to_the_frame():
    with served() as daemon:
        got = gst_seek(daemon, 1.0, 123.4, -1, 3)
        if got is None:
            return "GStreamer's Python bindings are not installed"
        assert got == [3085, 3086, 3087], got
        assert gst_seek(daemon, 2.0, 123.4, -1, 3) == [3085, 3086, 3087] # by Speed: every frame, faster
        assert gst_seek(daemon, -1.0, 0, 123.4, 3) == [3085, 3084, 3083] # by Scale
        assert gst_seek(daemon, -2.0, 0, 123.4, 3) == [3085, 3084, 3083] # by both
    return None


run_tests({k: v for k, v in globals().items() if k.startswith("test_")})
