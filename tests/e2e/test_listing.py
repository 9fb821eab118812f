#!/usr/bin/env python3
"""kinora ls: what it makes of a listing, also of reels that are not ready, cannot be sent, or have wide names."""
import json
import os
import pathlib
import re
import shutil
import socketserver
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, VIDEO, run_tests  # noqa: E402

LISTING = (
    '{"path":"/","entries":['
    '{"name":"archive.mjpeg","type":"reel","indexing":0.429,"bytes":98765432100},'
    '{"name":"bunny.mjpeg","type":"reel","width":854,"height":480,"frames":240,"fps":24.0,"duration":59.97,"bytes":4750870},'
    '{"name":"clips","type":"directory"},'
    '{"name":"\u6f22\u5b57.mjpeg","type":"reel","width":640,"height":480,"frames":48,"fps":24.0,"duration":2.0,'
    '"bytes":665103,"problem":"frame 1: lossless coding; not convertible"}]}'
)


class Server(socketserver.StreamRequestHandler):
    """Answers OPTIONS, and every DESCRIBE with the listing."""

    def handle(self):
        lines = []
        for line in self.rfile:
            lines.append(line.decode().strip())
            if lines[-1]:
                continue
            cseq = next(text for text in lines if text.lower().startswith("cseq:"))
            body = LISTING.encode() if lines[0].startswith("DESCRIBE") else b""
            kind = "Content-Type: application/json\r\n" if body else "Public: DESCRIBE\r\n"
            self.wfile.write(f"RTSP/1.0 200 OK\r\n{cseq}\r\n{kind}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            lines = []


def ls(*options, locale="C.UTF-8"):
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Server) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"rtsp://127.0.0.1:{server.server_address[1]}/"
        run = subprocess.run([BIN / "kinora", "ls", *options, url], capture_output=True, text=True, timeout=30,
                             check=False, env={"LC_ALL": locale})
        server.shutdown()
    assert run.returncode == 0 and run.stderr == "", run
    return run.stdout


def test_the_table_says_what_is_known():
    head, archive, bunny, clips, wide = ls().splitlines()
    assert archive.split()[:3] == ["archive.mjpeg", "indexing", "42"], archive
    assert archive.endswith("98.8 GB") and "0x0" not in archive, archive
    assert bunny.split() == ["bunny.mjpeg", "854x480", "24", "00:59.9", "240", "4.75", "MB"], bunny
    assert clips == "clips/", clips
    assert wide.endswith("665 kB  frame 1: lossless coding; not convertible"), wide
    ends = {head.index("size") + 4, archive.index("98.8 GB") + 7, bunny.index("4.75 MB") + 7,
            wide.index("665 kB") + 6 + 2}  # two characters are two columns wide
    assert len(ends) == 1, f"the columns do not stand in line: {ends}"


def test_json_is_what_the_server_sent():
    assert ls("--json") == LISTING + "\n"


def test_the_table_has_the_characters_of_the_locale():
    """With LC_ALL=C UTF-8 came out as it was."""
    wide = ls(locale="C").splitlines()[4]
    assert wide.startswith("??.mjpeg ") and wide.endswith("  (in a URL: %E6%BC%A2%E5%AD%97.mjpeg)"), wide


def test_what_is_listed_opens():
    """Names with controls in them were listed as no URL has them, and an escaped name looked like that of another file."""
    with tempfile.TemporaryDirectory() as folder:
        names = [b"caf\xe9.mjpeg", b"caf%E9.mjpeg", b"a\x01b.mjpeg", b"q?x#y.mjpeg", b"plain.mjpeg"]
        for name in names:
            shutil.copyfile(VIDEO / "bunny.mjpeg", os.path.join(folder.encode(), name))
        with Daemon(folder, "-o", "media.index_dir=") as daemon:
            done = subprocess.run([BIN / "kinora", "ls", daemon.url], capture_output=True, text=True, timeout=30, check=True)
            lines = [re.match(r"(\S+) .*?(?:\(in a URL: (\S+)\))?$", line).groups() for line in done.stdout.splitlines()[1:]]
            assert dict(lines) == {r"caf\xe9.mjpeg": "caf%E9.mjpeg", "caf%E9.mjpeg": "caf%25E9.mjpeg", "plain.mjpeg": None,
                                   r"a\x01b.mjpeg": "a%01b.mjpeg", "q?x#y.mjpeg": "q%3Fx%23y.mjpeg"}, lines
            for name, segment in lines:
                subprocess.run([BIN / "kinora", "probe", "--duration", "0.2", daemon.url + (segment or name)], check=True,
                               capture_output=True, timeout=30)


def test_what_cannot_be_served_is_said_and_odd_names_play():
    """A folder of files that are no reels looked empty, and a Latin-1 name was missing without a word."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copyfile(VIDEO / "bunny.mjpeg", os.path.join(folder.encode(), b"caf\xe9.mjpeg"))
        for i in range(10):
            pathlib.Path(folder, f"film{i}.mp4").write_bytes(b"no reel at all")
        with Daemon(folder, "-o", "media.index_dir=") as daemon:
            done = subprocess.run([BIN / "kinora", "ls", daemon.url], capture_output=True, text=True, timeout=30, check=True)
            assert "caf%E9.mjpeg" in done.stdout, done.stdout
            assert "10 files cannot be served:\n  film0.mp4: not a Motion-JPEG reel\n" in done.stdout, done.stdout
            assert done.stdout.endswith("  and 2 more\n"), done.stdout
            subprocess.run([BIN / "kinora", "probe", "--duration", "1", daemon.url + "caf%E9.mjpeg"], capture_output=True,
                           timeout=30, check=True)


def test_a_reel_that_takes_long_hides_nothing_behind_it():
    """What is behind it in the directory was "indexing", whatever it was."""
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([BIN / "kinora-prep", "pattern", f"{place}/a.avi", "--size", "320x240", "--frames", "50"], check=True)
        os.truncate(f"{place}/a.avi", 50 << 30)
        shutil.copy(VIDEO / "bunny.mjpeg", f"{place}/b.mjpeg")
        pathlib.Path(place, "notes.txt").write_text("hello")
        with Daemon(place, "-o", "media.index_dir=") as d:
            done = subprocess.run([BIN / "kinora", "ls", "--json", d.url], capture_output=True, check=True, timeout=30)
        listing = json.loads(done.stdout)
        found = {entry["name"]: entry for entry in listing["entries"]}
        assert set(found) == {"a.avi", "b.mjpeg"} and "indexing" in found["a.avi"], listing
        assert found["b.mjpeg"]["frames"] == 240, listing
        assert listing["unservable"]["count"] == 1, listing


if __name__ == "__main__":
    run_tests(globals())
