#!/usr/bin/env python3
"""ffmpeg, kinora and a lab client play one reel at once, each in a payload format of its own: its frames are read once."""
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, VIDEO, need, read_lab_reel, run_tests  # noqa: E402
from lab import StockClient  # noqa: E402

REEL = "bunny.mjpeg"
FRAMES = read_lab_reel(VIDEO / REEL)
need("ffmpeg")


def bytes_read(daemon):
    """By read(2) and its like: files, and 8 bytes for each wake-up of a loop. Sockets are received from otherwise."""
    fields = dict(line.split(": ") for line in pathlib.Path(f"/proc/{daemon.process.pid}/io").read_text().splitlines())
    return int(fields["rchar"])


def describe(daemon):
    """Its index reads the reel as well, once and before all others."""
    with daemon.connect() as rtsp:
        rtsp.sendall(f"DESCRIBE {daemon.url}{REEL} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
        assert rtsp.recv(4096).startswith(b"RTSP/1.0 200 ")


def start(*command):
    return subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def finish(process):
    out, said = process.communicate(timeout=120)
    assert process.returncode == 0, said.decode()
    return out


def test_three_clients_of_one_reel_have_its_frames_read_once():
    with tempfile.TemporaryDirectory() as folder, Daemon() as daemon:
        describe(daemon)
        before = bytes_read(daemon)
        saved = pathlib.Path(folder, "saved.mjpeg")
        kinora = start(BIN / "kinora", "save", daemon.url + REEL, saved)
        ffmpeg = start("ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", daemon.url + REEL + "?fmt=jpeg",
                       "-c", "copy", "-f", "framemd5", "-")
        lab = StockClient(daemon, REEL)
        assert lab.request("SETUP") == 200
        assert lab.request("PLAY") == 200
        for i, want in enumerate(FRAMES):
            assert lab.frame() == want, f"frame {i} differs"
        lab.close()
        finish(kinora)
        shown = [line for line in finish(ffmpeg).decode().splitlines() if line and line[0] != "#"]
        assert len(shown) == len(FRAMES), f"ffmpeg got {len(shown)} of {len(FRAMES)} frames"
        read, size = bytes_read(daemon) - before, sum(map(len, FRAMES))
        print(f"{len(FRAMES)} frames of {size} bytes to ffmpeg (RFC 2435), kinora (X-QT) and a lab client (files): "
              f"{read} bytes read, {read / size:.2f} of the reel")
        assert size <= read < 1.3 * size, f"{read} bytes read of {size}"
    carriers = sorted(line.split("carrier=")[1].split()[0] for line in daemon.lines if "session start" in line)
    assert carriers == ["jpeg", "lab", "xqt"], carriers


run_tests(globals())
