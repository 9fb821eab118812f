#!/usr/bin/env python3
"""Joins, leaves, seeks and aborts over UDP and TCP for minutes: kinorad's memory and descriptors stay where they are.

soak.py [--minutes N] [--viewers N] [--seed N]: a line a minute and a plot; exits 1 when memory rises or a descriptor is
left behind. The last five minutes are judged, of a shorter run its second half: before that caches fill, and the
allocator finds its size. Pictures are small, so that what viewers have not read yet is little beside a leak.
"""
import argparse
import pathlib
import random
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon  # noqa: E402
from plot import sparkline  # noqa: E402
from rtsp_play import Player, UdpPlayer  # noqa: E402

SLOPE_MAX = 0.1  # KiB/s
JUDGED_S = 300   # the last seconds, which are judged
LEAVES = ("teardown", "close", "reset", "half a request", "before PLAY")
REELS = (("small", 320, 240), ("middle", 640, 360), ("wide", 2064, 64))  # the last is one that RFC 2435 has no size for
OPTIONS = ("server.session_timeout=2s", "server.idle_timeout=2s", "media.cache_size=8MiB", "media.index_dir=",
           "log.level=warning", "media.loop=yes")


def make_media(folder):
    for name, width, height in REELS:
        subprocess.run([BIN / "kinora-prep", "pattern", f"{folder}/{name}.mjpeg", "--size", f"{width}x{height}", "--fps",
                        "25", "--frames", "100", "--quality", "60"], check=True, capture_output=True)


class Viewer(threading.Thread):
    """Comes and goes, over and over."""

    def __init__(self, daemon, seed, over, counts):
        super().__init__()
        self.daemon_under_test, self.choice, self.over, self.counts = daemon, random.Random(seed), over, counts
        self.error = None

    def count(self, what):
        self.counts[what] = self.counts.get(what, 0) + 1

    def watch(self, player):
        player.collect(self.choice.uniform(0.05, 0.6))
        player.blocks = []

    def leave(self, player, how):
        if how == "teardown":
            player.request("TEARDOWN")
        elif how == "half a request":
            player.socket.sendall(b"PAUSE rtsp://127.0.0.1/")
        elif how == "reset":
            player.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        player.close()

    def visit(self):
        kind, how = self.choice.choice((Player, UdpPlayer)), self.choice.choice(LEAVES)
        player = kind(self.daemon_under_test, self.choice.choice(REELS)[0] + ".mjpeg")
        self.count("joins")
        if how != "before PLAY":
            player.request("PLAY", Range="npt=0-")
            self.watch(player)
            for _ in range(self.choice.randrange(3)):
                scale = self.choice.choice((1, 2, -1, 0.5))
                player.request("PLAY", Range=f"npt={self.choice.uniform(0.5, 3.5):.3f}-", Scale=scale)
                self.count("seeks")
                self.watch(player)
        self.leave(player, how)
        self.count("leaves" if how == "teardown" else "aborts")

    def run(self):
        try:
            while not self.over.is_set():
                self.visit()
        except Exception as error:  # pylint: disable=broad-except
            self.error = error
            self.over.set()


def slope(samples):
    """Least squares: the rise per second of samples that are a second apart."""
    n = len(samples)
    middle, mean = (n - 1) / 2, sum(samples) / n
    return sum((i - middle) * (y - mean) for i, y in enumerate(samples)) / sum((i - middle) ** 2 for i in range(n))


def settled(measure, want, seconds=20):
    """Waits for a measure to come down to `want`; returns it."""
    end = time.monotonic() + seconds
    while measure() > want and time.monotonic() < end:
        time.sleep(0.1)
    return measure()


def sample(daemon, seconds, over, counts):
    """RSS in KiB and descriptors, once a second."""
    rss, descriptors, begin = [], [], time.monotonic()
    for second in range(seconds):
        over.wait(max(0, begin + second + 1 - time.monotonic()))
        if over.is_set():
            break
        rss.append(daemon.rss_kib())
        descriptors.append(daemon.descriptors())
        if (second + 1) % 60 == 0 or second + 1 == seconds:
            done = "  ".join(f"{counts.get(what, 0):7} {what}" for what in ("joins", "leaves", "seeks", "aborts"))
            print(f"{second + 1:5} s  {rss[-1]:7} KiB  {descriptors[-1]:4} descriptors  {done}", flush=True)
    return rss, descriptors


def fill_caches(daemon):
    """What is kept for good (indexes, with the files they are of) is there before anything is counted."""
    for name, _, _ in REELS:
        with Player(daemon, f"{name}.mjpeg") as player:
            player.request("PLAY")
            player.collect(5)
            player.request("TEARDOWN")


def soak(daemon, args):
    over, counts = threading.Event(), {}
    idle = daemon.descriptors()
    fill_caches(daemon)
    before = settled(daemon.descriptors, idle + len(REELS))
    viewers = [Viewer(daemon, args.seed + i, over, counts) for i in range(args.viewers)]
    for viewer in viewers:
        viewer.start()
    rss, descriptors = sample(daemon, round(args.minutes * 60), over, counts)
    over.set()
    for viewer in viewers:
        viewer.join()
    after = settled(daemon.descriptors, before)
    errors = [viewer.error for viewer in viewers if viewer.error is not None]
    return rss, descriptors, before, after, errors


def report(rss, descriptors, before, after):
    """Says what was found; True when it is good."""
    judged = rss[-min(JUDGED_S, max(2, len(rss) // 2)):]
    rise = slope(judged)
    print(f"memory       {sparkline(rss)}  {min(rss)} to {max(rss)} KiB")
    print(f"descriptors  {sparkline(descriptors)}  {min(descriptors)} to {max(descriptors)}, "
          f"{before} before the first viewer, {after} after the last")
    print(f"slope        {rise:+.3f} KiB/s over the last {len(judged)} s (allowed: below {SLOPE_MAX})")
    return rise < SLOPE_MAX and after == before


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--viewers", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="kinora-soak-") as folder:
        make_media(folder)
        options = [word for option in OPTIONS for word in ("-o", option)]
        with Daemon(folder, *options) as daemon:
            print(f"{args.viewers} viewers come and go for {args.minutes:g} minutes", flush=True)
            rss, descriptors, before, after, errors = soak(daemon, args)
    for error in errors:
        print(f"a viewer failed: {type(error).__name__}: {error}")
    good = not errors and report(rss, descriptors, before, after)
    print("soak: memory and descriptors stay where they are" if good else "soak: FAILED")
    sys.exit(0 if good else 1)


main()
