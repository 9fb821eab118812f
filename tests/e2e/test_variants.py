#!/usr/bin/env python3
"""Frames change their quality and get restart markers in the middle of a stream: other people's players decode them all.

A viewer that says that its network carries half of what is sent, that it loses a packet now and then besides, and that never
asks for anything again, is sent the same pictures at a lower quality, and then with restart markers. What it was sent is played
to the others, packet by packet.

kin-test: paced
"""
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, check_gst_played, need, run_tests  # noqa: E402
from replay_server import ReplayServer  # noqa: E402
from rtsp_play import UdpPlayer  # noqa: E402

FRAMES, FPS = 276, 24
EVERY_S, QUEUE_S = 0.25, 0.1  # between reports; what a queue adds to the round trip, so they say
CALM_S = 1.5
SENDER = 0x4B494E46
need("ffmpeg", "gst-launch-1.0")


class Reporter(UdpPlayer):
    """Gets every packet, and reports what it likes."""

    def __init__(self, daemon, reel):
        self.profile, self.sender_report, self.first, self.newest, self.packets, self.over = "RTP/AVP", None, None, 0, [], False
        super().__init__(daemon, reel)

    def request(self, method, track="", status=200, **headers):
        reply = super().request(method, track, status, **headers)
        if method == "DESCRIBE" and "RTP/AVPF" in reply:
            self.profile = "RTP/AVPF"
        if method == "SETUP":
            self.rtcp_port = int(re.search(r"server_port=\d+-(\d+)", reply).group(1))
        return reply

    def transport(self):
        return super().transport().replace("RTP/AVP", self.profile)

    def receive(self, seconds):
        self.collect(seconds)
        for kind, data in self.blocks:
            if kind == 0 and data[1] & 127 == 26:
                self.packets.append(data)
                seq = struct.unpack(">H", data[2:4])[0]
                self.first = seq if self.first is None else self.first
                self.newest += (seq - self.first - self.newest) & 0xFFFF if self.newest or seq != self.first else 0
            elif kind == 1 and data[1] == 200:
                self.sender_report = data, time.monotonic()
                self.over = self.over or b"\x81\xcb" in data
        self.blocks = []

    def report(self, lost, queue):
        if self.sender_report is None:
            return
        data, at = self.sender_report
        lsr = int.from_bytes(data[10:14], "big") - int(queue * 65536)
        delay = int((time.monotonic() - at) * 65536)
        block = struct.pack(">I", SENDER) + data[4:8] + struct.pack(">IIIII", lost, self.first + self.newest, 0, lsr & 0xFFFFFFFF,
                                                                     delay)
        self.media[1].sendto(struct.pack(">BBH", 0x81, 201, 7) + block, ("127.0.0.1", self.rtcp_port))

    def suffer(self):
        """Plays to the end. After a while no more than half of what was sent before is said to come."""
        self.request("PLAY")
        begin, lost, rates = time.monotonic(), 0, []
        while not self.over and time.monotonic() - begin < 2 * FRAMES / FPS:
            before, at = len(self.packets), time.monotonic()
            self.receive(EVERY_S)
            rates.append((len(self.packets) - before) / (time.monotonic() - at))
            if time.monotonic() - begin < CALM_S:
                self.report(0, 0)
                continue
            carried = sum(rates[:4]) / 4 / 2
            over = rates[-1] > carried
            lost += 1 + (int((rates[-1] - carried) * EVERY_S) if over else 0)
            self.report(lost, QUEUE_S if over else 0)
        self.request("TEARDOWN")


def frames_of(packets):
    """The first packet of each frame: RTP time, type, quantization tables."""
    found = []
    for packet in packets:
        payload = packet[12:]
        if payload[1:4] != b"\0\0\0":
            continue
        quant = payload[12:] if payload[4] >= 64 else payload[8:]
        found.append((packet[4:8], payload[4], quant[4:132]))
    return found


def check_ffmpeg(url, count):
    done = subprocess.run(["ffmpeg", "-nostdin", "-v", "warning", "-rtsp_transport", "tcp", "-i", url, "-fps_mode", "passthrough",
                           "-f", "framemd5", "-"], capture_output=True, text=True, timeout=60, check=False)
    decoded = sum(line[:1] not in ("#", "") for line in done.stdout.splitlines())
    assert done.stderr == "" and decoded == count, (decoded, count, done.stderr)


def check_gstreamer(url, count):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(["gst-launch-1.0", "rtspsrc", f"location={url}", "protocols=tcp", "latency=0", "!", "rtpjpegdepay", "!",
                               "jpegdec", "!", "jpegenc", "!", "multifilesink", f"location={folder}/%d.jpg"],
                              capture_output=True, timeout=60, check=False)
        decoded = len(list(pathlib.Path(folder).iterdir()))
    check_gst_played(done)
    assert b"Corrupt" not in done.stdout + done.stderr and decoded == count, (decoded, count, done.stderr)


def test_players_follow_a_stream_that_changes():
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([BIN / "kinora-prep", "pattern", f"{folder}/reel.mjpeg", "--size", "640x360", "--fps", str(FPS), "--frames",
                        str(FRAMES)], check=True, stdout=subprocess.DEVNULL)
        with Daemon(folder) as daemon:
            with Reporter(daemon, "reel.mjpeg?fmt=jpeg&rtx=1") as player:
                player.suffer()
                packets = player.packets
            end = daemon.wait_line("session end")
            steps = [line for line in daemon.lines if "session adapts" in line]
    frames = frames_of(packets)
    plain = frames[0][2]
    coarser, bands = sum(quant != plain for _, _, quant in frames), sum(kind >= 64 for _, kind, _ in frames)
    assert frames[0][1] == 1 and coarser > FPS and bands > 10, (len(frames), coarser, bands, steps)
    assert sum(kind >= 64 and quant != plain for _, kind, quant in frames) > 0, (coarser, bands)
    assert int(re.search(r" coarser=(\d+)", end).group(1)) == coarser, (end, coarser)
    assert any(re.search("quality_step=[1-4] restarts=no", s) for s in steps) and any("restarts=yes" in s for s in steps), steps
    with ReplayServer(packets, "m=video 0 RTP/AVP 26") as server:
        check_ffmpeg(server.url, len(frames))
        check_gstreamer(server.url, len(frames))


if __name__ == "__main__":
    run_tests(globals())
