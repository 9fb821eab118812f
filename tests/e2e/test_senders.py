#!/usr/bin/env python3
"""What others send, replayed to our client: it saves frames whose pixels are those of the file."""
import pathlib
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, SOURCE, need, read_raw_reel, run_tests  # noqa: E402
from replay_server import ReplayServer, packets_of_ffmpeg, packets_of_jpeg, segments  # noqa: E402

FRAMES = 4
need("ffmpeg")
FOLDER = tempfile.TemporaryDirectory()
MEDIA = pathlib.Path(FOLDER.name)
PLAIN = ("m=video 0 RTP/AVP 26", "a=rtpmap:26 JPEG/90000")


def run(*command):
    return subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, timeout=100, check=False)


def pattern(width, height):
    path = MEDIA / f"{width}x{height}.mjpeg"
    if not path.exists():
        done = run(BIN / "kinora-prep", "pattern", path, "--size", f"{width}x{height}", "--frames", FRAMES, "--fps", 10)
        assert done.returncode == 0, done.stderr
    return path


def sample(name):
    path = MEDIA / f"{name}.mjpeg"
    path.write_bytes((SOURCE / f"tests/data/{name}.jpg").read_bytes() * FRAMES)
    return path


def hashes(path):
    done = run("ffmpeg", "-nostdin", "-v", "error", "-f", "mjpeg", "-i", path, "-fps_mode", "passthrough", "-f", "framemd5", "-")
    return [line.split(",")[-1].strip() for line in done.stdout.decode().splitlines() if line and line[0] != "#"]


def check(packets, path, *media_lines):
    saved = MEDIA / "saved.mjpeg"
    saved.unlink(missing_ok=True)
    with ReplayServer(packets, *media_lines) as server:
        done = run(BIN / "kinora", "save", "--transport", "tcp", server.url, saved)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    got, want = hashes(saved), hashes(path)
    assert len(got) == len(want) > 0, f"{len(got)} of {len(want)} frames"
    assert got == want, "pixels differ"


# --- ffmpeg itself

def test_ffmpeg_sends_sizes_modulo_256_blocks():
    for width, height in ((3840, 2160), (2560, 1440)):
        path = pattern(width, height)
        packets = packets_of_ffmpeg("-f", "mjpeg", "-r", "10", "-i", path, "-c", "copy")
        assert packets[0][18:20] == bytes((width // 8 & 255, height // 8 & 255)), packets[0][:24].hex()
        check(packets, path, *PLAIN)


def test_ffmpeg_sends_one_table_of_64_bytes():
    path = MEDIA / "onetable.mjpeg"
    done = run("ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=640x480:rate=10", "-frames:v",
               FRAMES, "-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-huffman", "default", "-f", "mjpeg", path)
    assert done.returncode == 0, done.stderr
    packets = packets_of_ffmpeg("-f", "mjpeg", "-r", "10", "-i", path, "-c", "copy")
    assert packets[0][12 + 8:12 + 12] == bytes((0, 0, 0, 64)), packets[0][:32].hex()
    check(packets, path, *PLAIN)


def test_ffmpeg_does_not_tell_the_restart_interval():
    path = sample("dri")
    packets = packets_of_ffmpeg("-f", "mjpeg", "-r", "10", "-i", path, "-c", "copy")
    assert packets[0][12 + 4] < 64, packets[0][:24].hex()
    check(packets, path, *PLAIN)


# --- senders made up here

def tables_of(jpeg):
    tables = b"".join(segment[4:] for marker, segment in segments(jpeg) if marker == 0xDB)
    return b"".join(tables[i + 1:i + 65] for i in range(0, len(tables), 65))


def rfc_2435(width_byte, height_byte, kind=1, q=255):
    """Payload headers of a sender that writes these sizes."""
    def first(jpeg):
        tables = tables_of(jpeg)
        return struct.pack(">BBHBBBB", 0, 0, 0, kind, q, width_byte, height_byte) + struct.pack(">HH", 0, len(tables)) + tables

    def rest(_, at):
        return struct.pack(">IBBBB", at, kind, q, width_byte, height_byte)
    return first, rest


def frames_of(path):
    return read_raw_reel(path)


def test_zero_size_and_the_description():
    path = pattern(3840, 2160)
    packets = packets_of_jpeg(frames_of(path), *rfc_2435(0, 0))
    check(packets, path, *PLAIN, "a=x-dimensions:3840,2160")
    check(packets, path, *PLAIN, "a=framesize:26 3840-2160")


def test_zero_size_and_the_extension():
    path = pattern(2560, 1440)
    frame_header = bytes.fromhex("ffc0001108") + struct.pack(">HH", 1440, 2560) + bytes.fromhex("03012200021101031101ff")
    check(packets_of_jpeg(frames_of(path), *rfc_2435(0, 0), extension=frame_header), path, *PLAIN)


def test_all_headers_in_the_extension():
    for name in ("optimized", "444", "gray"):
        path = sample(name)
        frames = frames_of(path)
        parts = segments(frames[0])
        said = b"".join(segment for marker, segment in parts if marker in (0xDB, 0xC0, 0xC1, 0xC4, 0xDD))
        sos = [segment for marker, segment in parts if marker == 0xDA][0]
        said += b"\xff" * (-(len(said) + len(sos)) % 4) + sos

        def first(_):
            return struct.pack(">IBBBB", 0, 1, 50, 0, 0)

        def rest(_, at):
            return struct.pack(">IBBBB", at, 1, 50, 0, 0)
        check(packets_of_jpeg(frames, first, rest, extension=said), path, *PLAIN)


def test_quicktime_payload():
    description = (bytes.fromhex("30000066") + b"vide" + struct.pack(">I", 90000) + struct.pack(">H", 86) + b"sd" + bytes(86 + 2))

    def first(_):
        return bytes.fromhex("0f000001") + description

    def rest(_, __):
        return bytes.fromhex("0e000001")
    for path in (pattern(3840, 2160), sample("progressive")):
        packets = packets_of_jpeg(frames_of(path), first, rest, payload_type=96, whole=True)
        check(packets, path, "m=video 0 RTP/AVP 96", "a=rtpmap:96 X-QT/90000")


run_tests(globals())
