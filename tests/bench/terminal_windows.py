"""Real terminals on a display of their own: what they show of a film, and how fast."""
import contextlib
import os
import signal
import subprocess
import time

from PIL import Image
import numpy

from terminal_pictures import load, psnr
from terminal_rows import Line, lacks
from terminal_runs import BIN, HEIGHT, Log, WIDTH, ffmpeg, kinora, serve

DISPLAY, SCREEN = ":79", (1700, 1000)
FPS_MIN, AGAINST_MPV, PSNR_MIN = 15, 2, 30
STARTED, BRIGHT = 4, 200
BORDER = "drawbox=color=white:t=12"
SIZE = ("120", "40")
XTERM = ["xterm", "-ti", "vt340", "-xrm", "XTerm*decTerminalID: vt340", "-xrm", "XTerm*numColorRegisters: 256", "-xrm", "XTerm*maxGraphicSize: 2000x2000",
         "-geometry", "120x40+0+0", "-fa", "DejaVu Sans Mono", "-fs", "8", "-b", "0", "+sb", "-bg", "black", "-fg", "white", "-e"]
MLTERM = ["mlterm", "-g", "120x40", "-O", "none", "-b", "black", "-f", "white", "-e"]
KITTY = ["kitty", "--config", "NONE", "-o", "initial_window_width=120c", "-o", "initial_window_height=40c", "-o", "remember_window_size=no",
         "-o", "window_padding_width=0", "-o", "update_check_interval=0", "-o", "font_size=9"]
KONSOLE = ["konsole", "--hide-menubar", "--hide-tabbar", "-p", "TerminalColumns=120", "-p", "TerminalRows=40", "-p", "ScrollBarPosition=2", "-e"]
SEATS = (("xterm", XTERM, "sixel"), ("mlterm", MLTERM, "sixel"), ("kitty", KITTY, "kitty"), ("konsole", KONSOLE, "kitty"), ("konsole", KONSOLE, "iterm"))


@contextlib.contextmanager
def display():
    server = subprocess.Popen(["Xvfb", DISPLAY, "-screen", "0", f"{SCREEN[0]}x{SCREEN[1]}x24", "-nolisten", "tcp"], stderr=subprocess.DEVNULL)
    try:
        time.sleep(1)
        yield
    finally:
        server.terminate()
        server.wait()


def environment(home):
    kept = {name: value for name, value in os.environ.items() if name not in ("TMUX", "STY", "NO_COLOR", "SSH_TTY", "SSH_CONNECTION", "WAYLAND_DISPLAY")}
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return {**kept, "DISPLAY": DISPLAY, "LC_ALL": "C.UTF-8", "COLORTERM": "truecolor", "HOME": str(home), "XDG_CONFIG_HOME": str(home), "XDG_CACHE_HOME": str(home),
            "XDG_RUNTIME_DIR": str(runtime), "LIBGL_ALWAYS_SOFTWARE": "1"}


def show(folder, terminal, command, actions, look_at=None):
    """Runs a player in a terminal's window until the action "quit": its Log, and the display at a time."""
    log, shot = folder / "window.log", folder / "shot.png"
    log.unlink(missing_ok=True)
    whens = [word for second, text in sorted(actions) for word in ("--at", str(second), text)]
    end = max(second for second, _ in actions)
    relay = [BIN / "ttymeter", "--log", log, "--relay", *whens, "--", *command]
    window = subprocess.Popen([*terminal, *map(str, relay)], env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              start_new_session=True)
    try:
        if look_at is not None:
            time.sleep(look_at)
            shot.unlink(missing_ok=True)
            ffmpeg("-f", "x11grab", "-video_size", f"{SCREEN[0]}x{SCREEN[1]}", "-i", DISPLAY, "-frames:v", 1, shot)
        window.wait(timeout=end + 15)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(window.pid, signal.SIGKILL)
        window.wait()
    return Log(log, None, (0, 0)) if log.exists() else None, shot


def likeness(shot, png):
    """PSNR of what stands within the white border on a screenshot; None where there is none."""
    screen = numpy.asarray(Image.open(shot).convert("RGB"), float)
    bright = screen.min(-1) > BRIGHT
    ys, xs = numpy.flatnonzero(bright.mean(1) > 0.2), numpy.flatnonzero(bright.mean(0) > 0.2)
    if len(ys) == 0 or len(xs) == 0 or xs[-1] - xs[0] < 200:
        return None, (0, 0)
    width, bottom = xs[-1] + 1 - xs[0], ys[-1] + 1
    edges = [y for y in ys if y - 1 not in ys]
    top = min(edges, key=lambda y: abs(bottom - y - width * HEIGHT / WIDTH))  # a toolbar may be bright as well
    picture = screen[top:bottom, xs[0]:xs[-1] + 1]
    size = picture.shape[1], picture.shape[0]
    return psnr(picture, load(png, size)), size


def images_per_second(log, begin, end):
    some = log.sampled(begin, end) if log else []
    return (some[-1].images - some[0].images) / (some[-1].at - some[0].at) if len(some) > 1 else 0.0


def measure_seat(reels, daemon, still, name, terminal, protocol, seconds):
    reel, png = still
    place = f"{name}, {protocol}"
    _, shot = show(reels.folder, terminal, kinora(f"{daemon.url}{reel.name}", "--render", protocol), [(2, "key=f"), (STARTED + 5, "quit")], STARTED + 3.5)
    db, size = likeness(shot, png)
    yield Line(f"{place}: the frame on the screen", f"{db:.1f} dB, {size[0]}x{size[1]} pixels" if db else "is not there", f"at least {PSNR_MIN} dB",
               bool(db) and db >= PSNR_MIN)
    film = reels.fast()
    log, _ = show(reels.folder, terminal, kinora(f"{daemon.url}{film.name}", "--render", protocol), [(1, "key=f"), (STARTED + seconds, "quit")])
    fps = images_per_second(log, STARTED, STARTED + seconds)
    yield Line(f"{place}: frames a second of 60", f"{fps:.1f}", f"at least {FPS_MIN}", fps >= FPS_MIN)
    if protocol != "sixel" or lacks("mpv"):
        return
    log, _ = show(reels.folder, terminal, ["mpv", "--no-config", "--no-audio", "--vo=sixel", "--really-quiet", film], [(STARTED + seconds, "quit")])
    other = images_per_second(log, STARTED, STARTED + seconds)
    yield Line(f"{place}: frames a second of mpv", f"{other:.1f}", f"kinora {AGAINST_MPV} times as many", fps >= AGAINST_MPV * other)


def measure_windows(reels, _seconds, quick):
    """Sixel, kitty's and iTerm2's pictures in terminals that draw them."""
    if lacks("Xvfb"):
        yield Line("terminals that draw pictures", "skipped: there is no Xvfb")
        return
    still = reels.still(2 if quick or not reels.film else 14, BORDER)
    with display(), serve(reels) as daemon:
        for name, terminal, protocol in SEATS:
            if lacks(name):
                yield Line(f"{name}, {protocol}", f"skipped: there is no {name}")
            else:
                yield from measure_seat(reels, daemon, still, name, terminal, protocol, 5 if quick else 10)


