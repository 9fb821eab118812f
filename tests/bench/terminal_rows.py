"""The rows of the terminal bench: what is measured, what is required, and whether it holds."""
import dataclasses
import pathlib
import shutil
import sys

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import read_lab_reel, read_raw_reel  # noqa: E402
from line import Line  # noqa: E402
from terminal_runs import FPS, INTERVAL, kinora, number_in, serve, text, watch  # noqa: E402

SETTLED = 5.0           # seconds in which a player begins, and kinora's controls go again
HALF = ("--render", "half")
CHANGED = 0.01          # of a picture's cells: fewer are no new picture
CPU_OF, BYTES_OF = {"timg": 1 / 2, "mpv": 1 / 5}, {"timg": 1 / 3}
ERROR_MAX = 4.0
RATES, HELD_FROM, RATE_HELD = (20, 50, 200, 1000), 50, 0.9  # kB/s
ROUND_TRIP = 0.1
AGE_INTERVALS, KEY_S, SCREEN_S = 2, 0.15, 0.005
WORST = 0.01            # of the pictures, and no more, may be older: a busy machine's
STALL_S, STALL_CPU, STALL_OLD = 10, 0.01, 3
JPEG_RATIO = 1.4


def lacks(*programs):
    return [program for program in programs if shutil.which(program) is None]


# --- cells against other players

@dataclasses.dataclass
class Cost:
    cpu_ms: float
    bytes: float
    error: float
    fps: float
    box: tuple


def error_of(reels, log, shown, box):
    """Mean difference of a colour, of 255, between what stands there and the same frame's means of areas."""
    top, bottom, left, right = box
    reference = reels.reference(right - left, bottom - top)
    errors = []
    for screen in shown[::max(1, len(shown) // 40)]:
        picture = log.halves(screen)[top:bottom, left:right]
        number = number_in(picture)
        if number < len(reference):
            errors.append(numpy.abs(picture - reference[number].astype(numpy.int16)).mean())
    return float(numpy.mean(errors))


def cost_of(reels, log, seconds):
    """Of each picture that is shown once all has settled."""
    box = log.box(SETTLED, seconds - 0.5)
    cells = (box[1] - box[0]) / 2 * (box[3] - box[2])
    screens = log.within(SETTLED, seconds - 0.5)
    shown = [b for a, b in zip(screens, screens[1:]) if b.painted - a.painted > CHANGED * cells]
    first, last = screens[0], screens[-1]
    return Cost(1e3 * (last.cpu_s - first.cpu_s) / len(shown), (last.bytes - first.bytes) / len(shown),
                error_of(reels, log, shown, box), len(shown) / (last.at - first.at), box)


def players(reels, daemon, size):
    film = reels.numbered()
    for transport in ("udp", "tcp"):
        yield f"kinora, {transport}", kinora(f"{daemon.url}{film.name}", *HALF, "--transport", transport), [(1, "key=f")]
    if not lacks("timg"):
        yield "timg", ["timg", "-ph", f"-g{size[0]}x{size[1]}", film], []
    if not lacks("mpv"):
        yield "mpv", ["mpv", "--no-config", "--no-audio", "--vo=tct", "--vo-tct-algo=half-blocks", "--really-quiet", film], []


def judge_cost(name, size, cost, other, costs):
    share, least = costs[name].cpu_ms / costs[other].cpu_ms, CPU_OF[other]
    yield Line(f"{size[0]}x{size[1]} {name}: CPU against {other}", f"{share:.2f}", f"at most {least:.2f}", share <= least)
    if other in BYTES_OF:
        share, least = cost.bytes / costs[other].bytes, BYTES_OF[other]
        yield Line(f"{size[0]}x{size[1]} {name}: bytes against {other}", f"{share:.2f}", f"at most {least:.2f}", share <= least)


def measure_cells(reels, seconds, _quick):
    """Half blocks against timg and mpv, the picture alone on the terminal."""
    for size in ((120, 40), (200, 60)):
        costs = {}
        with serve(reels) as daemon:
            for name, command, actions in players(reels, daemon, size):
                log = watch(reels.folder, command, size, [*actions, (seconds, "quit")])
                c = costs[name] = cost_of(reels, log, seconds)
                where = f"{c.box[3] - c.box[2]}x{(c.box[1] - c.box[0]) / 2:g} cells"
                ours = name.startswith("kinora")
                yield Line(f"{size[0]}x{size[1]} {name}", f"{c.cpu_ms:.2f} ms, {c.bytes / 1e3:.1f} kB, error {c.error:.2f}, {c.fps:.1f} fps, {where}",
                           f"error at most {ERROR_MAX:g}" if ours else "", c.error <= ERROR_MAX if ours else None)
        for name in [name for name in costs if name.startswith("kinora")]:
            for other in CPU_OF:
                if other in costs:
                    yield from judge_cost(name, size, costs[name], other, costs)


# --- slow terminals

def ages(log, begin, end, fast):
    """(time, frame) of the pictures that come in a window, and how old each is then, against the soonest one while the
    line was fast."""
    box = log.box(*fast)
    base = min(at - number * INTERVAL for at, number in log.numbers(*fast, box))
    found = log.numbers(begin, end, box)
    return found, [at - number * INTERVAL - base for at, number in found]


def shown_by_kinora(log, begin, end):
    """Its own figure, from the panel, averaged."""
    figures = []
    for screen in log.within(begin, end)[::12]:
        words = text(log.cells[screen.index]).split()
        figures += [float(c) for a, b, c in zip(words, words[1:], words[2:]) if b == "shown" and a != "not" and c.replace(".", "").isdigit()]
    return float(numpy.mean(figures)) if figures else 0.0


def judge_line(rate, trip, log, keys, begin, end):
    name = f"{rate} kB/s" + (f", round trip {1000 * trip:.0f} ms" if trip else "")
    pictures, old = ages(log, begin, end, (end + 2 * keys + 1.5, end + 2 * keys + 3))
    per_second, held = len(pictures) / (end - begin), rate >= HELD_FROM
    yield Line(f"{name}: pictures a second", f"{per_second:.1f} (its own figure {shown_by_kinora(log, begin, end):.1f})",
               f"at least {FPS * RATE_HELD:.1f}" if held else "", per_second >= FPS * RATE_HELD if held else None)
    most = AGE_INTERVALS * INTERVAL + trip
    late = float(numpy.quantile(old, 1 - WORST))
    yield Line(f"{name}: age of pictures", f"{1000 * numpy.median(old):.0f} ms, 99 % {1000 * late:.0f}, oldest {1000 * max(old):.0f}",
               f"99 % at most {1000 * most:.0f} ms", late <= most)
    found = [seconds for seconds in log.key_times()[::2] if seconds is not None]
    least = KEY_S + trip
    yield Line(f"{name}: a key's answer", ", ".join(f"{1000 * seconds:.0f}" for seconds in found) + f" ms ({keys} keys)",
               f"at most {1000 * least:.0f} ms", len(found) == keys and max(found) <= least)


def measure_lines(reels, _seconds, quick):
    """Terminals that take so many bytes a second, without and with a round trip; they are fast only at the end."""
    begin, end, keys = SETTLED + 1, SETTLED + (7 if quick else 11), 3 if quick else 4
    presses = [(end + 0.2 + k, f"key={key}") for k, key in enumerate(["?", "\033"] * keys)]
    with serve(reels) as daemon:
        for trip in (0, ROUND_TRIP):
            for rate in RATES[:2] if quick else RATES:
                actions = [(0, f"rate={rate * 1000}"), *presses, (end + 2 * keys + 0.5, "rate=0"), (end + 2 * keys + 3, "quit")]
                log = watch(reels.folder, kinora(f"{daemon.url}{reels.numbered().name}", *HALF), (120, 40), actions, 1000 * trip / 2)
                yield from judge_line(rate, trip, log, keys, begin, end)


def measure_stall(reels, _seconds, _quick):
    """A terminal that takes nothing for ten seconds."""
    for transport in ("udp", "tcp"):
        yield from stall_over(reels, transport)


def stall_over(reels, transport):
    stop, go = SETTLED + 1, SETTLED + 1 + STALL_S
    with serve(reels) as daemon:
        log = watch(reels.folder, kinora(f"{daemon.url}{reels.numbered().name}", *HALF, "--transport", transport), (120, 40),
                    [(stop, "rate=-1"), (go, "rate=0"), (go + 3, "quit")])
    during = log.sampled(stop + 1, go)
    cpu = (during[-1].cpu_s - during[0].cpu_s) / (during[-1].at - during[0].at)
    yield Line(f"{transport}: CPU meanwhile", f"{100 * cpu:.2f} %", f"under {100 * STALL_CPU:.0f} %", cpu < STALL_CPU)
    pictures, old = ages(log, go, go + 3, (stop - 2, stop))
    stale = [age for age in old if age > 1]
    fresh = [age for age in old if age <= 1]
    yield Line(f"{transport}: pictures that were on their way", str(len(stale)), f"at most {STALL_OLD}, then only new ones",
               len(stale) <= STALL_OLD and all(age > 1 for age in old[:len(stale)]))
    if not fresh:
        yield Line(f"{transport}: the session", "no picture came afterwards", "is kept", False)
        return
    first = pictures[len(stale)][0] - go
    yield Line(f"{transport}: the first new picture", f"{1000 * first:.0f} ms after, {1000 * fresh[0]:.0f} ms old",
               f"at most {2000 * INTERVAL:.0f} ms old", fresh[0] <= 2 * INTERVAL)
    yield Line(f"{transport}: the session", f"{len(fresh) / (3 - first):.1f} pictures a second", "is kept", len(fresh) > FPS)


# --- pictures in terminals that draw them

def measure_jpeg(reels, seconds, _quick):
    """Inline files of iTerm2: a terminal that is only counted."""
    reel = reels.small()
    frames = read_lab_reel(reel) if reels.lab else read_raw_reel(reel)
    with serve(reels) as daemon:
        log = watch(reels.folder, kinora(f"{daemon.url}{reel.name}", "--render", "iterm"), (80, 24), [(1, "key=f"), (seconds, "quit")])
    found = log.sampled(SETTLED, seconds - 0.5)
    images, sent = found[-1].images - found[0].images, found[-1].bytes - found[0].bytes
    shown = frames[int(SETTLED * 24):int((seconds - 0.5) * 24)]
    size = sum(map(len, shown)) / len(shown)
    ratio = sent / max(1, images) / size
    yield Line("bytes a frame", f"{sent / max(1, images):.0f}, {ratio:.3f} JPEGs of {size:.0f}", f"at most {JPEG_RATIO} JPEGs",
               images > 0 and ratio <= JPEG_RATIO)
