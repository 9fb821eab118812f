"""The rows of the server bench: the questions, the tables that answer them, and what is required."""
import dataclasses
import functools
import resource
import statistics
import sys

from line import Line
from kin import BIN
from server_runs import (FPS, floor, gst, kinorad, loopback, measure, measure_churn, measure_idle, measure_player, measure_sessions,
                         nobody_receives, watch)

COUNT = 100
FULL_RATE = 0.98
TURNS_MAX = 2000  # a second
BURST_MAX, DEVIATION_MAX_MS = 16, 1
FIRST_MS, FIRST_P99_MS = 1.5, 10
FEW, MANY, GROWTH_MAX = 10, 1000, 1.15
JOINS, JOIN_US, JOINED_S, STILL_MS = 20, 5000, 3, 200
SATURATING, TWO_WORKERS = 4000, 1.7
RSS_MIB = {0: 8, COUNT: 20, MANY: 48}
CYCLES, CYCLES_GST, AT_ONCE, CYCLES_S, GROWTH_MIB = 10000, 1000, 8, 2500, 0.5
KINORAD, FLOOR, MMSG, BARE_TCP = "kinorad", "bare sender, trains", "bare sender, sendmmsg", "bare sender, large writes"
AWAKE = "bare sender, trains, timer of 0.1 ms"
KINORA, FFMPEG, GSTREAMER = "kinora probe", "ffmpeg -c copy", "rtspsrc ! fakesink"
PLAYERS = {KINORA: lambda url, transport: [BIN / "kinora", "probe", "--duration", "60", "--transport", transport, url],
           FFMPEG: lambda url, transport: ["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", transport, "-i", url, "-c", "copy", "-f", "null", "-"],
           GSTREAMER: lambda url, transport: ["gst-launch-1.0", "-q", "rtspsrc", f"location={url}", f"protocols={transport}", "!", "fakesink"]}
IDLE, IDLE_MIB = 10000, 200
SHARED, OWN = "gst-rtsp-server, shared", "gst-rtsp-server, own"


@dataclasses.dataclass
class Column:
    title: str
    value: object  # of a Run; None where there is none
    digits: int = 0


@dataclasses.dataclass
class Table:
    """Medians of the runs of each row, with the least and the most."""
    columns: list
    runs: dict  # lists of Run by the name of the row


@dataclasses.dataclass
class Bench:
    reels: object
    runs: int
    seconds: float


PER_GB = Column("CPU-s/GB", lambda run: run.per_gb, 2)
RATE = Column("rate, %", lambda run: 100 * run.rate)
BUFFERS = Column("packets or trains/s", lambda run: run.buffers / run.seconds)
SWITCHES = Column("sleeps/s", lambda run: run.switches)
TURNS = Column("loop turns/s", lambda run: run.traced.get("turns"))
TIMERS = Column("timer settings/s", lambda run: run.traced.get("timers"))
LOST = Column("lost", lambda run: run.counts["lost"])
WHOLE = Column("frames, %", lambda run: 100 * run.counts["frames"] / (run.count * FPS * run.counts["seconds"]), 1)
BURST = Column("packets in 1 ms", lambda run: run.counts["burst"])
DEVIATION = Column("deviation p99, ms", lambda run: run.counts["deviation_p99_ms"], 2)
FIRST = Column("first packet, ms", lambda run: run.counts.get("first_ms"), 2)
FIRST_P99 = Column("first packet p99, ms", lambda run: run.counts.get("first_p99_ms"), 2)
RSS = Column("RSS, MiB", lambda run: run.rss_mib, 1)
LONGEST = Column("longest pause, ms", lambda run: run.counts["longest_ms"])
PER_VIEWER = Column("MB/s a viewer", lambda run: run.bytes / run.seconds / run.count / 1e6, 1)
THROUGHPUT = Column("MB/s", lambda run: run.bytes / run.seconds / 1e6)
LOAD = Column("viewers' CPU, %", lambda run: 100 * run.load_cpu, 1)


def median(runs, column):
    found = [value for value in map(column.value, runs) if value is not None]
    return statistics.median(found) if found else None


def repeat(bench, title, subjects, once):
    """Each subject in turn, as often as there are runs, so that what else happens on the machine meets all of them."""
    runs = {name: [] for name in subjects}
    for i in range(bench.runs):
        for name, start in subjects.items():
            try:
                runs[name].append(once(start))
            except (OSError, ValueError) as error:
                print(f"{title}: {name}, run {i + 1}: {error}", file=sys.stderr, flush=True)
    return runs


def at_most(runs, column, name, most):
    """A requirement of one row of a table; nothing where it could not be measured."""
    found, (what, _, unit) = median(runs[name], column), column.title.partition(", ")
    if found is not None:
        yield Line(f"{name}: {what}", f"{found:.{column.digits}f} {unit}".strip(), f"at most {most:g} {unit}".strip(), found <= most)


def at_most_times(runs, most, other):
    """kinorad's cost against another's."""
    ours, theirs = median(runs[KINORAD], PER_GB), median(runs[other], PER_GB)
    if ours and theirs:
        share = ours / theirs
        yield Line(f"{KINORAD}: CPU against {other}", f"{share:.2f}", f"at most {most:.2f}", share <= most)


def full_rate(runs):
    least = min((run.rate for run in runs[KINORAD]), default=0)
    yield Line(f"{KINORAD}: rate", f"{100 * least:.0f} % at least", f"{100 * FULL_RATE:.0f} %", least >= FULL_RATE)


def sending(bench):
    """What does sending itself cost? 100 viewers of 1280x720p24, whose RTP is dropped where it would come in."""
    reel = bench.reels.hd()
    with nobody_receives() as place:
        runs = repeat(bench, "sending", {KINORAD: kinorad, FLOOR: floor("gso"), AWAKE: floor("gso", 100), MMSG: floor("mmsg"),
                                         SHARED: gst("shared"), OWN: gst()},
                      lambda start: measure(place, reel, start, COUNT, bench.seconds))
    yield Table([PER_GB, RATE, BUFFERS, SWITCHES, TURNS, TIMERS], runs)
    yield from at_most_times(runs, 1.5, FLOOR)
    yield from at_most_times(runs, 0.5, SHARED)
    yield from at_most(runs, TURNS, KINORAD, TURNS_MAX)
    yield from at_most(runs, TIMERS, KINORAD, TURNS_MAX)
    yield from full_rate(runs)


def nothing_lost(runs):
    some = runs[KINORAD]
    lost, whole = sum(run.counts["lost"] + run.counts["incomplete"] for run in some), min(map(WHOLE.value, some), default=0)
    yield Line(f"{KINORAD}: lost packets and incomplete frames", str(lost), "none", bool(some) and lost == 0)
    yield Line(f"{KINORAD}: frames", f"{whole:.1f} % at least", f"{100 * FULL_RATE:.0f} %", whole >= 100 * FULL_RATE)


def udp(bench):
    """And when viewers receive? 100 viewers of 1280x720p24 over loopback, who take what has come once a millisecond."""
    reel = bench.reels.hd()
    with loopback() as place:
        runs = repeat(bench, "udp", {KINORAD: kinorad, FLOOR: floor("gso"), SHARED: gst("shared"), OWN: gst()},
                      lambda start: measure(place, reel, start, COUNT, bench.seconds))
    yield Table([PER_GB, WHOLE, LOST, BURST, DEVIATION, FIRST, RSS, SWITCHES, LOAD], runs)
    yield from at_most_times(runs, 1.3, FLOOR)
    yield from at_most_times(runs, 1 / 5, OWN)
    yield from at_most_times(runs, 2 / 3, SHARED)
    yield from at_most(runs, BURST, KINORAD, BURST_MAX)
    yield from at_most(runs, DEVIATION, KINORAD, DEVIATION_MAX_MS)
    yield from at_most(runs, RSS, KINORAD, RSS_MIB[COUNT])
    yield from nothing_lost(runs)


def tcp(bench):
    """And over TCP? 100 viewers of 1280x720p24 over loopback; the bare sender writes a frame at once."""
    reel = bench.reels.hd()
    with loopback() as place:
        runs = repeat(bench, "tcp", {KINORAD: kinorad, BARE_TCP: floor("tcp"), SHARED: gst("shared")},
                      lambda start: measure(place, reel, start, COUNT, bench.seconds, "--tcp"))
    yield Table([PER_GB, WHOLE, LOST, FIRST, RSS, SWITCHES, LOAD], runs)
    yield from at_most_times(runs, 1.3, BARE_TCP)
    yield from at_most_times(runs, 2 / 3, SHARED)
    yield from nothing_lost(runs)


def full(bench):
    """And a large film? 100 viewers of 1920x1080p24 over loopback."""
    reel = bench.reels.full()
    with loopback() as place:
        runs = repeat(bench, "full", {KINORAD: kinorad, FLOOR: floor("gso")}, lambda start: measure(place, reel, start, COUNT, bench.seconds))
    yield Table([PER_GB, PER_VIEWER, WHOLE, LOST, BURST, DEVIATION, RSS, LOAD], runs)
    yield from nothing_lost(runs)


def uhd(bench):
    """And a single viewer of 3840x2160p24? Over loopback."""
    reel = bench.reels.uhd()
    with loopback() as place:
        runs = repeat(bench, "uhd", {KINORAD: kinorad, FLOOR: floor("gso")}, lambda start: measure(place, reel, start, 1, bench.seconds))
    yield Table([PER_GB, PER_VIEWER, WHOLE, LOST, BURST, DEVIATION, RSS, SWITCHES], runs)
    yield from at_most_times(runs, 1.3, FLOOR)
    yield from nothing_lost(runs)


def joins(bench):
    """Does anybody stand still where many come at once? 100 viewers of 1280x720p24 over TCP join 5 ms apart, 20 times on one server."""
    reel = bench.reels.hd()
    with loopback() as place, kinorad(place, reel, COUNT) as server:
        runs = {KINORAD: [watch(place, reel, server, COUNT, JOINED_S, "--tcp", "--stagger-us", str(JOIN_US), settle_s=0, traces=False) for _ in range(JOINS)]}
    yield Table([PER_GB, WHOLE, LOST, FIRST, FIRST_P99, LONGEST, RSS], runs)
    longest = max(map(LONGEST.value, runs[KINORAD]))
    yield Line(f"{KINORAD}: longest time between two frames of a viewer", f"{longest:.0f} ms", f"at most {STILL_MS} ms", longest <= STILL_MS)
    yield from nothing_lost(runs)


def workers(bench):
    """What does a second worker bring? As much as they can send to 4000 viewers of 1280x720p24, whose RTP is dropped where it would come in."""
    reel, names = bench.reels.hd(), {count: f"{KINORAD}, {count} worker{'s' * (count > 1)}" for count in (1, 2)}
    with nobody_receives() as place:
        runs = repeat(bench, "workers", {name: functools.partial(kinorad, workers=count) for count, name in names.items()},
                      lambda start: measure(place, reel, start, SATURATING, bench.seconds))
    yield Table([THROUGHPUT, PER_GB, RATE, LOAD], runs)
    one, two = (median(runs[names[count]], THROUGHPUT) for count in (1, 2))
    if one and two:
        yield Line("two workers against one", f"{two / one:.2f}", f"at least {TWO_WORKERS:.1f}", two / one >= TWO_WORKERS)


def scale(bench):
    """What do many viewers cost, each of them? kinorad with viewers of 640x480p24 over loopback."""
    reel, names = bench.reels.small(), {count: f"{KINORAD}, {count}" for count in (FEW, COUNT, MANY)}
    with loopback() as place:
        idle = [measure_idle(place, reel, kinorad) for _ in range(bench.runs)]
        runs = repeat(bench, "scale", {name: count for count, name in names.items()},
                      lambda count: measure(place, reel, kinorad, count, bench.seconds))
    yield Table([PER_GB, WHOLE, LOST, BURST, DEVIATION, RSS, SWITCHES, LOAD], runs)
    few, many = (median(runs[names[count]], PER_GB) for count in (FEW, MANY))
    if few and many:
        yield Line(f"{MANY} viewers: CPU against {FEW}", f"{many / few:.2f}", f"at most {GROWTH_MAX:.2f}", many / few <= GROWTH_MAX)
    yield Line("RSS without viewers", f"{statistics.median(idle):.1f} MiB", f"at most {RSS_MIB[0]} MiB", statistics.median(idle) <= RSS_MIB[0])
    for count in (COUNT, MANY):
        yield from at_most(runs, RSS, names[count], RSS_MIB[count])


def idle(bench):
    """What do those cost who do not play? kinorad with 10 000 sessions that were set up over TCP, or what descriptors allow."""
    count = min(IDLE, resource.getrlimit(resource.RLIMIT_NOFILE)[1] // 2 - 100)  # of a session two may be needed
    with loopback() as place:
        found = [measure_sessions(place, bench.reels.small(), count) for _ in range(bench.runs)]
    held, mib = min(held for held, _ in found), statistics.median(mib for _, mib in found)
    yield Line(f"{KINORAD}: sessions held", str(held), str(count), held == count)
    yield Line(f"{KINORAD}: RSS with them", f"{mib:.1f} MiB", f"at most {IDLE_MIB} MiB", mib <= IDLE_MIB)


def client(bench):
    """And receiving? One player of 1920x1080p24 that decodes nothing, once it has begun."""
    reel = bench.reels.full()
    with loopback() as place, kinorad(place, reel, 1) as server:
        players = {f"{name}, {transport}": command(server.url, transport) for name, command in PLAYERS.items() for transport in ("udp", "tcp")}
        runs = repeat(bench, "client", players, lambda command: measure_player(place, reel, command, bench.seconds))
    yield Table([PER_GB], runs)
    for transport in ("udp", "tcp"):
        ours, theirs = (median(runs[f"{name}, {transport}"], PER_GB) for name in (KINORA, FFMPEG))
        if ours and theirs:
            yield Line(f"{KINORA}, {transport}: CPU against {FFMPEG}", f"{ours / theirs:.2f}", "at most 0.50", ours / theirs <= 0.5)


def first(bench):
    """How soon does it begin? From connecting to the first RTP packet, 100 viewers of 1280x720p24 who come one after the other."""
    reel = bench.reels.hd()
    with loopback() as place:
        runs = repeat(bench, "first", {KINORAD: kinorad, SHARED: gst("shared"), OWN: gst()},
                      lambda start: measure(place, reel, start, COUNT, 1))
    yield Table([FIRST, FIRST_P99], runs)
    yield from at_most(runs, FIRST, KINORAD, FIRST_MS)
    yield from at_most(runs, FIRST_P99, KINORAD, FIRST_P99_MS)


def churn(bench):
    """How fast may viewers come and go? Connect, DESCRIBE, SETUP and PLAY over TCP, the first block, and a reset; eight at a time."""
    reel = bench.reels.small()
    with loopback() as place:
        runs = {KINORAD: measure_churn(place, reel, kinorad, CYCLES, AT_ONCE, bench.runs),
                SHARED: measure_churn(place, reel, gst("shared"), CYCLES_GST, AT_ONCE, bench.runs)}
    yield Table([Column("cycles/s", lambda visit: visit.per_second), Column("failed", lambda visit: visit.failed),
                 Column("RSS, MiB", lambda visit: visit.rss_mib, 1), Column("descriptors", lambda visit: visit.descriptors)], runs)
    ours = runs[KINORAD]
    rate, growth = statistics.median(visit.per_second for visit in ours), ours[-1].rss_mib - ours[0].rss_mib
    yield Line(f"{KINORAD}: cycles a second", f"{rate:.0f}", f"at least {CYCLES_S}", rate >= CYCLES_S)
    yield Line(f"{KINORAD}: cycles that failed", str(sum(visit.failed for visit in ours)), "none", not any(visit.failed for visit in ours))
    yield Line(f"{KINORAD}: growth over the runs", f"{growth:.1f} MiB", f"at most {GROWTH_MIB} MiB", growth <= GROWTH_MIB)
    more = ours[-1].descriptors - ours[0].descriptors
    yield Line(f"{KINORAD}: descriptors more", str(more), "none", more <= 0)


ROWS = {"sending": sending, "udp": udp, "full": full, "uhd": uhd, "tcp": tcp, "joins": joins, "scale": scale, "workers": workers, "idle": idle,
        "first": first, "churn": churn, "client": client}
