#!/usr/bin/env python3
"""Every container that ffmpeg writes, and stills: served complete, with the pixels of the file; indexes kept on disk."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, VIDEO, need, read_lab_reel, run_tests  # noqa: E402

need("ffmpeg")
FRAMES, RATE = 24, "24000/1001"
# name: what ffmpeg needs to write it, what it needs to read it
CONTAINERS = {
    "clip.avi": ((), ()),
    "clip.mov": ((), ()),
    "clip.mp4": ((), ()),
    "faststart.mp4": (("-movflags", "faststart"), ()),
    "fragments.mp4": (("-movflags", "frag_keyframe+empty_moov"), ()),
    "clip.mkv": ((), ()),
    "live.mkv": (("-live", "1"), ()),
    "clip.mjpeg": (("-f", "mjpeg"), ("-f", "mjpeg")),
    "clip.multipart": (("-f", "mpjpeg"), ("-f", "mpjpeg")),
}


def run(*command, seconds=120):
    return subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds,
                          check=False)


def make_clips(folder):
    """The same picture in every container, and a directory of stills."""
    source = ("-f", "lavfi", "-i", f"testsrc2=size=320x240:rate={RATE}", "-frames:v", str(FRAMES), "-pix_fmt", "yuvj420p",
              "-c:v", "mjpeg", "-huffman", "default", "-force_duplicated_matrix", "1", "-q:v", "5")
    (folder / "stills").mkdir()
    for name, options in [(n, o[0]) for n, o in CONTAINERS.items()] + [("stills/%d.jpg", ("-f", "image2"))]:
        done = run("ffmpeg", "-nostdin", "-v", "error", "-y", *source, *options, folder / name)
        assert done.returncode == 0, f"{name}: {done.stderr.decode()}"


def hashes(*source):
    done = run("ffmpeg", "-nostdin", "-v", "error", *source, "-fps_mode", "passthrough", "-f", "framemd5", "-")
    lines = [line.split(",")[-1].strip() for line in done.stdout.decode().splitlines() if line and line[0] != "#"]
    return lines, done.stderr.decode()


def probe(url):
    done = run(BIN / "kinora", "probe", "--json", url)
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    return json.loads(done.stdout)


def listing(daemon):
    return {e["name"]: e for e in json.loads(run(BIN / "kinora", "ls", "--json", daemon.url).stdout)["entries"]}


def check_reel(daemon, name, read):
    report = probe(daemon.url + name)
    assert report["frames"]["complete"] == report["frames"]["expected"] == FRAMES, f"{name}: {report['frames']}"
    want, said = hashes(*read)
    assert len(want) == FRAMES, f"{name}: ffmpeg reads {len(want)} frames of the file: {said}"
    got, said = hashes("-rtsp_transport", "tcp", "-i", daemon.url + name)
    assert got == want, f"{name}: pixels differ: {len(got)} of {len(want)} frames; {said}"


def test_every_container_is_served_with_its_own_pixels():
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        make_clips(folder)
        with Daemon(folder, "-o", f"media.frame_rate={RATE}", "-o", "media.index_dir=") as daemon:
            entries = listing(daemon)
            assert set(entries) == set(CONTAINERS) | {"stills"}, sorted(entries)
            for name, entry in entries.items():
                assert (entry["type"], entry["frames"], entry["width"]) == ("reel", FRAMES, 320), entry
                assert abs(entry["fps"] - 23.976) < 0.01 and abs(entry["duration"] - 1.001) < 0.002, entry
            for name, (_, read) in CONTAINERS.items():
                check_reel(daemon, name, (*read, "-i", folder / name))
            check_reel(daemon, "stills", ("-f", "image2", "-framerate", RATE, "-i", folder / "stills/%d.jpg"))


def test_a_broken_frame_is_left_out_and_named():
    """Regression: one bad sample ended a MOV reel, and the log named no reel."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        make_clips(folder)
        for name in ("clip.avi", "clip.mov", "clip.mkv"):
            data = bytearray((folder / name).read_bytes())
            jpegs = [at for at in range(len(data) - 2) if data[at:at + 3] == b"\xff\xd8\xff"]
            assert len(jpegs) == FRAMES, f"{name}: {len(jpegs)}"
            data[jpegs[9]:jpegs[9] + 600] = bytes(600)
            (folder / name).write_bytes(data)
            said = run(BIN / "kinora-prep", "info", folder / name).stdout.decode()
            assert said.count(", the first is number 10; ") == 1, said
            report = json.loads(run(BIN / "kinora-prep", "info", "--json", folder / name).stdout)[0]
            key, first, line = (("broken_frames", "first_broken_frame", "broken     1 frame of the index") if name == "clip.mov"
                                else ("left_out_frames", "first_left_out", "left out   1 broken frame"))
            assert line in said and (report[key], report[first]) == (1, 10), f"{said}{report}"
            assert report["broken_frames"] + report["left_out_frames"] == 1, report
        with Daemon(folder, "-o", "media.index_dir=") as daemon:
            for name, words, number in (("clip.avi", "reel has damage path", "first_left_out=10"),
                                        ("clip.mov", "frame skipped reel", "frame=10 "),
                                        ("clip.mkv", "reel has damage path", "first_left_out=10")):
                frames = json.loads(run(BIN / "kinora", "probe", "--json", daemon.url + name).stdout)["frames"]
                assert frames["complete"] == FRAMES - 1, f"{name}: {frames}"
                line = daemon.wait_line(f'{words}="{name}"', 5)
                assert number in line, line


def test_frames_that_last_unequally_are_no_loss():
    """Of 24 frames every fourth is left out and the one before lasts twice as long."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for name in ("uneven.mkv", "uneven.mov"):
            done = run("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=24", "-vf",
                       "select='mod(n+1,4)'", "-frames:v", "18", "-fps_mode", "vfr", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p",
                       folder / name)
            assert done.returncode == 0, done.stderr.decode()
        with Daemon(folder, "-o", "media.index_dir=") as daemon:
            for name in ("uneven.mkv", "uneven.mov"):
                frames = probe(daemon.url + name)["frames"]
                assert (frames["expected"], frames["complete"], frames["lost"]) == (18, 18, 0), f"{name}: {frames}"


def test_a_file_that_grows_is_played_to_its_last_complete_frame():
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        make_clips(folder)
        for name in ("clip.avi", "live.mkv", "fragments.mp4", "clip.mjpeg", "clip.multipart"):
            data = (folder / name).read_bytes()
            grown = folder / "grown"
            shutil.rmtree(grown, ignore_errors=True)
            grown.mkdir()
            with Daemon(grown, "-o", "media.index_dir=") as daemon:
                counts = []
                for part in (0.3, 0.7, 1.0):
                    (grown / name).write_bytes(data[:int(len(data) * part)])
                    counts.append(probe(daemon.url + name)["frames"]["complete"])
                assert 3 <= counts[0] < counts[1] < counts[2] == FRAMES, f"{name}: {counts}"


def test_a_long_build_shows_its_progress_and_is_in_nobodys_way():
    """A reel that nobody reads to its end: one picture and a hole of 256 GiB, which takes no room on the disk."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        shutil.copy(VIDEO / "bunny.mjpeg", folder)
        with open(folder / "long.mjpeg", "wb") as reel:
            reel.write(read_lab_reel(VIDEO / "bunny.mjpeg")[0])
            reel.truncate(256 << 30)
        with Daemon(folder, "-o", "media.index_dir=") as daemon:
            seen = []
            while len(seen) < 3 or (seen[-1] == 0 and len(seen) < 20):
                begin = time.monotonic()
                entries = listing(daemon)
                assert time.monotonic() - begin < 20, "a listing waits for the index" # which would take minutes
                assert entries["bunny.mjpeg"]["frames"] == 240, entries
                long = entries["long.mjpeg"]
                assert set(long) == {"name", "type", "indexing", "bytes"} and long["bytes"] == 256 << 30, long
                seen.append(long["indexing"])
            assert seen == sorted(seen) and 0 < seen[-1] < 1, seen
            line = daemon.wait_line('indexing path="long.mjpeg" done=', 20)
            assert 0 <= int(line.rstrip().rstrip("%").split("=")[-1]) < 100, line
            other = run(BIN / "kinora", "probe", "--duration", "1", daemon.url + "bunny.mjpeg")
            assert other.returncode == 0, "another reel cannot be played meanwhile: " + other.stderr.decode()
            begin = time.monotonic()
            daemon.stop()
            assert time.monotonic() - begin < 10, "the build holds up the end"


def test_indexes_are_kept_on_disk():
    with tempfile.TemporaryDirectory() as place:
        media, kept = pathlib.Path(place, "media"), pathlib.Path(place, "kept")
        media.mkdir()
        kept.mkdir()
        shutil.copy(VIDEO / "bunny.mjpeg", media)
        options = ("-o", f"media.index_dir={kept}")

        def count():
            with Daemon(media, *options) as daemon:
                return listing(daemon)["bunny.mjpeg"]["frames"]

        frames = count()
        files = os.listdir(kept)
        assert len(files) == 1 and files[0].endswith(".kinindex"), files
        index = kept / files[0]
        first = index.stat().st_ino
        assert count() == frames and index.stat().st_ino == first, "a sound index was made again"
        index.write_bytes(index.read_bytes()[:-5] + b"wrong")
        assert count() == frames and index.stat().st_ino != first, "a damaged index was not made again"
        second = index.stat().st_ino
        with open(media / "bunny.mjpeg", "ab") as reel:
            reel.write(b"\n")
        assert count() == frames and index.stat().st_ino != second, "a stale index was not made again"
        with Daemon(media, "-o", f"media.index_dir={place}/missing") as daemon:
            assert listing(daemon)["bunny.mjpeg"]["frames"] == frames
        assert sum("[media] index_dir: " in line for line in daemon.lines) == 1, daemon.lines


run_tests(globals())
