#!/usr/bin/env python3
"""Every known class of RTSP server bug as a named test against kinorad. After each of them the daemon answers, every
session that began has ended, and it holds as many descriptors as before."""
import os
import pathlib
import random
import resource
import shutil
import socket
import struct
import sys
import tempfile
import threading
import time
import weakref

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import Daemon, VIDEO, read_lab_reel, run_tests  # noqa: E402

REEL = "bunny.mjpeg"
SESSION_TIMEOUT, REQUEST_TIMEOUT, IDLE_TIMEOUT = 1.0, 1.0, 3.0
SLACK = 20.0  # that a busy machine may add to what must come


def make_media(root):
    """A media directory with two reels, broken ones, and everything that must not be served."""
    shutil.copy(VIDEO / REEL, root / REEL)
    frame = read_lab_reel(VIDEO / REEL)[0]
    (root / "clips").mkdir()
    (root / "clips" / "one.mjpeg").write_bytes(frame * 3)
    (root / ".hidden.mjpeg").write_bytes(frame)
    (root / "notes.txt").write_text("no reel\n")
    (root / "empty.mjpeg").write_bytes(b"")
    os.mkfifo(root / "fifo.mjpeg")
    (root / "escape.mjpeg").symlink_to("/etc/passwd")
    (root / "up").symlink_to("..")
    (root / "inside.mjpeg").symlink_to("clips/one.mjpeg")
    sof = frame.index(b"\xff\xc0")
    (root / "huge.mjpeg").write_bytes(frame[:sof + 5] + b"\xff\xff\xff\xff" + frame[sof + 9:])
    (root / "cut.mjpeg").write_bytes(frame[:sof + 4])
    (root / "lengths.mjpeg").write_bytes(frame[:2] + b"\xff\xdb\xff\xff" + frame[6:])
    (root / "ids.mjpeg").write_bytes(frame.replace(b"\xff\xdb\x00\x43\x00", b"\xff\xdb\x00\x43\x0f", 1))
    (root / "storm.mjpeg").write_bytes(frame[:-2] + b"\xff\xd0" * 20000 + b"\xff\xd9")
    huffman = bytearray(frame)
    at = huffman.index(b"\xff\xc4")
    huffman[at + 5:at + 21] = b"\xff" * 16
    (root / "huffman.mjpeg").write_bytes(bytes(huffman))
    (root / "digits.mjpeg").write_bytes(b"99999" + frame)


class Victim(Daemon):
    """One daemon for all tests, whose log is read all the time."""

    def __init__(self, media):
        super().__init__(media, *[x for o in (
            f"server.session_timeout={int(SESSION_TIMEOUT * 1000)}ms", f"server.idle_timeout={int(IDLE_TIMEOUT * 1000)}ms",
            f"server.request_timeout={int(REQUEST_TIMEOUT * 1000)}ms", "server.max_connections=1500",
            "server.max_connections_per_address=1000", "server.workers=2") for x in ("-o", o)])
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        self.warm_up()
        self.baseline = self.descriptors()

    def warm_up(self):
        """Every reel is indexed (an index holds its file open)."""
        self.ask("DESCRIBE", "", "Accept: application/json\r\n")
        self.ask("DESCRIBE", "clips", "Accept: application/json\r\n")
        time.sleep(0.5)

    def descriptors(self):
        """Without /dev/null, which each loop of libuv holds in reserve from its first connection on."""
        place, n = f"/proc/{self.process.pid}/fd", 0
        for fd in os.listdir(place):
            try:
                n += os.readlink(f"{place}/{fd}") != "/dev/null"
            except FileNotFoundError:
                pass
        return n

    def read_log(self):
        for line in self.process.stderr:
            self.lines.append(line.decode(errors="replace"))

    def stop(self):
        self.process.terminate()
        code = self.process.wait(10)
        self.reader.join(5)
        assert code == 0, f"exit status {code}:\n" + "".join(self.lines[-30:])

    def ask(self, method, path="*", headers="", source=None):
        with socket.create_connection(("127.0.0.1", self.port), SLACK, (source, 0) if source else None) as s:
            url = path if path == "*" else self.url + path
            return request(s, method, url, headers)

    def check(self):
        """Alive, without sessions, without a descriptor more than before."""
        end = time.monotonic() + 30
        while True:
            assert self.process.poll() is None, "kinorad is gone:\n" + "".join(self.lines[-40:])
            begun = sum("session start" in line for line in self.lines)
            ended = sum("session end" in line for line in self.lines)
            if begun == ended and self.descriptors() <= self.baseline:
                break
            assert time.monotonic() < end, (f"{begun} sessions began, {ended} ended; {self.descriptors()} descriptors "
                                            f"where {self.baseline} were")
            time.sleep(0.1)
        assert self.ask("OPTIONS").startswith(b"RTSP/1.0 200 ")


LEFT = weakref.WeakKeyDictionary()  # of each socket: what was received behind the last reply


def read_reply(s):
    """One reply with its body; interleaved blocks before it are skipped."""
    data = LEFT.pop(s, b"")
    while True:
        if data[:1] == b"$" and len(data) >= 4 and len(data) >= 4 + int.from_bytes(data[2:4], "big"):
            data = data[4 + int.from_bytes(data[2:4], "big"):]
            continue
        head = data.find(b"\r\n\r\n") + 4
        if data[:1] == b"R" and head > 3:
            fields = data[:head].lower().split(b"content-length:")
            n = head + (int(fields[1].split(b"\r")[0]) if len(fields) > 1 else 0)
            if len(data) >= n:
                LEFT[s] = data[n:]
                return data[:n]
        more = s.recv(65536)
        if not more:
            return data
        data += more


CSEQ = 0


def text_of(method, url, headers=""):
    global CSEQ
    CSEQ += 1
    return f"{method} {url} RTSP/1.0\r\nCSeq: {CSEQ}\r\n{headers}\r\n".encode("latin-1")


def request(s, method, url, headers=""):
    s.sendall(text_of(method, url, headers))
    return read_reply(s)


def status(reply):
    return int(reply.split(b" ", 2)[1]) if reply.startswith(b"RTSP/1.0 ") else 0


def session_of(reply):
    line = [x for x in reply.split(b"\r\n") if x.startswith(b"Session: ")][0]
    return line[9:].split(b";")[0].decode()


def udp_pair():
    """Two UDP sockets on an even port and the next."""
    for _ in range(200):
        a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        b = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        a.bind(("127.0.0.1", 0))
        port = a.getsockname()[1]
        try:
            if port % 2 == 0:
                b.bind(("127.0.0.1", port + 1))
                return a, b
        except OSError:
            pass
        a.close()
        b.close()
    raise AssertionError("no free pair of UDP ports")


def setup(s, transport, path=REEL, more=""):
    return request(s, "SETUP", VICTIM.url + path + "/track1", f"Transport: {transport}\r\n{more}")


def raw(data, wait=2.0, half_close=True):
    """Sends bytes on a new connection and returns everything that comes back."""
    out = b""
    with VICTIM.connect(wait) as s:
        try:
            s.sendall(data)
            if half_close:
                s.shutdown(socket.SHUT_WR)
            while True:
                more = s.recv(65536)
                if not more:
                    break
                out += more
        except (socket.timeout, ConnectionError):
            pass
    return out


# --- long and odd fields

def test_long_uri():
    for n in (4096, 8192, 20000, 100000):
        reply = raw(text_of("DESCRIBE", VICTIM.url + "a" * n))
        assert status(reply) in (400, 404, 413, 414), reply[:80]
    VICTIM.check()


def test_long_header_values():
    for name in ("Range", "Scale", "Speed", "Authorization", "Transport", "Session", "CSeq", "Accept", "User-Agent", "Require"):
        for n in (255, 1024, 4096, 8000, 9000, 40000):
            for fill in ("A", "1", ";", ",", "=", "-", "\"", "%n"):
                reply = raw(text_of("SETUP", VICTIM.url + REEL, f"{name}: {fill * (n // len(fill))}\r\n"))
                assert 400 <= status(reply) <= 551, (name, n, reply[:80])
    VICTIM.check()


def test_ten_thousand_repeated_headers():
    for name in ("Authorization: Basic eDp5", "X-A: b", "CSeq: 1", "Require: x"):
        assert status(raw(text_of("OPTIONS", "*", f"{name}\r\n" * 10000))) in (400, 413)
    VICTIM.check()


def test_folded_headers():
    for fold in (" b\r\n", "\tb\r\n", " \r\n"):
        for n in (1, 60, 2000):
            reply = raw(text_of("OPTIONS", "*", "X: a\r\n" + fold * n))
            assert status(reply) in (200, 400, 413), reply[:80]
    assert status(raw(text_of("OPTIONS", "*", "Content-Length: 1\r\n 0\r\n"))) in (200, 400)
    VICTIM.check()


def test_content_length():
    for value in ("-1", "2147483648", "4294967296", "9223372036854775808", "18446744073709551616", "1e3", "0x10", "+5",
                  "9" * 5000, "", " ", "5 5", "16385"):
        reply = raw(text_of("GET_PARAMETER", "*", f"Content-Length: {value}\r\n"))
        assert status(reply) in (400, 413), (value, reply[:80])
    assert status(raw(text_of("GET_PARAMETER", "*", "Content-Length: 3\r\nContent-Length: 4\r\n") + b"abcd")) == 400
    # Shorter than the body: what follows is no request. Longer: the rest never comes.
    replies = raw(text_of("GET_PARAMETER", "*", "Content-Length: 2\r\n") + b"\x01\x02\x03\x04")
    assert replies.count(b"RTSP/1.0") == 2 and b"RTSP/1.0 400" in replies
    assert status(raw(text_of("GET_PARAMETER", "*", "Content-Length: 50\r\n") + b"abc", half_close=False)) == 408
    VICTIM.check()


def test_nul_in_every_position():
    good = text_of("DESCRIBE", VICTIM.url + REEL, "Accept: application/sdp\r\n")
    for i in range(len(good) + 1):
        reply = raw(good[:i] + b"\0" + good[i:])
        assert b"\0" not in reply and (i == len(good) or b"v=0" not in reply), i
    VICTIM.check()


def test_one_byte_a_segment():
    a, b = udp_pair()
    port = a.getsockname()[1]
    with VICTIM.connect() as s:
        for c in text_of("SETUP", VICTIM.url + REEL, f"Transport: RTP/AVP;unicast;client_port={port}-{port + 1}\r\n"):
            s.sendall(bytes([c]))
        assert status(read_reply(s)) == 200
    a.close()
    b.close()
    VICTIM.check()


def test_random_bytes():
    rnd = random.Random(1)
    for n in range(300):
        raw(bytes(rnd.randrange(256) for _ in range(rnd.randrange(1, 400))), 1.0)
    good = text_of("SETUP", VICTIM.url + REEL, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")
    for n in range(300):
        data = bytearray(good)
        for _ in range(rnd.randrange(1, 5)):
            data[rnd.randrange(len(data))] = rnd.randrange(256)
        raw(bytes(data), 1.0)
    VICTIM.check()


# --- sessions

def test_setup_twice():
    with VICTIM.connect() as s:
        first = setup(s, "RTP/AVP/TCP;unicast;interleaved=0-1")
        again = setup(s, "RTP/AVP/TCP;unicast;interleaved=2-3", more=f"Session: {session_of(first)}\r\n")
        other = setup(s, "RTP/AVP/TCP;unicast;interleaved=0-1")
        assert status(first) == status(again) == status(other) == 200
        assert session_of(first) == session_of(again) != session_of(other)
        for _ in range(20):
            last = setup(s, "RTP/AVP/TCP;unicast")
        assert status(last) == 453
    VICTIM.check()


def test_setup_while_playing():
    with VICTIM.connect() as s:
        reply = setup(s, "RTP/AVP/TCP;unicast;interleaved=0-1")
        more = f"Session: {session_of(reply)}\r\n"
        assert status(request(s, "PLAY", VICTIM.url + REEL, more)) == 200
        assert status(setup(s, "RTP/AVP/TCP;unicast;interleaved=2-3", more=more)) == 455
        assert status(request(s, "TEARDOWN", VICTIM.url + REEL, more)) == 200
    VICTIM.check()


def test_teardown_twice():
    with VICTIM.connect() as s:
        more = f"Session: {session_of(setup(s, 'RTP/AVP/TCP;unicast;interleaved=0-1'))}\r\n"
        assert status(request(s, "TEARDOWN", VICTIM.url + REEL, more)) == 200
        assert status(request(s, "TEARDOWN", VICTIM.url + REEL, more)) == 454
    VICTIM.check()


def test_teardown_then_play_pipelined():
    with VICTIM.connect() as s:
        more = f"Session: {session_of(setup(s, 'RTP/AVP/TCP;unicast;interleaved=0-1'))}\r\n"
        s.sendall(text_of("PLAY", VICTIM.url + REEL, more) + text_of("TEARDOWN", VICTIM.url + REEL, more) +
                  text_of("PLAY", VICTIM.url + REEL, more))
        s.settimeout(3)
        data = b""
        while b"RTSP/1.0 454" not in data:
            data += s.recv(65536)
    VICTIM.check()


def test_disconnect_after_every_byte():
    script = (text_of("SETUP", VICTIM.url + REEL, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n") +
              text_of("PLAY", VICTIM.url + REEL, "Session: x\r\n"))
    for i in range(len(script)):
        with VICTIM.connect() as s:
            s.sendall(script[:i])
            if i % 2:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    VICTIM.check()


def test_disconnect_while_playing():
    for i in range(40):
        s = VICTIM.connect()
        reply = setup(s, "RTP/AVP/TCP;unicast;interleaved=0-1")
        s.sendall(text_of("PLAY", VICTIM.url + REEL, f"Session: {session_of(reply)}\r\n"))
        if i % 2:
            s.recv(100)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()
    VICTIM.check()


def test_session_of_another_connection():
    a, b = udp_pair()
    port = a.getsockname()[1]
    with VICTIM.connect() as owner, VICTIM.connect() as thief:
        more = f"Session: {session_of(setup(owner, f'RTP/AVP;unicast;client_port={port}-{port + 1}'))}\r\n"
        for method in ("PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER", "OPTIONS"):
            assert status(request(thief, method, VICTIM.url + REEL, more)) == 454, method
        assert status(setup(thief, "RTP/AVP/TCP;unicast;interleaved=0-1", more=more)) == 454
        assert status(request(owner, "PLAY", VICTIM.url + REEL, more)) == 200
        owner.close()  # the session lives on until its timeout, and still is nobody else's
        assert status(request(thief, "TEARDOWN", VICTIM.url + REEL, more)) == 454
    a.close()
    b.close()
    VICTIM.check()


def test_client_ports():
    with VICTIM.connect() as s:
        a, b = udp_pair()
        port = a.getsockname()[1]
        reply = setup(s, f"RTP/AVP;unicast;client_port={port}-{port + 1}")
        own = int(reply.split(b"server_port=")[1].split(b"-")[0])
        for ports, wanted in (("0-1", 400), ("65536-65537", 400), ("65535-65536", 400), ("-1-0", 400), ("5001-5000", 400),
                              ("x", 400), ("7-8", 403), ("1023-1024", 403), (f"{own}-{own + 1}", 403),
                              (f"{own - 1}-{own}", 403), ("11211-11212", 403)):
            assert status(setup(s, f"RTP/AVP;unicast;client_port={ports}")) == wanted, ports
        assert status(setup(s, f"RTP/AVP;unicast;client_port={port}-{port + 1}")) == 461, "a port that is in use"
        a.close()
        b.close()
    VICTIM.check()


def test_foreign_destination():
    a, b = udp_pair()
    port = a.getsockname()[1]
    with VICTIM.connect() as s:
        for place in ("192.0.2.1", "localhost", "127.0.0.2", "255.255.255.255", "::1", "[::1]", "224.0.0.1"):
            reply = setup(s, f"RTP/AVP;unicast;destination={place};client_port={port}-{port + 1}")
            assert status(reply) in (403, 461, 462), (place, reply)
        assert status(setup(s, f"RTP/AVP;unicast;destination=127.0.0.1;client_port={port}-{port + 1}")) == 200
    a.close()
    b.close()
    VICTIM.check()


# --- interleaved blocks

def test_interleaved_blocks():
    with VICTIM.connect() as s:
        setup(s, "RTP/AVP/TCP;unicast;interleaved=0-1")
        for channel in (0, 1, 2, 255):
            for n in (0, 1, 3, 4, 8, 1500, 65535):
                s.sendall(b"$" + bytes([channel]) + struct.pack(">H", n) + b"\x81" * n)
        assert status(request(s, "OPTIONS", "*")) == 200
    raw(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nX: $\x00\x00\x04abcd\r\n\r\n")
    raw(b"OPTIONS * RTSP/1.0\r\n$\x00\x00\x04abcd\r\n\r\n")
    assert raw(b"$\x00\xff\xff" + b"x" * 100, 2.5, half_close=False).startswith(b"RTSP/1.0 408")
    VICTIM.check()


def rtcp_storm(send, rnd):
    """Compounds whose lengths lie, SDES without an end, NACKs that ask for everything."""
    send(b"")
    for n in range(1, 40):
        send(b"\x80" * n)
    for pt in (200, 201, 202, 203, 204, 205, 206, 207):
        for words in (0, 1, 7, 100, 0xffff):
            for body in (b"", b"\0" * 4, b"\xff" * 28, b"\x01\xff" * 30):
                for count in (0, 1, 31):
                    send(bytes([0x80 | count, pt]) + struct.pack(">H", words) + body)
    nack = struct.pack(">BBHII", 0x81, 205, 2 + 300, 1, 1) + struct.pack(">HH", 0, 0xffff) * 300
    for _ in range(200):
        send(nack)
    for _ in range(300):
        send(bytes(rnd.randrange(256) for _ in range(rnd.randrange(1, 200))))


def drain(s):
    try:
        while s.recv(65536):
            pass
    except OSError:
        pass


def test_rtcp_garbage_over_tcp():
    with VICTIM.connect() as s:
        reply = setup(s, "RTP/AVP/TCP;unicast;interleaved=0-1")
        more = f"Session: {session_of(reply)}\r\n"
        request(s, "PLAY", VICTIM.url + REEL, more)
        reading = threading.Thread(target=drain, args=(s,), daemon=True)
        reading.start()
        rtcp_storm(lambda p: s.sendall(b"$\x01" + struct.pack(">H", len(p)) + p), random.Random(2))
        s.shutdown(socket.SHUT_RDWR)
        reading.join(5)
    VICTIM.check()


def test_rtcp_garbage_over_udp():
    a, b = udp_pair()
    port = a.getsockname()[1]
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with VICTIM.connect() as s:
        reply = setup(s, f"RTP/AVP;unicast;client_port={port}-{port + 1}")
        own = int(reply.split(b"server_port=")[1].split(b"-")[0])
        request(s, "PLAY", VICTIM.url + REEL, f"Session: {session_of(reply)}\r\n")
        for sender in (a, b, stranger):
            for to in (own, own + 1):
                rtcp_storm(lambda p: sender.sendto(p, ("127.0.0.1", to)), random.Random(3))
        assert status(request(s, "OPTIONS", "*")) == 200
    for each in (a, b, stranger):
        each.close()
    VICTIM.check()


# --- files

def test_path_traversal():
    up = ["../", "..%2f", "%2e%2e/", "%2e%2e%2f", ".%2e/", "..%5c", "..\\", "....//", "%252e%252e%252f", "..%c0%af", "..;/",
          "./../", "clips/../../", "%00../", "/../", "//../"]
    for part in up:
        for depth in (1, 2, 8):
            for leaf in ("etc/passwd", "etc/passwd%00.mjpeg", ""):
                for method in ("DESCRIBE", "SETUP"):
                    reply = VICTIM.ask(method, part * depth + leaf, "Accept: application/json, application/sdp\r\n"
                                       "Transport: RTP/AVP/TCP;interleaved=0-1\r\n")
                    assert 400 <= status(reply) < 500 and b"root:" not in reply, (part, depth, leaf, reply[:80])
    for path in ("../" * 8 + "etc/passwd", "/" * 9 + "etc/passwd", "rtsp://h/../../../etc/passwd"):
        reply = raw(f"SETUP {path} RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= 25000".encode(), 1, False)
        assert status(reply) in (400, 403, 404), (path, reply)
    VICTIM.check()


def test_only_regular_files_inside_are_served():
    json = "Accept: application/json, application/sdp\r\n"
    for path, wanted in (("fifo.mjpeg", 403), ("escape.mjpeg", 403), ("up", 403), ("up/etc/passwd", 403), ("notes.txt", 415),
                         ("empty.mjpeg", 415), (".hidden.mjpeg", 404), ("none.mjpeg", 404), (REEL + "/x", 404),
                         ("inside.mjpeg", 200), ("clips", 200), ("clips/", 200), (".", 200), ("%2e", 200),
                         ("./clips/./one.mjpeg", 200), ("clips/../inside.mjpeg", 200), ("x/%2e%2e/clips/", 200), ("..", 404)):
        assert status(VICTIM.ask("DESCRIBE", path, json)) == wanted, path
    listing = VICTIM.ask("DESCRIBE", "", json)
    entries, _, unservable = listing.partition(b"],\"unservable\":")
    for name in (b".hidden", b"fifo", b"escape", b"\"up\"", b"notes", b"empty"):
        assert name not in entries, name
    assert b"\"clips\"" in entries and REEL.encode() in entries
    assert unservable.startswith(b"{\"count\":") and b".hidden" not in unservable and b"root:" not in unservable, unservable
    VICTIM.check()


def test_broken_jpegs():
    for name in ("huge", "cut", "lengths", "ids", "storm", "huffman", "digits"):
        reply = VICTIM.ask("DESCRIBE", name + ".mjpeg")
        assert status(reply) in (200, 415), (name, reply[:100])
        a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        a.bind(("127.0.0.1", 0))
        a.settimeout(0.3)
        with VICTIM.connect() as s:  # the lab takes what RFC 2435 cannot express
            s.sendall(f"SETUP {name}.mjpeg RTSP/1.0\nCSeq: 1\nTransport: RTP/UDP; client_port= {a.getsockname()[1]}\n".encode())
            if b"200 OK" in s.recv(1000):
                s.sendall(f"PLAY {name}.mjpeg RTSP/1.0\nCSeq: 2\nSession: 1\n".encode())
                s.recv(1000)
                try:
                    a.recv(65536)
                except socket.timeout:
                    pass
        a.close()
    VICTIM.check()


def test_reel_that_goes_away_while_it_plays():
    gone = MEDIA / "gone.mjpeg"
    shutil.copy(VIDEO / REEL, gone)
    with VICTIM.connect() as s:
        reply = setup(s, "RTP/AVP/TCP;unicast;interleaved=0-1", "gone.mjpeg")
        request(s, "PLAY", VICTIM.url + "gone.mjpeg", f"Session: {session_of(reply)}\r\n")
        LEFT[s] += s.recv(1000)
        os.truncate(gone, 1000)
        gone.unlink()
        assert status(request(s, "OPTIONS", "*")) == 200
    # The index of a reel is let go some minutes after its last use; until then it holds the file open.
    VICTIM.baseline += 1
    VICTIM.check()


# --- slowness and floods

def test_slowloris_on_header_and_body():
    for begin in (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n", b"G", b"$\x00\x01",
                  b"GET_PARAMETER * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 100\r\n\r\n"):
        with VICTIM.connect() as s:
            s.settimeout(0.2)
            s.sendall(begin)
            since, data, more = time.monotonic(), b"", None
            while more != b"" and time.monotonic() - since < REQUEST_TIMEOUT + SLACK:
                try:
                    more = s.recv(4096)
                    data += more
                except socket.timeout:
                    try:
                        s.sendall(b"x")
                    except OSError:
                        break
                except ConnectionError:
                    break
            took = time.monotonic() - since
            assert REQUEST_TIMEOUT - 0.2 <= took < REQUEST_TIMEOUT + SLACK, (begin, took)
            assert b" 408 " in data, (begin, data)
    VICTIM.check()


def test_peer_that_takes_no_replies():
    with VICTIM.connect(1) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sent, flood = 0, text_of("DESCRIBE", VICTIM.url, "Accept: application/json\r\n") * 100
        try:
            for _ in range(2000):
                s.sendall(flood)
                sent += len(flood)
        except (socket.timeout, ConnectionError):
            pass
        assert sent < 15_000_000, "the daemon goes on reading requests whose replies nobody takes"
    VICTIM.check()


def test_every_reply_comes_once_they_are_read():
    """A peer that let replies wait and then took them got no more of them, when they had been few enough."""
    count = 3000
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.settimeout(10)
        s.connect(("127.0.0.1", VICTIM.port))
        flood = text_of("OPTIONS", "*") * count
        sender = threading.Thread(target=s.sendall, args=(flood,))
        sender.start()
        time.sleep(0.3)  # by now the daemon reads no further
        data = b""
        while data.count(b"RTSP/1.0 200 ") < count:
            more = s.recv(65536)
            assert more, f"closed after {data.count(b'RTSP/1.0 200 ')} replies"
            data += more
        sender.join()
    VICTIM.check()


def test_ten_thousand_idle_connections():
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(12000, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
                                                resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    held = []
    try:
        for _ in range(10000):
            try:
                held.append(VICTIM.connect(5))
            except OSError as error:
                assert len(held) > 900, error
                break
        assert VICTIM.ask("OPTIONS", source="127.0.0.2").startswith(b"RTSP/1.0 200 "), "another address must get in"
        assert VICTIM.descriptors() < VICTIM.baseline + 1100
    finally:
        for s in held:
            s.close()
    VICTIM.check()


def padded_reel(path, frames, size):
    """A raw reel of frames that are long because of the comments in them."""
    frame = read_lab_reel(VIDEO / REEL)[0]
    comment = b"\xff\xfe\xff\xff" + bytes(0xfffd)
    path.write_bytes((frame[:2] + comment * (size // len(comment)) + frame[2:]) * frames)


def play_unread(daemon, path, source=None):
    """An interleaved session of a client that reads nothing more once it is set up."""
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(10)
    if source:
        s.bind((source, 0))
    s.connect(("127.0.0.1", daemon.port))
    reply = request(s, "SETUP", daemon.url + path, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")
    s.sendall(text_of("PLAY", daemon.url + path, f"Session: {session_of(reply)}\r\n"))
    return s


def test_unread_sessions_share_one_budget():
    """Forty sessions that read nothing held 60 MB each, and nobody else got a frame."""
    with tempfile.TemporaryDirectory() as place:
        padded_reel(pathlib.Path(place) / "long.mjpeg", 30, 2 << 20)
        with Daemon(place, "-o", "server.send_memory=16MiB", "-o", "media.cache_size=8MiB", "-o", "media.loop=yes") as d:
            held = [play_unread(d, "long.mjpeg?fmt=xqt", f"127.0.0.{2 + n % 5}") for n in range(40)]
            d.wait_line("limit=send_memory")  # somebody had to go for others
            with d.connect() as s:  # from an address that holds nothing
                reply = request(s, "SETUP", d.url + "long.mjpeg?fmt=xqt", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")
                s.sendall(text_of("PLAY", d.url + "long.mjpeg", f"Session: {session_of(reply)}\r\n"))
                got = 0
                while got < 5 << 20:  # two frames and more
                    got += len(s.recv(1 << 16))
            if "asan" not in pathlib.Path(f"/proc/{d.process.pid}/maps").read_text():
                assert d.rss_kib() < 150 * 1024, f"{d.rss_kib()} KiB"
            d.process.terminate()
            assert d.process.wait(SLACK) == 0
            for s in held:
                s.close()


def unread_listing(daemon):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.connect(("127.0.0.1", daemon.port))
    s.sendall(text_of("DESCRIBE", daemon.url, "Accept: application/json\r\n"))
    return s


def test_unread_listings_share_it_too():
    with tempfile.TemporaryDirectory() as place:
        for n in range(1000):
            (pathlib.Path(place) / f"{n:04}{'x' * 200}").mkdir()
        with Daemon(place, "-o", "server.send_memory=16MiB") as d:
            held = [unread_listing(d) for _ in range(24)]
            with socket.create_connection(("127.0.0.1", d.port), 20, ("127.0.0.2", 0)) as s:
                reply = request(s, "DESCRIBE", d.url, "Accept: application/json\r\n")
            assert status(reply) == 200 and reply.count(b'"directory"') == 1000, reply[:100]
            if "asan" not in pathlib.Path(f"/proc/{d.process.pid}/maps").read_text():
                assert d.rss_kib() < 100 * 1024, f"{d.rss_kib()} KiB"
            for s in held:
                s.close()


def test_a_forged_bye_ends_nobodys_session():
    """BYE from the viewer's own address, but alone, or of an SSRC that never reported; then the viewer's own."""
    a, b = udp_pair()
    a.settimeout(2)
    port = a.getsockname()[1]
    lone, rr = struct.pack(">HHI", 0x81cb, 1, 0xdeadbeef), struct.pack(">HHI", 0x80c9, 1, 0xdeadbeef)

    def goes_on(packets):
        try:
            for _ in range(packets):
                a.recv(2000)
            return True
        except socket.timeout:
            return False

    with VICTIM.connect() as s:
        reply = setup(s, f"RTP/AVP;unicast;client_port={port}-{port + 1}")
        server = int(reply.split(b"server_port=")[1].split(b"-")[1].split(b";")[0].split(b"\r")[0])
        more = f"Session: {session_of(reply)}\r\n"
        assert status(request(s, "PLAY", VICTIM.url + REEL, more)) == 200
        for forged in (lone, rr + lone, rr + lone, lone + rr, rr + lone + b"x"):
            b.sendto(forged, ("127.0.0.1", server))
        assert goes_on(150), "a forged BYE was believed"
        b.sendto(struct.pack(">HHI", 0x80c9, 1, 5), ("127.0.0.1", server))
        b.sendto(struct.pack(">HHIHHI", 0x80c9, 1, 5, 0x81cb, 1, 5), ("127.0.0.1", server))
        assert not goes_on(2000), "the viewer's own BYE was not believed"
    a.close()
    b.close()
    VICTIM.check()


def test_idle_connections_are_closed():
    with VICTIM.connect(IDLE_TIMEOUT + SLACK) as s:
        begin = time.monotonic()
        assert s.recv(10) == b""
        assert time.monotonic() - begin > IDLE_TIMEOUT - 0.3
    VICTIM.check()


def test_log_injection():
    before = len(VICTIM.lines)
    VICTIM.ask("DESCRIBE", "x%0a%0d%1b[2Jfake%22=", "User-Agent: a\x1b[2J\r\n")
    with VICTIM.connect() as s:
        setup(s, "RTP/AVP/TCP;unicast;interleaved=0-1", "%62unny.mjpeg")
    VICTIM.check()
    new = "".join(VICTIM.lines[before:])
    assert "\x1b" not in new and "\nfake" not in new
    assert 'reel="bunny.mjpeg"' in new


def test_stops_cleanly():
    with VICTIM.connect() as s:
        setup(s, "RTP/AVP/TCP;unicast;interleaved=0-1")
        begin = time.monotonic()
        VICTIM.stop()
        assert time.monotonic() - begin < SLACK
    assert "left handles open" not in "".join(VICTIM.lines)
    assert 'reason=shutdown' in "".join(VICTIM.lines[-5:])


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        MEDIA = pathlib.Path(place)
        make_media(MEDIA)
        VICTIM = Victim(MEDIA)
        try:
            run_tests(dict(globals()))
        finally:
            if VICTIM.process.poll() is None:
                VICTIM.process.kill()
