#!/usr/bin/env python3
"""The player on a pty: what it does when the terminal stalls, hangs up or never answers, and how it leaves."""

import fcntl
import itertools
import os
import pty
import queue
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time

SOURCE = os.environ.get("KIN_SOURCE", os.path.join(os.path.dirname(__file__), "..", ".."))
BIN = os.environ.get("KIN_BIN", os.path.join(SOURCE, "build", "bin"))
KITTY_DELETE = re.compile(rb"\x1b_Ga=d,d=I,i=\d+,q=2\x1b\\")
ANSWERS = {b"\x1b[6n": b"\x1b[12;40R", b"\x1b[c": b"\x1b[?62;22c"}
LEAVES = [b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?2004l", b"\x1b[?2026l", b"\x1b[?1l", b"\x1b>"]


class Daemon:
    """kinorad on bunny.mjpeg (10 s) and long.mjpeg (60 s, the same over and over)."""

    def __init__(self, port=0):
        self.port = port

    def __enter__(self):
        self.media = tempfile.TemporaryDirectory()
        reel = open(os.path.join(SOURCE, "video", "bunny.mjpeg"), "rb").read()
        for name, times in (("bunny.mjpeg", 1), ("long.mjpeg", 6)):
            with open(os.path.join(self.media.name, name), "wb") as file:
                file.write(reel * times)
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [os.path.join(BIN, "kinorad"), "--media", self.media.name, "--listen",
             f"127.0.0.1:{self.port}"],
            stderr=self.log,
        )
        for _ in range(200):
            self.log.seek(0)
            found = re.search(r"listening on (rtsp://\S+)", self.log.read())
            if found:
                self.url = found.group(1)
                self.port = int(self.url.rstrip("/").rsplit(":", 1)[1])
                return self
            time.sleep(0.05)
        raise AssertionError("kinorad does not listen")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.media.cleanup()


class SlowLine:
    """Connections to a port of this machine, on which every byte takes so many seconds each way."""

    def __init__(self, port, delay):
        self.port, self.delay = port, delay

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self.listener.getsockname()[1]}/"
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port))
            for source, sink in ((near, far), (far, near)):
                source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                waiting = queue.Queue()
                threading.Thread(target=self.take, args=(source, waiting), daemon=True).start()
                threading.Thread(target=self.give, args=(sink, waiting), daemon=True).start()

    def take(self, source, waiting):
        data = b"-"
        while data:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            waiting.put((time.monotonic() + self.delay, data))

    def give(self, sink, waiting):
        while True:
            due, data = waiting.get()
            time.sleep(max(0, due - time.monotonic()))
            try:
                if not data:
                    sink.shutdown(socket.SHUT_WR)
                    return
                sink.sendall(data)
            except OSError:
                return


class Grid:
    """What a terminal of that size shows after the output: enough of ECMA-48 for what kinora sends."""

    TOKEN = re.compile(r"\x1b\[([?0-9;$]*)([@-~])|\x1bP.*?\x1b\\\\|\x1b(.)|([^\x1b])", re.S)

    def __init__(self, cols, rows, output):
        self.cells = [[" "] * cols for _ in range(rows)]
        x = y = 0
        saved = x, y
        for match in self.TOKEN.finditer(output.decode("utf-8", "replace")):
            params, final, escape, char = match.groups()
            if escape == "7":
                saved = x, y
            elif escape == "8":
                x, y = saved
            if char and char >= " ":
                if x < cols and y < rows:
                    self.cells[y][x] = char
                x += 1
            elif final == "H":
                place = [int(n or 1) for n in params.split(";")] + [1]
                y, x = place[0] - 1, place[1] - 1
            elif final == "C":
                x += int(params or 1)
            elif final == "J":
                self.cells = [[" "] * cols for _ in range(rows)]

    def text(self):
        return "\n".join("".join(row).rstrip() for row in self.cells)


class Terminal:
    """A terminal with kinora in it. It answers the queries that it is told to."""

    def __init__(self, url, *options, answers=tuple(ANSWERS), size=(80, 24), env=None, controls=True, command=None):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.answers = answers
        self.output = b""
        self.size = size
        environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
        environment.update(TERM="xterm-256color", LC_ALL="C.UTF-8", COLORTERM="truecolor")
        environment.update(env or {})
        self.process = subprocess.Popen(
            command or [os.path.join(BIN, "kinora"), *options, url],
            stdin=slave, stdout=slave, stderr=slave, env=environment, start_new_session=True,
            preexec_fn=(lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)) if controls else None,
        )

    def read(self, seconds, until=None):
        """Reads for so long, or until the text stands in the output."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.master], [], [], 0.05)
            if ready:
                try:
                    data = os.read(self.master, 65536)
                except OSError:
                    break
                self.output += data
                for query in self.answers:
                    for _ in range(data.count(query)):
                        os.write(self.master, ANSWERS[query])
            if until is not None and until in self.output:
                return True
            if self.process.poll() is not None and not ready:
                break
        return until is None

    def expect(self, text, seconds=30):
        assert self.read(seconds, text), f"the terminal never got {text!r}; it got {self.output[-400:]!r}"

    def frame(self):
        """The frame number that is shown."""
        found = re.search(r"frame (\d+)", Grid(*self.size, self.output).text())
        return int(found.group(1)) if found else 0

    def shows(self, text):
        return text in Grid(*self.size, self.output).text()

    def wait_for_screen(self, condition, what, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"{what}:\n{Grid(*self.size, self.output).text()}"
            self.read(0.2)

    def keys(self, text):
        os.write(self.master, text)

    def guardian(self):
        return self.process.pid

    def player(self):
        return child_of(self.guardian())

    def wait_until_stopped(self, seconds=10):
        end = time.monotonic() + seconds
        stopped = False
        while not stopped:
            assert time.monotonic() < end, "it does not stop"
            self.read(0.05)
            stopped = all(state(pid) == "T" for pid in (self.guardian(), self.player()))

    def wait(self, seconds=20):
        end = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.1)
        assert self.process.poll() is not None, "kinora does not end"
        self.read(0.3)
        return self.process.returncode

    def check_left(self, what):
        tail = self.output[self.output.rfind(b"\x18"):]
        for sequence in LEAVES:
            assert sequence in tail, f"after {what}: {sequence!r} is missing in {tail!r}"
        assert termios.tcgetattr(self.slave) == self.before, f"after {what} the tty's mode differs"

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)


class Job(Terminal):
    """A terminal with bash in it, whose job is kinora."""

    def __init__(self, url, *options):
        super().__init__(url, command=["bash", "--norc", "--noprofile", "-i"], env={"PS1": "prompt> "})
        self.expect(b"prompt> ")
        self.keys(" ".join((os.path.join(BIN, "kinora"), *options, url)).encode() + b"\n")

    def guardian(self):
        return child_of(self.process.pid)

    def say(self, line, wanted, seconds=10):
        """Types a command and waits for what it prints."""
        mark = len(self.output)
        self.keys(line + b"\n")
        end = time.monotonic() + seconds
        while wanted not in self.output[mark:]:
            assert time.monotonic() < end, f"{line!r}: no {wanted!r} in {self.output[mark:][-400:]!r}"
            self.read(0.05)


def stat_of(pid):
    return open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()


def state(pid):
    return stat_of(pid)[0]


def child_of(pid):
    return int(open(f"/proc/{pid}/task/{pid}/children").read().split()[0])


def cpu_seconds(pid):
    fields = stat_of(pid)
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def leaves_however_it_ends(daemon):
    ends = [
        ("q", lambda t: t.keys(b"q"), 0),
        ("^C", lambda t: t.keys(b"\x03"), -signal.SIGINT),
        ("SIGTERM", lambda t: os.kill(t.process.pid, signal.SIGTERM), -signal.SIGTERM),
        ("SIGHUP", lambda t: os.kill(t.process.pid, signal.SIGHUP), -signal.SIGHUP),
        ("SIGKILL", lambda t: os.kill(t.player(), signal.SIGKILL), -signal.SIGKILL),
        ("SIGSEGV", lambda t: os.kill(t.player(), signal.SIGSEGV), None),
    ]
    drawn = {"symbols": b"PLAYING", "kitty": b"\x1b_Ga=T", "sixel": b"\x1bP0;1", "iterm": b"\x1b]1337;File="}
    for (name, end, status), (mode, picture) in itertools.product(ends, drawn.items()):
        if mode in ("sixel", "iterm") and name not in ("q", "SIGKILL"):
            continue
        terminal = Terminal(daemon.url + "bunny.mjpeg", "--render", mode)
        terminal.expect(b"PLAYING")
        terminal.expect(picture)
        terminal.read(0.3)
        end(terminal)
        got = terminal.wait()
        assert status is None or got == status, f"after {name} the exit status is {got}, not {status}"
        terminal.check_left(f"{name} with {mode}")
        assert mode != "kitty" or len(KITTY_DELETE.findall(terminal.output[-300:])) == 2, f"after {name}: images stay"
        terminal.close()


def leaves_a_terminal_that_does_not_control_it(daemon):
    """Regression: there is no job control on such a one, and it was left as it was."""
    for end, status in ((lambda t: t.keys(b"q"), 0), (lambda t: os.kill(t.player(), signal.SIGKILL), -signal.SIGKILL)):
        terminal = Terminal(daemon.url + "bunny.mjpeg", controls=False)
        terminal.expect(b"PLAYING")
        end(terminal)
        assert terminal.wait() == status
        terminal.check_left("its end")
        terminal.close()


def answers_do_not_reach_the_shell(daemon):
    terminal = Terminal(daemon.url + "bunny.mjpeg")
    terminal.expect(b"PLAYING")
    terminal.read(1)
    terminal.keys(b"q")
    assert terminal.wait() == 0
    ready, _, _ = select.select([terminal.slave], [], [], 0)
    assert not ready, "bytes are left for the shell"
    terminal.close()


def survives_its_guardian(daemon):
    terminal = Terminal(daemon.url + "bunny.mjpeg")
    terminal.expect(b"PLAYING")
    player = terminal.player()
    os.kill(terminal.process.pid, signal.SIGKILL)
    terminal.process.wait()
    end = time.monotonic() + 5
    while os.path.exists(f"/proc/{player}") and time.monotonic() < end:
        ready, _, _ = select.select([terminal.master], [], [], 0.1)
        if ready:
            terminal.output += os.read(terminal.master, 65536)
    assert not os.path.exists(f"/proc/{player}"), "the player outlives its guardian"
    assert b"\x1b[?1049l" in terminal.output, "nobody left the alternate screen"
    terminal.close()


def sleeps_while_the_terminal_stalls(daemon):
    terminal = Terminal(daemon.url + "long.mjpeg")
    terminal.expect(b"PLAYING")
    terminal.read(3)
    player, frame, start = terminal.player(), terminal.frame(), time.monotonic()
    assert frame > 0, Grid(*terminal.size, terminal.output).text()
    before = cpu_seconds(player)
    time.sleep(10)
    used = cpu_seconds(player) - before
    assert used < 0.5, f"{used:.2f} s of CPU in 10 s of a stalled terminal"
    mark = len(terminal.output)
    terminal.read(1)
    assert terminal.process.poll() is None, "kinora did not survive the stall"
    assert len(terminal.output) - mark < 4_000_000, "a queue was kept"
    expected = frame + 24 * (time.monotonic() - start)
    assert abs(terminal.frame() - expected) < 72, f"frame {terminal.frame()} after the stall, not {expected:.0f}"
    terminal.read(1)
    assert terminal.frame() > expected, "the picture stands still after the stall"
    terminal.keys(b"q")
    assert terminal.wait() == 0
    terminal.close()
    print(f"  stalled 10 s: {used * 10:.1f} % CPU, then frame {terminal.frame()}")


def ends_when_the_terminal_goes(daemon):
    terminal = Terminal(daemon.url + "bunny.mjpeg")
    terminal.expect(b"PLAYING")
    os.close(terminal.slave)
    os.close(terminal.master)
    terminal.process.wait(10)


def plays_without_answers(daemon):
    for answers in ((), (b"\x1b[c",)):
        terminal = Terminal(daemon.url + "bunny.mjpeg", answers=answers)
        terminal.expect(b"PLAYING")
        terminal.read(4)
        mark = len(terminal.output)
        terminal.read(1)
        assert len(terminal.output) - mark > 5000, f"a terminal that answers only {answers} gets no frames"
        terminal.keys(b"q")
        assert terminal.wait() == 0
        terminal.check_left("q")
        terminal.close()


def leaves_a_terminal_that_does_not_read(daemon):
    """Regression: such a terminal never got the sequences that restore it."""
    terminal = Terminal(daemon.url + "long.mjpeg", "--render", "half", size=(200, 60))
    terminal.expect(b"PLAYING")
    terminal.read(1)
    time.sleep(2) # it fills
    terminal.keys(b"q")
    assert terminal.process.wait(20) == 0
    terminal.read(1)
    terminal.check_left("q on a terminal that does not read")
    terminal.close()


def leaves_the_shell_its_screen(daemon):
    """Regression: after ^Z and fg a frame was written before the alternate screen was entered."""
    terminal = Terminal(daemon.url + "long.mjpeg", "--render", "half")
    terminal.expect(b"PLAYING")
    for cycle in range(8):
        terminal.read(0.02 * cycle)
        terminal.keys(b"\x1a")
        terminal.wait_until_stopped()
        os.killpg(terminal.process.pid, signal.SIGCONT)
    mark = len(terminal.output)
    terminal.read(15, b"PLAYING")
    terminal.read(0.5)
    assert b"\x1b[?1049h" in terminal.output[mark - 4096:], "the alternate screen is not entered again"
    terminal.keys(b"q")
    assert terminal.wait() == 0
    terminal.check_left("^Z, fg, q")
    outside = re.findall(rb"\x1b\[\?1049l(.*?)(?:\x1b\[\?1049h|$)", terminal.output, re.S)
    assert len(outside) == 9, len(outside)
    for written in outside:
        assert re.fullmatch(rb"(\x18|\x1b\\|\x1b\[\??[0-9;]*[hlt])*", written), f"the shell's screen got {written!r}"
    terminal.close()


def goes_on_where_it_was_stopped(daemon):
    """Regression: after ^Z and fg the film was seconds further, and the network was blamed for what nobody received."""
    for transport in ("udp", "tcp"):
        terminal = Terminal(daemon.url + "long.mjpeg", "--render", "half", "--transport", transport, size=(110, 30))
        is_full = lambda: re.search(r"(2[5-9]|3\d)/30 start", Grid(*terminal.size, terminal.output).text())
        terminal.expect(b"PLAYING")
        terminal.wait_for_screen(is_full, "the cache is not full")
        terminal.read(1)
        terminal.keys(b"\x1a")
        terminal.wait_until_stopped()
        stopped = terminal.frame()
        time.sleep(5)
        mark = len(terminal.output)
        os.killpg(terminal.process.pid, signal.SIGCONT)
        terminal.read(1.5)
        assert stopped < terminal.frame() < stopped + 60, f"from frame {stopped} on to {terminal.frame()}"
        terminal.wait_for_screen(is_full, "the cache is not full again")
        screen = Grid(*terminal.size, terminal.output).text()
        assert int(re.search(r"start (\d+)", screen).group(1)) <= 6, f"{transport}: a stop counts as jitter:\n{screen}"
        for text in ("Frames lost 0", "late 0"):
            assert text in screen, f"{transport}: not {text}:\n{screen}"
        for text in (b"waiting for the server", b"sending again"):
            assert text not in terminal.output[mark:], text
        terminal.keys(b"q")
        assert terminal.wait() == 0
        terminal.close()


def ends_while_it_is_stopped(daemon):
    """Regression: it entered the terminal before anything else, which stopped it again, and so it could not be ended."""
    for end, said in ((b"kill %1", b"Terminated"), (b"kill -HUP %1", b"Hangup")):
        terminal = Job(daemon.url + "long.mjpeg", "--render", "half")
        terminal.expect(b"PLAYING")
        terminal.keys(b"\x1a")
        terminal.wait_until_stopped()
        mark = len(terminal.output)
        terminal.say(b"bg", b"&")
        terminal.read(0.5)
        terminal.wait_until_stopped()
        terminal.say(end, b"prompt")
        terminal.read(2)
        terminal.say(b"echo $(jobs -l)", said)
        assert b"\x1b[?1049h" not in terminal.output[mark:], "it entered the terminal from the background"
        terminal.close()


def leaves_the_terminal_when_it_is_stopped_by_force(daemon):
    """Regression: SIGSTOP to the player left the shell a raw terminal, on the alternate screen."""
    terminal = Job(daemon.url + "long.mjpeg", "--render", "half")
    terminal.expect(b"PLAYING")
    os.kill(terminal.player(), signal.SIGSTOP)
    terminal.wait_until_stopped()
    terminal.read(0.5)
    tail = terminal.output[terminal.output.rfind(b"\x18"):]
    assert all(sequence in tail for sequence in LEAVES), tail
    terminal.say(b"stty -a", b" onlcr")
    terminal.say(b"fg", b"PLAYING")
    mark = len(terminal.output)
    terminal.keys(b"q")
    terminal.read(1)
    assert terminal.output[mark:].endswith(b"prompt> "), terminal.output[-200:]
    terminal.say(b"echo it=$?", b"it=0")
    terminal.close()


def asks_for_the_cell_of_another_font(daemon):
    """A font of another size is another grid: images keep their aspect."""
    terminal = Terminal(daemon.url + "long.mjpeg", "--render", "half")
    terminal.expect(b"PLAYING")
    terminal.read(0.5)
    terminal.output = b""
    fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    terminal.expect(b"\x1b[16t\x1b[?1;1;0S\x1b[?2;1;0S\x1b[c", 5)
    terminal.read(0.5)
    assert terminal.output.count(b"\x1b[16t") == 1
    terminal.keys(b"q")
    assert terminal.wait() == 0
    terminal.close()


def rests_while_paused(daemon):
    terminal = Terminal(daemon.url + "bunny.mjpeg")
    terminal.expect(b"PLAYING")
    terminal.read(1)
    terminal.keys(b" ")
    terminal.read(2)
    mark, before = len(terminal.output), cpu_seconds(terminal.player())
    terminal.read(3)
    used = cpu_seconds(terminal.player()) - before
    assert len(terminal.output) - mark < 3000, f"{len(terminal.output) - mark} bytes while paused"
    assert used < 0.3, f"{used:.2f} s of CPU in 3 s of a pause"
    terminal.close()


def holds_the_fps_limit(daemon):
    terminal = Terminal(daemon.url + "bunny.mjpeg", "--fps-limit", "5", "--render", "half")
    terminal.expect(b"PLAYING")
    terminal.read(2)
    mark = terminal.output.count(b"\x1b[6n")
    terminal.read(4)
    frames = terminal.output.count(b"\x1b[6n") - mark
    assert 8 <= frames <= 40, f"{frames} frames in 4 s with a limit of 5 a second and figures at 4"
    terminal.close()


def honours_the_environment(daemon):
    terminal = Terminal(daemon.url + "bunny.mjpeg", env={"NO_COLOR": "1"})
    terminal.expect(b"PLAYING")
    terminal.read(1)
    assert b"38;2;" not in terminal.output and b"38;5;" not in terminal.output, "colours despite NO_COLOR"
    terminal.close()
    terminal = Terminal(daemon.url + "bunny.mjpeg", env={"LC_ALL": "C"})
    terminal.expect(b"PLAYING")
    terminal.read(1)
    assert all(byte < 0x80 for byte in terminal.output), "UTF-8 in a C locale"
    terminal.close()


def counts_every_key_on_a_slow_line(daemon):
    with SlowLine(daemon.port, 0.25) as line:
        terminal = Terminal(line.url + "long.mjpeg", "--transport", "tcp", "--cache", "5", "--render", "half")
        terminal.wait_for_screen(lambda: terminal.frame() > 10, "no picture")
        before = terminal.frame()
        terminal.keys(b"\x1b[C" * 6)
        terminal.wait_for_screen(lambda: before + 6 * 120 <= terminal.frame() < before + 7 * 120, "not 30 s further")
        terminal.keys(b" " * 7)
        terminal.read(3)
        assert terminal.shows("READY"), "a pause was undone by the reply to an older PLAY"
        at = terminal.frame()
        terminal.read(1)
        assert terminal.frame() == at, "it plays while it says READY"
        for _ in range(50):
            terminal.keys(b".")
            terminal.read(0.05)
        terminal.wait_for_screen(lambda: terminal.frame() == at + 50, f"not 50 steps from {at}")
        terminal.keys(b"g#7\r")
        terminal.wait_for_screen(lambda: terminal.frame() == 7, "not at frame 7")
        terminal.keys(b"q")
        assert terminal.wait() == 0
        terminal.close()


def shows_at_once_where_a_seek_leads(daemon):
    terminal = Terminal(daemon.url + "long.mjpeg", "--cache", "200", "--prebuffer", "200", "--no-fill", "--render", "half")
    terminal.wait_for_screen(lambda: terminal.frame() == 1 and terminal.shows("buffering"), "no first frame", 3)
    terminal.keys(b"5")
    terminal.wait_for_screen(lambda: terminal.frame() == 721 and terminal.shows("buffering"), "not the one sought", 3)
    terminal.keys(b" .")
    terminal.wait_for_screen(lambda: terminal.frame() == 722 and terminal.shows("READY"), "no step from there", 3)
    terminal.keys(b",,")
    terminal.wait_for_screen(lambda: terminal.frame() == 720, "no step back from there", 3)
    terminal.keys(b"q")
    assert terminal.wait() == 0
    terminal.close()


def goes_on_where_it_was(daemon):
    with Daemon() as first:
        terminal = Terminal(first.url + "long.mjpeg", "--cache", "5", "--render", "half")
        terminal.wait_for_screen(lambda: terminal.frame() > 10, "no picture")
        terminal.keys(b"5")
        terminal.wait_for_screen(lambda: terminal.frame() > 730, "no seek")
        first.process.kill()
        terminal.wait_for_screen(lambda: terminal.shows("Trying again: "), "the loss is not said")
    with Daemon(first.port):
        terminal.wait_for_screen(lambda: terminal.shows("PLAYING") and not terminal.shows("Trying"), "it does not connect again")
        at = terminal.frame()
        assert at > 730, at
        terminal.wait_for_screen(lambda: at + 10 < terminal.frame() < at + 240, f"it does not go on at {at}")
        terminal.keys(b"q")
        assert terminal.wait() == 0
        terminal.close()


def follows_the_mouse(daemon):
    terminal = Terminal(daemon.url + "long.mjpeg", "--cache", "5", "--render", "half")
    terminal.wait_for_screen(lambda: terminal.frame() > 10, "no picture")
    row, line = next((y, text) for y, text in enumerate(Grid(*terminal.size, terminal.output).text().split("\n"))
                     if "01:00.0  frame" in text)
    left, right = line.index("\u25cf" if "\u2501\u25cf" not in line else "\u2501"), line.rindex("\u2500")

    def mouse(button, x, y, final="M"):
        terminal.keys(f"\x1b[<{button};{x + 1};{y + 1}{final}".encode())

    mouse(0, (left + right) // 2, row)
    mouse(0, (left + right) // 2, row, "m")
    terminal.wait_for_screen(lambda: 690 < terminal.frame() < 800, "a press in the middle")
    mouse(0, left + 5, row)
    for x in range(left + 5, right + 8, 4): # beyond the end, and out of the line
        mouse(32, x, row - 3)
    mouse(0, right + 8, row - 3, "m")
    terminal.wait_for_screen(lambda: terminal.shows("ENDED") and terminal.frame() == 1440, "a drag to the end")
    mouse(0, left, row)
    terminal.wait_for_screen(lambda: terminal.frame() == 1, "a press at the start")
    mouse(0, 20, 0)
    mouse(32, right, row)
    terminal.read(1)
    assert terminal.frame() == 1, "a drag from the title took hold of the bar"
    mouse(65, 20, 5)
    mouse(64, 20, 5)
    terminal.wait_for_screen(lambda: terminal.frame() == 121, "the wheel does not seek")
    mouse(0, 20, 5)
    terminal.wait_for_screen(lambda: terminal.frame() > 140, "a press on the picture does not play")
    mouse(0, 20, 5)
    terminal.wait_for_screen(lambda: terminal.shows("READY"), "nor pause")
    terminal.keys(b"q")
    assert terminal.wait() == 0
    terminal.close()


def says_that_the_window_is_too_small(daemon):
    for size, text in (((19, 5), "window too small\n    20x6 needed"), ((39, 5), "window too small (20x6 needed)")):
        terminal = Terminal(daemon.url + "bunny.mjpeg", size=size)
        terminal.wait_for_screen(lambda: terminal.shows(text), f"at {size}")
        terminal.keys(b"q")
        assert terminal.wait() == 0
        terminal.close()


def says_why_it_cannot_start(daemon):
    kinora = os.path.join(BIN, "kinora")
    run = subprocess.run([kinora, daemon.url], capture_output=True, text=True, timeout=20)
    assert run.returncode == 1 and run.stderr.count("\n") == 1 and "terminal" in run.stderr, run
    assert "kinora probe" in run.stderr, run


def main():
    tests = [says_why_it_cannot_start, leaves_however_it_ends,
             leaves_a_terminal_that_does_not_control_it, answers_do_not_reach_the_shell, survives_its_guardian,
             ends_when_the_terminal_goes, plays_without_answers, leaves_the_shell_its_screen,
             ends_while_it_is_stopped, leaves_the_terminal_when_it_is_stopped_by_force, goes_on_where_it_was_stopped, asks_for_the_cell_of_another_font, leaves_a_terminal_that_does_not_read,
             rests_while_paused, holds_the_fps_limit,
             honours_the_environment, counts_every_key_on_a_slow_line, goes_on_where_it_was,
             shows_at_once_where_a_seek_leads, follows_the_mouse,
             says_that_the_window_is_too_small, sleeps_while_the_terminal_stalls]
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
