"""One run of the network bench: kinorad in one namespace, kinora probe in the other, and what came of it."""
import contextlib
import dataclasses
import hashlib
import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import netns  # noqa: E402
from kin import BIN, SOURCE, Daemon  # noqa: E402

RTSP_PORT, RTP_PORT = 8554, 8000
CACHE, FPS = 30, 24
WIRE = 1.035  # bytes of IP packets for each byte of a reel, about
MODES = {"default": ["--transport", "udp"], "no-retransmit": ["--transport", "udp", "--no-retransmit"],
         "fec": ["--transport", "udp", "--fec"],
         "tcp": ["--transport", "tcp"]}
PYTHON_WITH_GI = "/usr/bin/python3"


@dataclasses.dataclass
class Reels:
    """What is played, in a folder of its own."""
    folder: pathlib.Path
    seconds: int

    def make(self, name, size, frames):
        subprocess.run([BIN / "kinora-prep", "pattern", self.folder / name, "--size", size, "--fps", str(FPS), "--frames",
                        str(frames)], check=True, capture_output=True)

    def make_all(self):
        self.make("720p.mjpeg", "1280x720", self.seconds * FPS)
        self.make("720p.avi", "1280x720", self.seconds * FPS)
        self.make("2160p.mjpeg", "3840x2160", 5 * FPS)  # is looped

    def bytes_per_second(self):
        return (self.folder / "720p.mjpeg").stat().st_size / self.seconds


@dataclasses.dataclass
class Run:
    """Of one row, in one mode."""
    row: object
    mode: str
    seconds: int
    report: dict
    wall_s: float = 0
    network: dict = dataclasses.field(default_factory=dict)  # what tunem counted on the way to the client
    note: str = ""      # found by the row itself
    good: bool = True   # the same

    def of(self, group, name, default=None):
        return self.report.get(group, {}).get(name, default)

    @property
    def spoiled(self):
        """Frames that were not complete."""
        return self.of("frames", "expected", 0) - self.of("frames", "complete", 0)

    @property
    def retransmitted(self):
        """Their share of the bytes that came, which is their share of those that were sent; None while it is not counted."""
        some = self.of("bytes", "retransmitted")
        return None if some is None else some / max(1, self.of("bytes", "wire", 1))

    @property
    def timeline(self):
        return self.report.get("timeline") or []


class Bench:
    """A network, a server and what is done to them while a client plays. Events happen in the thread that began it."""

    def __init__(self, reels, row):
        self.reels, self.row = reels, row
        self.pair = self.daemon = None
        self.begin = 0

    def start_daemon(self, *options):
        loop = ["-o", "media.loop=yes"] if self.row.looped else []
        self.daemon = Daemon(self.reels.folder, "-o", f"rtp.port={RTP_PORT}", "-o", "media.index_dir=", "-o", "log.level=warning",
                             *loop, *options, listen=f"{netns.SERVER}:{RTSP_PORT}", before=self.pair.server.enter)

    def kill_daemon(self):
        if self.daemon is not None and self.daemon.process.poll() is None:
            self.daemon.process.kill()
            self.daemon.rest(30)

    @contextlib.contextmanager
    def network(self, link):
        with netns.Pair(**link) as self.pair:
            try:
                yield self.pair
            finally:
                self.kill_daemon()

    def until(self, second):
        """Sleeps up to a second of the run."""
        time.sleep(max(0, self.begin + second - time.monotonic()))

    def probe(self, options, reel):
        length = ["--duration", self.reels.seconds] if self.row.looped else []
        environment = {**netns.os.environ, "LD_PRELOAD": str(BIN / "small_sockets.so")} if self.row.small_sockets else None
        return self.pair.client.popen([BIN / "kinora", "probe", "--json", "--cache", CACHE, *options, *length,
                                       f"{self.daemon.url}{reel}"],
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)

    def result(self, probe):
        """A report; of one that does not end an empty one."""
        try:
            out, err = probe.communicate(timeout=4 * self.reels.seconds + 60)
        except subprocess.TimeoutExpired:
            return {"message": "the probe does not end"}
        try:
            return json.loads(out)
        except ValueError:
            return {"message": err.decode().strip() or "no report"}

    def run(self, mode):
        link = {**self.row.link}
        if mode == "tcp": # it has no such port
            link.pop("udp_port", None)
        with self.network(link):
            self.start_daemon()
            self.begin = time.monotonic()
            probe = self.probe(MODES[mode], self.row.reel)
            run = Run(self.row, mode, self.reels.seconds, {})
            self.row.during(self, run)
            run.report = self.result(probe)
            run.wall_s = time.monotonic() - self.begin
            if self.pair.tunem is not None:
                run.network = self.pair.happened()["forth"]
        return run


# --- players of others

def scans(path):
    """A hash of each frame's entropy-coded data, which no carrier changes."""
    found = []
    for frame in path.read_bytes().split(b"\xff\xd9"):
        at = frame.rfind(b"\xff\xda")
        if at >= 0:
            found.append(hashlib.md5(frame[at + 2 + int.from_bytes(frame[at + 2:at + 4], "big"):]).digest())
    return found


def player_command(player, url, path):
    if player == "GStreamer":
        return ["gst-launch-1.0", "-q", "rtspsrc", f"location={url}", "protocols=udp", "do-retransmission=true", "latency=1000",
                "!", "rtpjpegdepay", "!", "filesink", f"location={path}"]
    return ["ffmpeg", "-nostdin", "-v", "quiet", "-rtsp_transport", "udp", "-i", url, "-c", "copy", "-f", "mjpeg", "-y", path]


def play(reels, row, server, player):
    """The frames that another's player gets intact, of all; or why that cannot be said."""
    bench = Bench(reels, row)
    copy = reels.folder / f"{server}-{player}.copy"
    with bench.network(row.link) as pair:
        if server == "kinorad":
            bench.start_daemon()
            url = f"{bench.daemon.url}720p.avi"
        else:
            profile = "AVPF" if player == "GStreamer" else "AVP" # which ffmpeg has not
            gst = pair.server.popen([PYTHON_WITH_GI, SOURCE / "tests/lib/gst_server.py", reels.folder / "720p.avi", netns.SERVER,
                                     profile], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            url = gst.stdout.readline().strip()
            if not url:
                return None, "gst-rtsp-server is not installed"
        program = pair.client.popen(player_command(player, url, copy), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(timeout=reels.seconds + 10)
    whole = set(scans(reels.folder / "720p.avi"))
    intact = len(whole & set(scans(copy))) if copy.exists() else 0
    copy.unlink(missing_ok=True)
    return (intact, len(whole)), ""
