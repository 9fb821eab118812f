#!/usr/bin/env python3
"""Replays every corpus in an instrumented build and prints the line coverage: coverage.py BUILD-DIR [--missing] [CORPORA].

By file of the rooms of parsers, by room, and for the targets of machines by what each reaches of its own machine.
--missing names the lines that no corpus reaches. CORPORA is another folder than tests/fuzz/corpus, with a folder for each
target. Exit status 1 when a room is below LEAST percent.
"""
import json
import os
import pathlib
import subprocess
import sys

LEAST = 95.0
ROOMS = ("shared/proto", "shared/jpeg", "shared/media")
MACHINES = {"rtsp_server": ("shared/engine/rtsp/rtsp_server",), "rtsp_client": ("shared/engine/rtsp/rtsp_client",),
            "rtp_jpeg": ("shared/engine/rtp/rtp_receiver.c", "shared/engine/rtp/rtp_queue", "shared/engine/rtp/jpeg_"),
            "playout": ("shared/engine/play/playout",),
            "schedule": ("shared/engine/play/play_schedule", "shared/engine/rtp/pacer"),
            "stills": ("shared/media/stills",), "listing_json": ("tui/client/listing_json",),
            "decode": ("tui/picture/decode", "tui/picture/eighth", "tui/picture/turbo"),
            "terminal_input": ("tui/terminal/input", "tui/terminal/probe", "tui/terminal/facts")}
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def replay(build, corpora):
    """Runs every target over its corpus; returns name -> (program, profile)."""
    done = {}
    for source in sorted((SOURCE / "tests/fuzz").glob("fuzz_*.c")):
        program, name = build / "bin" / source.stem, source.stem.removeprefix("fuzz_")
        profile = build / f"{source.stem}.profraw"
        subprocess.run([program, corpora / name], check=True, stdout=subprocess.DEVNULL,
                       env=dict(os.environ, LLVM_PROFILE_FILE=str(profile)))
        done[name] = (str(program), str(profile))
    return done


def export(build, runs):
    """llvm-cov's data of some runs together: path -> entry."""
    merged = build / "coverage.profdata"
    subprocess.run(["llvm-profdata", "merge", "-sparse", "-o", merged, *(profile for _, profile in runs)], check=True)
    objects = [word for program, _ in runs[1:] for word in ("-object", program)]
    done = subprocess.run(["llvm-cov", "export", f"-instr-profile={merged}", runs[0][0], *objects], check=True,
                          capture_output=True)
    return {os.path.relpath(e["filename"], SOURCE): e for e in json.loads(done.stdout)["data"][0]["files"]}


def lines_of(entries, starts):
    """(covered, all) lines of the .c files whose path starts so."""
    found = [e["summary"]["lines"] for path, e in entries.items() if path.startswith(starts) and path.endswith(".c")]
    return sum(lines["covered"] for lines in found), sum(lines["count"] for lines in found)


def missing(entry):
    """Ranges of lines that were never reached, as llvm-cov's segments have them."""
    ranges, since = [], None
    for line, _, count, has_count, *_ in entry["segments"]:
        if has_count and count == 0 and since is None:
            since = line
        elif has_count and count > 0 and since is not None:
            ranges.append(f"{since}-{line}" if line > since else str(since))
            since = None
    return " ".join(ranges)


def row(name, covered, count):
    print(f"{name:40} {covered:5} of {count:5} lines {100 * covered / max(1, count):6.1f} %")
    return 100 * covered / max(1, count)


def main():
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    build, corpora = pathlib.Path(words[0]).resolve(), pathlib.Path(words[1] if len(words) > 1 else SOURCE / "tests/fuzz/corpus")
    runs = replay(build, corpora)
    entries = export(build, list(runs.values()))
    for path in sorted(path for path in entries if path.startswith(ROOMS) and path.endswith(".c")):
        row(path, *lines_of(entries, path))
        if "--missing" in sys.argv and (gaps := missing(entries[path])):
            print(f"    {gaps}")
    for name, starts in MACHINES.items():
        covered, count = lines_of(export(build, [runs[name]]), starts)
        if count == 0:
            sys.exit(f"coverage: no file begins with {', '.join(starts)}")
        row(f"fuzz_{name} of its own files", covered, count)
    short = [room for room in ROOMS if row(room, *lines_of(entries, room + "/")) < LEAST]
    if short:
        sys.exit(f"coverage: below {LEAST:.0f} %: {', '.join(short)}")


main()
