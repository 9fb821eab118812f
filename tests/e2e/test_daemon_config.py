#!/usr/bin/env python3
"""Command line, configuration file and reload of kinorad."""
import ctypes
import errno
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, SOURCE, Daemon, VIDEO, read_lab_reel, run_tests  # noqa: E402
from rtsp_play import Player  # noqa: E402


def run(*args):
    done = subprocess.run([str(BIN / "kinorad"), *map(str, args)], capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, done.stderr


def config(text):
    path = pathlib.Path(PLACE) / "kinorad.conf"
    path.write_text(text)
    return path


def one_line(text):
    return text.count("\n") == 1 and text.endswith("\n")


def test_sample_is_the_file_in_the_tree():
    code, out, err = run("--default-config")
    assert (code, err) == (0, "")
    assert out == (SOURCE / "conf" / "kinorad.conf").read_text(), "conf/kinorad.conf is not what --default-config prints"


def test_sample_and_dump_are_good_files():
    code, dump, _ = run("-c", config(run("--default-config")[1]), "--print-config")
    assert code == 0 and dump == run("--print-config")[1]
    assert run("-c", config(dump), "--print-config")[1] == dump
    assert run("-c", config(dump), "--media", VIDEO, "--check-config") == (0, "", "")
    assert run("-c", config(dump), "--media", VIDEO, "-t") == (0, "", "")


def test_keys_that_every_release_keeps():
    dump = run("--print-config")[1]
    section, keys = "", set()
    for line in dump.splitlines():
        if line.startswith("["):
            section = line
        elif line:
            keys.add(section + line.split(" ")[0])
    for key in ("[server]listen", "[server]workers", "[server]max_sessions", "[server]max_sessions_per_address",
                "[server]session_timeout", "[rtp]port", "[rtp]payload_size", "[rtp]pacing", "[media]root",
                "[media]frame_rate", "[media]loop", "[media]cache_size", "[log]level"):
        assert key in keys, key


def test_units_print_back():
    dump = run("-o", "server.session_timeout=90s", "-o", "media.cache_size=131072KiB", "--print-config")[1]
    assert "session_timeout = 90s\n" in dump and "cache_size = 128MiB\n" in dump, dump


def test_line_over_file_over_default():
    path = config("[media]\nroot = /from/file\nframe_rate = 30000/1001\n[server]\nlisten = 127.0.0.1:1, 127.0.0.1:2\n")
    dump = run("-c", path, "--listen", "127.0.0.1:3", "--listen", "[::1]:4", "-o", "media.loop=yes", "--print-config")[1]
    assert "root = /from/file\n" in dump and "frame_rate = 30000/1001\n" in dump and "loop = yes\n" in dump
    listen = [x for x in dump.splitlines() if x.startswith("listen = ")][0]
    assert listen.replace(",", " ").split()[2:] == ["127.0.0.1:3", "[::1]:4"], listen
    assert "root = /from/line\n" in run("-c", path, "--media", "/from/line", "--print-config")[1]


def test_bad_files_are_exit_78_with_place_and_reason():
    for text, line, words in (("[server]\nworkers = many\n", 2, ("[server] workers", "many", "1 to 64")),
                              ("[server]\n\nbogus = 1\n", 3, ("[server] bogus", "unknown")),
                              ("[nowhere]\nx = 1\n", 2, ("nowhere",)),
                              ("[rtp]\nport = 5005\n", 2, ("[rtp] port", "5005", "even")),
                              ("[rtp]\npayload_size = 9\n", 2, ("[rtp] payload_size",)),
                              ("[server]\nsession_timeout = 60\n", 2, ("[server] session_timeout",)),
                              ("[server]\nlisten = localhost:8554\n", 2, ("[server] listen", "localhost")),
                              ("[log]\nlevel = loud\n", 2, ("[log] level", "info"))):
        path = config(text)
        for mode in ("-t", "--print-config", "--media=/tmp"):
            code, out, err = run("-c", path, mode)
            assert code == 78 and out == "" and one_line(err), (text, mode, code, err)
            assert f"{path}:{line}:" in err and all(w in err for w in words), err


def test_missing_file_is_exit_78():
    code, _, err = run("-c", "/nonexistent/kinorad.conf", "-t")
    assert code == 78 and one_line(err) and "/nonexistent/kinorad.conf" in err


def test_usage_errors_are_exit_2():
    for args, word in ((["--bogus"], "--bogus"), (["-x"], "-x"), (["-c"], "-c"), (["--media"], "--media"), (["more"], "more")):
        code, out, err = run(*args)
        assert code == 2 and out == "" and one_line(err) and word in err, (args, code, err)
    code, _, err = run("-o", "server.bogus=1", "-t")
    assert code == 78 and one_line(err) and "bogus" in err


def test_help_and_version():
    code, out, err = run("--help")
    assert code == 0 and err == "" and "--listen ADDR:PORT" in out and "--check-config" in out
    code, out, err = run("--version")
    assert code == 0 and err == "" and out.startswith("kinorad ") and one_line(out)


def test_a_root_that_cannot_be_read_is_exit_78():
    """--check-config was content with it, and the start failed with 1."""
    place = pathlib.Path(PLACE)
    (place / "file").write_text("no directory\n")
    for root, reason in ((place / "nowhere", "No such file"), (place / "file", "Not a directory")):
        path = config(f"[log]\nlevel = info\n[media]\nroot = {root}\n")
        for args in (["-t"], ["--listen", "127.0.0.1:0"]):
            code, out, err = run("-c", path, *args)
            assert code == 78 and out == "" and one_line(err), (code, err)
            assert f"{path}:4: [media] root: {root}: {reason}" in err, err
        for args in (["--media", root], ["-o", f"media.root={root}"]):
            code, _, err = run("-c", path, *args, "-t")
            assert code == 78 and one_line(err) and f"[media] root: {root}: {reason}" in err, err
        assert run("-c", path, "--media", VIDEO, "-t") == (0, "", "")
        assert run("-c", path, "--print-config")[0] == 0
    if not os.path.exists("/srv/kinora"):
        for args in (["-t"], ["--listen", "127.0.0.1:0"]):
            code, _, err = run("-c", config(""), *args)
            assert code == 78 and one_line(err) and "default: [media] root: /srv/kinora: " in err, err
    code, _, err = run("-c", config(""), "--media", "/nonexistent", "-t")
    assert code == 78 and "command line: [media] root: /nonexistent: " in err, err


def test_directories_that_cannot_be_used_are_warned_of():
    """--check-config said nothing, and the start only of one of them."""
    place = pathlib.Path(PLACE)
    (place / "no-directory").write_text("")
    text = f"[media]\nroot = {VIDEO}\nindex_dir = {place}/none\nrepair_dir = {place}/no-directory\n"
    wanted = (f"kinorad.conf:3: [media] index_dir: {place}/none: No such file",
              f"kinorad.conf:4: [media] repair_dir: {place}/no-directory: Not a directory")
    code, out, err = run("-c", config(text), "-t")
    assert code == 0 and out == "" and err.count("\n") == 2 and all(f"warning: {place}/{w}" in err for w in wanted), err
    with Daemon(VIDEO, "-c", config(text)) as d:
        d.stop()
        for w in wanted:
            assert "".join(d.lines).count(w) == 1, d.lines
    assert run("-c", config(text.replace("none", "").replace("/no-directory", "")), "-t") == (0, "", "")
    assert run("-c", config(f"[media]\nroot = {VIDEO}\nindex_dir =\nrepair_dir =\n"), "-t") == (0, "", "")


def test_a_directory_is_no_file():
    for path, reason in ((PLACE, "Is a directory"), ("/nonexistent/kinorad.conf", "No such file")):
        code, out, err = run("-t", "-c", path)
        assert code == 78 and out == "" and one_line(err) and f"{path}: cannot be " in err and reason in err, err


def test_listeners_that_collide_are_exit_78():
    for listen in ("127.0.0.1:8554, 127.0.0.1:8554", "[::]:8554, 127.0.0.1:8554", "0.0.0.0:8554, [::]:8554", "*:8554, 127.0.0.1:8554"):
        path = config(f"[media]\nroot = {VIDEO}\n[server]\nlisten = {listen}\n")
        code, _, err = run("-c", path, "-t")
        assert code == 78 and one_line(err) and f"{path}:4: [server] listen: " in err, (listen, err)
    for listen in ("127.0.0.1:8554, [::1]:8554", "0.0.0.0:8554, [::1]:8554", "127.0.0.1:0, 127.0.0.1:0", "127.0.0.1:8554, 127.0.0.2:8554"):
        assert run("-c", config(f"[media]\nroot = {VIDEO}\n[server]\nlisten = {listen}\n"), "-t") == (0, "", ""), listen


def test_what_cannot_start_is_exit_1():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = run("--media", VIDEO, "--listen", f"127.0.0.1:{port}")
        assert code == 1 and one_line(err) and str(port) in err, err


def test_listens_on_every_address():
    with Daemon(VIDEO, "--listen", "[::]:0") as d:
        second = d.wait_line("listening on rtsp://[::]:")
        port = int(second.split(":")[-1].strip("/\n"))
        for place in ((("127.0.0.1", d.port)), ("127.0.0.1", port)):
            with socket.create_connection(place, 5) as s:
                s.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
                assert s.recv(100).startswith(b"RTSP/1.0 200 ")


def options(d):
    with d.connect() as s:
        s.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        return s.recv(1000).startswith(b"RTSP/1.0 200 ")


def is_served(d):
    try:
        return options(d)
    except ConnectionError:
        return False


def describe(d, path):
    with d.connect() as s:
        s.sendall(f"DESCRIBE {d.url}{path} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
        return s.recv(2000).split(b"\r\n")[0]


def test_closed_descriptors():
    """Started without descriptors 0 to 2, the log went into whatever took number 2."""
    command = [str(BIN / "kinorad"), "--media", str(VIDEO), "--listen", "127.0.0.1:0"]
    for program, status in ((command, None), ([str(BIN / "kinora"), "--version"], (0, 1)),
                            ([str(BIN / "kinora-prep"), "--version"], (0, 1))):
        quoted = " ".join(program)
        process = subprocess.Popen(["sh", "-c", f"exec {quoted} 0<&- 1>&- 2>&-"])
        if status is not None:
            assert process.wait(10) in status, (program, process.returncode)
            continue
        place = f"/proc/{process.pid}/fd"
        end = time.monotonic() + 10
        while time.monotonic() < end and len(os.listdir(place)) < 8:
            time.sleep(0.05)
        for fd in (0, 1, 2):
            assert os.readlink(f"{place}/{fd}") == "/dev/null", fd
        process.terminate()
        assert process.wait(10) == 0


OPENAT2 = 437  # on every architecture


def refuse_openat2():
    """A filter of system calls as container engines have them: openat2 fails with EPERM, all others are allowed."""
    def line(code, k, yes=0, no=0):
        return struct.pack("HBBI", code, yes, no, k)

    libc = ctypes.CDLL(None, use_errno=True)
    code = b"".join((line(0x20, 0),  # the number of the call
                     line(0x15, OPENAT2, 0, 1), line(0x06, 0x00050000 | errno.EPERM), line(0x06, 0x7fff0000)))
    held = ctypes.create_string_buffer(code)
    program = struct.pack("HxxxxxxP", len(code) // 8, ctypes.addressof(held))
    if libc.prctl(38, 1, 0, 0, 0) != 0 or libc.prctl(22, 2, program, 0, 0) != 0:
        os._exit(99)


def test_openat2_refused():
    """Every request was answered 503, and nobody was told why."""
    with tempfile.TemporaryDirectory() as place:
        shutil.copy(VIDEO / "bunny.mjpeg", place)
        os.symlink("bunny.mjpeg", f"{place}/inside.mjpeg")
        os.symlink("/etc/passwd", f"{place}/outside.mjpeg")
        command = [str(BIN / "kinorad"), "--media", place, "--listen", "127.0.0.1:0"]
        d = Daemon.__new__(Daemon)
        d.lines, d.pending = [], b""
        d.process = subprocess.Popen(command, stderr=subprocess.PIPE, preexec_fn=refuse_openat2)
        if d.process.poll() == 99:
            return "no filter of system calls is to be had here"
        with d:
            assert "openat2 is refused (Operation not permitted)" in d.wait_line("openat2"), d.lines
            d.port = int(d.wait_line("listening").split(":")[-1].strip("/\n"))
            d.url = f"rtsp://127.0.0.1:{d.port}/"
            for path, status in (("bunny.mjpeg", b" 200 "), ("inside.mjpeg", b" 200 "), ("outside.mjpeg", b" 403 "),
                                 ("none.mjpeg", b" 404 ")):
                assert status in describe(d, path), path


def test_out_of_descriptors_is_said_once():
    """Ten lines a second, and those who waited were left to wait."""
    with Daemon(VIDEO) as d:
        resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE, (d.descriptors() + 10, 4096))
        held = [d.connect() for _ in range(40)]
        d.wait_line("out of descriptors")
        time.sleep(1.5)
        resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE, (4096, 4096))
        turned_away = 0
        for s in held:
            s.settimeout(0.1)
            try:
                turned_away += s.recv(1) == b""
            except ConnectionError:
                turned_away += 1
            except socket.timeout:
                pass
            s.close()
        assert 25 <= turned_away < 40, turned_away
        end = time.monotonic() + 10
        while not (answered := options(d)) and time.monotonic() < end:
            time.sleep(0.1)
        assert answered
        d.stop()
        assert "".join(d.lines).count("out of descriptors") == 1, d.lines


def test_files_that_may_not_grow_end_nobody():
    """An index, a rewritten frame or a line of the log above the limit of file sizes (LimitFSIZE=) ended all sessions."""
    with tempfile.TemporaryDirectory() as place:
        for i, quality in enumerate((50, 60)):
            subprocess.run([BIN / "kinora-prep", "pattern", f"{place}/{i}.mjpeg", "--frames", "1500", "--size", "64x48",
                            "--quality", str(quality)], check=True)
        index = pathlib.Path(place, "index")
        index.mkdir()
        no_files = (lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)))
        with Daemon(place, "-o", f"media.index_dir={index}", before=no_files) as d:
            for i in range(2):
                assert b" 200 " in describe(d, f"{i}.mjpeg")
            time.sleep(0.5)
            assert d.process.poll() is None
            assert not list(index.glob("*.part")), list(index.iterdir())


def test_requests_that_find_no_descriptor_are_said():
    """They were answered 503, and the operator read nothing."""
    with tempfile.TemporaryDirectory() as place:
        os.mkdir(f"{place}/trip")
        for name in ("a", "b"):
            pathlib.Path(place, "trip", f"{name}.jpg").write_bytes(read_lab_reel(VIDEO / "bunny.mjpeg")[0])
        with Daemon(place) as d:
            held = [d.connect() for _ in range(3)]
            for s in held:
                s.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
                assert s.recv(1000).startswith(b"RTSP/1.0 200 ")
            limits = (3, 4096)  # nothing is opened any more; what is open stays so
            resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE, limits)
            for s, path, accept in zip(held, ("none", "trip", ""), ("sdp", "sdp", "json")):
                s.sendall(f"DESCRIBE {d.url}{path} RTSP/1.0\r\nCSeq: 2\r\n"
                          f"Accept: application/{accept}\r\n\r\n".encode())
                assert s.recv(1000).startswith(b"RTSP/1.0 503 "), path
                s.close()
            assert "kinorad may have 3 (LimitNOFILE=, ulimit -n): " in d.wait_line("out of descriptors")
            resource.prlimit(d.process.pid, resource.RLIMIT_NOFILE, (4096, 4096))
            d.stop()
            assert "".join(d.lines).count("out of descriptors") == 1, d.lines


FEW = 48  # descriptors


def is_refused(s):
    s.settimeout(10)
    try:
        return s.recv(1) == b""
    except ConnectionError:
        return True
    finally:
        s.close()


def to_the_end(players):
    """All of them, at the same time."""
    for p in players:
        p.send("PLAY", Range="npt=0-")
    for p in players:
        assert p.message().startswith("RTSP/1.0 200 ")
    for p in players:
        while p.packet() is not None:
            pass
        p.blocks = []


def test_few_descriptors_serve_those_who_are_connected():
    """Connections took them all, and then every request was answered 503."""
    frames = read_lab_reel(VIDEO / "bunny.mjpeg")[:24]
    with tempfile.TemporaryDirectory() as place:
        for i in range(FEW):
            pathlib.Path(place, f"{i}.mjpeg").write_bytes(b"".join(b"%05d" % len(f) + f for f in frames))
        os.mkdir(f"{place}/trip")
        for i, frame in enumerate(frames):
            pathlib.Path(place, "trip", f"{i}.jpg").write_bytes(frame)
        with Daemon(place, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, FEW))) as d:
            most, sessions = (int(n) for n in re.search(rf"{FEW} descriptors .* allow (\d+) connections and (\d+) sessions",
                                                        "".join(d.lines)).groups())
            assert 4 < most <= sessions < FEW - d.descriptors() - most
            assert options(d)
            own = d.descriptors()
            for i in range(FEW):  # what is kept of each takes no room from those who come later
                assert b" 200 " in describe(d, f"{i}.mjpeg"), i
            names = ["trip", *(f"{i}.mjpeg" for i in range(most - 1))]
            players = [Player(d, name) for name in names]  # each with a reel of its own
            to_the_end(players)
            refused = [d.connect() for _ in range(FEW)]
            to_the_end(players)
            assert all(is_refused(s) for s in refused)
            for p in players:
                p.request("GET_PARAMETER")
                p.request("DESCRIBE", Accept="application/sdp")
            for p in players:
                p.close()
            end = time.monotonic() + 10
            while d.descriptors() > own + sessions and time.monotonic() < end:
                time.sleep(0.05)
            assert d.descriptors() <= own + sessions, (own, d.descriptors())
            for i in range(FEW):
                assert b" 200 " in describe(d, f"{i}.mjpeg"), i
            d.stop()
            said = "".join(d.lines)
            assert said.count("out of descriptors") == 1, said
            assert said.index("out of descriptors") > said.index("session start"), said


def test_connections_that_are_closed_count_as_long_as_they_last():
    """They were counted no more while their last reply was sent, for half a second where the peer does not close."""
    with Daemon(VIDEO, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, FEW))) as d:
        with Player(d, "bunny.mjpeg") as player:
            lingering = []
            for _ in range(FEW):
                s = d.connect()
                lingering.append(s)
                try:
                    s.sendall(b"GET / HTTP/1.1\r\n\r\n")
                    s.recv(1000)
                except ConnectionError:
                    pass
                player.request("DESCRIBE", Accept="application/sdp")
            for s in lingering:
                s.close()
            end = time.monotonic() + 10
            while not is_served(d) and time.monotonic() < end:
                time.sleep(0.05)
            assert is_served(d)


def test_sessions_above_the_descriptors_are_453():
    with Daemon(VIDEO, before=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FEW, FEW))) as d:
        sessions = int(re.search(r"and (\d+) sessions", "".join(d.lines)).group(1))
        replies = []
        with d.connect() as first, d.connect() as second:
            for i in range(sessions + 1):
                s = first if i < 4 else second
                s.sendall(f"SETUP {d.url}bunny.mjpeg RTSP/1.0\r\nCSeq: {i}\r\nTransport: RTP/AVP/TCP\r\n\r\n".encode())
                replies.append(int(s.recv(1000).split(b" ")[1]))
        assert replies == [200] * sessions + [453], replies
        d.stop()
        assert "".join(d.lines).count("out of descriptors") == 1, d.lines


def test_reload():
    place = pathlib.Path(PLACE)
    for name in ("old", "new"):
        (place / name).mkdir()
    (place / "new" / "fresh.mjpeg").write_bytes((VIDEO / "bunny.mjpeg").read_bytes())
    path = config(f"[media]\nroot = {place}/old\n")
    command = [str(BIN / "kinorad"), "-c", str(path), "--listen", "127.0.0.1:0", "-o", "server.workers=2"]
    d = Daemon.__new__(Daemon)
    d.lines, d.pending = [], b""
    d.process = subprocess.Popen(command, stderr=subprocess.PIPE)
    with d:
        d.port = int(d.wait_line("listening").split(":")[-1].strip("/\n"))
        d.url = f"rtsp://127.0.0.1:{d.port}/"
        assert b" 404 " in describe(d, "fresh.mjpeg")
        held = d.connect()

        config(f"[media]\nroot = {place}/new\nloop = perhaps\n")
        d.process.send_signal(signal.SIGHUP)
        line = d.wait_line("nothing changed")
        assert f"{path}:3:" in line and "[media] loop" in line, line
        assert b" 404 " in describe(d, "fresh.mjpeg")

        config(f"[media]\nroot = {place}/none\n")
        d.process.send_signal(signal.SIGHUP)
        line = d.wait_line("nothing changed")
        assert f"{path}:2: [media] root: {place}/none: No such file" in line, line

        config(f"[media]\nroot = {place}/new\n[rtp]\nport = 6970\n")
        d.process.send_signal(signal.SIGHUP)
        assert "[rtp] port" in d.wait_line("after a restart")
        d.wait_line("reloaded")
        assert b" 200 " in describe(d, "fresh.mjpeg")

        held.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        assert held.recv(100).startswith(b"RTSP/1.0 200 "), "a connection must survive the reload"
        held.close()
        for _ in range(20):  # signals in a row: each is served, or joined with the next
            d.process.send_signal(signal.SIGHUP)
        assert options(d)


def test_reload_applies_limits():
    path = config("[server]\nmax_connections = 3\n")
    with Daemon(VIDEO, "-c", path) as d:
        held = [d.connect() for _ in range(3)]
        assert options_of(held[0])
        refused = d.connect()
        assert refused.recv(10) == b""
        d.wait_line("limit=max_connections")
        config("[server]\nmax_connections = 10\n")
        d.process.send_signal(signal.SIGHUP)
        d.wait_line("reloaded")
        more = d.connect()
        assert options_of(more)
        for s in (*held, refused, more):
            s.close()


def options_of(s):
    s.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
    return s.recv(1000).startswith(b"RTSP/1.0 200 ")


def test_session_limits():
    with Daemon(VIDEO, "-o", "server.max_sessions_per_address=2") as d:
        replies = []
        with d.connect() as s:
            for i in range(3):
                s.sendall(f"SETUP {d.url}bunny.mjpeg RTSP/1.0\r\nCSeq: {i}\r\nTransport: RTP/AVP/TCP\r\n\r\n".encode())
                replies.append(int(s.recv(1000).split(b" ")[1]))
        assert replies == [200, 200, 453], replies


def test_talks_to_the_service_manager():
    path = pathlib.Path(PLACE) / "notify"
    conf = config("")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(5)
        os.environ["NOTIFY_SOCKET"] = str(path)
        os.environ["WATCHDOG_USEC"] = "400000"
        try:
            d = Daemon(VIDEO, "-c", conf, "-o", "server.workers=2")
        finally:
            del os.environ["NOTIFY_SOCKET"], os.environ["WATCHDOG_USEC"]
        with d:
            wanted = ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "RELOADING=1", "MONOTONIC_USEC=", "READY=1", "STATUS=0 viewers"]
            said = ""
            end = time.monotonic() + 12
            while wanted and time.monotonic() < end:
                said = manager.recv(4096).decode()
                while wanted and wanted[0] in said:
                    said = said.split(wanted[0], 1)[1]
                    if wanted[0] == "WATCHDOG=1" and "WATCHDOG=1" not in wanted[1:]:
                        d.process.send_signal(signal.SIGHUP)
                    wanted.pop(0)
            assert not wanted, wanted


def test_second_instance_and_ends_by_interrupt():
    d = Daemon(VIDEO)
    d.process.send_signal(signal.SIGINT)
    assert d.process.wait(10) == 0


if __name__ == "__main__":
    signal.alarm(120)
    with tempfile.TemporaryDirectory() as PLACE:
        run_tests(dict(globals()))
