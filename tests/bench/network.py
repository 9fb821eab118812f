#!/usr/bin/env python3
"""Plays over bad networks and says what is left: network.py [ROW...] [--seconds N] [--jobs N] [--modes MODE,...] [--list]

Each network is made between two namespaces (tests/lib/netns.py), with kinorad in one and kinora probe in the other, which
plays a reel of N seconds (720p, 24 frames/s, about 15 Mbit/s) with a cache of 30 frames: as it is ("default"), with
--no-retransmit, interleaved in TCP (cubic), and with --fec where that is meant to help. What is required is judged of the default, or of
the mode that the row is about; a frame that is not complete is not there. Exits 1 when a requirement is not met.
"""
import argparse
import concurrent.futures
import pathlib
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import netns  # noqa: E402
from network_rows import PLAYERS, ROWS  # noqa: E402
from network_runs import MODES, Bench, Reels, Run, play  # noqa: E402
from plot import sparkline  # noqa: E402

COLUMNS = (("network", 31), ("mode", 13), ("frames", 6), ("lost", 5), ("partial", 7), ("late", 5), ("underruns", 9),
           ("pkts lost", 9), ("recovered", 9), ("asked", 6), ("again", 6), ("Mbit/s", 6))
PLAYERS_INTACT = 0.99
SEATS = tuple((server, player) for player in ("GStreamer", "ffmpeg") for server in ("kinorad", "gst-rtsp-server"))


class Progress:
    """A line for each run that ended."""

    def __init__(self, total):
        self.total, self.done, self.begin, self.lock = total, 0, time.monotonic(), threading.Lock()

    def say(self, text):
        with self.lock:
            self.done += 1
            print(f"[{self.done:2}/{self.total}] {time.monotonic() - self.begin:4.0f} s  {text}", flush=True)


def measure(reels, row, mode, progress):
    try:
        run = Bench(reels, row).run(mode)
    except Exception as error:  # pylint: disable=broad-except
        run = Run(row, mode, reels.seconds, {"message": f"{type(error).__name__}: {error}"})
    what = f"{run.of('frames', 'complete', 0)} of {run.of('frames', 'expected', 0)} frames complete"
    progress.say(f"{row.title}, {mode}: {what if 'frames' in run.report else run.report.get('message')}")
    return run


def measure_player(reels, seat, progress):
    try:
        share, why = play(reels, PLAYERS, *seat)
    except Exception as error:  # pylint: disable=broad-except
        share, why = None, f"{type(error).__name__}: {error}"
    said = f"{share[0]} of {share[1]} frames intact, {100 * share[0] / share[1]:.1f} %" if share else why
    progress.say(f"{PLAYERS.title}, {seat[1]} on {seat[0]}: {said}")
    return said, bool(share) and share[0] >= PLAYERS_INTACT * share[1]


def in_parallel(jobs, tasks):
    """Results in the order of the tasks, those that need the machine for themselves one by one at the end."""
    results = {}
    for workers, alone in ((jobs, False), (1, True)):
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            found = {i: pool.submit(work) for i, (work, needs_all) in enumerate(tasks) if needs_all == alone}
        results.update((i, future.result()) for i, future in found.items())
    return [results[i] for i in range(len(tasks))]


# --- saying it

def verdict(run):
    """None where nothing is required, else what is wrong."""
    if run.mode != run.row.judged:
        return None
    if "frames" not in run.report:
        return run.report.get("message", "no report")
    return run.row.judge(run)


def cells(run):
    def count(group, name):
        value = run.of(group, name)
        return "-" if value is None else value
    share = run.retransmitted
    return (run.row.title, run.mode, count("frames", "expected"), count("frames", "lost"), count("frames", "partial"),
            count("frames", "late"), count("cache", "underruns"), count("packets", "lost"), count("packets", "recovered"),
            count("packets", "requested"), "-" if share is None else f"{100 * share:.1f} %",
            f"{run.report.get('throughput_bps', 0) / 1e6:.1f}")


def line(values):
    padded = (f"{value!s:<{width}}" if i < 2 else f"{value!s:>{width}}" for i, (value, (_, width)) in enumerate(zip(values, COLUMNS)))
    return "  ".join(padded)


def notes(run):
    found = [run.note] if run.note else []
    dropped = run.of("packets", "kernel_dropped", 0)
    if dropped:
        found.append(f"{dropped} packets dropped by the client's own socket")
    if run.report.get("status") == "failed":
        found.append(run.report.get("message", "failed"))
    return found


def print_table(runs):
    print("\n" + line([name for name, _ in COLUMNS]) + "  required")
    failed = 0
    for run in runs:
        wrong = verdict(run)
        failed += bool(wrong)
        said = "" if wrong is None else f"NO: {wrong}" if wrong else f"yes: {run.row.required}"
        print(line(cells(run)) + "  " + said)
        for note in notes(run):
            print(f"{'':31}  {note}")
    return failed


def print_plots(runs):
    shown = [run for run in runs if run.timeline]
    if shown:
        print("\nframes in the cache, second by second")
    for run in shown:
        fill = [second.get("cache", 0) for second in run.timeline]
        print(f"{run.row.title:31}  {run.mode:13}  {sparkline(fill)}  {min(fill)} to {max(fill)}")


def print_players(results):
    """How many of those on kinorad fell short."""
    failed = 0
    if results:
        print(f"\nplayers of others, {PLAYERS.title}")
    for (server, player), (text, enough) in zip(SEATS, results):
        judged = server == "kinorad"
        failed += judged and not enough
        print(f"{player:10} on {server:16} {text}" + (f"  {'yes' if enough else 'NO'}: {PLAYERS.required}" if judged else ""))
    return failed


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="of these networks only (see --list)")
    parser.add_argument("--seconds", type=int, default=60, help="of the reel (60)")
    parser.add_argument("--jobs", type=int, default=4, help="runs at a time (4)")
    parser.add_argument("--modes", default=",".join(MODES), help=f"of {', '.join(MODES)}")
    parser.add_argument("--list", action="store_true", help="the networks")
    args = parser.parse_args()
    args.modes = args.modes.split(",")
    names = [row.name for row in (*ROWS, PLAYERS)]
    unknown = [name for name in args.rows if name not in names] + [mode for mode in args.modes if mode not in MODES]
    if unknown or args.seconds < 5 or args.jobs < 1:
        parser.error(f"there is no {unknown[0]}" if unknown else "--seconds takes 5 or more, --jobs 1 or more")
    args.rows = args.rows or names
    return args


def main():
    args = arguments()
    if args.list:
        for row in (*ROWS, PLAYERS):
            print(f"{row.name:8}  {row.title:31}  {row.required}")
        return
    netns.begin()
    with tempfile.TemporaryDirectory(prefix="kinora-network-") as folder:
        reels = Reels(pathlib.Path(folder), args.seconds)
        reels.make_all()
        wanted = [(row, mode) for row in ROWS if row.name in args.rows for mode in args.modes if mode in row.modes]
        seats = SEATS if PLAYERS.name in args.rows else ()
        progress = Progress(len(wanted) + len(seats))
        tasks = [(lambda row=row, mode=mode: measure(reels, row, mode, progress), row.alone) for row, mode in wanted]
        tasks += [(lambda seat=seat: measure_player(reels, seat, progress), False) for seat in seats]
        results = in_parallel(args.jobs, tasks)
    runs = results[:len(wanted)]
    failed = print_table(runs)
    print_plots(runs)
    failed += print_players(results[len(wanted):])
    judged = sum(verdict(run) is not None for run in runs) + sum(server == "kinorad" for server, _ in seats)
    print(f"\nnetwork: {judged - failed} of {judged} requirements met")
    sys.exit(1 if failed else 0)


main()
