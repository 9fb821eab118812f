"""The rows of the server bench: the questions, the tables that answer them, and what is required."""
import dataclasses
import statistics
import sys

from line import Line
from server_runs import floor, gst, kinorad, loopback, measure, nobody_receives

COUNT = 100
FULL_RATE = 0.98  # of the reel's bytes, RTP's headers besides
TURNS_MAX = 2000  # a second
KINORAD, FLOOR, MMSG, SHARED, OWN = "kinorad", "bare sender, trains", "bare sender, sendmmsg", "gst-rtsp-server, shared", "gst-rtsp-server, own"


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
    return {name: some for name, some in runs.items() if some}


def at_most(runs, column, name, most, unit=""):
    """A requirement of one row of a table; nothing where it could not be measured."""
    found = median(runs.get(name, []), column)
    if found is not None:
        yield Line(f"{name}: {column.title}", f"{found:.{column.digits}f}{unit}", f"at most {most:g}{unit}", found <= most)


def at_most_times(runs, most, other):
    """kinorad's cost against another's."""
    if KINORAD in runs and other in runs:
        share = median(runs[KINORAD], PER_GB) / median(runs[other], PER_GB)
        yield Line(f"{KINORAD}: CPU against {other}", f"{share:.2f}", f"at most {most:.2f}", share <= most)


def full_rate(runs):
    least = min((run.rate for run in runs.get(KINORAD, [])), default=0)
    yield Line(f"{KINORAD}: rate", f"{100 * least:.0f} % at least", f"{100 * FULL_RATE:.0f} %", least >= FULL_RATE)


def sending(bench):
    """What does sending itself cost? 100 viewers of 1280x720p24, whose RTP is dropped where it would come in."""
    reel = bench.reels.hd()
    with nobody_receives() as place:
        runs = repeat(bench, "sending", {KINORAD: kinorad, FLOOR: floor("gso"), MMSG: floor("mmsg"), SHARED: gst("shared"), OWN: gst()},
                      lambda start: measure(place, reel, start, COUNT, bench.seconds))
    yield Table([PER_GB, RATE, BUFFERS, SWITCHES, TURNS, TIMERS], runs)
    yield from at_most_times(runs, 1.5, FLOOR)
    yield from at_most_times(runs, 0.5, SHARED)
    yield from at_most(runs, TURNS, KINORAD, TURNS_MAX)
    yield from at_most(runs, TIMERS, KINORAD, TURNS_MAX)
    yield from full_rate(runs)


ROWS = {"sending": sending}
