#!/usr/bin/python3
"""Measures the player on terminals: terminal.py [--only ROW[,ROW...]] [--quick] [--film FILE] [--lab FILE] [--list]

Each row plays a film of 1920x1080 at 24 frames a second, every frame with its number in it, and says what came of it beside what is
required. --film names one (or KIN_FILM in the environment); else video/bunny-720p.mjpeg is scaled up. --lab (KIN_LAB) names a reel of the
university lab for the row `jpeg`; else one as large is made. Exits 1 when a requirement is not met.
"""
import argparse
import os
import pathlib
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import Others  # noqa: E402
from terminal_rows import Line, measure_cells, measure_jpeg, measure_lines, measure_stall  # noqa: E402
from terminal_runs import Reels  # noqa: E402
from terminal_stills import measure_still  # noqa: E402
from terminal_windows import measure_windows  # noqa: E402

FILM_S, FULL_S, QUICK_S = 30, 26, 12
ROWS = {"cells": measure_cells, "lines": measure_lines, "stall": measure_stall, "jpeg": measure_jpeg, "still": measure_still, "windows": measure_windows}


def say(line):
    verdict = "" if line.holds is None else "yes: " if line.holds else "NO: "
    print(f"  {line.what:44} {line.measured:58} {verdict}{line.required}".rstrip(), flush=True)


def run_row(name, reels, quick):
    """Its lines; one that fails says why."""
    begin, others, lines = time.monotonic(), Others(), []
    print(f"{name}: {ROWS[name].__doc__}", flush=True)
    try:
        for line in ROWS[name](reels, QUICK_S if quick else FULL_S, quick):
            lines.append(line)
            say(line)
    except Exception as error:  # pylint: disable=broad-except
        lines.append(Line(name, f"{type(error).__name__}: {error}", "a measurement", False))
        say(lines[-1])
    print(f"  ({time.monotonic() - begin:.0f} s, others took {others.processors():.1f} processors)\n", flush=True)
    return lines


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(ROWS), help=f"of {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="shorter, and some of it (about 5 minutes instead of 12)")
    parser.add_argument("--film", default=os.environ.get("KIN_FILM", ""), help="a film of 24 frames a second, 30 s or more")
    parser.add_argument("--lab", default=os.environ.get("KIN_LAB", ""), help="a reel in the lab format")
    parser.add_argument("--list", action="store_true", help="the rows")
    args = parser.parse_args()
    args.only = args.only.split(",")
    unknown = [name for name in args.only if name not in ROWS]
    if unknown:
        parser.error(f"there is no {unknown[0]}")
    return args


def main():
    args = arguments()
    if args.list:
        for name, row in ROWS.items():
            print(f"{name:8}  {row.__doc__}")
        return
    with tempfile.TemporaryDirectory(prefix="kinora-terminal-") as folder:
        reels = Reels(pathlib.Path(folder), FILM_S, args.film, args.lab)
        lines = [line for name in args.only for line in run_row(name, reels, args.quick)]
    judged = [line for line in lines if line.holds is not None]
    missed = [line for line in judged if not line.holds]
    for line in missed:
        print(f"not met: {line.what}: {line.measured}, required {line.required}")
    print(f"terminal: {len(judged) - len(missed)} of {len(judged)} requirements met")
    sys.exit(1 if missed else 0)


main()
