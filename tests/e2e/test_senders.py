#!/usr/bin/env python3
"""What others send, replayed to our client: it saves frames whose pixels are those of the file."""
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, SOURCE, need, read_raw_reel, realtime, run_tests  # noqa: E402
from replay_server import ReplayServer, packets_of_ffmpeg, packets_of_jpeg, rtp, segments  # noqa: E402

FRAMES = 4
need("ffmpeg")
FOLDER = tempfile.TemporaryDirectory()
MEDIA = pathlib.Path(FOLDER.name)
PLAIN = ("m=video 0 RTP/AVP 26", "a=rtpmap:26 JPEG/90000")


def run(*command):
    return subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, timeout=100, check=False)


def pattern(width, height, quality=80):
    path = MEDIA / f"{width}x{height}q{quality}.mjpeg"
    if not path.exists():
        done = run(BIN / "kinora-prep", "pattern", path, "--size", f"{width}x{height}", "--frames", FRAMES, "--fps", 10,
                   "--quality", quality)
        assert done.returncode == 0, done.stderr
    return path


def sample(name):
    path = MEDIA / f"{name}.mjpeg"
    path.write_bytes((SOURCE / f"tests/data/{name}.jpg").read_bytes() * FRAMES)
    return path


def hashes(path):
    done = run("ffmpeg", "-nostdin", "-v", "error", "-f", "mjpeg", "-i", path, "-fps_mode", "passthrough", "-f", "framemd5", "-")
    return [line.split(",")[-1].strip() for line in done.stdout.decode().splitlines() if line and line[0] != "#"]


def shaped(shape, width=176, height=144):
    done = run(BIN / "make_reel", shape, width, height, FRAMES)
    assert done.returncode == 0 and done.stdout, done.stderr
    path = MEDIA / f"{shape}.mjpeg"
    path.write_bytes(done.stdout)
    return path


def check(packets, path, *media_lines, transport="tcp"):
    saved = MEDIA / "saved.mjpeg"
    saved.unlink(missing_ok=True)
    with ReplayServer(packets, *media_lines) as server:
        done = run(BIN / "kinora", "save", "--transport", transport, server.url, saved)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    assert b"lost" not in done.stdout, done.stdout
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
    """The precision bits and the tables in the order of the file."""
    data = b"".join(segment[4:] for marker, segment in segments(jpeg) if marker == 0xDB)
    precision, tables, at, i = 0, b"", 0, 0
    while at < len(data):
        size = 128 if data[at] >> 4 else 64
        precision |= (data[at] >> 4) << i
        tables += data[at + 1:at + 1 + size]
        at, i = at + 1 + size, i + 1
    return precision, tables


def rfc_2435(width_byte, height_byte, kind=1, q=255, tables_in=None, restart=b""):
    """Payload headers of a sender that writes these sizes; tables_in: the frames whose tables it says, counted from 0."""
    begun = []

    def first(jpeg):
        begun.append(jpeg)
        precision, tables = tables_of(jpeg) if tables_in is None or len(begun) - 1 in tables_in else (0, b"")
        quant = struct.pack(">BBH", 0, precision, len(tables)) + tables if q >= 128 else b""
        return struct.pack(">IBBBB", 0, kind, q, width_byte, height_byte) + restart + quant

    def rest(_, at):
        return struct.pack(">IBBBB", at, kind, q, width_byte, height_byte) + restart
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


def merged(parts, marker):
    """All segments of a kind as one."""
    body = b"".join(segment[4:] for found, segment in parts if found == marker)
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def test_all_headers_in_the_extension():
    for name in ("optimized", "444", "gray", "16bit", "dri"):
        path = shaped(name)
        frames = frames_of(path)
        parts = segments(frames[0])
        assert all(segments(frame)[:-1] == parts[:-1] for frame in frames) or name == "optimized"
        frames = [frames[0]] * FRAMES
        path.write_bytes(b"".join(frames))
        said = b"".join(segment for marker, segment in parts if marker in (0xC0, 0xC1, 0xDD))
        said = merged(parts, 0xDB) + merged(parts, 0xC4) + said
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


# --- what a header may say, and what it may leave out

def test_q_of_the_formula():
    for q in (1, 10, 49, 50, 75, 99):
        path = pattern(320, 240, q)
        check(packets_of_jpeg(frames_of(path), *rfc_2435(40, 30, q=q)), path, *PLAIN)


def test_tables_that_are_said_once():
    path = pattern(320, 240)
    for q in (128, 254, 255):
        check(packets_of_jpeg(frames_of(path), *rfc_2435(40, 30, q=q, tables_in=(0,))), path, *PLAIN)


def test_tables_of_16_bits():
    path = shaped("16bit")
    assert tables_of(frames_of(path)[0])[0] == 1
    check(packets_of_jpeg(frames_of(path), *rfc_2435(22, 18)), path, *PLAIN)


def test_422_and_a_dynamic_payload_type():
    path = shaped("422")
    packets = packets_of_jpeg(frames_of(path), *rfc_2435(22, 18, kind=0), payload_type=97)
    check(packets, path, "m=video 0 RTP/AVP 97", "a=rtpmap:97 JPEG/90000")


def test_restart_markers():
    path = shaped("dri")
    for restart in ("0004ffff", "0000ffff"):  # as it is; an interval that RFC 2435 does not allow
        packets = packets_of_jpeg(frames_of(path), *rfc_2435(22, 18, kind=65, restart=bytes.fromhex(restart)), piece=300)
        check(packets, path, *PLAIN)


def test_packets_cut_at_restart_markers():
    path, packets = shaped("dri"), []
    frames = frames_of(path)
    for n, jpeg in enumerate(frames):
        scan = segments(jpeg)[-1][1]
        cuts = [0] + [i + 2 for i in range(len(scan) - 1) if scan[i] == 0xFF and 0xD0 <= scan[i + 1] <= 0xD7] + [len(scan)]
        for i, (at, end) in enumerate(zip(cuts, cuts[1:])):
            first, rest = rfc_2435(22, 18, kind=65, restart=struct.pack(">HH", 4, 0xC000 | i))
            head = first(jpeg) if at == 0 else rest(jpeg, at)
            packets.append(rtp(len(packets), 9000 * n, end == len(scan), head + scan[at:end]))
    assert len(packets) > 10 * len(frames)
    check(packets, path, *PLAIN)


def test_sizes_of_no_list_modulo_256_blocks():
    for width, height in ((2200, 1240), (2832, 2128)):
        path = pattern(width, height)
        check(packets_of_jpeg(frames_of(path), *rfc_2435(width // 8 & 255, height // 8 & 255)), path, *PLAIN)


def test_no_end_is_marked():
    path = pattern(320, 240)
    unmarked = [packet[:1] + bytes((packet[1] & 0x7F,)) + packet[2:] for packet in
                packets_of_jpeg([frame[:-2] for frame in frames_of(path)], *rfc_2435(40, 30), piece=1000)]
    unmarked[-1] = unmarked[-1][:1] + b"\x9a" + unmarked[-1][2:]  # or nobody knew of the last one
    check(unmarked, path, *PLAIN)


def test_a_whole_file_behind_the_header():
    path = shaped("progressive")

    def first(_):
        return bytes.fromhex("0000000001320101")

    def rest(_, at):
        return struct.pack(">I", at) + bytes.fromhex("01320101")
    check(packets_of_jpeg(frames_of(path), first, rest, whole=True, piece=1000), path, *PLAIN)


def test_sizes_and_kinds_that_change_from_frame_to_frame():
    packets, files = [], b""
    for width, height, kind, shape in ((320, 240, 1, "420"), (176, 144, 0, "422"), (640, 480, 1, "420"), (176, 144, 65, "dri")) * 2:
        jpeg = frames_of(shaped(shape, width, height))[0]
        restart = bytes.fromhex("0004ffff") if kind == 65 else b""
        new = packets_of_jpeg([jpeg], *rfc_2435(width // 8, height // 8, kind=kind, restart=restart), piece=900)
        for packet in new:
            packets.append(packet[:2] + struct.pack(">HI", len(packets), 9000 * files.count(b"\xff\xd8\xff")) + packet[8:])
        files += jpeg
    path = MEDIA / "changing.mjpeg"
    path.write_bytes(files)
    check(packets, path, *PLAIN)


# --- over UDP, as nets and senders may treat packets

def dress(packet, i):
    """The same payload with contributing sources, an extension that means nothing here, and padding, by turns."""
    csrc = bytes(range(4 * (i % 4)))
    extension = bytes.fromhex("bede0002 10ff0000 00000000") if i % 3 == 1 else b""
    padding = bytes(i % 5) + bytes((i % 5 + 1,)) if i % 2 else b""
    first = 0x80 | (0x20 if padding else 0) | (0x10 if extension else 0) | len(csrc) // 4
    return bytes((first,)) + packet[1:12] + csrc + extension + packet[12:] + padding


def disorder(packets, seed):
    """Each one a few places away from its own, some twice; the first ones in order, by which a source is known."""
    rng = random.Random(seed)
    places = sorted(range(2, len(packets)), key=lambda i: i + rng.uniform(0, 12))
    out = packets[:2]
    for i in places:
        out += [packets[i]] * (2 if rng.random() < 0.1 else 1)
    return out


@realtime
def test_udp_out_of_order_twice_and_dressed():
    path = pattern(320, 240)
    frames = frames_of(path)
    for seed, heads in enumerate((rfc_2435(40, 30), rfc_2435(40, 30, q=80), rfc_2435(40, 30, q=200, tables_in=(0, 1)))):
        packets = [dress(packet, i) for i, packet in enumerate(packets_of_jpeg(frames, *heads, piece=500))]
        check(disorder(packets, seed), path, *PLAIN, transport="udp")


@realtime
def test_udp_numbers_and_times_that_start_over():
    path = pattern(320, 240)
    packets = packets_of_jpeg(frames_of(path), *rfc_2435(40, 30), piece=700)
    late = [packet[:2] + struct.pack(">HI", (65530 + i) & 0xFFFF, (0xFFFFC000 + int.from_bytes(packet[4:8], "big")) & 0xFFFFFFFF) +
            packet[8:] for i, packet in enumerate(packets)]
    check(disorder(late, 7), path, *PLAIN, transport="udp")


run_tests(globals())
