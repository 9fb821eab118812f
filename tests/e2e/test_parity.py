#!/usr/bin/env python3
"""Parity as kinorad sends it (RFC 8627), read by a decoder that shares no line with it: each packet that parity can bring back comes
back byte for byte. tests/e2e/test_network.py has what comes of it over bad networks."""
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, run_tests  # noqa: E402
from rtsp_play import UdpPlayer  # noqa: E402

FRAMES, FPS = 12, 12
PACKET_MAX = 1400 # rtp.payload_size
PARITY = 98
FOLDER = tempfile.TemporaryDirectory(prefix="kinora-parity-")
subprocess.run([BIN / "kinora-prep", "pattern", f"{FOLDER.name}/reel.mjpeg", "--size", "1280x720", "--fps", str(FPS), "--frames",
                str(FRAMES)], check=True, stdout=subprocess.DEVNULL)


def played(query, *options):
    """All RTP packets of the reel: of the media by sequence number, and of parity in the order in which they came."""
    with Daemon(FOLDER.name, *options) as daemon, UdpPlayer(daemon, f"reel.mjpeg{query}") as player:
        player.request("PLAY")
        player.collect(FRAMES / FPS + 0.5)
        packets = [data for channel, data in player.blocks if channel == 0]
    parity = [p for p in packets if p[1] & 0x7f == PARITY]
    return {struct.unpack(">H", p[2:4])[0]: p for p in packets if p[1] & 0x7f != PARITY}, parity


def xor(a, b):
    n = max(len(a), len(b))
    return bytes(x ^ y for x, y in zip(a.ljust(n, b"\0"), b.ljust(n, b"\0")))


def bits(packet):
    """The bit string of a source packet (section 6.2): two bytes, length, timestamp, and what follows the fixed header."""
    return packet[:2] + struct.pack(">H", len(packet) - 12) + packet[4:8] + packet[12:]


def protected(parity):
    base, columns, rows = struct.unpack(">HBB", parity[24:28])
    assert columns > 0
    numbers = range(columns) if rows <= 1 else range(0, columns * rows, columns)
    return [(base + i) % 65536 for i in numbers]


def restored(parity, others, seq):
    total = parity[16:24] + parity[28:]
    for packet in others:
        total = xor(total, bits(packet))
    length = struct.unpack(">H", total[2:4])[0]
    header = bytes([0x80 | total[0] & 0x3f, total[1]]) + struct.pack(">H", seq) + total[4:8] + parity[12:16]
    return header + total[8:8 + length]


def decode(media, parities):
    """Adds to media what can be brought back."""
    before = -1
    while len(media) > before:
        before = len(media)
        for parity in parities:
            missing = [seq for seq in protected(parity) if seq not in media]
            if len(missing) == 1:
                others = [media[seq] for seq in protected(parity) if seq in media]
                media[missing[0]] = restored(parity, others, missing[0])


def test_what_is_lost_comes_back_byte_for_byte():
    media, parities = played("?fec=1")
    assert len(media) > 10 * FRAMES and len(parities) > 2 * FRAMES, (len(media), len(parities))
    chance = random.Random(7)
    for share in (0.01, 0.03, 0.2):
        came = {seq: p for seq, p in media.items() if chance.random() >= share}
        lost = len(media) - len(came)
        decode(came, [p for p in parities if chance.random() >= share])
        assert all(media[seq] == p for seq, p in came.items()), share # above all, nothing wrong
        assert share > 0.1 or len(media) - len(came) <= lost / 5, (share, lost, len(media) - len(came))
        assert lost > 0 and len(came) > len(media) - lost, share


def test_its_headers_are_those_of_the_standard():
    media, parities = played("?fec=1")
    source = {p[8:12] for p in media.values()}
    stream = {p[8:12] for p in parities}
    assert len(source) == 1 and len(stream) == 1 and source != stream, (source, stream)
    numbers = [struct.unpack(">H", p[2:4])[0] for p in parities]
    assert all(0 < (b - a) % 65536 < 100 for a, b in zip(numbers, numbers[1:])), numbers # a busy machine may lose some
    first, sent = next(iter(media)), 2 * len(media)
    for p in parities:
        assert p[0] == 0x81 and p[1] == PARITY, p[:2]           # one contributor, no marker
        assert p[12:16] in source and p[16] & 0xc0 == 0x40, p[12:17]  # which is the source; a fixed mask
        assert len(p) <= PACKET_MAX, len(p)
        assert all((seq - first) % 65536 < sent for seq in protected(p)), protected(p)
    spent = sum(map(len, parities)) / sum(map(len, media.values()))
    assert 0.1 < spent < 0.35, spent


def test_there_is_none_unless_it_is_asked_for():
    media, parities = played("")
    assert media and not parities, len(parities)
    media, parities = played("?fec=1", "-o", "rtp.fec=0")
    assert media and not parities, len(parities)
    media, parities = played("?fec=1", "-o", "rtp.fec=10")
    assert 0 < sum(map(len, parities)) < 0.1 * sum(map(len, media.values())), len(parities)


if __name__ == "__main__":
    run_tests(globals())
