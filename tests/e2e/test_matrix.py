#!/usr/bin/env python3
"""Every shape of JPEG through every player: the same pixels as the file's own decode, or 40 dB where it is converted.

kin-test: realtime
"""
import math
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, need, run_tests  # noqa: E402

FRAMES = 12
SIZE, ODD, BIG = (176, 144), (641, 479), (3840, 2160)
CONVERTED_DB = 40.0

# Sampling of a picture: how many luma samples share one of chroma, or None without chroma.
C420, C422, C444, GRAY = (2, 2), (2, 1), (1, 1), None
FFMPEG = {C420: "yuvj420p", C422: "yuvj422p", C444: "yuvj444p", GRAY: "gray"}

# cell: shape for make_reel, size, sampling of the file and as it is sent, "none", "lossless" or "converted"
CELLS = {
    "baseline_420": ("420", SIZE, C420, C420, "none"),
    "baseline_422": ("422", SIZE, C422, C422, "none"),
    "ffmpeg_422": ("422_2x2_1x2", SIZE, C422, C422, "lossless"),
    "optimized": ("optimized", SIZE, C420, C420, "lossless"),
    "no_dht": ("nodht", SIZE, C420, C420, "none"),
    "progressive": ("progressive", SIZE, C420, C420, "lossless"),
    "multi_scan": ("multiscan", SIZE, C420, C420, "lossless"),
    "dri": ("dri", SIZE, C420, C420, "none"),
    "one_dqt": ("onedqt", SIZE, C420, C420, "none"),
    "gray": ("gray", SIZE, GRAY, C420, "lossless"),
    "444": ("444", SIZE, C444, C422, "converted"),
    "odd_optimized": ("optimized", ODD, C420, C420, "lossless"),
    "odd_progressive": ("progressive", ODD, C420, C420, "lossless"),
    "odd_ffmpeg_422": ("422_2x2_1x2", ODD, C422, C422, "lossless"),
    "odd_gray": ("gray", ODD, GRAY, C420, "lossless"),
    "odd_444": ("444", ODD, C444, C422, "converted"),
}
# Above 2040 pixels the header has no words for the size: GStreamer reads it from the SDP, ffmpeg gets the file as it is.
LARGE = {"big_optimized": ("optimized", BIG, C420, C420, "lossless")}
need("ffmpeg")


def cell_of(name):
    return CELLS.get(name) or LARGE[name]


def run(*command, **more):
    return subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                          check=False, **more)


def up(value, to):
    return -(-value // to) * to


# --- planes

def layout(size, sampling, align):
    """(stride, lines) of each plane as ffmpeg (align 1) or GStreamer (align 4) lay them out."""
    width, height = size
    if sampling is None or sampling == C444:
        return [(up(width, align), height)] * (1 if sampling is None else 3)
    chroma = -(-width // 2)
    if align == 1:
        return [(width, height)] + [(chroma, -(-height // sampling[1]))] * 2
    stride = up(chroma, 4) if sampling == C420 else up(width, 8) // 2
    lines = up(height, 2) if sampling == C420 else height
    return [(up(width, 4), lines)] + [(stride, lines // sampling[1])] * 2


def frames_of(data, size, visible, sampling, align):
    """The frames of raw video, each a list of planes, each a list of the lines that can be seen."""
    planes = layout(size, sampling, align)
    total = sum(stride * lines for stride, lines in planes)
    assert data and len(data) % total == 0, f"{len(data)} bytes are no frames of {size[0]}x{size[1]}"
    out = []
    for frame in range(0, len(data), total):
        at, seen = frame, []
        for i, (stride, lines) in enumerate(planes):
            x, y = (1, 1) if i == 0 or sampling is None else sampling
            width, height = -(-visible[0] // x), -(-visible[1] // y)
            seen.append([data[at + n * stride:at + n * stride + width] for n in range(height)])
            at += stride * lines
        out.append(seen)
    return out


def psnr(a, b):
    a, b = b"".join(a), b"".join(b)
    assert len(a) == len(b), f"{len(a)} and {len(b)} samples"
    error = sum((x - y) ** 2 for x, y in zip(a, b))
    return 99.0 if error == 0 else 10 * math.log10(255 * 255 * len(a) / error)


def halved(lines):
    """Pairs of samples of each line as their mean: what is left of 4:4:4 in 4:2:2."""
    out = []
    for line in lines:
        line = line + line[-1:] if len(line) % 2 else line
        out.append(bytes((a + b + 1) // 2 for a, b in zip(line[::2], line[1::2])))
    return out


def compare(cell, got, want):
    """Says how close the frames are; fails where they must be equal and are not."""
    _, _, before, after, loss = cell_of(cell)
    assert len(got) == len(want), f"{len(got)} of {len(want)} frames"
    worst = 99.0
    for i, (g, w) in enumerate(zip(got, want)):
        assert g[0] == w[0], f"frame {i + 1}: brightness differs, {psnr(g[0], w[0]):.1f} dB"
        if before is None:
            assert all(set(line) == {128} for plane in g[1:] for line in plane), f"frame {i + 1} is not gray"
        elif before == after:
            assert g[1:] == w[1:], f"frame {i + 1}: colour differs"
        elif i % 4 == 0:
            small = len(w[1][0]) == len(g[1][0])  # by the decoder
            worst = min([worst] + [psnr(a, b if small else halved(b)) for a, b in zip(g[1:], w[1:])])
    assert worst == 99.0 or (loss == "converted" and worst >= CONVERTED_DB), f"{worst:.1f} dB"
    return worst


# --- decoding, from files and from the daemon

def jpeg_size(path):
    """Of the first JPEG of a file."""
    head = re.search(rb"\xff[\xc0\xc1\xc2]\x00[\x0b\x11]\x08(..)(..)", path.read_bytes()[:4096], re.S)
    return int.from_bytes(head.group(2), "big"), int.from_bytes(head.group(1), "big")


def ffmpeg(size, visible, sampling, *source):
    done = run("ffmpeg", "-nostdin", "-v", "error", *source, "-fps_mode", "passthrough", "-pix_fmt", FFMPEG[sampling],
               "-f", "rawvideo", "-")
    assert done.returncode == 0, done.stderr.decode()
    return frames_of(done.stdout, size, visible, sampling, 1)


def ffmpeg_file(path, sampling, visible=None):
    size = jpeg_size(path)
    return ffmpeg(size, visible or size, sampling, "-f", "mjpeg", "-i", path)


def gst(size, visible, sampling, folder, *source):
    """GStreamer's decoder gives 4:2:0 for everything but gray."""
    raw = pathlib.Path(folder, "gst.yuv")
    done = run("gst-launch-1.0", "-q", *source, "!", "jpegdec", "!",
               f"video/x-raw,format={'GRAY8' if sampling is None else 'I420'}", "!", "filesink", f"location={raw}")
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return frames_of(raw.read_bytes(), size, visible, sampling and C420, 4)


def gst_file(path, sampling, folder):
    size = jpeg_size(path)
    return gst(size, size, sampling, folder, "filesrc", f"location={path}", "!", "jpegparse")


def sent_size(size):
    """What RFC 2435 makes of a size; larger ones are told exactly."""
    return (up(size[0], 8), up(size[1], 8)) if max(size) <= 2040 else size


def through_ffmpeg(transport):
    def play(cell, daemon, path, _folder):
        _, size, before, after, _ = cell_of(cell)
        got = ffmpeg(sent_size(size), size, after, "-rtsp_transport", transport, "-i", daemon.url + path.name)
        return compare(cell, got, ffmpeg_file(path, before))
    return play


def through_gst(cell, daemon, path, folder):
    _, size, before, after, _ = cell_of(cell)
    got = gst(sent_size(size), size, after, folder, "rtspsrc", f"location={daemon.url}{path.name}", "latency=200", "!",
              "rtpjpegdepay")
    return compare(cell, got, gst_file(path, before, folder))


def check_identical(got, want):
    assert len(got) == len(want), f"{len(got)} of {len(want)} frames"
    for i, (g, w) in enumerate(zip(got, want)):
        assert g == w, f"frame {i + 1}: pixels differ"
    return 99.0


def original_through_ffmpeg(transport):
    def play(cell, daemon, path, _folder):
        _, size, before, _, _ = cell_of(cell)
        got = ffmpeg(size, size, before, "-rtsp_transport", transport, "-i", daemon.url + path.name)
        return check_identical(got, ffmpeg_file(path, before))
    return play


def through_kinora(transport):
    """What needs a repair for others, our client gets as it is."""
    def play(cell, daemon, path, folder):
        _, size, before, _, _ = cell_of(cell)
        saved = pathlib.Path(folder, "saved.mjpeg")
        done = run(BIN / "kinora", "save", "--transport", transport, daemon.url + path.name, saved)
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
        return check_identical(ffmpeg_file(saved, before, size), ffmpeg_file(path, before))
    return play


def make(folder, shape, size, frames=FRAMES):
    path = pathlib.Path(folder, "reel.mjpeg")
    done = run(BIN / "make_reel", shape, *size, frames)
    assert done.returncode == 0 and done.stdout, done.stderr.decode()
    path.write_bytes(done.stdout)
    return path


def check_column(play, cells=None):
    wrong = []
    for cell in cells or CELLS:
        shape, size, _, _, loss = cell_of(cell)
        with tempfile.TemporaryDirectory() as folder:
            path = make(folder, shape, size, FRAMES if cell in CELLS else FRAMES // 2)
            try:
                with Daemon(folder) as daemon:
                    close = play(cell, daemon, path, folder)
                said = "".join(daemon.lines)
                assert ("reel is repaired" in said) == (loss != "none"), f"the log says: {said}"
                assert loss == "none" or f"loss={loss}" in said, f"the log says: {said}"
                print(f"  {cell}: {'identical' if close == 99.0 else f'{close:.1f} dB'}", flush=True)
            except AssertionError as error:
                wrong.append(f"{cell}: {error}")
    assert not wrong, "\n  ".join(wrong)


def test_ffmpeg_over_udp():
    check_column(through_ffmpeg("udp"))


def test_ffmpeg_over_tcp():
    check_column(through_ffmpeg("tcp"))


def test_gstreamer():
    need("gst-launch-1.0")
    # jpegdec itself misreads the colour of a file with 2x2,1x2 and an odd height: there is nothing to compare with.
    check_column(through_gst, [cell for cell in CELLS if cell != "odd_ffmpeg_422"])


def test_kinora_over_udp():
    check_column(through_kinora("udp"))


def test_kinora_over_tcp():
    check_column(through_kinora("tcp"))


def whole(*source):
    """All pixels of all frames, each with its own colour."""
    done = run("ffmpeg", "-nostdin", "-v", "error", *source, "-fps_mode", "passthrough", "-pix_fmt", "yuv444p",
               "-f", "rawvideo", "-")
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def test_rarer_shapes_are_converted_well():
    for shape in ("440", "411", "16bit", "third_table", "rgb", "cmyk"):
        with tempfile.TemporaryDirectory() as folder:
            path = make(folder, shape, SIZE, 4)
            with Daemon(folder) as daemon:
                got = whole("-rtsp_transport", "tcp", "-i", daemon.url + path.name)
            assert "loss=converted" in "".join(daemon.lines), daemon.lines
            close = psnr([got], [whole("-f", "mjpeg", "-i", path)])
            print(f"  {shape}: {close:.1f} dB", flush=True)
            assert close >= CONVERTED_DB, f"{shape}: {close:.1f} dB"


def test_2160p():
    need("gst-launch-1.0")
    check_column(through_gst, LARGE)
    check_column(original_through_ffmpeg("udp"), LARGE)
    check_column(original_through_ffmpeg("tcp"), LARGE)
    check_column(through_kinora("udp"), LARGE)
    check_column(through_kinora("tcp"), LARGE)


def test_what_no_repair_helps_is_refused_by_name():
    with tempfile.TemporaryDirectory() as folder:
        path = make(folder, "444", SIZE, 2)
        data = bytearray(path.read_bytes())
        data[data.index(b"\xff\xc0\x00\x11") + 4] = 12  # bits a sample, of the first frame
        path.write_bytes(data)
        with Daemon(folder) as daemon, daemon.connect() as s:
            s.sendall(f"DESCRIBE {daemon.url}{path.name} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
            status = s.recv(4096).decode().splitlines()[0]
        assert status.startswith("RTSP/1.0 415 ") and "frame 1: samples are not 8 bits" in status, status
        assert "reel cannot be sent" in "".join(daemon.lines), daemon.lines


def test_a_frame_that_no_repair_helps_is_left_out_and_named():
    with tempfile.TemporaryDirectory() as folder:
        path = make(folder, "optimized", SIZE, 5)
        data = bytearray(path.read_bytes())
        second = data.index(b"\xff\xc0\x00\x11", data.index(b"\xff\xc0\x00\x11") + 4)
        data[second + 4] = 12
        path.write_bytes(data)
        with Daemon(folder) as daemon:
            saved = pathlib.Path(folder, "saved.out")
            run(BIN / "kinora", "save", "--transport", "tcp", daemon.url + path.name + "?fmt=jpeg", saved)
            assert len(ffmpeg_file(saved, C420, SIZE)) == 4
        said = "".join(daemon.lines)
        assert "frame=2 problem=\"samples are not 8 bits\"" in said, said


run_tests(globals())
