#!/usr/bin/python3
"""Measures what serving costs: server.py [--only ROW[,ROW...]] [--runs N] [--seconds N] [--film FILE] [--list]

A server on one processor, all of its viewers (tests/lib/viewers.c) on another, both in network namespaces of their own, and in real time
(SCHED_RR) where that is allowed, so that other programs disturb them less; beside kinorad a bare sender (tests/lib/floor.c) and gst-rtsp-server, in turn. Each row answers a
question with a table: medians of the runs, with the least and the most. --film names a film to make the reels of, 20 s or more; else it is
video/bunny-720p.mjpeg with some noise. Exits 1 when a requirement is not met.
"""
import argparse
import contextlib
import datetime
import os
import pathlib
import platform
import re
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import netns  # noqa: E402
from kin import Others  # noqa: E402
from line import Line  # noqa: E402
from server_rows import ROWS, Bench, Table  # noqa: E402
from server_runs import Reels  # noqa: E402


def machine():
    cpus = re.findall(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text()) or [platform.machine()]
    return f"{cpus[0]}, {os.cpu_count()} processors, Linux {platform.release()}, {datetime.date.today().isoformat()}"


def cell(runs, column):
    """The median, and the least and the most where they differ."""
    values = sorted(value for value in map(column.value, runs) if value is not None)
    if not values:
        return "-"
    middle = (values[(len(values) - 1) // 2] + values[len(values) // 2]) / 2
    shown = [f"{value:.{column.digits}f}" for value in (middle, values[0], values[-1])]
    return shown[0] if shown[1] == shown[2] else f"{shown[0]} ({shown[1]}-{shown[2]})"


def print_table(table):
    print("| " + " | ".join(["", *(column.title for column in table.columns)]) + " |")
    print("|---" * (len(table.columns) + 1) + "|")
    for name, runs in table.runs.items():
        print("| " + " | ".join([name, *(cell(runs, column) for column in table.columns)]) + " |")
    print(flush=True)


def run_row(name, bench):
    """Its lines; one that fails says why."""
    begin, others, lines = time.monotonic(), Others(), []
    print(f"### {name}: {ROWS[name].__doc__}\n", flush=True)
    try:
        for part in ROWS[name](bench):
            if isinstance(part, Table):
                print_table(part)
            else:
                lines.append(part)
    except Exception as error:  # pylint: disable=broad-except
        lines.append(Line(name, f"{type(error).__name__}: {error}", "a measurement", False))
    for line in lines:
        print(f"- {'yes' if line.holds else 'NO'}: {line.what} {line.measured}, required {line.required}")
    print(f"\n({time.monotonic() - begin:.0f} s, others took {others.processors():.1f} processors)\n", flush=True)
    return lines


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(ROWS), help=f"of {', '.join(ROWS)}")
    parser.add_argument("--runs", type=int, default=3, help="of each server (3)")
    parser.add_argument("--seconds", type=float, default=8, help="of each run that count (8)")
    parser.add_argument("--film", default=os.environ.get("KIN_FILM", ""), help="a film of 20 s or more")
    parser.add_argument("--list", action="store_true", help="the rows")
    args = parser.parse_args()
    args.only = args.only.split(",")
    unknown = [name for name in args.only if name not in ROWS]
    if unknown or args.runs < 1 or not 1 <= args.seconds <= 15:
        parser.error(f"there is no {unknown[0]}" if unknown else "--runs takes 1 or more, --seconds 1 to 15")
    return args


def main():
    args = arguments()
    if args.list:
        for name, row in ROWS.items():
            print(f"{name:8}  {row.__doc__}")
        return
    netns.begin(tun=False)
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))  # and all that is started
    with tempfile.TemporaryDirectory(prefix="kinora-server-") as folder:
        bench = Bench(Reels(pathlib.Path(folder), args.film), args.runs, args.seconds)
        print(f"Medians of {args.runs} runs (least-most). {machine()}\n", flush=True)
        lines = [line for name in args.only for line in run_row(name, bench)]
    missed = sum(not line.holds for line in lines)
    print(f"server: {len(lines) - missed} of {len(lines)} requirements met")
    sys.exit(1 if missed else 0)


main()
