"""One run of the server bench: a server on one processor, its viewers on another, and what it cost."""
import contextlib
import dataclasses
import functools
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import netns  # noqa: E402
from kin import BIN, SOURCE, VIDEO, Daemon, read_raw_reel  # noqa: E402
from network_runs import PYTHON_WITH_GI  # noqa: E402

FPS, FRAMES, REPEATED = 24, 120, 9  # 45 s: time to join, to settle and to be measured
STAGGER_US = 31000  # between the first hundred viewers; they begin at every time of a frame's interval
SETTLE_S, BEGUN_S, PATIENCE_S = 2, 3, 60
PORT, BARE_PORT = 20000, 8000  # of viewers (tests/lib/viewers.c), and where a bare sender takes connections
PROCESSORS = sorted(os.sched_getaffinity(0))
TRACED = {"turns": ("epoll_wait", "epoll_pwait", "epoll_pwait2"), "timers": ("timerfd_settime",)}
TRACED_S = 2
UDP_WIRE = 42  # bytes of Ethernet, IP and UDP
RTP_SHARE = 1400 / 1380  # bytes of RTP for each of a frame
GRAIN = 7      # of the noise that makes the small film one of 100 kB a frame
LIMITS = ("server.max_connections", "server.max_connections_per_address", "server.max_sessions", "server.max_sessions_per_address")


@dataclasses.dataclass
class Reel:
    """As a server reads it, as tests/lib/floor.c does, and what the latter is told of it."""
    avi: pathlib.Path
    raw: pathlib.Path
    sizes: pathlib.Path
    rtp_per_second: float  # bytes


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


class Reels:
    """Made of five seconds of a film, from its 15th second on, or of a reel that the tree has."""

    def __init__(self, folder, film=""):
        self.folder, self.film = folder, film

    def source(self):
        return ["-ss", 15, "-i", self.film] if self.film else ["-f", "mjpeg", "-r", FPS, "-i", VIDEO / "bunny-720p.mjpeg"]

    def grain(self, strength):
        """A film has grain of its own."""
        return f"fps={FPS}," if self.film else f"noise=c0s={strength}:c0f=t+u:all_seed=1,"

    def make(self, name, scale, grain, quality):
        raw, avi, sizes = (self.folder / f"{name}.{kind}" for kind in ("mjpeg", "avi", "sizes"))
        ffmpeg(*self.source(), "-vf", f"{self.grain(grain)}scale={scale},format=yuvj420p", "-frames:v", FRAMES, "-c:v", "mjpeg", "-huffman", "default",
               "-force_duplicated_matrix", 1, "-q:v", quality, raw)
        ffmpeg("-stream_loop", REPEATED - 1, "-f", "mjpeg", "-r", FPS, "-i", raw, "-c", "copy", avi)
        lengths = [len(frame) for frame in read_raw_reel(raw)]
        sizes.write_text("".join(f"{n}\n" for n in lengths))
        return Reel(avi, raw, sizes, RTP_SHARE * sum(lengths) * FPS / len(lengths))

    @functools.cache
    def hd(self):
        """About 100 kB a frame."""
        return self.make("hd", "1280:720", GRAIN, 2)

    @functools.cache
    def full(self):
        """About 165 kB a frame."""
        return self.make("full", "1920:1080", GRAIN, 3)

    @functools.cache
    def uhd(self):
        """About 300 kB a frame."""
        return self.make("uhd", "3840:2160", GRAIN, 6)

    @functools.cache
    def small(self):
        """About 24 kB a frame."""
        return self.make("small", "640:480", 0, 4)


# --- where it happens

@dataclasses.dataclass
class Place:
    """The namespaces of a server and of its viewers."""
    server: netns.Namespace
    viewers: netns.Namespace
    address: str   # of the server
    towards: str   # of the viewers
    device: bool = False  # RTP is counted on the server's device instead of by its viewers, who get none


@contextlib.contextmanager
def loopback():
    with netns.Namespace() as one:
        yield Place(one, one, "127.0.0.1", "127.0.0.1")


@contextlib.contextmanager
def nobody_receives():
    """Two namespaces; RTP over UDP is dropped where it would come in, so that nobody is woken."""
    with netns.Pair() as pair:
        for side in (pair.server, pair.client):
            side.run(["ip", "link", "set", netns.DEVICE, "gso_max_segs", "65535"])
        pair.client.nft(f"add table netdev deaf; add chain netdev deaf in {{ type filter hook ingress device {netns.DEVICE} priority 0; }}; "
                        f"add rule netdev deaf in udp dport {PORT}-32000 udp dport & 1 == 0 drop")
        yield Place(pair.server, pair.client, netns.SERVER, netns.CLIENT, device=True)


def pinned(processor, *command):
    return ["taskset", "-c", str(processor), *map(str, command)]


# --- servers

@dataclasses.dataclass
class Server:
    url: str
    pid: int
    bare: bool = False
    loop: bool = False  # its turns can be counted: it is one of epoll and a timerfd

    def cpu_s(self):
        """Of all its threads, also those that have ended (a process's clock, clock_getcpuclockid(3))."""
        return time.clock_gettime((~self.pid << 3) | 2)

    def sum_of(self, pattern, where="task/*/status"):
        return sum(int(n) for path in pathlib.Path(f"/proc/{self.pid}").glob(where) for n in re.findall(pattern, path.read_text()))

    def switches(self):
        """How often it has gone to sleep."""
        return self.sum_of(r"(?m)^voluntary_ctxt_switches:\s+(\d+)")

    def rss_mib(self):
        return self.sum_of(r"VmRSS:\s+(\d+)", "status") / 1024

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def traced(self):
        """Calls a second by the names of TRACED; none where perf is not there or not allowed."""
        if not self.loop:
            return {}
        events = [f"syscalls:sys_enter_{call}" for calls in TRACED.values() for call in calls]
        try:
            done = subprocess.run(["perf", "stat", "-x", ",", "-e", ",".join(events), "-p", str(self.pid), "--", "sleep", str(TRACED_S)],
                                  capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return {}
        found = {line.split(",")[2]: int(line.split(",")[0]) for line in done.stderr.splitlines() if line[:1].isdigit()}
        return {name: sum(found.get(f"syscalls:sys_enter_{call}", 0) for call in calls) / TRACED_S for name, calls in TRACED.items()}


@contextlib.contextmanager
def kinorad(place, reel, _count, workers=1, sessions=5000):
    """Each worker has a processor."""
    def before():
        place.server.enter()
        os.sched_setaffinity(0, PROCESSORS[:workers])
    options = [word for limit in LIMITS for word in ("-o", f"{limit}={sessions}")]
    daemon = Daemon(reel.avi.parent, "-o", "media.index_dir=", "-o", "log.level=warning", "-o", f"server.workers={workers}", *options,
                    listen=f"{place.address}:0", before=before)
    try:
        yield Server(f"{daemon.url}{reel.avi.name}", daemon.process.pid, loop=True)
    finally:
        daemon.process.kill()
        daemon.rest(30)


def gst(*words):
    @contextlib.contextmanager
    def start(place, reel, _count):
        program = place.server.popen(pinned(PROCESSORS[0], PYTHON_WITH_GI, SOURCE / "tests/lib/gst_server.py", reel.avi, place.address, "AVP", *words),
                                     stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            yield Server(program.stdout.readline().decode().strip(), program.pid)
        finally:
            place.server.kill(program)
    return start


def floor(way, *tick_us):
    @contextlib.contextmanager
    def start(place, reel, count):
        tcp = way == "tcp"
        program = place.server.popen(pinned(PROCESSORS[0], BIN / "floor", way, place.address if tcp else place.towards, BARE_PORT if tcp else PORT,
                                            count, reel.raw, reel.sizes, *tick_us), stdout=subprocess.PIPE)
        try:
            if program.stdout.readline() != b"ready\n":
                raise OSError("the bare sender did not begin")
            yield Server(f"rtsp://{place.address}:{BARE_PORT}/", program.pid, bare=True)
        finally:
            place.server.kill(program)
    return start


# --- viewers

class Viewers:
    """tests/lib/viewers.c."""

    def __init__(self, place, server, count, *options):
        options = [*options, *(["--bare"] if server.bare else [])]
        stagger = min(STAGGER_US, STAGGER_US * 100 // count)
        self.program = place.viewers.popen(pinned(PROCESSORS[-1], BIN / "viewers", "--count", count, "--stagger-us", stagger, "--port", PORT,
                                                  *options, server.url), stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def line(self, seconds):
        ready, _, _ = select.select([self.program.stdout], [], [], seconds)
        said = self.program.stdout.readline() if ready else b""
        if not said:
            raise TimeoutError("the viewers do not come to play")
        return said

    def tell(self, word):
        self.program.stdin.write(f"{word}\n".encode())
        self.program.stdin.flush()

    def counts(self):
        return json.loads(self.line(PATIENCE_S))

    def end(self):
        self.tell("end")
        return self.counts()


@dataclasses.dataclass
class Run:
    """What a server did for its viewers in a while. `counts` are theirs (tests/lib/viewers.c)."""
    count: int
    seconds: float
    cpu_s: float
    bytes: int      # of RTP
    buffers: int    # that left by the device: packets or trains
    switches: float
    rss_mib: float
    counts: dict
    rate: float     # the part of what has to be sent that was sent
    traced: dict = dataclasses.field(default_factory=dict)

    @property
    def per_gb(self):
        return self.cpu_s / (self.bytes / 1e9)

    @property
    def load_cpu(self):
        """Processors that the viewers took."""
        return self.counts["cpu_s"] / self.counts["seconds"]


def device(place):
    """RTP bytes and packets or trains of them that have left; a train has one set of headers."""
    sent, buffers = place.server.sent() if place.device else (0, 0)
    return sent - UDP_WIRE * buffers, buffers


def watch(place, reel, server, count, seconds, *options, settle_s=SETTLE_S, traces=True):
    """Viewers come, and are measured for some seconds; then calls of the server are traced."""
    viewers = Viewers(place, server, count, *options)
    try:
        if viewers.line(PATIENCE_S) != b"playing\n":
            raise OSError("the viewers did not come to play")
        time.sleep(settle_s)
        at, (sent, buffers), switches, cpu_s = time.monotonic(), device(place), server.switches(), server.cpu_s()
        viewers.tell("begin")
        time.sleep(seconds)
        took, (sent_then, buffers_then), switches_then, cpu_then = time.monotonic() - at, device(place), server.switches(), server.cpu_s()
        counts = viewers.end()
        rtp = sent_then - sent if place.device else counts["bytes"]
        return Run(count, took, cpu_then - cpu_s, rtp, buffers_then - buffers, (switches_then - switches) / took, server.rss_mib(), counts,
                   rtp / took / (count * reel.rtp_per_second), server.traced() if traces else {})
    finally:
        place.viewers.kill(viewers.program)


def measure(place, reel, start, count, seconds, *options):
    """Starts a server, has it watched, and returns the Run."""
    with start(place, reel, count) as server:
        return watch(place, reel, server, count, seconds, *options)


def measure_idle(place, reel, start):
    """MiB of a server that nobody has watched."""
    with start(place, reel, 0) as server:
        time.sleep(1)
        return server.rss_mib()


@dataclasses.dataclass
class Reception:
    """What a player took to receive."""
    cpu_s: float
    bytes: float

    @property
    def per_gb(self):
        return self.cpu_s / (self.bytes / 1e9)


def measure_player(place, reel, command, seconds):
    """Of a player that has begun."""
    program = place.viewers.popen(pinned(PROCESSORS[-1], *command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(BEGUN_S)
        player, at = Server("", program.pid), time.monotonic()
        before = player.cpu_s()
        time.sleep(seconds)
        return Reception(player.cpu_s() - before, reel.rtp_per_second * (time.monotonic() - at))
    finally:
        place.viewers.kill(program)


def measure_sessions(place, reel, count):
    """MiB of kinorad with so many sessions that are set up, over TCP, and do not play."""
    with kinorad(place, reel, count, sessions=2 * count) as server:
        script = pathlib.Path(__file__).with_name("idle_sessions.py")
        holder = place.viewers.popen([sys.executable, script, server.url, str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            held = int(holder.stdout.readline())
            return held, server.rss_mib()
        finally:
            place.viewers.kill(holder)


@dataclasses.dataclass
class Visit:
    """What came of so many viewers that broke off, and the server after them."""
    per_second: float
    failed: int
    rss_mib: float
    descriptors: int


def measure_churn(place, reel, start, cycles, at_once, times):
    """Several times on one server."""
    visits = []
    with start(place, reel, 0) as server:
        for _ in range(times):
            viewers = Viewers(place, server, at_once, "--churn", str(cycles))
            counts = viewers.counts()
            place.viewers.kill(viewers.program)
            time.sleep(1)
            visits.append(Visit(cycles / counts["seconds"], counts["failed"], server.rss_mib(), server.descriptors()))
    return visits
