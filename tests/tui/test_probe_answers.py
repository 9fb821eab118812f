#!/usr/bin/env python3
"""No answer of the terminal reaches the shell, however and whenever the player ends, on a line of 300 ms.

--full [STARTS] does that 200 times (or as often as is said), a few at once."""
# kin-test: paced

import fcntl
import json
import os
import pathlib
import pty
import random
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon  # noqa: E402

DELAY = 0.3
PROMPT = b"PROMPT>"
SHELL = f"trap : INT TERM HUP QUIT; \"$@\"; printf '%s' '{PROMPT.decode()}'; exec cat"

# Each query, and what a terminal says to it.
ANSWERS = [
    (rb"\x1b\[>q", b"\x1bP>|XTerm(379)\x1b\\"),
    (rb"\x1b\[>c", b"\x1b[>41;379;0c"),
    (rb"\x1b\[\?2026\$p", b"\x1b[?2026;2$y"),
    (rb"\x1b\[\?2027\$p", b"\x1b[?2027;0$y"),
    (rb"\x1b\[14t", b"\x1b[4;480;640t"),
    (rb"\x1b\[16t", b"\x1b[6;20;8t"),
    (rb"\x1b\[18t", b"\x1b[8;24;80t"),
    (rb"\x1b\]11;\?(?:\x1b\\|\x07)", b"\x1b]11;rgb:1111/1414/1a1a\x1b\\"),
    (rb"\x1bP\$qm\x1b\\", b"\x1bP1$r0;48:2::1:2:3m\x1b\\"),
    (rb"\x1b_Gi=31,[^\x1b]*\x1b\\", b"\x1b_Gi=31;OK\x1b\\"),
    (rb"\x1b\[c", b"\x1b[?64;4;22c"),
    (rb"\x1b\[6n", b"\x1b[12;40R"),
]
QUERY = re.compile(b"|".join(query for query, _ in ANSWERS))
QUERY_MAX = 64


def answer_to(query):
    return next(answer for pattern, answer in ANSWERS if re.fullmatch(pattern, query))


class Screen:
    """A terminal that answers each query after `delay` seconds, with a shell in it that runs a command and then reads."""

    def __init__(self, *command, delay=DELAY, term="xterm-256color", before=b"", shell=SHELL, version=b"XTerm(379)", **env):
        self.version = version
        self.delay, self.output, self.seen, self.waiting, self.asked = delay, bytearray(before), 0, [], []
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environment = {name: value for name, value in os.environ.items()
                       if name not in ("NO_COLOR", "TMUX", "STY", "TERM_PROGRAM", "SSH_CONNECTION", "SSH_TTY")}
        environment.update(TERM=term, LC_ALL="C.UTF-8", COLORTERM="", **env)
        self.process = subprocess.Popen(
            ["sh", "-c", shell, "sh", *map(str, command)], stdin=slave, stdout=slave, stderr=slave, env=environment,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)

    def answer(self):
        """Notes the queries that have come, and sends the answers that are due."""
        now = time.monotonic()
        for match in QUERY.finditer(self.output, self.seen):
            self.seen = match.end()
            self.asked.append(match.group())
            self.waiting.append((now + self.delay, answer_to(match.group()).replace(b"XTerm(379)", self.version)))
        self.seen = max(self.seen, len(self.output) - QUERY_MAX) # what is cut off by now will be whole next time
        while self.waiting and self.waiting[0][0] <= now:
            os.write(self.master, self.waiting.pop(0)[1])

    def run(self, seconds, until=None):
        """Lets it run for so long, or until that is in the output; True when it is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.master], [], [], 0.01)
            if ready:
                try:
                    self.output += os.read(self.master, 65536)
                except OSError:
                    return False
            self.answer()
            if until is not None and until in self.output:
                return True
        return False

    def children(self, depth):
        pid = self.process.pid
        for _ in range(depth):
            found = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            if not found:
                return None
            pid = int(found[0])
        return pid

    def signal(self, depth, number):
        pid = self.children(depth)
        if pid is not None:
            os.kill(pid, number)
        return pid is not None

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


def press(key):
    return lambda screen: bool(os.write(screen.master, key))


GUARDIAN, PLAYER = 1, 2
ENDS = {
    "q": press(b"q"),
    "^C": press(b"\x03"),
    "TERM": lambda s: s.signal(GUARDIAN, signal.SIGTERM),
    "HUP": lambda s: s.signal(GUARDIAN, signal.SIGHUP),
    "SEGV": lambda s: s.signal(PLAYER, signal.SIGSEGV),
    "KILL": lambda s: s.signal(PLAYER, signal.SIGKILL),
}


def start_and_end(url, name, after):
    """What reached the shell of one start, as text; None when there is nothing wrong."""
    screen = Screen(BIN / "kinora", "--render", "half", url)
    try:
        if not screen.run(60, b"\x1b[?1049h"):
            return "it never entered the screen"
        screen.run(after)
        began = time.monotonic()
        while PROMPT not in screen.output:
            ENDS[name](screen)
            if screen.run(5, PROMPT):
                break
            if time.monotonic() > began + 60:
                return "it never ended"
        screen.run(4 * DELAY) # what is on its way arrives
        rest = screen.output.rpartition(PROMPT)[2]
        return None if rest == b"" and not screen.waiting else f"the shell got {rest!r}"
    finally:
        screen.close()


def keeps_what_is_owed(url):
    """Regression: SIGCONT to a player that runs dropped the count of what was owed, and q left that at the prompt."""
    for after in (0, 0.1, 0.25):
        screen = Screen(BIN / "kinora", "--render", "half", url)
        assert screen.run(60, b"PLAYING")
        screen.run(2)
        for _ in range(4):
            screen.signal(PLAYER, signal.SIGCONT)
            screen.run(0.15)
        screen.run(after)
        press(b"q")(screen)
        assert screen.run(30, PROMPT), "q does not end it"
        screen.run(4 * DELAY)
        rest = screen.output.rpartition(PROMPT)[2]
        screen.close()
        assert rest == b"", f"the shell got {rest!r}"


def asks_nothing_of_who_does_not_read(url):
    """Regression: queries that stood in the tty's output were answered once the shell read. Screens are large enough here
    that the kernel has not handed them to the terminal's side, from where nobody can take them back."""
    for name in ("q", "TERM", "KILL"):
        screen = Screen(BIN / "kinora", "--render", "half", "--budget", "250kB", url, delay=0)
        assert screen.run(60, b"PLAYING")
        screen.run(2)
        time.sleep(2)
        ENDS[name](screen)
        time.sleep(2)
        assert screen.run(30, PROMPT), f"{name} does not end it"
        screen.run(1)
        rest = screen.output.rpartition(PROMPT)[2]
        screen.close()
        assert rest == b"", f"{name}: the shell got {rest!r}"


def run_starts(url, count, at_once):
    chosen = random.Random(300)
    starts = [(list(ENDS)[i % len(ENDS)], chosen.choice((0.02, 0.4, 1.2, 3)) * chosen.random()) for i in range(count)]
    wrong = []

    def work():
        while starts:
            name, after = starts.pop()
            try:
                said = start_and_end(url, name, after)
            except Exception as error:  # pylint: disable=broad-except
                said = repr(error)
            if said is not None:
                wrong.append(f"{name} after {after:.3f} s: {said}")

    threads = [threading.Thread(target=work) for _ in range(at_once)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong, "\n  " + "\n  ".join(wrong)


# --- what is asked, and what is made of the answers


def report(*, seconds=8, **options):
    """What `kinora terminal --json` prints on such a terminal, and the terminal."""
    screen = Screen(BIN / "kinora", "terminal", "--json", **options)
    assert screen.run(seconds * 5, PROMPT), f"kinora terminal does not end: {screen.output!r}"
    screen.run(2 * screen.delay)
    found = re.search(rb"\{.*\}", screen.output)
    assert found, screen.output
    assert screen.output.endswith(PROMPT), f"the shell got {screen.output.rpartition(PROMPT)[2]!r}"
    return json.loads(found.group()), screen


def tells_what_it_was_told():
    got, screen = report(delay=0.1, SSH_TTY="/dev/pts/9")
    screen.close()
    assert got["name"] == "XTerm" and got["version"] == "379" and got["name_source"] == "asked", got
    assert all(got[name] == {"yes": True, "source": "asked"} for name in ("sixel", "kitty", "synchronized", "truecolor")), got
    assert got["graphemes"] == {"yes": False, "source": "asked"}, got
    assert got["cell"] == {"width": 8, "height": 20, "source": "asked"}, got
    assert got["background"] == {"rgb": "#11141a", "dark": True, "source": "asked"}, got
    assert got["remote"] == {"yes": True, "source": "environment"} and got["rtt_ms"] >= 100, got
    assert [mode["name"] for mode in got["modes"]] == ["symbols", "half", "quadrants", "sextants", "ascii", "sixel", "kitty", "iterm"], got
    screen = Screen(BIN / "kinora", "terminal", delay=0.1)
    assert screen.run(40, PROMPT), screen.output
    text = screen.output.decode()
    screen.close()
    assert re.search(r"name +XTerm 379 +asked", text) and re.search(r"cell +8x20 pixels +asked", text), text
    assert text.count("\u2580") > 48, "no test picture"


def sends_no_string_to_who_prints_it():
    """Not the commands alone: the player asks the same way."""
    for term, env, asked in (("linux", {}, [b"\x1b[c"]), ("vt100", {}, [b"\x1b[c"]),
                             ("screen-256color", {"STY": "1.pts"}, [b"\x1b[c"]),
                             ("screen-256color", {}, [b"\x1b[>c", b"\x1b[c"])):
        got, screen = report(delay=0.05, term=term, **env)
        assert screen.asked == asked, f"TERM={term}: {screen.asked}"
        assert not re.search(rb"\x1b[P_\]]", screen.output), f"TERM={term}: {screen.output!r}"
        assert got["asked"] is True, got
        screen.close()


def asks_nothing_where_there_is_no_terminal():
    got, screen = report(term="dumb", seconds=2)
    assert screen.asked == [] and got["asked"] is False, (screen.asked, got)
    screen.close()
    run = subprocess.run([BIN / "kinora", "terminal"], capture_output=True, text=True, timeout=60, check=True,
                         env={**os.environ, "TERM": "xterm-kitty", "KITTY_WINDOW_ID": "1", "LC_TERMINAL": "", "TERM_PROGRAM": ""})
    assert "not a terminal" in run.stdout and re.search(r"name +kitty +environment", run.stdout), run.stdout
    assert "\x1b" not in run.stdout, run.stdout
    for operand in ("--colour", "x"):
        run = subprocess.run([BIN / "kinora", "terminal", operand], capture_output=True, text=True, timeout=60, check=False)
        assert run.returncode == 2 and run.stderr.count("\n") == 1, run


class Tmux(Screen):
    """A terminal of that version with tmux in it, which runs a command line."""

    def __init__(self, folder, inner, passthrough, version=b"XTerm(379)"):
        self.socket, conf = os.path.join(folder, "tmux"), os.path.join(folder, "conf")
        pathlib.Path(conf).write_text(f"set -g allow-passthrough {passthrough}\nset -g default-terminal tmux-256color\n"
                                      "set -g escape-time 10\nset -g status off\n")
        super().__init__("tmux", "-S", self.socket, "-f", conf, "new-session", inner, delay=0.1, version=version, HOME=folder)

    def tmux(self, *arguments):
        return subprocess.run(["tmux", "-S", self.socket, *arguments], capture_output=True, text=True, timeout=60, check=False).stdout

    def capture(self):
        return self.tmux("capture-pane", "-p", "-J")

    def run_until(self, condition):
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, self.capture()
            self.run(0.2)

    def close(self):
        self.tmux("kill-server")
        super().close()


def looks_through_tmux():
    for passthrough in ("on", "off"):
        with tempfile.TemporaryDirectory() as folder:
            inner = f"'{BIN / 'kinora'}' terminal --json; printf '\n%s' '{PROMPT.decode()}'; cat"
            screen = Tmux(folder, inner, passthrough)
            screen.run_until(lambda: PROMPT.decode() in screen.capture())
            screen.run(1)
            shown = screen.capture()
            screen.close()
        got = json.loads(re.search(r"\{.*\}", shown).group())
        on = passthrough == "on"
        assert got["multiplexer"] == "tmux" and got["passthrough"]["yes"] is on, got
        assert got["kitty"]["yes"] is on and got["name"] == ("XTerm" if on else ""), got
        assert shown.strip().endswith(PROMPT.decode()), f"the shell got {shown.rpartition(PROMPT.decode())[2]!r}"


PLACEHOLDER = "\U0010eeee"
PLACED = re.compile(rb"\x1b_Ga=T,i=(\d+),p=1,c=(\d+),r=(\d+),C=1,q=2,U=1,[^\x1b]*\x1b\\")


def draws_its_test_picture_through_tmux():
    with tempfile.TemporaryDirectory() as folder:
        screen = Tmux(folder, f"'{BIN / 'kinora'}' terminal; printf '\n%s' '{PROMPT.decode()}'; cat", "on", b"kitty(0.35.2)")
        screen.run_until(lambda: PROMPT.decode() in screen.capture())
        screen.run(1)
        shown, placed = screen.tmux("capture-pane", "-p", "-J", "-S", "-200"), PLACED.findall(screen.output)
        screen.close()
    lines = [line for line in shown.splitlines() if PLACEHOLDER in line]
    assert len(placed) == 1 and len(lines) == int(placed[0][2]), (placed, shown)
    assert all(line.count(PLACEHOLDER) == int(placed[0][1]) for line in lines), shown


def draws_kitty_pictures_through_tmux(url):
    """By placeholders, where tmux hands the pictures on and kitty is new enough; else by cells."""
    for version, passthrough, draws in ((b"kitty(0.35.2)", "on", True), (b"kitty(0.26.5)", "on", False), (b"kitty(0.35.2)", "off", False)):
        with tempfile.TemporaryDirectory() as folder:
            screen = Tmux(folder, f"'{BIN / 'kinora'}' '{url}'; printf '\n%s' '{PROMPT.decode()}'; cat", passthrough, version)
            screen.run_until(lambda: "PLAYING" in screen.capture())
            if draws:
                screen.run_until(lambda: PLACEHOLDER in screen.capture() and len(PLACED.findall(screen.output)) > 2)
            else:
                screen.run(2)
            screen.tmux("send-keys", " ") # paused, what is shown stays
            screen.run_until(lambda: "paused" in screen.capture())
            screen.run(1)
            shown, placed = screen.capture(), PLACED.findall(screen.output)
            screen.tmux("send-keys", "q")
            screen.run_until(lambda: PROMPT.decode() in screen.capture())
            screen.run(1)
            screen.close()
        assert (PLACEHOLDER in shown) is draws and (len(placed) > 2) is draws, f"{version}, passthrough {passthrough}: {shown}"
        if draws:
            number, cols, rows = map(int, placed[-1])
            lines = [line.strip() for line in shown.splitlines() if PLACEHOLDER in line]
            assert len(lines) == rows and all(line.count(PLACEHOLDER) == cols for line in lines), (number, cols, rows, shown)
            assert b"38;5;%dm" % number in screen.output and b"\x1b_Ga=d,d=I,i=%d,q=2\x1b\\" % number in screen.output
            assert PLACEHOLDER not in screen.output.decode("utf-8", "replace").rpartition("paused")[2].rpartition(PROMPT.decode())[2]


def takes_no_late_answer_for_keys(url):
    """All of them 3 s late, each cut in two, and keys between them."""
    screen = Screen(BIN / "kinora", "--render", "half", url, delay=3600)
    assert screen.run(60, b"\x1b[?1049h")
    screen.run(3)
    for _, answer in list(screen.waiting):
        for part in (answer[:len(answer) // 2], answer[len(answer) // 2:]):
            os.write(screen.master, part)
            screen.run(0.15)
    mark = len(screen.output)
    assert b"Go to" not in screen.output and b"Open:" not in screen.output, "answers were taken for keys"
    os.write(screen.master, b"g")
    assert screen.run(30, b"Go to") or b"Go to" in screen.output[mark:], "a key behind them does nothing"
    os.write(screen.master, b"\x1b")
    screen.run(2)
    screen.waiting.clear()
    os.write(screen.master, b"q")
    assert screen.run(30, PROMPT), "q does not end it"
    screen.close()


def main():
    full = "--full" in sys.argv[1:]
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    count = numbers[0] if numbers else 200 if full else 12
    has_tmux = shutil.which("tmux") is not None
    if not has_tmux:
        print("  without tmux: skipped what is seen through it")
    for test in (tells_what_it_was_told, sends_no_string_to_who_prints_it, asks_nothing_where_there_is_no_terminal,
                 *([looks_through_tmux, draws_its_test_picture_through_tmux] if has_tmux else [])):
        print(test.__name__.replace("_", " "), flush=True)
        test()
    with Daemon() as daemon:
        if has_tmux:
            print(draws_kitty_pictures_through_tmux.__name__.replace("_", " "), flush=True)
            draws_kitty_pictures_through_tmux(daemon.url + "bunny.mjpeg")
        print(takes_no_late_answer_for_keys.__name__.replace("_", " "), flush=True)
        takes_no_late_answer_for_keys(daemon.url + "bunny.mjpeg")
        print(keeps_what_is_owed.__name__.replace("_", " "), flush=True)
        keeps_what_is_owed(daemon.url + "bunny.mjpeg")
        print(asks_nothing_of_who_does_not_read.__name__.replace("_", " "), flush=True)
        asks_nothing_of_who_does_not_read(daemon.url + "bunny.mjpeg")
        run_starts(daemon.url + "bunny.mjpeg", count, 6 if full else 4)
    print(f"{count} starts: the shell got nothing")


if __name__ == "__main__":
    main()
