"""One run of the terminal bench: a player on a terminal of its own (tests/lib/ttymeter.c), and what that noted."""
import dataclasses
import functools
import os
import pathlib
import subprocess
import sys

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, VIDEO, Daemon  # noqa: E402

WIDTH, HEIGHT, FPS = 1920, 1080, 24
INTERVAL = 1 / FPS
BITS, BLOCK = 10, 64  # a frame's number in Gray code, in squares of pixels at the left of its top: black is 0, white is 1
DEFAULT = 0x01000000  # no colour (tests/lib/ttygrid.h)
MOVES = 8  # of a colour: less is no film
QUIET = ["-v", "error", "-nostdin", "-y"]


def ffmpeg(*arguments):
    return subprocess.run(["ffmpeg", *QUIET, *map(str, arguments)], check=True, capture_output=True).stdout


def number_filter():
    """Draws the number of each frame into it."""
    filters = [f"drawbox=x=0:y=0:w={BITS * BLOCK}:h={BLOCK}:color=black:t=fill"]
    for bit in range(BITS):
        filters.append(f"drawbox=x={bit * BLOCK}:y=0:w={BLOCK}:h={BLOCK}:color=white:t=fill"
                       f":enable='mod(floor((n+{1 << bit})/{2 << bit}),2)'")
    return ",".join(filters)


@dataclasses.dataclass(eq=False)
class Reels:
    """What is played, in a folder of its own: made of a film of 24 frames a second, or of a reel that the tree has."""
    folder: pathlib.Path
    seconds: int
    film: str = ""       # a path; else bunny-720p.mjpeg
    lab: str = ""        # a reel in the lab format; else one of the same size is made of the film

    def source(self):
        if self.film:
            return ["-i", self.film]
        return ["-stream_loop", "-1", "-f", "mjpeg", "-r", str(FPS), "-i", str(VIDEO / "bunny-720p.mjpeg")]

    def encode(self, name, filters, frames, *, quality=5, kind=()):
        path = self.folder / name
        if not path.exists():
            ffmpeg(*self.source(), "-an", "-vf", filters, "-frames:v", frames, "-c:v", "mjpeg", "-q:v", quality,
                   "-huffman", "default", *kind, path)
        return path

    def numbered(self):
        return self.encode("numbered.avi", f"fps={FPS},scale={WIDTH}:{HEIGHT},format=yuvj420p,{number_filter()}", self.seconds * FPS)

    def fast(self):
        """The same at 60 frames a second."""
        path = self.folder / "fast.avi"
        if not path.exists():
            raw = path.with_suffix(".mjpeg")
            ffmpeg("-i", self.numbered(), "-c", "copy", raw)  # an AVI would keep its times, and pad
            ffmpeg("-framerate", 60, "-i", raw, "-c", "copy", path)
            raw.unlink()
        return path

    def small(self):
        """A reel like that of the lab's clients: 384x288, 7.6 kB a frame."""
        if self.lab:
            path = self.folder / "small.mjpeg"
            if not path.exists():
                path.write_bytes(pathlib.Path(self.lab).read_bytes())
            return path
        return self.encode("small.mjpeg", f"fps={FPS},scale=384:288,format=yuvj444p", self.seconds * FPS, quality=14, kind=["-f", "mjpeg"])

    def still(self, second, frame_filter="null"):
        """One frame of the film, again and again, and the same as a PNG."""
        name = f"still-{second}-{'plain' if frame_filter == 'null' else 'framed'}"
        png, reel = self.folder / f"{name}.png", self.folder / f"{name}.avi"
        if not reel.exists():
            raw = self.encode(f"{name}.jpg", f"select='gte(n,{second * FPS})',scale={WIDTH}:{HEIGHT},{frame_filter},format=yuvj420p", 1,
                              quality=2)
            ffmpeg("-loop", 1, "-r", FPS, "-i", raw, "-frames:v", 60 * FPS, "-c:v", "copy", reel)
            ffmpeg("-i", raw, png)
        return reel, png

    @functools.lru_cache(maxsize=8)
    def reference(self, width, height):
        """All frames of numbered.avi as means of areas: (frames, height, width, 3)."""
        raw = ffmpeg("-i", self.numbered(), "-vf", f"format=rgb24,scale={width}:{height}:flags=area+accurate_rnd", "-f", "rawvideo",
                     "-pix_fmt", "rgb24", "-")
        return numpy.frombuffer(raw, numpy.uint8).reshape(-1, height, width, 3)


def serve(reels, *options):
    return Daemon(reels.folder, "-o", "media.index_dir=", "-o", "log.level=warning", *options)


# --- what a terminal shows

COVERED = {0x2580: (1, 0), 0x2584: (0, 1), 0x2588: (1, 1)}  # of the upper and the lower half, by the foreground


def halves(grid):
    """The colours of the upper and lower halves of all cells: (2 * rows, cols, 3). Other glyphs than half blocks count as blanks."""
    def rgb(colors, default):
        colors = numpy.where(colors == DEFAULT, default, colors)
        return numpy.stack([colors >> 16 & 255, colors >> 8 & 255, colors & 255], -1)
    fg, bg = rgb(grid[:, :, 1], 0xe5e5e5), rgb(grid[:, :, 2], 0)
    shown = numpy.empty((2 * grid.shape[0], grid.shape[1], 3), numpy.int16)
    for half in range(2):
        ink = numpy.isin(grid[:, :, 0], [point for point, covered in COVERED.items() if covered[half]])
        shown[half::2] = numpy.where(ink[:, :, None], fg, bg)
    return shown


def text(grid):
    return "\n".join("".join(map(chr, row)) for row in grid[:, :, 0])


def number_in(shown):
    """The frame whose number stands in a picture."""
    height, width = shown.shape[:2]
    number = 0
    for bit in reversed(range(BITS)):
        x, y = int((bit + 0.5) * BLOCK * width / WIDTH), int(BLOCK / 2 * height / HEIGHT)
        number = number << 1 | ((shown[y, x].mean() > 128) ^ (number & 1))
    return number


@dataclasses.dataclass
class Screen:
    at: float
    bytes: int
    painted: int
    images: int
    cpu_s: float
    index: int  # of its cells


class Log:
    """What ttymeter noted, and the cells of each screen."""

    def __init__(self, path, cells, size):
        self.screens, self.samples, self.keys, self.answers = [], [], [], []
        self.seen = {}
        for line in path.read_text().splitlines():
            kind, at, *rest = line.split()
            if kind in "sc":
                sent, painted, *images, cpu = map(int, rest)
                into = self.screens if kind == "s" else self.samples
                into.append(Screen(int(at) / 1e6, sent, painted, sum(images), cpu / 1e6, len(into)))
            elif kind in "ka":
                (self.keys if kind == "k" else self.answers).append(int(at) / 1e6)
        cols, rows = size
        self.cells = numpy.memmap(cells, numpy.uint32, "r").reshape(-1, rows, cols, 3) if cells else None

    def halves(self, screen):
        return halves(self.cells[screen.index])

    def within(self, begin, end):
        return [screen for screen in self.screens if begin <= screen.at < end]

    def sampled(self, begin, end):
        return [sample for sample in self.samples if begin <= sample.at < end]

    def box(self, begin, end):
        """Where the picture is, in half cells: the rows and columns that do not stay as they are."""
        some = self.within(begin, end)
        shown = numpy.stack([self.halves(screen) for screen in some[::max(1, len(some) // 24)]])
        moves = (shown.max(0) - shown.min(0)).max(-1) > MOVES
        ys, xs = numpy.flatnonzero(moves.any(1)), numpy.flatnonzero(moves.any(0))
        return ys[0], ys[-1] + 1, xs[0], xs[-1] + 1

    def numbers(self, begin, end, box):
        """(time, frame) whenever another picture is shown."""
        found = []
        top, bottom, left, right = box
        for screen in self.within(begin, end):
            number = number_in(self.halves(screen)[top:bottom, left:right])
            if not found or found[-1][1] != number:
                found.append((screen.at, number))
        return found

    def key_times(self):
        """Seconds from each key to the first letter of what it opens; None where nothing came before the next key."""
        ends = self.keys[1:] + [float("inf")]
        return [next((answer - key for answer in self.answers if key <= answer < end), None) for key, end in zip(self.keys, ends)]


def environment(**more):
    clean = {name: value for name, value in os.environ.items()
             if name not in ("NO_COLOR", "TMUX", "STY", "TERM_PROGRAM", "SSH_CONNECTION", "SSH_TTY", "KITTY_WINDOW_ID")}
    return {**clean, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8", **more}


def watch(folder, command, size, actions, delay_ms=0):
    """Runs a player until the action "quit"; its Log. Actions are (second, text)."""
    log, cells = folder / "log", folder / "cells"
    whens = [word for second, text in sorted(actions) for word in ("--at", str(second), text)]
    subprocess.run([BIN / "ttymeter", "--log", log, "--cells", cells, "--size", f"{size[0]}x{size[1]}", "--delay-ms", str(delay_ms), *whens, "--",
                    *map(str, command)], env=environment(), timeout=max(second for second, _ in actions) + 30, check=True)
    return Log(log, cells, size)


def kinora(url, *options):
    return [BIN / "kinora", *options, url]


