#!/usr/bin/env python3
"""Random PLAYs and PAUSEs over TCP and UDP: whatever is asked for and however soon the next request comes, sequence
numbers and RTP times go on without a gap, and each frame is the one that the last reply says.
"""
# kin-test: paced
import atexit
import pathlib
import random
import re
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, need, realtime, run_tests  # noqa: E402
from rtsp_play import Player, UdpPlayer, decode_gray, header_of, numbers  # noqa: E402

RATE = 25
REQUESTS = 100
SCALES = (1, 1, 2, 4, -1, -4, 16, -16, 0.5, 1.5, -2.75, 3.333)
need("ffmpeg")
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="kinora-seek-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def make(name, frames):
    subprocess.run([BIN / "kinora-prep", "pattern", FOLDER / name, "--size", "320x240", "--fps", str(RATE), "--frames",
                    str(frames), "--quality", "50", "--format", "lab"], check=True, capture_output=True, timeout=120)


make("long.mjpeg", 1500)
make("short.mjpeg", 10)
with open(FOLDER / "long.mjpeg", "rb") as file:
    HEADER = header_of(file.read(int(file.read(5))))


def ask_range(choice, frames):
    scale, start = choice.choice(SCALES), choice.randrange(frames)
    end = max(0, start + choice.randrange(1, 200) * (1 if scale > 0 else -1))
    asked = {"Range": f"npt={start / RATE:.3f}-" + (f"{end / RATE:.3f}" if choice.random() < 0.6 else "")}
    if scale != 1:
        asked["Scale"] = scale
    if choice.random() < 0.3:
        asked["Speed"] = choice.choice((0.5, 1, 2, 4))
    return "PLAY", asked


def ask_step(choice, frames):
    at, back = choice.randrange(1, frames - 1), choice.random() < 0.5
    asked = {"Range": f"npt={at / RATE:.3f}-{(at - 1 if back else at + 1) / RATE:.3f}"}
    return "PLAY", asked | ({"Scale": -1} if back else {})


def ask_rate(choice, _):
    return "PLAY", {"Scale": choice.choice(SCALES)}


def ask_pause_later(choice, frames):
    return "PAUSE", {"Range": f"npt={choice.randrange(frames) / RATE:.3f}"}


ASK = (ask_range, ask_range, ask_range, ask_step, ask_rate, ask_pause_later, lambda choice, frames: ("PLAY", {}),
       lambda choice, frames: ("PAUSE", {}), lambda choice, frames: ("PLAY", {"Range": "npt=5-5"}))


def request(player, method, asked):
    """What the reply to a PLAY promises: sequence number, RTP time, media time and scale; None when it is refused."""
    player.send(method, **asked)
    reply = player.message()
    assert re.match("RTSP/1.0 (200|457) ", reply), f"{method} {asked}: {reply}"
    info = re.search(r";seq=(\d+);rtptime=(\d+)", reply)
    if info is None:
        return None
    scale = re.search(r"\r\nScale: (\S+)", reply)
    start = re.search(r"\r\nRange: npt=([\d.]+)-", reply).group(1)
    return int(info.group(1)), int(info.group(2)), float(start), float(scale.group(1)) if scale else 1.0


def frames_of(blocks):
    """First sequence number, RTP time and scan of each frame; no packet may be missing."""
    found, last = [], None
    for channel, data in blocks:
        if channel != 0:
            continue
        seq, ts = struct.unpack(">HI", data[2:8])
        assert last is None or seq == (last + 1) & 0xffff, f"packet {seq} follows {last}"
        last, body = seq, data[20:]
        if data[13:16] == b"\0\0\0":
            body = body[4 + struct.unpack(">H", body[2:4])[0]:]
            found.append((seq, ts, bytearray()))
        assert ts == found[-1][1] and int.from_bytes(data[13:16], "big") == len(found[-1][2])
        found[-1][2].extend(body)
    return found


def check(promises, found, frames):
    """Each frame is what the PLAY before it promised, and no RTP time is left out."""
    shown = numbers(decode_gray([HEADER + bytes(scan) for _, _, scan in found]))
    due = {promise[0]: promise for promise in promises} # of several before the same packet the last one counts
    promise = None
    for i, (seq, ts, _) in enumerate(found):
        promise = due.get(seq, promise)
        _, rtptime, start, scale = promise
        assert seq != promise[0] or ts == rtptime, f"{promise}: the first packet has the RTP time {ts}"
        want = (start + scale * ((ts - rtptime) & 0xffffffff) / 90000) * RATE
        off = (want - shown[i]) % frames
        assert min(off, frames - off) < 0.05, f"{promise}: frame {shown[i]} at the time of {want:.2f}"
        assert i == 0 or (ts - found[i - 1][1]) & 0xffffffff <= 90000, "a gap in RTP time"


def wander(kind, reel, frames, loop, seed):
    choice = random.Random(seed)
    with Daemon(FOLDER, "-o", f"media.frame_rate={RATE}", "-o", f"media.loop={loop}") as daemon, \
            kind(daemon, reel) as player:
        promises = []
        for _ in range(REQUESTS):
            promises.append(request(player, *choice.choice(ASK)(choice, frames)))
            player.collect(choice.choice((0, 0, 0.001, 0.02, 0.06, 0.15)))
        player.collect(0.3)
    found = frames_of(player.blocks)
    assert len(found) > REQUESTS / 2, f"only {len(found)} frames came"
    check([p for p in promises if p is not None], found, frames)


@realtime
def test_tcp():
    wander(Player, "long.mjpeg", 1500, "no", 1)


@realtime
def test_udp():
    wander(UdpPlayer, "long.mjpeg", 1500, "no", 2)


@realtime
def test_a_short_reel():
    wander(Player, "short.mjpeg", 10, "no", 3)


@realtime
def test_a_loop_over_udp():
    wander(UdpPlayer, "short.mjpeg", 10, "yes", 4)


run_tests({k: v for k, v in globals().items() if k.startswith("test_")})
