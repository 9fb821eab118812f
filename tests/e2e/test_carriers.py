#!/usr/bin/env python3
"""Pictures above 2040 pixels, and pictures RFC 2435 has no words for, by every carrier: the pixels are the file's.

kin-test: paced
"""
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, SOURCE, Daemon, check_gst_played, check_received, need, realtime, run_tests  # noqa: E402
from rtsp_play import Player  # noqa: E402

SIZES = {"uhd.mjpeg": (3840, 2160), "qhd.mjpeg": (2560, 1440)}
FRAMES = 10
need("ffmpeg")
FOLDER = tempfile.TemporaryDirectory()
MEDIA = pathlib.Path(FOLDER.name)


def run(*command, seconds=120, **more):
    return subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds,
                          check=False, **more)


def make_media():
    for name, (width, height) in SIZES.items():
        done = run(BIN / "kinora-prep", "pattern", MEDIA / name, "--size", f"{width}x{height}", "--frames", FRAMES, "--fps",
                   4, "--quality", 70)
        assert done.returncode == 0, done.stderr
    for name in ("optimized", "progressive", "444", "gray", "dri"):
        jpeg = (SOURCE / f"tests/data/{name}.jpg").read_bytes()
        (MEDIA / f"{name}.mjpeg").write_bytes(jpeg * FRAMES)


make_media()


def md5(*source):
    """Hashes of all decoded frames, and what ffmpeg said."""
    done = run("ffmpeg", "-nostdin", "-v", "warning", *source, "-fps_mode", "passthrough", "-f", "framemd5", "-")
    lines = done.stdout.decode().splitlines()
    return [line.split(",")[-1].strip() for line in lines if line and line[0] != "#"], done.stderr.decode()


@functools.lru_cache
def of_original(name):
    return of_file(MEDIA / name)


def of_file(path):
    hashes, _ = md5("-f", "mjpeg", "-i", path)
    assert hashes, f"{path} does not decode"
    return hashes


def played(url, transport, *more):
    return md5("-rtsp_transport", transport, *more, "-i", url)


def carrier_of(daemon):
    return re.search(r"carrier=(\S+)", daemon.wait_line("session start")).group(1)


# --- how long packets are over TCP

def longest_packet(daemon, agent):
    """Of one whole frame."""
    with Player(daemon, "qhd.mjpeg?fmt=jpeg", agent) as player:
        player.play()
        longest, marker = 0, False
        while not marker:
            packet = player.packet()
            longest, marker = max(longest, len(packet)), packet[1] >= 0x80
        return longest


def test_packets_over_tcp_are_as_long_as_the_player_takes():
    with Daemon(MEDIA) as daemon:
        for agent in ("Kinora/0.1.0", "Lavf59.27.100", "GStreamer/1.22.0"):
            assert longest_packet(daemon, agent) == 16384, agent
        for agent in ("LibVLC/3.0.20 (LIVE555 Streaming Media v2016.11.28)", "Somebody/1.0", None):
            assert longest_packet(daemon, agent) == 1400, agent


# --- ffmpeg: QuickTime's payload

def check_ffmpeg(transport):
    with Daemon(MEDIA, "-o", "rtp.pacing=80") as daemon:
        for name in SIZES:
            got, said = played(daemon.url + name, transport)
            assert carrier_of(daemon) == "xqt"
            assert said == "", said
            assert got == of_original(name), f"{name}: pixels differ"


def test_ffmpeg_udp():
    check_ffmpeg("udp")


def test_ffmpeg_tcp():
    check_ffmpeg("tcp")


def test_ffmpeg_by_the_url_whatever_it_calls_itself():
    with Daemon(MEDIA) as daemon:
        for name in ("uhd", "progressive", "444", "optimized"):
            got, _ = played(f"{daemon.url}{name}.mjpeg?fmt=xqt", "tcp", "-user_agent", "Somebody/1.0")
            assert carrier_of(daemon) == "xqt"
            assert got == of_original(f"{name}.mjpeg"), f"{name}: pixels differ"


def test_ffmpeg_gets_half_on_request():
    with Daemon(MEDIA) as daemon:
        for name, (width, height) in SIZES.items():
            url = f"{daemon.url}{name}?fmt=half"
            got, said = played(url, "udp")
            assert (len(got), said) == (FRAMES, ""), said
            assert carrier_of(daemon) == "half"
            check_psnr(url, MEDIA / name, width // 2, height // 2)


def test_half_is_halved_until_rfc_2435_has_words():
    """As wide as 8K, of which half is 3840."""
    reel = run(BIN / "make_reel", "optimized", 7680, 480, 3)
    (MEDIA / "wide.mjpeg").write_bytes(reel.stdout)
    with Daemon(MEDIA) as daemon:
        url = daemon.url + "wide.mjpeg?fmt=half"
        assert "a=x-dimensions:1920,120\r\n" in describe(daemon, "wide.mjpeg?fmt=half", "x")
        got, said = played(url, "udp")
        assert (len(got), said) == (3, ""), said
        check_psnr(url, MEDIA / "wide.mjpeg", 1920, 120)


def check_psnr(url, path, width, height):
    """Against the file scaled by a filter of another kind: not identical, but the same picture."""
    graph = (f"[0:v]settb=1/25,setpts=N,crop={width}:{height}:0:0,format=yuv420p[a];"
             f"[1:v]settb=1/25,setpts=N,scale={width}:{height}:flags=area,format=yuv420p[b];[a][b]psnr")
    done = run("ffmpeg", "-nostdin", "-v", "info", "-rtsp_transport", "tcp", "-i", url, "-f", "mjpeg", "-i", path,
               "-filter_complex", graph, "-f", "null", "-")
    average = re.search(r"average:(\S+)", done.stderr.decode())
    assert average and float(average.group(1)) > 32, done.stderr.decode()[-800:]


def test_sizes_at_the_edge():
    """The last size that RFC 2435 has words for, the first ones that it has not, the smallest, and a very long one."""
    rows = {"2040x48": "jpeg", "48x2040": "jpeg", "2042x48": "xqt", "2048x48": "xqt", "48x2048": "xqt", "8x8": "jpeg",
            "16384x16": "xqt"}
    for size in rows:
        done = run("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=s={size}:r=25", "-frames:v", 5,
                   "-pix_fmt", "yuvj420p", "-c:v", "mjpeg", "-huffman", "default", "-f", "mjpeg", MEDIA / f"{size}.mjpeg")
        assert done.returncode == 0, done.stderr
    with Daemon(MEDIA) as daemon:
        for size, carrier in rows.items():
            width, height = (int(n) for n in size.split("x"))
            crop = ("-vf", f"crop={width}:{height}:0:0") # RFC 2435 counts in blocks of 8
            got = md5("-rtsp_transport", "tcp", "-i", f"{daemon.url}{size}.mjpeg", *crop)
            assert carrier_of(daemon) == carrier, size
            assert got == md5("-f", "mjpeg", "-i", MEDIA / f"{size}.mjpeg", *crop), f"{size}: pixels differ"


# --- GStreamer: the size in the description; QuickTime's payload by hand

def gst(url, *pipeline):
    out = MEDIA / "gst.yuv"
    check_gst_played(run("gst-launch-1.0", "rtspsrc", f"location={url}", "protocols=tcp", "latency=200", "!", *pipeline, "!",
                         "filesink", f"location={out}"))
    return out.read_bytes()


def gst_file(path):
    out = MEDIA / "gst-file.yuv"
    run("gst-launch-1.0", "-q", "filesrc", f"location={path}", "!", "jpegparse", "!", "jpegdec", "!", "filesink",
        f"location={out}")
    return out.read_bytes()


def test_gstreamer_by_the_description():
    need("gst-launch-1.0")
    with Daemon(MEDIA) as daemon:
        for name in SIZES:
            got = gst(daemon.url + name, "rtpjpegdepay", "!", "jpegdec")
            assert carrier_of(daemon) == "jpeg"
            assert got == gst_file(MEDIA / name), f"{name}: pixels differ"


def test_gstreamer_by_quicktime():
    need("gst-launch-1.0")
    with Daemon(MEDIA) as daemon:
        got = gst(daemon.url + "uhd.mjpeg?fmt=xqt", "rtpxqtdepay", "!", "jpegdec")
        assert carrier_of(daemon) == "xqt"
        assert got == gst_file(MEDIA / "uhd.mjpeg"), "pixels differ"


def test_gstreamer_is_not_disturbed_by_the_extension():
    need("gst-launch-1.0")
    with Daemon(MEDIA) as daemon:
        got = gst(daemon.url + "uhd.mjpeg?fmt=onvif", "rtpjpegdepay", "!", "jpegdec")
        assert carrier_of(daemon) == "onvif"
        assert got == gst_file(MEDIA / "uhd.mjpeg"), "pixels differ"


def test_gstreamer_playbin():
    need("gst-launch-1.0")
    with Daemon(MEDIA) as daemon:
        check_gst_played(run("gst-launch-1.0", "playbin", f"uri={daemon.url}uhd.mjpeg", "video-sink=fakesink sync=false"))


# --- kinora

def saved(url, *options):
    path = MEDIA / "saved.mjpeg"
    path.unlink(missing_ok=True)
    done = run(BIN / "kinora", "save", *options, url, path)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return path


def test_kinora_saves_the_pixels():
    with Daemon(MEDIA) as daemon:
        for name in SIZES:
            for transport in ("udp", "tcp"):
                path = saved(daemon.url + name, "--transport", transport)
                assert carrier_of(daemon) == "xqt"
                assert of_file(path) == of_original(name), f"{name} {transport}: pixels differ"


def test_kinora_gets_the_original_byte_for_byte():
    with Daemon(MEDIA) as daemon:
        for name in ("optimized", "progressive", "444", "gray", "dri", "uhd"):
            path = saved(f"{daemon.url}{name}.mjpeg", "--transport", "tcp")
            assert carrier_of(daemon) == "xqt"
            assert path.read_bytes() == (MEDIA / f"{name}.mjpeg").read_bytes(), f"{name}: not the original"


# What a directory of stills or a spliced reel may hold: the first frame is as plain as can be, the others are not, in
# their coding, their size and what cameras and editors put into the file.
MIXED = (("420", 176, 144), ("progressive", 176, 144), ("optimized", 177, 145), ("444", 640, 480), ("gray", 176, 144),
         ("dri", 320, 240), ("422_2x2_1x2", 176, 144), ("nodht", 176, 144), ("16bit", 176, 144), ("rgb", 200, 120),
         ("multiscan", 641, 479), ("420", 2400, 96), ("420", 16, 16), ("411", 176, 144), ("420", 176, 144))


def mixed_frames():
    frames = []
    for i, (shape, width, height) in enumerate(MIXED):
        done = run(BIN / "make_reel", shape, width, height, 1)
        assert done.returncode == 0 and done.stdout, done.stderr
        remark = f"frame {i}".encode()
        exif = b"\xff\xe1\x00\x08Exif\0\0" if i % 3 == 1 else b""
        frames.append(done.stdout[:2] + b"\xff\xfe" + (len(remark) + 2).to_bytes(2, "big") + remark + exif + done.stdout[2:])
    return frames


def write_mixed(folder, frames):
    pathlib.Path(folder, "raw.mjpeg").write_bytes(b"".join(frames))
    pathlib.Path(folder, "lab.Mjpeg").write_bytes(b"".join(b"%05d" % len(f) + f for f in frames))
    parts = (b"--x\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (len(f), f) for f in frames)
    pathlib.Path(folder, "parts.mjpeg").write_bytes(b"".join(parts))
    pathlib.Path(folder, "stills").mkdir()
    for i, frame in enumerate(frames):  # some cameras write zeros behind the end
        pathlib.Path(folder, "stills", f"img{i}.jpg").write_bytes(frame + bytes(2000 * (i % 2)))


def test_kinora_gets_the_original_of_every_frame():
    frames = mixed_frames()
    with tempfile.TemporaryDirectory() as folder:
        write_mixed(folder, frames)
        with Daemon(folder) as daemon:
            for name in ("raw.mjpeg", "lab.Mjpeg", "parts.mjpeg", "stills"):
                for transport in ("udp", "tcp"):
                    path = saved(daemon.url + name, "--transport", transport)
                    assert carrier_of(daemon) == "xqt"
                    assert path.read_bytes() == b"".join(frames), f"{name} {transport}: not the original"
                report = json.loads(run(BIN / "kinora", "probe", "--json", daemon.url + name).stdout)
                check_received(report, len(frames))


def test_a_copy_says_its_rate_where_it_would_be_lost():
    jpeg = (SOURCE / "tests/data/420.jpg").read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "plain.mjpeg").write_bytes(jpeg * 5)
        with Daemon(folder, "-o", "media.frame_rate=30") as daemon:
            copy = saved(daemon.url + "plain.mjpeg").read_bytes()
        said = b"\xff\xfe\x00\x0f" + b"kinora:fps=30"
        assert copy.count(said) == 1 and copy.replace(said, b"") == jpeg * 5, copy[:60]
        pathlib.Path(folder, "again.mjpeg").write_bytes(copy)
        with Daemon(folder) as daemon:
            assert saved(daemon.url + "again.mjpeg").read_bytes() == copy
            form = saved(daemon.url + "plain.mjpeg?fmt=jpeg").read_bytes()
        assert form.count(b"kinora:fps=24") == 1, form[:60]


def test_kinora_takes_every_form_it_asks_for():
    with Daemon(MEDIA) as daemon:
        for name, form in (("uhd", "xqt"), ("uhd", "onvif"), ("uhd", "jpeg"), ("optimized", "onvif"), ("444", "onvif"),
                           ("gray", "onvif"), ("dri", "onvif"), ("dri", "jpeg")):
            path = saved(f"{daemon.url}{name}.mjpeg?fmt={form}", "--transport", "udp")
            assert carrier_of(daemon) == form
            assert of_file(path) == of_original(f"{name}.mjpeg"), f"{name} as {form}: pixels differ"
        size = run("ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0",
                   saved(daemon.url + "uhd.mjpeg?fmt=half"))
        assert size.stdout.strip() == b"1920,1080", size.stdout


def test_probe_counts_complete_frames():
    with Daemon(MEDIA) as daemon:
        for form in ("jpeg", "xqt", "onvif", "half"):
            done = run(BIN / "kinora", "probe", "--json", f"{daemon.url}uhd.mjpeg?fmt={form}")
            report = json.loads(done.stdout)
            check_received(report, FRAMES)
            assert report["status"] == "ok", (form, report)


def offers(reply, payload):
    """Is that the first payload type of the description, with or without feedback?"""
    return re.search(rf"^m=video 0 RTP/AVPF? {payload}\b", reply, re.MULTILINE) is not None


def test_small_reels_go_as_ever():
    with Daemon() as daemon:
        for name, agents in (("bunny.mjpeg", ("GStreamer/1.22", "VLC (LIVE555)", "x")),  # 854x480
                             ("bunny-720p.mjpeg", ("Lavf59", "GStreamer/1.22", "VLC (LIVE555)", "x"))):
            for agent in agents:
                reply = describe(daemon, name, agent)
                assert offers(reply, 26) and "a=control:track1\r\n" in reply, reply


@realtime
def test_sizes_that_are_no_multiple_of_8_stay_exact():
    """Fault: 480x270 reached ffmpeg and OpenCV (which calls itself Lavf, too) as 480x272."""
    with tempfile.TemporaryDirectory() as folder:
        sizes = ("480x270", "1010x600", "641x479")
        for size in sizes:
            run(BIN / "kinora-prep", "pattern", pathlib.Path(folder, f"{size}.mjpeg"), "--size", size, "--frames", "12")
        with Daemon(folder) as daemon:
            for size in sizes:
                want = run("ffmpeg", "-v", "error", "-i", pathlib.Path(folder, f"{size}.mjpeg"), "-fps_mode", "passthrough",
                           "-f", "framemd5", "-").stdout
                for options in (("-rtsp_transport", "tcp"), ("-rtsp_transport", "udp"), ()):
                    got = run("ffmpeg", "-v", "error", *options, "-i", f"{daemon.url}{size}.mjpeg",
                              "-fps_mode", "passthrough", "-f", "framemd5", "-").stdout
                    assert frame_hashes(got) == frame_hashes(want) and len(frame_hashes(got)) == 12, (size, options)
                for agent, payload in (("GStreamer/1.22", "26"), ("x", "26"), ("Lavf59", "96"), ("libmpv", "96")):
                    assert offers(describe(daemon, f"{size}.mjpeg", agent), payload), (size, agent)
                assert offers(describe(daemon, f"{size}.mjpeg?fmt=jpeg", "Lavf59"), 26), size


def frame_hashes(framemd5):
    """Of the decoded frames, with the size before them, which hashes alone would not tell apart."""
    lines = framemd5.decode().splitlines()
    size = [line for line in lines if line.startswith("#dimensions")]
    return [(size, line.split(",")[-1].strip()) for line in lines if line and line[0] != "#"]


# --- the choice itself

def describe(daemon, path, agent):
    with daemon.connect() as s:
        s.sendall(f"DESCRIBE {daemon.url}{path} RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: {agent}\r\n\r\n".encode())
        reply = b""
        while b"\r\n\r\n" not in reply:
            part = s.recv(65536)
            if not part:
                break
            reply += part
        length = re.search(rb"Content-Length: (\d+)", reply)
        want = reply.index(b"\r\n\r\n") + 4 + (int(length.group(1)) if length else 0)
        while len(reply) < want:
            reply += s.recv(65536)
        return reply.decode()


def test_the_choice_by_user_agent_and_url():
    xqt, jpeg = "a=rtpmap:96 X-QT/90000\r\n", "a=rtpmap:26 JPEG/90000\r\n"
    table = (("uhd.mjpeg", "Lavf59.27.100", xqt, "track1?fmt=xqt"), ("uhd.mjpeg", "libmpv", xqt, "track1?fmt=xqt"),
             ("uhd.mjpeg", "GStreamer/1.22.0", jpeg, "track1"), ("uhd.mjpeg", "VLC (LIVE555 v2026)", jpeg, "track1"),
             ("uhd.mjpeg", "Kinora/0.1.0", xqt, "track1?fmt=xqt"), ("uhd.mjpeg", "x", jpeg, "track1"),
             ("gray.mjpeg", "Kinora/0.1.0", xqt, "track1?fmt=xqt"),
             ("uhd.mjpeg?fmt=jpeg", "Lavf59", jpeg, "track1?fmt=jpeg"), ("uhd.mjpeg/?a=b&fmt=xqt", "x", xqt, "track1?fmt=xqt"),
             ("uhd.mjpeg?fmt=onvif", "x", jpeg, "track1?fmt=onvif"), ("uhd.mjpeg?fmt=half", "Lavf", jpeg, "track1?fmt=half"))
    with Daemon(MEDIA) as daemon:
        for path, agent, rtpmap, control in table:
            reply = describe(daemon, path, agent)
            assert reply.startswith("RTSP/1.0 200"), (path, reply)
            assert rtpmap in reply and f"a=control:{control}\r\n" in reply, (path, agent, reply)
            size = "1920,1080" if "half" in path else "3840,2160"
            assert "gray" in path or f"a=x-dimensions:{size}\r\n" in reply, reply
            assert ("b=AS:" in reply) == ("half" not in path), f"the bit rate of another size: {reply}"


def test_an_unknown_form_is_refused_with_what_is_allowed():
    with Daemon(MEDIA) as daemon:
        for value in ("", "h264", "xqt2", "JPEG", "%78qt", "x" * 500):
            line = describe(daemon, f"uhd.mjpeg?fmt={value}", "x").splitlines()[0]
            assert line.startswith("RTSP/1.0 400") and "jpeg, xqt, onvif, half" in line, line


def test_a_form_without_words_for_the_reel_is_415():
    with Daemon(MEDIA) as daemon:
        line = describe(daemon, "progressive.mjpeg?fmt=onvif", "x").splitlines()[0]
        assert line.startswith("RTSP/1.0 415") and "progressive" in line, line


run_tests(globals())
