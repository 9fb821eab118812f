#!/usr/bin/env python3
"""kinora probe over bad networks: what the network did and what the client counts are the same numbers.

The networks are made between namespaces (tests/lib/netns.py) and count what they do. A socket of ours that overflows on a busy
machine is no part of them: what the kernel dropped is held apart. tests/bench/network.py measures more, and for longer.

kin-test: paced
"""
import functools
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import netns  # noqa: E402
from kin import BIN, Daemon, realtime, run_tests  # noqa: E402

FRAMES, FPS = 96, 24
RTP_PORT = 8000
CACHE = 30
UNPLACED = 8 # packets at most that overtake each other before the client knows that they are a stream: their order is not counted
SMALL_FRAMES, SMALL_FPS = 96, 12  # of the reel for other players: two of its packets a second are lost, or a few more
ORIGINALS = f"udp sport {RTP_PORT} udp length > 400"


@functools.cache
def media():
    """The folder of the reels."""
    place = tempfile.TemporaryDirectory(prefix="kinora-network-")
    for name, size, fps, frames in (("reel.mjpeg", "1280x720", FPS, FRAMES), ("small.avi", "320x240", SMALL_FPS, SMALL_FRAMES)):
        subprocess.run([BIN / "kinora-prep", "pattern", pathlib.Path(place.name) / name, "--size", size, "--fps", str(fps),
                        "--frames", str(frames)], check=True, stdout=subprocess.DEVNULL)
    return place


def probe(pair, *options):
    """Plays the whole reel over UDP through the network."""
    with Daemon(media().name, "-o", f"rtp.port={RTP_PORT}", listen=f"{netns.SERVER}:0", before=pair.server.enter) as daemon:
        began = time.monotonic()
        done = pair.client.run([BIN / "kinora", "probe", "--json", "--transport", "udp", "--cache", CACHE, *options,
                                f"{daemon.url}reel.mjpeg"], check=False, timeout=120)
        took = time.monotonic() - began
        end = daemon.wait_line("session end") # so all that was sent is counted
    report = json.loads(done.stdout)
    again = re.search(r" retransmitted=(\d+) retransmitted_bytes=\d+ ", end)
    assert int(again.group(1) if again else 0) >= report["packets"]["retransmitted"], end
    assert not again or "--no-retransmit" not in options, end
    frames = report["frames"]
    assert report["duration_s"] <= took, (report, took)
    assert frames["expected"] == FRAMES, (frames, done.stderr)
    assert frames["complete"] + frames["partial"] + frames["lost"] == FRAMES, frames
    check_timeline(report)
    return report


def check_timeline(report):
    """The seconds are the whole, unless the machine left some out."""
    seconds = report["timeline"]
    if [s["t"] for s in seconds] != list(range(len(seconds))):
        return
    for group, names in (("frames", ("complete", "partial", "lost", "left_out")), ("packets", ("recovered", "late"))):
        for name in names:
            assert sum(s[name] for s in seconds) == report[group][name], (name, seconds, report[group])


def check_counts(report, sent, lost, duplicated, overtaken):
    """A report without retransmission against what the network did."""
    p = report["packets"]
    dropped = p["kernel_dropped"]
    assert p["received"] + p["lost"] + p["late"] == sent, (p, sent)
    assert p["lost"] == lost + dropped, (p, lost)
    assert abs(p["duplicate"] - duplicated) <= dropped, (p, duplicated)
    assert -dropped <= overtaken - p["reordered"] - p["recovered"] - p["late"] <= dropped + UNPLACED, (p, overtaken)
    assert report["frames"]["partial"] + report["frames"]["lost"] <= p["lost"] + p["late"], report["frames"]


def counted(**impairments):
    """Without retransmission, through a network that spoils nothing but the media, and says what it did."""
    with netns.Pair(delay_ms=20, udp_port=RTP_PORT, **impairments) as pair:
        report = probe(pair, "--no-retransmit")
        did = pair.happened()["forth"]
    assert did["refused"] == 0, did
    check_counts(report, did["packets"], did["lost"], did["duplicated"], did["overtaken"])
    return report, did


def healed(**impairments):
    """The same with retransmission, where what the server hears from the client is lost too."""
    with netns.Pair(delay_ms=20, seed=2, **impairments) as pair:
        report = probe(pair)
        did = pair.happened()["forth"]
    frames, packets = report["frames"], report["packets"]
    if packets["kernel_dropped"] == 0:
        assert did["lost"] == 0 or packets["recovered"] > 0, (packets, did)
        assert (frames["lost"], frames["partial"], frames["late"]) == (0, 0, 0), report
        assert report["cache"]["underruns"] == 0, report["cache"]
    return report


def test_two_percent_are_counted():
    _, did = counted(loss=2)
    assert 0 < did["lost"] < 0.05 * did["packets"], did


def test_five_percent_are_counted():
    report, did = counted(loss=5)
    assert 0.02 * did["packets"] < did["lost"] < 0.1 * did["packets"], did
    assert report["frames"]["partial"] > FRAMES / 2, report["frames"]


def test_bursts_are_counted():
    with netns.Pair(delay_ms=20) as pair:
        pair.lose_bursts(30, 1000, ORIGINALS)
        report = probe(pair, "--no-retransmit")
        lost = pair.client.drops("loss")
        check_counts(report, report["packets"]["received"] + report["packets"]["late"] + lost + report["packets"]["kernel_dropped"],
                     lost, 0, 0)
    assert lost >= 30, lost


@realtime # a network that stands still for more than 100 ms as well, as on a busy machine, is another one
def test_reordered_and_doubled_packets_are_counted():
    report, did = counted(jitter_ms=10, duplicate=1)
    assert did["duplicated"] > 0 and did["overtaken"] > did["packets"] / 4, did
    packets = report["packets"]
    if packets["late"] == packets["kernel_dropped"] == 0:
        assert report["frames"]["complete"] == FRAMES, report["frames"]


@realtime
def test_two_percent_are_healed():
    healed(loss=2)


@realtime
def test_five_percent_are_healed():
    healed(loss=5)


@realtime
def test_jitter_asks_for_nothing():
    report = healed(jitter_ms=5, duplicate=1)
    assert report["packets"]["lost"] <= report["packets"]["kernel_dropped"], report["packets"]


# --- players of others

def scans(path):
    """A hash of each frame's entropy-coded data, which no carrier changes."""
    found = set()
    for frame in path.read_bytes().split(b"\xff\xd9"):
        at = frame.rfind(b"\xff\xda")
        if at >= 0:
            found.add(hashlib.md5(frame[at + 2 + int.from_bytes(frame[at + 2:at + 4], "big"):]).digest())
    return found


def play(command, reel):
    """The frames that another's player gets intact over a network that loses 2 %, both ways, of how many; what the network did; how
    the session ended."""
    copy = pathlib.Path(media().name) / "copy.mjpeg"
    with netns.Pair(delay_ms=20, seed=2, loss=2) as pair:
        with Daemon(media().name, "-o", f"rtp.port={RTP_PORT}", listen=f"{netns.SERVER}:0", before=pair.server.enter) as daemon:
            program = pair.client.popen(command(f"{daemon.url}{reel}", copy), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            program.wait(timeout=120)
            end = daemon.wait_line("session end")
        did = pair.happened()["forth"]
    whole = scans(pathlib.Path(media().name) / reel)
    intact = len(whole & scans(copy))
    copy.unlink()
    assert did["lost"] >= 5, did
    return intact, len(whole), did, end


def check_player(command):
    """It gets 99 % of the frames; besides, the last one may be lost, since nothing comes after it by which that would be noticed."""
    intact, frames, did, end = play(command, "small.avi")
    assert frames == SMALL_FRAMES, frames
    assert intact >= 0.99 * frames - 1, (intact, did, end)


@realtime
def test_gstreamer_is_healed():
    if shutil.which("gst-launch-1.0") is None:
        return "gst-launch-1.0 is not installed"
    return check_player(lambda url, copy: ["gst-launch-1.0", "-q", "rtspsrc", f"location={url}", "protocols=udp", "latency=1000",
                                           "do-retransmission=true", "!", "rtpjpegdepay", "!", "filesink", f"location={copy}"])


@realtime
def test_ffmpeg_is_healed():
    """It asks five times a second at most, each time for the gap that it stands before, and by itself waits 0.1 s."""
    if shutil.which("ffmpeg") is None:
        return "ffmpeg is not installed"
    return check_player(lambda url, copy: ["ffmpeg", "-nostdin", "-v", "quiet", "-rtsp_transport", "udp", "-max_delay", "1000000",
                                           "-i", url, "-c", "copy", "-f", "mjpeg", "-y", copy])


@realtime
def test_ffmpeg_gets_copies_where_more_is_lost_than_it_asks_for():
    """28 packets a second: by asking alone 2 of 5 frames are whole. Those that come before the first report are not mended."""
    if shutil.which("ffmpeg") is None:
        return "ffmpeg is not installed"
    intact, frames, did, end = play(lambda url, copy: ["ffmpeg", "-nostdin", "-v", "quiet", "-rtsp_transport", "udp", "-i", url, "-c",
                                                       "copy", "-f", "mjpeg", "-y", copy], "reel.mjpeg")
    copies = re.search(r" copies=(\d+) copied_bytes=\d+ ", end)
    assert frames == FRAMES and copies and int(copies.group(1)) > did["packets"] / 3, end
    assert intact >= 0.7 * frames, (intact, did, end)
    return None


def described(daemon, agent, query=""):
    with daemon.connect() as connection:
        connection.sendall(f"DESCRIBE {daemon.url}small.avi{query} RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: {agent}\r\n\r\n".encode())
        reply = b""
        while b"a=control:track1" not in reply:
            data = connection.recv(65536)
            assert data, reply
            reply += data
    return reply.decode()


def test_parity_is_offered_to_who_asks_for_it():
    with Daemon(media().name) as daemon:
        for agent, query, profile in (("somebody", "?fec=1", "RTP/AVP 26 98"), ("GStreamer/1.22.0", "?fec=1", "RTP/AVPF 26 97 98"),
                                      ("Kinora/0", "?fec=1&rtx=0", "RTP/AVP 96 98"), ("Kinora/0", "", "RTP/AVPF 96 97")):
            sdp = described(daemon, agent, query)
            assert re.search(r"m=video 0 (.*)\r\n", sdp).group(1) == profile, (agent, sdp)
            assert ("a=rtpmap:98 flexfec/90000\r\na=fmtp:98 repair-window=" in sdp) == ("fec" in query), sdp
    with Daemon(media().name, "-o", "rtp.fec=0") as daemon:
        assert "flexfec" not in described(daemon, "Kinora/0", "?fec=1")


@realtime
def test_parity_alone_heals():
    """Nothing is asked for again: what the network lost of the media is rebuilt, and what it only held up is not counted as that."""
    with netns.Pair(delay_ms=300, jitter_ms=5, seed=2, loss=2, udp_port=RTP_PORT) as pair:
        report = probe(pair, "--fec", "--no-retransmit")
        did = pair.happened()["forth"]
    frames, packets = report["frames"], report["packets"]
    assert 0.1 * report["bytes"]["wire"] < report["bytes"]["parity"] < 0.3 * report["bytes"]["wire"], report["bytes"]
    assert packets["requested"] == 0 and 0 < packets["rebuilt"] <= packets["recovered"], packets
    assert packets["rebuilt"] <= did["lost"] + packets["kernel_dropped"] and packets["reordered"] > 0, (packets, did)
    if packets["kernel_dropped"] == packets["late"] == 0: # else the machine held up what the network did not
        assert frames["complete"] >= FRAMES - 1, report


def test_players_are_offered_what_they_understand():
    """live555 and VLC refuse a description with feedback; ffmpeg takes nothing but the packets as they were."""
    with Daemon(media().name) as daemon:
        for agent, query, profile, rtx in (
                ("openRTSP (LIVE555 Streaming Media v2022.12.01)", "", "RTP/AVP 26", False),
                ("LibVLC/3.0.21 (LIVE555 Streaming Media v2016.11.28)", "", "RTP/AVP 26", False),
                ("somebody", "", "RTP/AVP 26", False), ("somebody", "?rtx=1", "RTP/AVPF 26 97", True),
                ("Lavf59.27.100", "", "RTP/AVPF 26", False), ("GStreamer/1.22.0", "", "RTP/AVPF 26 97", True),
                ("GStreamer/1.22.0", "?rtx=0", "RTP/AVP 26", False)):
            sdp = described(daemon, agent, query)
            assert re.search(r"m=video 0 (.*)\r\n", sdp).group(1) == profile, (agent, sdp)
            assert ("a=rtcp-fb:26 nack\r\n" in sdp) == ("AVPF" in profile) and ("a=fmtp:97 apt=26" in sdp) == rtx, (agent, sdp)
    with Daemon(media().name, "-o", "rtp.retransmit=0") as daemon:
        assert "m=video 0 RTP/AVP 26\r\n" in described(daemon, "GStreamer/1.22.0")


if __name__ == "__main__":
    netns.begin()
    run_tests(globals())
