#!/usr/bin/env python3
"""The player's exit status: 1, with the reason on stderr, when what was asked for never opened. It was 0."""
import os
import pathlib
import pty
import select
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, run_tests  # noqa: E402


def play(url, until, keys=b"q", seconds=60):
    """(exit status, all output) of a player on a terminal of its own that gets the keys once `until` is on the screen."""
    pid, fd = pty.fork()
    if pid == 0:
        os.environ.update(TERM="xterm-256color", LC_ALL="C.UTF-8")
        os.execv(BIN / "kinora", ["kinora", url])
    output, pressed, end = b"", False, time.monotonic() + seconds
    try:
        while time.monotonic() < end:
            if select.select([fd], [], [], 0.2)[0]:
                output += os.read(fd, 65536)
            if not pressed and until in output:
                os.write(fd, keys)
                pressed = True
    except OSError:  # the terminal is closed: the program has ended
        _, status = os.waitpid(pid, 0)
        return os.waitstatus_to_exitcode(status), output.decode(errors="replace")
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    raise AssertionError(f"no end within {seconds} s: {output[-2000:]!r}")


def test_what_never_opened_is_a_failure():
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    for path in ("", "reel"):
        status, output = play(f"rtsp://user:secret@127.0.0.1:{port}/{path}", b"refused")
        assert status == 1, (status, output)
        assert "refused" in output.rsplit("\x1b[", 1)[-1], output[-500:]
        assert "secret" not in output, output
        said = output.rsplit("kinora: ", 1)[-1].strip()
        assert said[0].islower() and said[-1] != ".", said


def test_what_opened_is_none():
    with Daemon() as daemon:
        status, output = play(daemon.url, b"bunny")
        assert status == 0, (status, output[-500:])


run_tests(globals())
