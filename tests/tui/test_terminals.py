#!/usr/bin/env python3
"""The player in terminals that can do little, in windows of all sizes, while these change, and with settings of the user's."""

import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from test_terminal import Daemon, Grid, Terminal, BIN  # noqa: E402

PLAIN = {"COLORTERM": ""}
# terminfo's name, the environment beside it, and which colours may be sent: as few as the terminal has.
TERMINALS = [
    ("vt100", {}, 2), ("vt220", {}, 2), ("linux", {}, 16), ("ansi", {}, 16), ("screen", {}, 16), ("xterm", {}, 16),
    ("xterm-mono", {}, 2), ("cons25", {}, 16), ("screen-256color", {}, 256), ("tmux-256color", {}, 256),
    ("xterm-256color", {"NO_COLOR": "1"}, 2), ("linux", {"LC_ALL": "C"}, 16), ("vt100", {"LC_ALL": "C", "LANG": "C"}, 2),
]
COLOR = {2: rb"\x1b\[[0-9;]*(?<![0-9])(3[0-8]|4[0-8]|9[0-7]|10[0-7])[;m]", 16: rb"[34]8;[25];", 256: rb"[34]8;2;"}

QUERY = re.compile(rb"\x1b\[48[:;]2[^m]*m\x1bP\$qm\x1b\\")  # whether it keeps a direct colour


def has_terminfo(name):
    return any(os.path.exists(os.path.join(folder, name[0], name)) for folder in ("/lib/terminfo", "/usr/share/terminfo"))


def resize(terminal, cols, rows):
    terminal.size = (cols, rows)
    fcntl.ioctl(terminal.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))


def end(terminal, what):
    terminal.keys(b"q")
    assert terminal.wait() == 0, what
    assert termios.tcgetattr(terminal.slave) == terminal.before, f"after {what} the tty's mode differs"
    terminal.close()


def plays_in_every_terminal(daemon):
    for name, env, colors in TERMINALS:
        if not has_terminfo(name):
            print(f"  no terminfo entry for {name}")
            continue
        what = f"TERM={name} {env}"
        terminal = Terminal(daemon.url + "long.mjpeg", env={**PLAIN, "TERM": name, **env})
        terminal.wait_for_screen(lambda: terminal.shows("PLAYING") and terminal.frame() > 5, what)
        end(terminal, what)
        drawn = QUERY.sub(b"", terminal.output)
        assert not re.search(COLOR[colors], drawn), f"{what}: {re.search(COLOR[colors], drawn)}"
        if "LC_ALL" in env:
            assert all(byte < 0x80 for byte in terminal.output), f"{what}: more than ASCII"


def plays_in_windows_of_every_size(daemon):
    for size in ((20, 6), (21, 40), (300, 6), (80, 24), (500, 200)):
        for render in ("half", "ascii"):
            terminal = Terminal(daemon.url + "long.mjpeg", "--render", render, size=size)
            what = f"{render} in {size}"
            terminal.wait_for_screen(lambda: terminal.output.count(b"\x1b[6n") > 5, what, 40)
            text = Grid(*size, terminal.output).text()
            assert "too small" not in text, what
            end(terminal, what)
    for size in ((1, 1), (1, 100), (19, 6), (0, 0), (2000, 1000)): # no room, no size, more than it draws
        terminal = Terminal(daemon.url + "long.mjpeg", "--render", "half", size=size)
        terminal.read(2)
        end(terminal, str(size))


def survives_a_storm_of_sizes(daemon):
    terminal = Terminal(daemon.url + "long.mjpeg", "--render", "half")
    terminal.wait_for_screen(lambda: terminal.frame() > 5, "no picture")
    start = time.monotonic()
    for i in range(200):
        resize(terminal, 20 + i * 7 % 230, 6 + i * 11 % 90)
        terminal.read(max(0.0, start + (i + 1) * 0.01 - time.monotonic()))
    resize(terminal, 100, 30)
    mark = len(terminal.output)
    terminal.read(3)
    clear = terminal.output.rfind(b"\x1b[H\x1b[2J")
    terminal.output = terminal.output[clear if clear >= 0 else mark:]
    terminal.wait_for_screen(lambda: terminal.frame() > 5 and terminal.shows("PLAYING"), "after the storm")
    assert terminal.process.poll() is None
    end(terminal, "a storm of sizes")


def stops_and_goes_on(daemon):
    for name in ("vt100", "linux"):
        terminal = Terminal(daemon.url + "long.mjpeg", env={**PLAIN, "TERM": name})
        terminal.wait_for_screen(lambda: terminal.frame() > 5, "no picture")
        terminal.keys(b"\x1a")
        terminal.wait_until_stopped()
        assert termios.tcgetattr(terminal.slave) == terminal.before, "^Z leaves the tty's mode"
        resize(terminal, 60, 20) # meanwhile
        os.killpg(terminal.process.pid, signal.SIGCONT)
        mark = len(terminal.output)
        terminal.read(15, b"PLAYING")
        terminal.output = terminal.output[mark:]
        terminal.wait_for_screen(lambda: terminal.shows("PLAYING"), "after fg")
        end(terminal, "^Z and fg")


def ends_with_a_terminal_that_goes_away(daemon):
    for name in ("vt100", "dumb"):
        terminal = Terminal(daemon.url + "long.mjpeg", env={**PLAIN, "TERM": name})
        terminal.expect(b"PLAYING")
        os.close(terminal.slave)
        os.close(terminal.master)
        terminal.process.wait(10)


def writes_lines_where_nothing_can_be_placed(daemon):
    line = re.compile(rb"PLAYING  \d\d:\d\d\.\d  frame \d+/\d+  [0-9.]+ fps  [0-9.]+ [kM]?bit/s  loss \S+ %  cache \d+/\d+\r\n")
    for env, why in (({"TERM": "dumb"}, b"TERM=dumb"), ({"TERM": ""}, b"TERM is not set"), ({"TERM": "nosuch"}, b"TERM=nosuch")):
        terminal = Terminal(daemon.url + "long.mjpeg", env={**PLAIN, **env})
        terminal.expect(why)
        assert terminal.read(20, b"frame 7"), terminal.output
        terminal.keys(b"\x03")
        assert terminal.wait() == -signal.SIGINT
        assert len(line.findall(terminal.output)) >= 2 and b"\x1b" not in terminal.output, terminal.output
        assert b"^CPLAYING" not in terminal.output, "the last line stands behind ^C"
        assert termios.tcgetattr(terminal.slave) == terminal.before
        terminal.close()
    terminal = Terminal(daemon.url + "bunny.mjpeg", env={**PLAIN, "TERM": "dumb"})
    assert terminal.wait(30) == 0 and b"ENDED  " in terminal.output, terminal.output
    terminal.close()
    terminal = Terminal(daemon.url + "nix.mjpeg", env={**PLAIN, "TERM": "dumb"})
    assert terminal.wait() == 1 and b"404" in terminal.output and b"ENDED" not in terminal.output, terminal.output
    terminal.close()


def keeps_to_the_settings(daemon):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "mine.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("theme = light\nrender = half\n[keys]\nquit = x\ntoggle = P\n[colors]\ntitle = #010203\n")
        terminal = Terminal(daemon.url + "long.mjpeg", "--config", path)
        terminal.wait_for_screen(lambda: terminal.frame() > 5 and terminal.shows("P pause"), "no picture")
        assert b"38;2;1;2;3" in terminal.output and b"48;2;244;245;247" in terminal.output, "colours"
        terminal.keys(b"q P")
        terminal.wait_for_screen(lambda: terminal.shows("READY"), "no pause")
        terminal.keys(b"x")
        assert terminal.wait() == 0
        terminal.close()


def takes_the_theme_of_the_background(daemon):
    terminal = Terminal(daemon.url + "long.mjpeg", "--render", "half")
    terminal.expect(b"\x1b]11;?")
    terminal.keys(b"\x1b]11;rgb:ffff/fafa/f0f0\x1b\\")
    terminal.wait_for_screen(lambda: b"48;2;244;245;247" in terminal.output, "not light")
    end(terminal, "light")
    terminal = Terminal(daemon.url + "long.mjpeg", "--render", "half", "--theme", "terminal")
    terminal.expect(b"\x1b]11;?")
    terminal.keys(b"\x1b]11;rgb:ffff/fafa/f0f0\x1b\\")
    terminal.wait_for_screen(lambda: terminal.frame() > 5, "no picture")
    assert b"48;2;244;245;247" not in terminal.output and b"48;2;17;20;26" not in terminal.output
    end(terminal, "the terminal's own")


def says_what_is_wrong_with_the_settings(daemon):
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "kinora"))
        path = os.path.join(folder, "kinora", "kinora.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("[colors]\ntext = rad\n")
        run = subprocess.run([os.path.join(BIN, "kinora"), daemon.url], capture_output=True, text=True, timeout=20,
                             env={**os.environ, "XDG_CONFIG_HOME": folder}, check=False)
        assert run.returncode == 78 and f"{path}:2: [colors] text: " in run.stderr and run.stderr.count("\n") == 1, run


def main():
    tests = [says_what_is_wrong_with_the_settings, plays_in_every_terminal, plays_in_windows_of_every_size,
             survives_a_storm_of_sizes, stops_and_goes_on, ends_with_a_terminal_that_goes_away,
             writes_lines_where_nothing_can_be_placed, keeps_to_the_settings, takes_the_theme_of_the_background]
    chosen = sys.argv[1:]
    with Daemon() as daemon:
        for test in tests:
            if chosen and test.__name__ not in chosen:
                continue
            print(test.__name__.replace("_", " "), flush=True)
            test(daemon)
    print("passed")


if __name__ == "__main__":
    main()
