#!/usr/bin/env python3
"""kinora save: every frame, as fast as the server gives it, into whatever FILE names."""
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lib"))
from kin import BIN, Daemon, read_raw_reel, run_tests

SECONDS = 12
FRAMES = 25 * SECONDS


def without_progress(err):
    """What stands on standard error besides the lines that come every ten seconds."""
    return "".join(line for line in err.decode().splitlines(keepends=True) if "ETA" not in line)


class Stand:
    """A daemon with a long reel of small pictures, and a folder to save into."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = pathlib.Path(self.folder.name)
        media = self.path / "media"
        media.mkdir()
        self.reel = media / "reel.mjpeg"
        subprocess.run([BIN / "kinora-prep", "pattern", self.reel, "--size", "96x64", "--fps", "25",
                        "--frames", str(FRAMES)], check=True)
        self.daemon = Daemon(media, "-o", "media.index_dir=", "-o", "media.repair_dir=").__enter__()
        self.url = self.daemon.url + "reel.mjpeg"
        return self

    def __exit__(self, *args):
        try:
            return self.daemon.__exit__(*args)
        finally:
            self.folder.cleanup()

    def begin(self, file, url=None, **more):
        return subprocess.Popen([BIN / "kinora", "save", url or self.url, file], cwd=self.path, stdin=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, **{"stdout": subprocess.PIPE, **more})

    def save(self, file, url=None):
        """Exit status, standard output, standard error."""
        process = self.begin(file, url)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, without_progress(err)

    def wait_for(self, name):
        end = time.monotonic() + 20
        while not (self.path / name).exists() or (self.path / name).stat().st_size == 0:
            assert time.monotonic() < end, f"{name} does not come"
            time.sleep(0.05)


class Between:
    """A line to the daemon. change(text) may answer a request itself; loses(n) says whether block number n is lost;
    behind(n, block) is what follows it."""

    def __init__(self, port, change=None, loses=None, behind=None):
        self.port, self.change, self.loses, self.behind = port, change, loses, behind
        self.blocks = 0
        self.requests = []

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self.listener.getsockname()[1]}/reel.mjpeg"
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        try:
            while True:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
                threading.Thread(target=self.copy, args=(near, far, self.up), daemon=True).start()
                threading.Thread(target=self.copy, args=(far, near, self.down), daemon=True).start()
        except OSError:
            pass

    def copy(self, source, sink, each):
        data = b""
        try:
            while part := source.recv(65536):
                data = each(data + part, source, sink)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def up(self, data, source, sink):
        while (data[:1] == b"$" and len(data) >= 4) or b"\r\n\r\n" in data:
            if data[:1] == b"$":
                n = 4 + int.from_bytes(data[2:4], "big")
                if len(data) < n:
                    break
                sink.sendall(data[:n])
            else:
                n = data.index(b"\r\n\r\n") + 4
                text = data[:n].decode()
                self.requests.append(text)
                answer = self.change(text) if self.change else None
                if answer is None:
                    sink.sendall(data[:n])
                else:
                    source.sendall(answer.encode())
            data = data[n:]
        return data

    def down(self, data, source, sink):
        while data:
            if data[:1] == b"$":
                n = 4 + int.from_bytes(data[2:4], "big") if len(data) >= 4 else 4
                if len(data) < n:
                    break
                self.blocks += data[1] == 0
                if not (data[1] == 0 and self.loses and self.loses(self.blocks)):
                    sink.sendall(data[:n])
                if data[1] == 0 and self.behind:
                    sink.sendall(self.behind(self.blocks, data[:n]))
            else:
                end = data.find(b"\r\n\r\n")
                if end < 0:
                    break
                length = re.search(rb"(?i)content-length: *(\d+)", data[:end])
                n = end + 4 + (int(length.group(1)) if length else 0)
                if len(data) < n:
                    break
                sink.sendall(data[:n])
            data = data[n:]
        return data


def test_saves_every_frame_faster_than_it_plays():
    """Regression: a reel took as long to save as to watch."""
    with Stand() as s:
        start = time.monotonic()
        status, out, err = s.save("out.mjpeg")
        took = time.monotonic() - start
        assert (status, err) == (0, ""), (status, err)
        assert out.startswith(b"out.mjpeg: %d frames, " % FRAMES), out
        assert (s.path / "out.mjpeg").read_bytes() == s.reel.read_bytes(), "the copy differs"
        assert took < SECONDS * 0.75, f"{took:.1f} s for a reel of {SECONDS} s"


def test_what_a_server_drops_is_fetched_again():
    """Regression: frames that a server left out, because it sent faster than the line took, were missing in the file."""
    lost = set(range(150, 180)) | set(range(300, 303))
    with Stand() as s, Between(s.daemon.port, loses=lambda n: n in lost) as line:
        status, out, err = s.save("out.mjpeg", line.url)
        assert (status, err) == (0, ""), (status, err)
        assert (s.path / "out.mjpeg").read_bytes() == s.reel.read_bytes(), "the copy differs"
        plays = [r for r in line.requests if r.startswith("PLAY")]
        assert len(plays) == 3, plays
        assert "Speed: 16.0" in plays[0] and "Speed: 2.0" in plays[1] and "Speed" not in plays[2], plays


def test_frames_that_never_come_are_counted():
    with Stand() as s, Between(s.daemon.port, loses=lambda n: n % 150 == 0) as line:
        status, out, err = s.save("out.mjpeg", line.url)
        assert status == 0 and err == "", (status, err)
        frames = len(read_raw_reel(s.path / "out.mjpeg"))
        assert frames >= FRAMES - 10, frames
        if frames < FRAMES:
            assert f"{frames} frames" in out.decode() and f"({FRAMES - frames} frame" in out.decode(), out


def break_frames(data, numbers):
    """An AVI in which these frames begin and end as JPEGs do, and are none."""
    data, at, n = bytearray(data), data.index(b"movi") + 4, 0
    while data[at:at + 4] == b"00dc":
        size = int.from_bytes(data[at + 4:at + 8], "little")
        if n in numbers:
            data[at + 28:at + 6 + size] = b"\x55" * (size - 22)
        at, n = at + 8 + size + size % 2, n + 1
    return bytes(data)


def test_what_is_broken_on_the_server_is_not_lost_on_the_way():
    """Regression: "(1 frames were lost on the way)"; and a broken last frame made the copy a failure."""
    with Stand() as s:
        whole = s.path / "media/whole.avi"
        subprocess.run([BIN / "kinora-prep", "pattern", whole, "--size", "96x64", "--fps", "25", "--frames", "60"], check=True)
        for numbers, words in (({30}, "the server left out 1 frame"), ({59}, "the server left out 1 frame"),
                               ({10, 11, 59}, "the server left out 3 frames")):
            (s.path / "media/broken.avi").write_bytes(break_frames(whole.read_bytes(), numbers))
            status, out, err = s.save("out.mjpeg", s.daemon.url + "broken.avi")
            assert (status, err) == (0, ""), (status, err)
            assert out.startswith(b"out.mjpeg: %d frames, " % (60 - len(numbers))), out
            assert out.decode().endswith(f" ({words})\n"), out
        piped = subprocess.run([BIN / "kinora", "save", s.daemon.url + "broken.avi", "-"], capture_output=True, check=True)
        assert piped.stdout.count(b"\xff\xd8") == 57, len(piped.stdout)
        assert piped.stderr.decode().endswith("(the server left out 3 frames)\n"), piped.stderr
        piped = subprocess.run([BIN / "kinora", "save", s.daemon.url + "whole.avi", "-"], capture_output=True, check=True)
        assert piped.stderr == b"", piped.stderr
        for transport in ("tcp", "udp"):
            done = subprocess.run([BIN / "kinora", "probe", "--transport", transport, "--json", s.daemon.url + "broken.avi"],
                                  capture_output=True, check=True)
            report = json.loads(done.stdout)
            frames = report["frames"]
            assert frames["lost"] >= 3, report
            assert frames["left_out"] == frames["lost"] or report["packets"]["lost"] > 0, report


def test_strays_hide_no_loss_from_probe():
    """Regression: over TCP one packet of another SSRC became the source, and hid that a frame was lost beside it."""
    def stray(n, block):
        if n not in (10, 31, 32, 33, 34, 45):
            return b""
        return block[:6] + bytes([n, 200, n, 7, 7, 7]) + b"SSR" + bytes([n]) + block[16:]

    with Stand() as s:
        subprocess.run([BIN / "kinora-prep", "pattern", s.path / "media/two.mjpeg", "--size", "96x64", "--fps", "25",
                        "--frames", "50"], check=True)
        with Between(s.daemon.port, loses=lambda n: n in (31, 32), behind=stray) as line:
            url = line.url.replace("reel", "two")
            done = subprocess.run([BIN / "kinora", "probe", "--transport", "tcp", "--json", url], capture_output=True, check=True)
        report = json.loads(done.stdout)
        frames = report["frames"]
        assert frames["partial"] == 0 and frames["complete"] + frames["lost"] == frames["expected"] == 50, report
        assert frames["lost"] > frames["left_out"] and report["packets"]["lost"] == 2, report


def test_garbage_that_ends_the_connection_is_counted():
    """`bytes.stray` was 0 where the most that is skipped had been skipped."""
    with Stand() as s, Between(s.daemon.port, behind=lambda n, block: bytes(70000) if n == 20 else b"") as line:
        done = subprocess.run([BIN / "kinora", "probe", "--transport", "tcp", "--json", line.url], capture_output=True, check=False)
        report = json.loads(done.stdout)
        assert done.returncode == 1 and report["bytes"]["stray"] > 65536, report


def test_a_server_that_refuses_speed_is_asked_without():
    def change(text):
        number = re.search(r"CSeq: *(\d+)", text).group(1)
        if "Speed:" in text:
            return f"RTSP/1.0 451 Parameter Not Understood\r\nCSeq: {number}\r\n\r\n"
        return None

    with Stand() as s, Between(s.daemon.port, change=change) as line:
        process = s.begin("out.mjpeg", line.url)
        s.wait_for("out.mjpeg.part")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 1 and b"interrupted; out.mjpeg has the first " in err, err
        plays = [r for r in line.requests if r.startswith("PLAY")]
        assert len(plays) == 2 and "Speed" in plays[0] and "Speed" not in plays[1], plays


def test_nothing_but_a_file_is_replaced():
    """Regression: devices, FIFOs and links were replaced by a file, and - was one."""
    with Stand() as s:
        whole = s.reel.read_bytes()
        os.mkfifo(s.path / "fifo")
        reader = subprocess.Popen(["cat", "fifo"], cwd=s.path, stdout=subprocess.PIPE)
        copies = [s.begin("fifo"), s.begin("-")]
        (s.path / "target").write_bytes(b"old")
        (s.path / "link").symlink_to("target")
        (s.path / "dangling").symlink_to("new")
        copies += [s.begin("link"), s.begin("dangling"), s.begin("/dev/null")]
        assert reader.communicate(timeout=120)[0] == whole, "the FIFO's reader"
        results = [(p.communicate(timeout=120), p.returncode) for p in copies]
        for (out, err), status in results:
            assert (status, without_progress(err)) == (0, ""), (status, err)
        assert results[1][0][0] == whole, "standard output"
        assert stat.S_ISFIFO((s.path / "fifo").stat().st_mode)
        assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
        for link, target in (("link", "target"), ("dangling", "new")):
            assert (s.path / link).is_symlink(), f"{link} was replaced"
            assert (s.path / target).read_bytes() == whole, target
        assert not list(s.path.glob("*.part")) and not (s.path / "-").exists()


def test_a_session_that_the_server_ends_is_noticed_at_once():
    """Regression: what it had left was waited for, for 30 s, and "no frame has come"."""
    with Stand() as s:
        reel = s.path / "media/cut.mjpeg"
        subprocess.run([BIN / "kinora-prep", "pattern", reel, "--size", "96x64", "--fps", "25", "--frames", "2000"], check=True)
        process = s.begin("cut.mjpeg", s.daemon.url + "cut.mjpeg")
        s.wait_for("cut.mjpeg.part")
        os.truncate(reel, reel.stat().st_size // 3)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 1, (process.returncode, err)
        assert b"the server ended the stream before the end of the reel; cut.mjpeg has the first " in err, err


def test_errors_are_clear_and_lose_nothing():
    with Stand() as s:
        def refuses(file, *words):
            status, out, err = s.save(file)
            assert status == 1 and out == b"" and err.count("\n") == 1, (status, out, err)
            assert all(word in err for word in words), err

        (s.path / "folder").mkdir()
        refuses("folder", "folder", "Is a directory")
        refuses("nowhere/x", "nowhere/x", "No such file")
        refuses("/dev/full", "/dev/full", "No space left on device")
        first = s.begin("both")
        s.wait_for("both.part")
        refuses("both", "both", "another run is writing it")
        first.communicate(timeout=120)
        assert (s.path / "both").read_bytes() == s.reel.read_bytes()


def test_an_interrupt_keeps_what_is_whole():
    """Regression: a copy that was there gave way to a part of the new one."""
    with Stand() as s:
        (s.path / "old").write_bytes(b"keep")
        for name, number, kept in (("new", signal.SIGINT, "new"), ("old", signal.SIGTERM, "old.part")):
            process = s.begin(name)
            s.wait_for(f"{name}.part")
            process.send_signal(number)
            _, err = process.communicate(timeout=20)
            found = re.match(rf"kinora: interrupted; {kept} has the first (\d+) frames?\n$", err.decode())
            assert process.returncode == 1 and found, err
            frames = read_raw_reel(s.path / kept)
            assert len(frames) == int(found.group(1)) > 0
            assert s.reel.read_bytes().startswith(b"".join(frames)), "the frames are not the reel's"
        assert (s.path / "old").read_bytes() == b"keep"
        part = (s.path / "old.part").read_bytes()
        status, _, err = s.save("old", s.daemon.url + "no-such-reel")
        assert status == 1 and (s.path / "old.part").read_bytes() == part, err
        status, _, err = s.save("old")
        assert (status, err) == (0, "kinora: replacing old.part, left over from an earlier run\n"), (status, err)
        process = s.begin("-", stdout=os.open(s.path, os.O_TMPFILE | os.O_RDWR))
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=20)[1].decode() == "kinora: interrupted\n"


def test_a_pipe_that_nobody_reads_can_be_left():
    with Stand() as s:
        end, other = os.pipe()
        process = s.begin("-", stdout=other)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        process.wait(10)
        os.close(end)
        os.close(other)


run_tests(globals())
