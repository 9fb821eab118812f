#!/usr/bin/env python3
"""Replays every corpus in an instrumented build and prints the line coverage of the parsers: coverage.py BUILD-DIR.

Exit status 1 when the total of shared/proto, shared/jpeg and shared/media is below LEAST percent.
"""
import json
import os
import pathlib
import subprocess
import sys

LEAST = 90.0
ROOMS = ("shared/proto", "shared/jpeg", "shared/media")
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def replay(build):
    """Runs every target over its corpus; returns the programs and their profiles."""
    programs, profiles = [], []
    for source in sorted((SOURCE / "tests/fuzz").glob("fuzz_*.c")):
        program = build / "bin" / source.stem
        profile = build / f"{source.stem}.profraw"
        corpus = SOURCE / "tests/fuzz/corpus" / source.stem.removeprefix("fuzz_")
        subprocess.run([program, corpus], check=True, stdout=subprocess.DEVNULL,
                       env=dict(os.environ, LLVM_PROFILE_FILE=str(profile)))
        programs.append(str(program))
        profiles.append(str(profile))
    return programs, profiles


def files_of(build, programs, profiles):
    """(path, lines covered, lines) of every file in the rooms."""
    merged = build / "coverage.profdata"
    subprocess.run(["llvm-profdata", "merge", "-sparse", "-o", merged, *profiles], check=True)
    objects = [word for program in programs[1:] for word in ("-object", program)]
    done = subprocess.run(["llvm-cov", "export", "-summary-only", f"-instr-profile={merged}", programs[0], *objects],
                          check=True, capture_output=True)
    for entry in json.loads(done.stdout)["data"][0]["files"]:
        path = os.path.relpath(entry["filename"], SOURCE)
        if path.startswith(ROOMS) and entry["summary"]["lines"]["count"] > 0:
            yield path, entry["summary"]["lines"]["covered"], entry["summary"]["lines"]["count"]


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    programs, profiles = replay(build)
    rows = sorted(files_of(build, programs, profiles))
    for path, covered, count in rows:
        print(f"{path:40} {covered:5} of {count:5} lines {100 * covered / count:6.1f} %")
    covered = sum(row[1] for row in rows)
    count = max(1, sum(row[2] for row in rows))
    percent = 100 * covered / count
    print(f"{'total':40} {covered:5} of {count:5} lines {percent:6.1f} %")
    if percent < LEAST:
        sys.exit(f"coverage: {percent:.1f} % is below {LEAST:.0f} %")


main()
