#!/usr/bin/env python3
"""kinora probe through four seconds without a network, and against servers that fall silent: counts that are exact.
kin-test: realtime"""
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, need, realtime, run_tests, skip  # noqa: E402

FRAMES, FPS = 192, 24
BLACKOUT = "add table inet dark; add chain inet dark in { type filter hook input priority -300; }; " \
           "add rule inet dark in meta l4proto udp drop"
NO_MEDIA = BLACKOUT.replace("meta l4proto udp", "udp length > 400")


def enter_namespace():
    """This process and its children in a network of their own, which goes when they do; else the tests are skipped."""
    need("unshare", "ip", "nft")
    if os.environ.get("KIN_OWN_NETWORK") is None:
        can = subprocess.run(["unshare", "--net", "nft", "list", "tables"], capture_output=True, check=False)
        if can.returncode != 0:
            skip("no network namespace can be made")
        os.environ["KIN_OWN_NETWORK"] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def make_reel(folder):
    """A reel of about 17 Mbit/s."""
    path = pathlib.Path(folder) / "reel.mjpeg"
    subprocess.run([BIN / "kinora-prep", "pattern", path, "--size", "1280x720", "--fps", str(FPS), "--frames", str(FRAMES),
                    "--quality", "88"], check=True, stdout=subprocess.DEVNULL)
    return path


def start_probe(url, *options):
    return subprocess.Popen([BIN / "kinora", "probe", "--json", *options, url], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)


def report(probe):
    out, err = probe.communicate(timeout=60)
    return json.loads(out), probe.returncode, err.decode()


def adds_up(r):
    f = r["frames"]
    return f["expected"] == f["complete"] + f["partial"] + f["lost"]


@realtime
def test_media_that_stop_while_reports_come():
    """Of the packets behind the last one that came, none counted as lost."""
    with tempfile.TemporaryDirectory() as folder:
        make_reel(folder)
        with Daemon(folder) as daemon:
            clear, _, _ = report(start_probe(daemon.url + "reel.mjpeg", "--transport", "udp"))
            probe = start_probe(daemon.url + "reel.mjpeg", "--transport", "udp", "--no-retransmit")
            time.sleep(2.5)
            subprocess.run(["nft", NO_MEDIA], check=True)
            r, _, err = report(probe)
            subprocess.run(["nft", "delete table inet dark"], check=True)
            assert adds_up(r) and r["frames"]["expected"] == FRAMES and r["frames"]["lost"] > 90, (r["frames"], err)
            got = r["packets"]
            assert got["received"] + got["lost"] + got["late"] == clear["packets"]["received"], (got, clear["packets"])
            assert 0.4 < r["loss"]["all"] < 0.9 and r["loss"]["worst_second"] > 0.9, r["loss"]


@realtime
def test_blackout_of_four_seconds():
    with tempfile.TemporaryDirectory() as folder:
        make_reel(folder)
        with Daemon(folder) as daemon:
            clear, status, _ = report(start_probe(daemon.url + "reel.mjpeg", "--transport", "udp"))
            assert status == 0 and clear["packets"]["lost"] == 0, clear
            dark = start_probe(daemon.url + "reel.mjpeg", "--transport", "udp", "--no-retransmit", "--no-fill")
            time.sleep(2)
            subprocess.run(["nft", BLACKOUT], check=True)
            time.sleep(4)
            subprocess.run(["nft", "delete table inet dark"], check=True)
            dark, status, err = report(dark)
            assert status == 0 and dark["status"] == "ok", (dark, err)
            assert adds_up(dark) and dark["frames"]["expected"] == FRAMES, dark["frames"]
            assert 85 <= dark["frames"]["lost"] + dark["frames"]["partial"] <= 120, dark["frames"]
            sent = clear["packets"]["received"]
            got = dark["packets"]
            assert got["received"] + got["lost"] + got["late"] == sent, (got, sent)
            assert got["lost"] > 3000, got
            assert dark["cache"]["holes"] == 1, dark["cache"]
            assert 0.3 < dark["loss"]["all"] < 0.7 and dark["loss"]["worst_second"] > 0.5, dark["loss"]


@realtime
def test_blackout_that_is_made_up_for():
    """The reel goes on with the frame at which the picture stopped."""
    with tempfile.TemporaryDirectory() as folder:
        make_reel(folder)
        with Daemon(folder) as daemon:
            dark = start_probe(daemon.url + "reel.mjpeg", "--transport", "udp")
            time.sleep(2)
            subprocess.run(["nft", BLACKOUT], check=True)
            time.sleep(4)
            subprocess.run(["nft", "delete table inet dark"], check=True)
            dark, status, err = report(dark)
            assert status == 0 and dark["status"] == "ok", (dark, err)
            assert adds_up(dark) and dark["frames"]["complete"] == FRAMES, dark["frames"]
            assert dark["packets"]["lost"] > 3000 and dark["cache"]["holes"] == 0, dark


@realtime
def test_server_that_falls_silent():
    with tempfile.TemporaryDirectory() as folder:
        make_reel(folder)
        with Daemon(folder) as daemon:
            probes = [start_probe(daemon.url + "reel.mjpeg", "--transport", t, "--duration", "6") for t in ("udp", "tcp")]
            time.sleep(2)
            daemon.process.send_signal(signal.SIGSTOP)
            reports = [report(p) for p in probes]
            daemon.process.send_signal(signal.SIGCONT)
            for r, status, err in reports:
                assert status == 1 and r["status"] == "failed" and "nothing has arrived" in err, (r, err)
                assert adds_up(r), r["frames"]
                ahead = r["cache"]["target_frames"] + 2  # so many frames before its time the server sends
                assert 6 * FPS - 10 <= r["frames"]["expected"] <= 6 * FPS + ahead, r["frames"]


SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:track1\r\n"
       "a=range:npt=0-10\r\na=framerate:24\r\n")


class Server(threading.Thread):
    """Answers one client; to PLAY it adds what the test wants. UDP is refused."""

    def __init__(self, after_play):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self.listener.getsockname()[1]}/x"
        self.after_play = after_play
        self.start()

    def run(self):
        connection, _ = self.listener.accept()
        data = b""
        while part := connection.recv(65536):
            data += part
            while b"\r\n\r\n" in data and data[0] != 0x24:
                head, data = data.split(b"\r\n\r\n", 1)
                connection.sendall(self.answer(head.decode()))
            if data[:1] == b"$":
                data = b""

    def answer(self, request):
        method = request.split()[0]
        cseq = next(line.split(":")[1].strip() for line in request.split("\r\n") if line.lower().startswith("cseq"))
        head, body, more, status = "", "", b"", "200 OK"
        if method == "DESCRIBE":
            head, body = f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n", SDP
        elif method == "SETUP" and "interleaved" not in request:
            status = "461 Unsupported Transport"
        elif method == "SETUP":
            head = "Session: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        elif method == "PLAY":
            head, more = "Session: 1\r\nRange: npt=0-10\r\n", self.after_play
        return f"RTSP/1.0 {status}\r\nCSeq: {cseq}\r\n{head}\r\n{body}".encode() + more


BYE = b"$\x01\x00\x10" + bytes([0x80, 201, 0, 1, 0, 0, 0, 7, 0x81, 203, 0, 1, 0, 0, 0, 7])


def test_bye_without_media_is_no_success():
    r, status, err = report(start_probe(Server(BYE).url))
    assert status == 1 and r["status"] == "failed" and err.count("\n") == 1, (r, err)
    assert r["transport"] == "tcp" and r["frames"]["complete"] == 0 and r["frames"]["expected"] == 240, r
    assert adds_up(r), r["frames"]


def test_switch_to_tcp_is_said():
    server = Server(b"")
    r, status, _ = report(start_probe(server.url.replace("rtsp://", "rtsp://user:secret@"), "--duration", "1"))
    assert status == 1 and r["transport"] == "tcp", r
    assert "secret" not in json.dumps(r) and "user:***@" in r["url"], r["url"]
    probe = subprocess.run([BIN / "kinora", "probe", "--duration", "1", Server(BYE).url], capture_output=True, text=True,
                           check=False)
    assert "TCP interleaved 0-1 (" in probe.stdout and "UDP" in probe.stdout, probe.stdout


def test_what_cannot_be_probed_is_said():
    """A server without UDP when only that is wanted; and a directory."""
    for url, text in (Server(BYE).url, "--transport auto"), (None, "kinora ls"):
        with Daemon() as daemon:
            done = subprocess.run([BIN / "kinora", "probe", "--transport", "udp", url or daemon.url], capture_output=True,
                                  text=True, check=False)
            assert done.returncode == 1 and text in done.stderr and done.stderr.count("\n") == 1, done.stderr


if __name__ == "__main__":
    enter_namespace()
    run_tests(globals())
