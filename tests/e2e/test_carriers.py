#!/usr/bin/env python3
"""Pictures above 2040 pixels, and pictures RFC 2435 has no words for, by every carrier: the pixels are the file's.

kin-test: realtime
"""
import functools
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, SOURCE, Daemon, need, run_tests  # noqa: E402

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
    done = run("gst-launch-1.0", "-q", "rtspsrc", f"location={url}", "protocols=tcp", "latency=200", "!", *pipeline, "!",
               "filesink", f"location={out}")
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
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
        done = run("gst-launch-1.0", "playbin", f"uri={daemon.url}uhd.mjpeg", "video-sink=fakesink sync=false")
        text = done.stdout.decode() + done.stderr.decode()
        assert done.returncode == 0 and "ERROR" not in text and "Got EOS" in text, text


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
                assert carrier_of(daemon) == "jpeg+onvif"
                assert of_file(path) == of_original(name), f"{name} {transport}: pixels differ"


def test_kinora_gets_the_original_of_what_rfc_2435_cannot_say():
    with Daemon(MEDIA) as daemon:
        for name in ("optimized", "progressive", "444", "gray"):
            path = saved(f"{daemon.url}{name}.mjpeg", "--transport", "tcp")
            assert carrier_of(daemon) == "xqt"
            want = (MEDIA / f"{name}.mjpeg").read_bytes()[20:]  # save says the rate in a comment behind the first JFIF segment
            assert path.read_bytes().endswith(want), f"{name}: not the original"


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
            assert report["frames"]["complete"] == report["frames"]["expected"] == FRAMES, (form, report["frames"])
            assert report["packets"]["lost"] == 0 and report["status"] == "ok", (form, report)


def test_small_reels_go_as_ever():
    with Daemon() as daemon:
        for name in ("bunny.mjpeg", "bunny-720p.mjpeg"):
            for agent in ("Lavf59", "GStreamer/1.22", "Kinora/1", "VLC (LIVE555)", "x"):
                reply = describe(daemon, name, agent)
                assert "m=video 0 RTP/AVP 26\r\n" in reply and "a=control:track1\r\n" in reply, reply


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
             ("uhd.mjpeg", "Kinora/0.1.0", jpeg, "track1"), ("uhd.mjpeg", "x", jpeg, "track1"),
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
