"""Starts the programs under test and says plainly what went wrong. Standard library only."""
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

SOURCE = pathlib.Path(os.environ.get("KIN_SOURCE", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("KIN_BIN", SOURCE / "build" / "bin"))
VIDEO = SOURCE / "video"


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            skip(f"{program} is not installed")


class Daemon:
    """A kinorad on 127.0.0.1 (or where `listen` says) with ports of the kernel's choice. Use as a context manager: it must
    stop cleanly."""

    address = "127.0.0.1"

    def __init__(self, media=VIDEO, *args, listen="127.0.0.1:0", before=None):
        """`before` is called in the new process before it becomes kinorad."""
        self.lines = []
        self.pending = b""  # bytes of the log that were read and not yet looked at
        command = [str(BIN / "kinorad"), "--media", str(media), "--listen", listen,
                   "-o", "rtp.port=0", *map(str, args)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=before)
        self.port = int(re.search(r":(\d+)/", self.wait_line("listening on rtsp://")).group(1))
        self.address = listen.rpartition(":")[0]
        self.url = f"rtsp://{self.address}:{self.port}/"

    def wait_line(self, text, seconds=20.0):
        """The next line of the log that contains text."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            line, newline, rest = self.pending.partition(b"\n")
            if newline:
                self.pending = rest
                self.lines.append(line.decode(errors="replace") + "\n")
                if text in self.lines[-1]:
                    return self.lines[-1]
                continue
            ready, _, _ = select.select([self.process.stderr], [], [], 0.2)
            part = os.read(self.process.stderr.fileno(), 65536) if ready else None
            if part == b"":
                break
            self.pending += part or b""
        raise AssertionError(f"kinorad never said {text!r}; it said:\n" + "".join(self.lines))

    def rest(self, seconds):
        """What is left of the log once the process has ended."""
        _, more = self.process.communicate(timeout=seconds)
        return (self.pending + more).decode(errors="replace")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def rss_kib(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", text).group(1))

    def connect(self, timeout=10.0):
        s = socket.create_connection((self.address, self.port), timeout=timeout)
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            rest = self.rest(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError("kinorad did not stop after SIGTERM")
        self.lines.extend(rest.splitlines(keepends=True))
        assert self.process.returncode == 0, f"kinorad exited {self.process.returncode}:\n" + "".join(self.lines)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            self.process.kill()
            last = "".join((self.lines + self.rest(30).splitlines(keepends=True))[-40:])
            sys.stderr.write("the end of kinorad's log:\n" + last)
            return False
        self.stop()
        return False


def read_lab_reel(path):
    """The frames of a reel in the lab format."""
    data = pathlib.Path(path).read_bytes()
    frames, at = [], 0
    while at < len(data):
        n = int(data[at:at + 5])
        frames.append(data[at + 5:at + 5 + n])
        at += 5 + n
    return frames


def read_raw_reel(path):
    """The frames of concatenated JPEGs, cut at segment boundaries (not at any FF D9)."""
    data = pathlib.Path(path).read_bytes()
    frames, at = [], 0
    while at < len(data):
        start = at
        assert data[at:at + 2] == b"\xff\xd8", f"no SOI at {at}"
        at += 2
        while data[at + 1] != 0xDA:
            at += 2 + int.from_bytes(data[at + 2:at + 4], "big")
        at = data.index(b"\xff\xd9", at) + 2
        frames.append(data[start:at])
    return frames


def check_gst_played(done):
    """gst-launch-1.0 played to the end and complained of nothing until then. What it says while it stops is its own
    affair: on a busy machine GStreamer closes its connection before a PAUSE of its own has gone out, and reports that."""
    text = done.stdout.decode() + done.stderr.decode()
    played, stops, _ = text.partition("Setting pipeline to NULL")
    assert stops and "Got EOS" in played and "ERROR" not in played and "WARN" not in played, text


def check_received(report, frames, sessions=1):
    """A probe's report: all frames came, and over UDP whatever did not come was dropped by the receiver's own socket,
    which says something about the machine and nothing about the programs."""
    f, p = report["frames"], report["packets"]
    dropped = p["kernel_dropped"]
    assert f["expected"] == frames * sessions, f
    assert p["lost"] <= dropped and p["duplicate"] == 0, report
    assert f["complete"] + f["partial"] + f["lost"] == f["expected"], f
    assert f["expected"] - f["complete"] <= dropped, report
    assert report["transport"] == "udp" or dropped == 0, report


class Others:
    """What programs that do not belong to this test take of the processors from now on."""

    def __init__(self):
        self.start = self.now()

    @staticmethod
    def now():
        """Wall clock, seconds of all processors that were not idle, and seconds of ours, children's children included."""
        tick = os.sysconf("SC_CLK_TCK")
        fields = [int(n) for n in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        ours, parents, used = {os.getpid()}, {}, {}
        for place in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                words = (place / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            parents[int(place.name)], used[int(place.name)] = int(words[1]), sum(int(n) for n in words[11:15]) / tick
        while more := {pid for pid, parent in parents.items() if parent in ours} - ours:
            ours |= more
        return time.monotonic(), (sum(fields) - fields[3] - fields[4]) / tick, sum(used.get(pid, 0) for pid in ours)

    def processors(self):
        end = self.now()
        wall, busy, own = (b - a for a, b in zip(self.start, end))
        return max(0.0, busy - own) / max(wall, 0.01)


BUSY = 0.5  # processors taken by others, from which on figures of time say nothing about ours


def realtime(test):
    """Marks a test of figures that hold on a machine of one's own: pace, latency, processor time. It has three runs.
    When all fail while other programs take the processors, it has shown nothing and counts as skipped."""
    test.tries = 3
    return test


def attempt(name, test):
    """True, a reason for skipping, or False after the last try failed."""
    tries, others = getattr(test, "tries", 1), Others()
    for left in range(tries - 1, -1, -1):
        try:
            result = test()
            return result if isinstance(result, str) else True
        except Exception as error:  # pylint: disable=broad-except
            where = error.__traceback__
            while where.tb_next is not None:
                where = where.tb_next
            taken = others.processors() if tries > 1 else 0
            if left == 0 and taken >= BUSY:
                return f"other programs take {taken:.1f} processors, so this cannot be shown ({error})"
            print(f"{'again' if left else 'FAILED'} {name}: line {where.tb_lineno}: {type(error).__name__}: {error}", flush=True)
    return False


def run_tests(namespace):
    """Runs every test_* function of a module in its order, prints one line each, exits 1 when one failed."""
    failed = 0
    names = [n for n in namespace if n.startswith("test_") and callable(namespace[n])]
    wanted = sys.argv[1:]
    for name in names:
        if wanted and name not in wanted:
            continue
        begin = time.monotonic()
        result = attempt(name, namespace[name])
        failed += result is False
        if result is not False:
            print(f"{'ok' if result is True else 'skipped: ' + result} {name} ({time.monotonic() - begin:.1f} s)", flush=True)
    sys.exit(1 if failed else 0)
