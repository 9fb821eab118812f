#!/usr/bin/env python3
"""Every shape of JPEG through every player: the same pixels as the file's own decode, or 40 dB where it is converted.

kin-test: paced
"""
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, check_gst_played, need, run_tests  # noqa: E402

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
    "odd_420": ("420", ODD, C420, C420, "none"),
    "odd_422": ("422", ODD, C422, C422, "none"),
    "odd_dri": ("dri", ODD, C420, C420, "none"),
    "odd_bands": ("bands", ODD, C420, C420, "none"),
    "odd_optimized": ("optimized", ODD, C420, C420, "lossless"),
    "odd_progressive": ("progressive", ODD, C420, C420, "lossless"),
    "odd_ffmpeg_422": ("422_2x2_1x2", ODD, C422, C422, "lossless"),
    "odd_gray": ("gray", ODD, GRAY, C420, "lossless"),
    "odd_444": ("444", ODD, C444, C422, "converted"),
}
# Above 2040 pixels the header has no words for the size: GStreamer reads it from the SDP, ffmpeg gets the file as it is.
LARGE = {
    "big_420": ("420", BIG, C420, C420, "none"),
    "big_ffmpeg_422": ("422_2x2_1x2", BIG, C422, C422, "lossless"),
    "big_optimized": ("optimized", BIG, C420, C420, "lossless"),
    "big_progressive": ("progressive", BIG, C420, C420, "lossless"),
}
need("ffmpeg")


def cell_of(name):
    return CELLS.get(name) or LARGE[name]


def run(*command, seconds=60):
    return subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds,
                          check=False)


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
    check_gst_played(run("gst-launch-1.0", *source, "!", "jpegdec", "idct-method=islow", "!",
                         f"video/x-raw,format={'GRAY8' if sampling is None else 'I420'}", "!", "filesink", f"location={raw}",
                         seconds=25))
    return frames_of(raw.read_bytes(), size, visible, sampling and C420, 4)


def gst_file(path, sampling, folder):
    size = jpeg_size(path)
    return gst(size, size, sampling, folder, "filesrc", f"location={path}", "!", "jpegparse")


def libjpeg_file(path, sampling):
    """What libjpeg decodes, of 4:2:2 every second line of colour, as GStreamer's decoder makes 4:2:0 of it."""
    with path.open("rb") as reel:
        data = subprocess.run([str(BIN / "jpeg_planes")], stdin=reel, capture_output=True, timeout=120, check=True).stdout
    width, height = jpeg_size(path)
    lines = [up(height, 2)] + [up(-(-height // sampling[1]), 2)] * 2
    strides = [width] + [-(-width // 2)] * 2
    step = 2 if sampling == C422 else 1
    out, at = [], 0
    while at < len(data):
        frame = []
        for i, (stride, count) in enumerate(zip(strides, lines)):
            plane = [data[at + n * stride:at + (n + 1) * stride] for n in range(count)]
            frame.append(plane[:height] if i == 0 else plane[step - 1::step][:-(-height // 2)])
            at += stride * count
        out.append(frame)
    return out


def sent_size(size):
    """What RFC 2435 makes of a size; larger ones are told exactly."""
    return (up(size[0], 8), up(size[1], 8)) if max(size) <= 2040 else size


def check_identical(got, want):
    assert len(got) == len(want), f"{len(got)} of {len(want)} frames"
    for i, (g, w) in enumerate(zip(got, want)):
        assert g == w, f"frame {i + 1}: pixels differ"
    return 99.0


def rfc2435_through_ffmpeg(transport, query=""):
    def play(cell, daemon, path, _folder):
        _, size, before, after, _ = cell_of(cell)
        got = ffmpeg(sent_size(size), size, after, "-rtsp_transport", transport, "-i", daemon.url + path.name + query)
        return compare(cell, got, ffmpeg_file(path, before))
    return play


def original_through_ffmpeg(transport):
    def play(cell, daemon, path, _folder):
        _, size, before, _, _ = cell_of(cell)
        got = ffmpeg(size, size, before, "-rtsp_transport", transport, "-i", daemon.url + path.name)
        return check_identical(got, ffmpeg_file(path, before))
    return play


def gets_original(cell):
    """ffmpeg and mpv get the file as it is where RFC 2435 has no words for its exact size, or none without a loss."""
    _, size, _, _, loss = cell_of(cell)
    return cell in LARGE or size != sent_size(size) or loss == "converted"


def through_ffmpeg(transport):
    def play(cell, *more):
        return (original_through_ffmpeg if gets_original(cell) else rfc2435_through_ffmpeg)(transport)(cell, *more)
    return play


def mpv(size, visible, sampling, folder, transport, url):
    raw = pathlib.Path(folder, "mpv.yuv")
    done = run("mpv", "--no-config", "--no-terminal", "--untimed", "--no-audio", f"--rtsp-transport={transport}",
               f"--vf=format={FFMPEG[sampling]}", f"--o={raw}", "--of=rawvideo", "--ovc=rawvideo", url)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return frames_of(raw.read_bytes(), size, visible, sampling, 1)


def through_mpv(transport):
    def play(cell, daemon, path, folder):
        _, size, before, after, _ = cell_of(cell)
        sent, sampling = (size, before) if gets_original(cell) else (sent_size(size), after)
        got, want = mpv(sent, size, sampling, folder, transport, daemon.url + path.name), ffmpeg_file(path, before)
        return check_identical(got, want) if gets_original(cell) else compare(cell, got, want)
    return play


def gst_url(size, visible, sampling, folder, url, *depayload):
    return gst(size, visible, sampling, folder, "rtspsrc", f"location={url}", "latency=200", "!", *depayload)


def through_gst(cell, daemon, path, folder):
    _, size, before, after, loss = cell_of(cell)
    got = gst_url(sent_size(size), size, after, folder, daemon.url + path.name, "rtpjpegdepay")
    # libjpeg is what its decoder stands on; of a file with 2x2,1x2 the decoder itself gives other colours.
    own = before is None or loss == "converted"
    return compare(cell, got, gst_file(path, before, folder) if own else libjpeg_file(path, before))


def save(folder, transport, url):
    path = pathlib.Path(folder, "saved.out")
    done = run(BIN / "kinora", "save", "--transport", transport, url, path)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return path


def through_kinora(transport):
    """What needs a repair for others, our client gets as it is."""
    def play(cell, daemon, path, folder):
        _, size, before, _, _ = cell_of(cell)
        saved = save(folder, transport, daemon.url + path.name)
        return check_identical(ffmpeg_file(saved, before, size), ffmpeg_file(path, before))
    return play


def make(folder, shape, size, frames=FRAMES):
    path = pathlib.Path(folder, "reel.mjpeg")
    done = run(BIN / "make_reel", shape, *size, frames)
    assert done.returncode == 0 and done.stdout, done.stderr.decode()
    path.write_bytes(done.stdout)
    return path


def check_cell(play, cell):
    shape, size, _, _, loss = cell_of(cell)
    with tempfile.TemporaryDirectory() as folder:
        path = make(folder, shape, size, FRAMES if cell in CELLS else FRAMES // 4)
        with Daemon(folder) as daemon:
            close = play(cell, daemon, path, folder)
        said = "".join(daemon.lines)
    assert ("reel is repaired" in said) == (loss != "none"), f"the log says: {said}"
    assert loss == "none" or f"loss={loss}" in said, f"the log says: {said}"
    print(f"  {cell}: {'identical' if close == 99.0 else f'{close:.1f} dB'}", flush=True)


def check_column(play, cells=None):
    """A busy machine loses frames, and GStreamer on it may never end when a stream was over before it had begun to play:
    each cell has three tries."""
    wrong = []
    for cell in cells or CELLS:
        for left in (2, 1, 0):
            try:
                check_cell(play, cell)
                break
            except (AssertionError, subprocess.TimeoutExpired) as error:
                print(f"  {'again' if left else 'FAILED'} {cell}: {error}", flush=True)
                if left == 0:
                    wrong.append(f"{cell}: {error}")
    assert not wrong, "\n  ".join(wrong)


def test_ffmpeg_over_udp():
    check_column(through_ffmpeg("udp"))


def test_ffmpeg_over_tcp():
    check_column(through_ffmpeg("tcp"))


def test_mpv():
    if shutil.which("mpv") is None:
        return "mpv is not installed"
    check_column(through_mpv("udp"))
    return None


def test_gstreamer():
    need("gst-launch-1.0")
    check_column(through_gst)


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
                got = whole("-rtsp_transport", "tcp", "-i", f"{daemon.url}{path.name}?fmt=jpeg")
            assert "loss=converted" in "".join(daemon.lines), daemon.lines
            close = psnr([got], [whole("-f", "mjpeg", "-i", path)])
            print(f"  {shape}: {close:.1f} dB", flush=True)
            assert close >= CONVERTED_DB, f"{shape}: {close:.1f} dB"


def test_conversions_on_request():
    """What ffmpeg gets where it asks for RFC 2435 all the same."""
    check_column(rfc2435_through_ffmpeg("tcp", "?fmt=jpeg"), [cell for cell in CELLS if cell_of(cell)[4] == "converted"])


def test_2160p_in_gstreamer():
    need("gst-launch-1.0")
    check_column(through_gst, LARGE)


def test_2160p_in_ffmpeg():
    check_column(through_ffmpeg("udp"), LARGE)
    check_column(through_ffmpeg("tcp"), LARGE)


def test_2160p_in_mpv():
    if shutil.which("mpv") is None:
        return "mpv is not installed"
    check_column(through_mpv("tcp"), LARGE)
    return None


def test_2160p_in_kinora():
    check_column(through_kinora("udp"), LARGE)
    check_column(through_kinora("tcp"), LARGE)


def original_by_every_carrier(_cell, daemon, path, folder):
    url, of_file = daemon.url + path.name, ffmpeg_file(path, C420)
    seen = (BIG, BIG, C420)
    check_identical(ffmpeg(*seen, "-rtsp_transport", "tcp", "-i", url + "?fmt=xqt"), of_file)
    check_identical(ffmpeg_file(save(folder, "tcp", url + "?fmt=xqt"), C420), of_file)
    check_identical(ffmpeg_file(save(folder, "tcp", url + "?fmt=onvif"), C420), of_file)
    check_identical(ffmpeg_file(save(folder, "tcp", url + "?fmt=jpeg"), C420), of_file)
    if shutil.which("mpv") is not None:
        check_identical(mpv(*seen, folder, "tcp", url + "?fmt=xqt"), of_file)
    if shutil.which("gst-launch-1.0") is not None:
        of_file = libjpeg_file(path, C420)
        check_identical(gst_url(*seen, folder, url + "?fmt=jpeg", "rtpjpegdepay"), of_file)
        check_identical(gst_url(*seen, folder, url + "?fmt=xqt", "rtpxqtdepay"), of_file)
    return 99.0


def half_in_every_player(_cell, daemon, path, folder):
    """What is sent at half size shows the same in all of them; test_carriers.py compares it with the original."""
    url, half = daemon.url + path.name + "?fmt=half", (BIG[0] // 2, BIG[1] // 2)
    saved = save(folder, "tcp", url)
    seen, of_file = (half, half, C420), ffmpeg_file(saved, C420)
    check_identical(ffmpeg(*seen, "-rtsp_transport", "udp", "-i", url), of_file)
    if shutil.which("mpv") is not None:
        check_identical(mpv(*seen, folder, "udp", url), of_file)
    if shutil.which("gst-launch-1.0") is not None:
        check_identical(gst_url(*seen, folder, url, "rtpjpegdepay"), libjpeg_file(saved, C420))
    return 99.0


def test_2160p_by_every_carrier():
    check_column(original_by_every_carrier, ["big_optimized"])


def test_2160p_at_half_size():
    check_column(half_in_every_player, ["big_optimized"])


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
            saved = save(folder, "tcp", daemon.url + path.name + "?fmt=jpeg")
            assert len(ffmpeg_file(saved, C420, SIZE)) == 4
        said = "".join(daemon.lines)
        assert "frame=2 problem=\"samples are not 8 bits\"" in said, said


run_tests(globals())
