#!/usr/bin/env python3
"""kin-test: realtime. A large reel that has to be rewritten for standard players is on time from its first play on, and
costs later viewers no more than a reel that needs no repair."""
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, VIDEO, need, realtime, run_tests  # noqa: E402

need("ffmpeg")
INTERVAL_MS, TOLERANCE_MS = 1000 / 24, 3.0
FRAMES = 240
VIEWERS = 4
TOO_SLOW_PERCENT = 80  # of a processor for rewriting: one thread has to keep up, beside a viewer and others
DEARER = 1.5  # of CPU time: more than this is more (a repair costs ten times as much)
PLACE = tempfile.TemporaryDirectory(prefix="kinora-pace-")
MEDIA = pathlib.Path(PLACE.name)


def make(name, huffman):
    subprocess.run(["ffmpeg", "-v", "error", "-stream_loop", "-1", "-f", "mjpeg", "-r", "24", "-i", VIDEO / "bunny-720p.mjpeg", "-frames:v", str(FRAMES),
                    "-vf", "scale=3840:2160:flags=fast_bilinear", "-c:v", "mjpeg", "-q:v", "5", "-huffman", huffman,
                    MEDIA / name], check=True)


def reels():
    if not (MEDIA / "plain.avi").exists():
        make("optimal.avi", "optimal")
        make("plain.avi", "default")


def probe(daemon, reel, sessions=1):
    command = [BIN / "kinora", "probe", "--json", "--transport", "udp", "--sessions", str(sessions), f"{daemon.url}{reel}?fmt=jpeg"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)


def cpu_s(daemon):
    """Processor time of all threads, from the scheduler: the ticks of /proc/PID/stat are too coarse."""
    place = pathlib.Path(f"/proc/{daemon.process.pid}/task")
    return sum(int((task / "schedstat").read_text().split()[0]) for task in place.iterdir()) / 1e9


def threads_by_policy(daemon):
    place = f"/proc/{daemon.process.pid}/task"
    policies = [os.sched_getscheduler(int(tid)) for tid in os.listdir(place)]
    return {policy: policies.count(policy) for policy in set(policies)}


def check_complete(report):
    frames = FRAMES * report["sessions"]
    all_there = {"expected": frames, "complete": frames, "partial": 0, "lost": 0, "late": 0, "left_out": 0, "coarser": 0}
    assert report["frames"] == all_there, report["frames"]
    assert report["packets"]["lost"] == 0, report["packets"]


def check_on_time(report):
    """Rewriting that is too slow makes every interval longer; the few longest ones are the machine's."""
    check_complete(report)
    interval = report["frame_interval_ms"]
    assert abs(interval["p50"] - INTERVAL_MS) <= TOLERANCE_MS, f"half of the intervals are within {interval['p50']} ms, not {INTERVAL_MS:.1f} +- {TOLERANCE_MS}"
    return interval["p99"]


def share_of_a_processor():
    """Percent that rewriting this reel takes, here and now."""
    done = subprocess.run([BIN / "kinora-prep", "info", "--json", MEDIA / "optimal.avi"], capture_output=True, text=True, timeout=120, check=True)
    return json.loads(done.stdout)[0]["repair_core_percent"]


def where_it_can_be(test):
    """A machine that is too slow to rewrite the frames as fast as they are played has shown nothing."""
    @functools.wraps(test)
    def run():
        try:
            return test()
        except AssertionError:
            share = share_of_a_processor()
            if share < TOO_SLOW_PERCENT:
                raise
            return f"rewriting takes {share:.0f} % of a processor here"
    return run


@realtime
@where_it_can_be
def test_the_first_play_is_on_time():
    reels()
    with Daemon(MEDIA, "-o", "media.index_dir=") as daemon:
        p99 = check_on_time(probe(daemon, "optimal.avi"))
        line = daemon.wait_line("reel is repaired")
        cost = re.search(r"cost_ms=([0-9.]+)", line).group(1)
        policies = threads_by_policy(daemon)
        assert policies.get(os.SCHED_BATCH, 0) >= 2 and policies.get(os.SCHED_OTHER, 0) >= 1, policies
        print(f"first play: p99 of the frame interval {p99:.2f} ms, {cost} ms a frame to repair, threads by policy {policies}")


@realtime
@where_it_can_be
def test_later_viewers_cost_what_a_sound_reel_costs():
    reels()
    with Daemon(MEDIA, "-o", "media.index_dir=", "-o", "media.cache_size=16MiB") as daemon:  # memory for some 40 frames
        spent = {}
        for round_, reel in (("first", "optimal.avi"), ("sound", "plain.avi"), ("later", "optimal.avi")):
            before = cpu_s(daemon)
            check_complete(probe(daemon, reel, 1 if round_ == "first" else VIEWERS))
            spent.setdefault(round_, []).append(cpu_s(daemon) - before)
        sound, later = min(spent["sound"]), min(spent["later"])
        print(f"processor time: first viewer {spent['first'][0]:.2f} s; then {VIEWERS} at once {later:.2f} s, of a sound reel {sound:.2f} s")
        assert later <= DEARER * sound, (later, sound)


def test_the_memory_of_conversions_is_given_back():
    """Fault: up to 32 MiB stayed in the heap of each thread that had converted, for ever."""
    reels()
    with Daemon(MEDIA, "-o", "media.cache_size=1MiB", "-o", "media.index_dir=", "-o", "media.repair_dir=") as daemon:
        for form in ("jpeg", "half"):
            command = ["ffmpeg", "-nostdin", "-v", "quiet", "-rtsp_transport", "tcp", "-i", f"{daemon.url}optimal.avi?fmt={form}",
                       "-t", "2", "-c", "copy", "-f", "null", "-"]
            clients = [subprocess.Popen(command, stdin=subprocess.DEVNULL) for _ in range(3)]
            for client in clients:
                client.wait(timeout=60)
        held = []
        for _ in range(60):  # free memory goes back every five seconds
            time.sleep(0.5)
            held.append(daemon.rss_kib())
            if held[-1] < 16 * 1024:
                break
        print(f"{held[0]} KiB after the last client, {held[-1]} KiB {len(held) / 2} s later")
        assert held[-1] < 16 * 1024, held


if __name__ == "__main__":
    run_tests(globals())
