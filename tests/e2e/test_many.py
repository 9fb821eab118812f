#!/usr/bin/env python3
"""Many viewers at once: none disturbs another, and none leaves anything behind."""
import json
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, VIDEO, check_received, realtime, run_tests  # noqa: E402

CYCLES = 1000


class Client:
    """A minimal RTSP client on one connection."""

    def __init__(self, daemon, reel="bunny.mjpeg", transport="RTP/AVP/TCP;unicast;interleaved=0-1"):
        self.url, self.transport, self.cseq, self.session = daemon.url + reel, transport, 0, None
        self.socket = daemon.connect()
        self.buffer = b""

    def request(self, method, url=None, **headers):
        self.cseq += 1
        lines = [f"{method} {url or self.url} RTSP/1.0", f"CSeq: {self.cseq}"]
        if self.session:
            lines.append(f"Session: {self.session}")
        lines += [f"{k.replace('_', '-')}: {v}" for k, v in headers.items()]
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return self.reply()

    def fill(self):
        part = self.socket.recv(65536)
        if not part:
            raise ConnectionError("the server closed the connection")
        self.buffer += part

    def reply(self):
        """The next reply; interleaved blocks before it are dropped. Returns status and text."""
        while True:
            while len(self.buffer) < 4:
                self.fill()
            if self.buffer[0] == 0x24:
                size = 4 + int.from_bytes(self.buffer[2:4], "big")
                while len(self.buffer) < size:
                    self.fill()
                self.buffer = self.buffer[size:]
                continue
            while b"\r\n\r\n" not in self.buffer:
                self.fill()
            head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
            text = head.decode()
            found = re.search(r"\r\nSession: *([^;\r]+)", text)
            if found:
                self.session = found.group(1)
            return int(text.split()[1]), text

    def setup(self):
        return self.request("SETUP", self.url + "/track1", Transport=self.transport)[0]

    def close(self):
        self.socket.close()


def probe_async(url, *more):
    return subprocess.Popen([str(BIN / "kinora"), "probe", "--json", *more, url], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process):
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, out + err
    report = json.loads(out)
    check_received(report, report["frames"]["expected"])
    return report


def test_three_probes_and_a_paused_viewer_do_not_disturb_each_other():
    with Daemon() as daemon:
        viewer = Client(daemon)
        assert viewer.setup() == 200
        assert viewer.request("PLAY")[0] == 200
        probes = [probe_async(daemon.url + "bunny.mjpeg", "--transport", "udp"),
                  probe_async(daemon.url + "bunny-720p.mjpeg", "--transport", "udp"),
                  probe_async(daemon.url + "bunny-720p.mjpeg", "--transport", "tcp")]
        time.sleep(1)
        assert viewer.request("PAUSE")[0] == 200
        time.sleep(0.5)
        assert viewer.request("PLAY")[0] == 200
        assert viewer.request("TEARDOWN")[0] == 200
        viewer.close()
        for process in probes:
            finished(process)


def free_slots(daemon, count):
    """True when `count` sessions can be set up: everything that others held was given back."""
    clients = [Client(daemon) for _ in range(count)]
    good = all(c.setup() == 200 for c in clients)
    for c in clients:
        if c.session:
            c.request("TEARDOWN")
        c.close()
    return good


def test_a_killed_viewer_frees_its_session_within_the_timeout():
    options = ["-o", "server.max_sessions=1", "-o", "server.session_timeout=2s"]
    with Daemon(VIDEO, *options) as daemon:
        for transport in ("udp", "tcp"):
            process = probe_async(daemon.url + "bunny.mjpeg", "--transport", transport)
            time.sleep(1)
            other = Client(daemon)
            assert other.setup() == 453, "the only session is taken"
            other.close()
            process.send_signal(signal.SIGKILL)
            process.communicate()
            end = time.monotonic() + 10
            while not free_slots(daemon, 1):
                assert time.monotonic() < end, f"the session of a killed {transport} viewer is still there"
                time.sleep(0.1)


def settle(daemon, measure):
    """The measure after it has stopped falling."""
    last = measure()
    for _ in range(50):
        time.sleep(0.1)
        now = measure()
        if now >= last:
            return now
        last = now
    return last


def cycle(daemon, transport, drop_reset):
    client = Client(daemon, transport=transport)
    assert client.setup() == 200
    assert client.request("PLAY")[0] == 200
    if drop_reset:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.close()


def test_a_thousand_connect_setup_play_drop_cycles_leave_nothing():
    options = ["-o", "server.session_timeout=1s", "-o", "server.max_sessions=300", "-o", "log.level=error"]
    with Daemon(VIDEO, *options) as daemon:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind(("127.0.0.1", 0))
        port = udp.getsockname()[1] & ~1
        udp.close()
        forms = ["RTP/AVP/TCP;unicast;interleaved=0-1", f"RTP/AVP;unicast;client_port={port}-{port + 1}"]
        for i in range(100):
            cycle(daemon, forms[0], i % 2 == 0)
        time.sleep(2)
        descriptors, rss = settle(daemon, daemon.descriptors), daemon.rss_kib()
        for i in range(CYCLES):
            cycle(daemon, forms[i % 10 == 9], i % 2 == 0)
        time.sleep(2)
        end = time.monotonic() + 10
        while daemon.descriptors() > descriptors and time.monotonic() < end:
            time.sleep(0.1)
        assert daemon.descriptors() <= descriptors, f"{daemon.descriptors()} descriptors, {descriptors} before"
        grown = daemon.rss_kib() - rss
        print(f"  after {CYCLES} cycles: {grown:+d} KiB resident, {daemon.descriptors()} descriptors")
        assert grown <= 1024, f"resident memory grew by {grown} KiB"
        assert free_slots(daemon, 100), "sessions were left behind"


def test_a_log_that_nobody_reads_stops_nothing():
    """The reader of stderr sleeps; its pipe holds 64 KiB, some hundred lines."""
    with Daemon(VIDEO, "-o", "server.session_timeout=1s") as daemon:
        for _ in range(600):
            cycle(daemon, "RTP/AVP/TCP;unicast;interleaved=0-1", True)
        assert free_slots(daemon, 1)
        daemon.wait_line("session end")


def test_a_viewer_that_does_not_read_slows_nobody():
    with Daemon() as daemon, tempfile.TemporaryDirectory():
        stalled = Client(daemon, "bunny-720p.mjpeg")
        assert stalled.setup() == 200
        stalled.socket.sendall(f"PLAY {stalled.url} RTSP/1.0\r\nCSeq: 9\r\nSession: {stalled.session}\r\n\r\n".encode())
        finished(probe_async(daemon.url + "bunny-720p.mjpeg", "--transport", "tcp"))
        stalled.close()


@realtime
def test_a_2160p_reel_fits_a_receiver_that_asks_for_no_buffer():
    """Packets of a frame are spread, so a socket with the system's default buffer loses none of them."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([str(BIN / "kinora-prep"), "pattern", f"{folder}/big.mjpeg", "--size", "3840x2160", "--frames", "50"],
                       check=True, capture_output=True)
        with Daemon(folder) as daemon, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rtp:
            rtp.bind(("127.0.0.1", 0))
            rtp.settimeout(2)
            port = rtp.getsockname()[1]
            viewer = Client(daemon, "big.mjpeg", f"RTP/AVP;unicast;client_port={port}-{port + 1}")
            assert viewer.setup() == 200
            assert viewer.request("PLAY")[0] == 200
            markers, last, packets = 0, None, 0
            while markers < 50:
                packet = rtp.recv(2048)
                seq = int.from_bytes(packet[2:4], "big")
                assert last is None or seq == (last + 1) & 0xFFFF, f"lost {seq - last - 1} packets after {packets}"
                last, packets, markers = seq, packets + 1, markers + (packet[1] >> 7)
            print(f"  {packets} packets, none lost")
            viewer.request("TEARDOWN")
            viewer.close()


def blocks(data):
    """The interleaved blocks of a byte string that starts at one: (channel, payload)."""
    at = 0
    while at + 4 <= len(data) and data[at] == 0x24:
        size = int.from_bytes(data[at + 2:at + 4], "big")
        yield data[at + 1], data[at + 4:at + 4 + size]
        at += 4 + size


def test_a_slow_tcp_viewer_loses_whole_frames():
    """Every frame that begins also ends: offsets run on and M closes it."""
    with Daemon(VIDEO, "-o", "media.loop=yes") as daemon:
        slow = Client(daemon, "bunny-720p.mjpeg")
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        assert slow.setup() == 200
        assert slow.request("PLAY")[0] == 200
        data, end = slow.buffer, time.monotonic() + 4
        while time.monotonic() < end:
            data += slow.socket.recv(8192)
            time.sleep(0.02)
        slow.close()
        expected, complete, last_seq = 0, 0, None
        for channel, packet in list(blocks(data))[:-1]:
            if channel != 0:
                continue
            seq = int.from_bytes(packet[2:4], "big")
            assert last_seq is None or seq == (last_seq + 1) & 0xFFFF, "sequence numbers are continuous"
            last_seq = seq
            payload = packet[12:]
            offset = int.from_bytes(payload[1:4], "big")
            head = 8 + (4 + int.from_bytes(payload[10:12], "big") if offset == 0 else 0)
            assert offset == expected, f"offset {offset}, not {expected}: a frame was cut"
            expected = 0 if packet[1] & 0x80 else offset + len(payload) - head
            complete += packet[1] >> 7
        assert complete >= 3, complete


run_tests(globals())
