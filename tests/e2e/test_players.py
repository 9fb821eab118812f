#!/usr/bin/env python3
"""Foreign players against kinorad: every frame arrives, and decodes to the pixels of the file.

kin-test: paced
"""
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, Daemon, VIDEO, check_gst_played, check_received, need, read_lab_reel, read_raw_reel, realtime, run_tests  # noqa: E402

REELS = {
    "bunny.mjpeg": (read_lab_reel, 854, 480),
    "bunny-720p.mjpeg": (read_raw_reel, 1280, 720),
}
need("ffmpeg")


def run(*command, seconds=120, **more):
    return subprocess.run([str(c) for c in command], stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds,
                          check=False, **more)


def hashes(framemd5):
    return [line.split(",")[-1].strip() for line in framemd5.decode().splitlines() if line and line[0] != "#"]


def ffmpeg_hashes(*source, crop):
    """Hashes of all decoded frames, and what ffmpeg complained about."""
    done = run("ffmpeg", "-nostdin", "-v", "warning", *source, "-vf", f"crop={crop[0]}:{crop[1]}:0:0",
               "-fps_mode", "passthrough", "-f", "framemd5", "-")
    return hashes(done.stdout), done.stderr.decode()


def as_raw(name, folder):
    """The reel as plain concatenated JPEGs, which every program reads."""
    frames = REELS[name][0](VIDEO / name)
    path = pathlib.Path(folder, name + ".raw.mjpeg")
    path.write_bytes(b"".join(frames))
    return path, len(frames)


def check_ffmpeg(transport):
    with tempfile.TemporaryDirectory() as folder, Daemon() as daemon:
        for name, (_, width, height) in REELS.items():
            raw, count = as_raw(name, folder)
            want, _ = ffmpeg_hashes("-f", "mjpeg", "-i", raw, crop=(width, height))
            got, said = ffmpeg_hashes("-rtsp_transport", transport, "-i", daemon.url + name, crop=(width, height))
            assert said == "", f"{name}: ffmpeg said: {said}"
            assert len(got) == count, f"{name}: {len(got)} of {count} frames"
            assert got == want, f"{name}: pixels differ"


@realtime
def test_ffmpeg_udp_decodes_every_frame():
    check_ffmpeg("udp")


def test_ffmpeg_tcp_decodes_every_frame():
    check_ffmpeg("tcp")


def test_ffmpeg_copy_keeps_the_pixels():
    with tempfile.TemporaryDirectory() as folder, Daemon() as daemon:
        for name, (_, width, height) in REELS.items():
            raw, _ = as_raw(name, folder)
            copy = pathlib.Path(folder, "copy.mjpeg")
            done = run("ffmpeg", "-nostdin", "-v", "warning", "-y", "-rtsp_transport", "tcp", "-i", daemon.url + name,
                       "-c", "copy", "-f", "mjpeg", copy)
            assert done.returncode == 0, done.stderr.decode()
            want, _ = ffmpeg_hashes("-f", "mjpeg", "-i", raw, crop=(width, height))
            got, _ = ffmpeg_hashes("-f", "mjpeg", "-i", copy, crop=(width, height))
            assert got == want, f"{name}: pixels differ"


def test_ffmpeg_seeks():
    with tempfile.TemporaryDirectory() as folder, Daemon() as daemon:
        raw, count = as_raw("bunny.mjpeg", folder)
        want, _ = ffmpeg_hashes("-f", "mjpeg", "-i", raw, crop=(854, 480))
        got, _ = ffmpeg_hashes("-rtsp_transport", "tcp", "-ss", "5", "-i", daemon.url + "bunny.mjpeg", crop=(854, 480))
        assert got and got[-1] == want[-1]
        assert len(got) <= count - 118, f"{len(got)} frames after a seek to 5 s of {count}"


def plane_hashes(path, width, height, stride_width, stride_height):
    """Hash of the visible part of each I420 frame of a file."""
    size = stride_width * stride_height * 3 // 2
    data = path.read_bytes()
    assert len(data) % size == 0, f"{len(data)} bytes are no whole frames of {stride_width}x{stride_height}"
    out = []
    for at in range(0, len(data), size):
        digest = hashlib.md5()
        for base, w, h, sw in ((at, width, height, stride_width),
                               (at + stride_width * stride_height, width // 2, height // 2, stride_width // 2),
                               (at + stride_width * stride_height * 5 // 4, width // 2, height // 2, stride_width // 2)):
            for row in range(h):
                digest.update(data[base + row * sw:base + row * sw + w])
        out.append(digest.hexdigest())
    return out


def up(value, to):
    return (value + to - 1) // to * to


def check_gstreamer(protocol):
    need("gst-launch-1.0")
    with tempfile.TemporaryDirectory() as folder, Daemon() as daemon:
        for name, (_, width, height) in REELS.items():
            raw, count = as_raw(name, folder)
            ours, file = pathlib.Path(folder, "rtsp.yuv"), pathlib.Path(folder, "file.yuv")
            check_gst_played(run("gst-launch-1.0", "rtspsrc", f"location={daemon.url}{name}", f"protocols={protocol}",
                                 "latency=200", "!", "rtpjpegdepay", "!", "jpegdec", "!", "filesink", f"location={ours}"))
            run("gst-launch-1.0", "-q", "filesrc", f"location={raw}", "!", "jpegparse", "!", "jpegdec", "!", "filesink",
                f"location={file}")
            got = plane_hashes(ours, width, height, up(width, 8), up(height, 8))
            want = plane_hashes(file, width, height, up(width, 4), up(height, 2))
            assert len(got) == count, f"{name}: {len(got)} of {count} frames"
            assert got == want, f"{name}: pixels differ"


@realtime
def test_gstreamer_udp_decodes_every_frame():
    check_gstreamer("udp")


def test_gstreamer_tcp_decodes_every_frame():
    check_gstreamer("tcp")


def test_gstreamer_playbin_plays():
    need("gst-launch-1.0")
    with Daemon() as daemon:
        for name in REELS:
            check_gst_played(run("gst-launch-1.0", "playbin", f"uri={daemon.url}{name}", "video-sink=fakesink sync=false",
                              "audio-sink=fakesink"))


def test_mpv_plays():
    if shutil.which("mpv") is None:
        return "mpv is not installed"
    with Daemon() as daemon:
        done = run("mpv", "--no-config", "--vo=null", "--ao=null", "--no-terminal", "--msg-level=all=warn", "--untimed",
                   daemon.url + "bunny-720p.mjpeg")
        assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return None


def test_curl_gets_options():
    if shutil.which("curl") is None:
        return "curl is not installed"
    with Daemon() as daemon:
        done = run("curl", "-sS", "-i", daemon.url, seconds=20)
        assert done.returncode == 0, done.stderr.decode()
        assert b"Public:" in done.stdout and b"DESCRIBE" in done.stdout, done.stdout.decode()
    return None


def probe(url, *more):
    done = run(BIN / "kinora", "probe", "--json", *more, url)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return json.loads(done.stdout)


def check_probe(report, frames, fps, sessions=1):
    check_received(report, frames, sessions)
    assert abs(report["fps"] - fps) <= fps / 20, report["fps"]
    assert report["status"] == "ok"


def test_probe_udp_and_tcp():
    with Daemon() as daemon:
        for name, (reader, _, _) in REELS.items():
            count = len(reader(VIDEO / name))
            for transport in ("udp", "tcp"):
                report = probe(daemon.url + name, "--transport", transport)
                check_probe(report, count, 24)
                assert report["transport"] == transport
                if transport == "udp":
                    assert report["max_burst_packets_1ms"] <= 16, report["max_burst_packets_1ms"]


@realtime
def test_probe_fifty_sessions():
    with Daemon(VIDEO, "-o", "server.max_sessions=100", "-o", "server.max_sessions_per_address=100") as daemon:
        for transport in ("udp", "tcp"):
            report = probe(daemon.url + "bunny-720p.mjpeg", "--sessions", "50", "--transport", transport)
            check_probe(report, 120, 24, 50)
            assert len(report["per_session"]) == 50


@realtime
def test_pattern_in_2160p_and_in_the_lab_format():
    with tempfile.TemporaryDirectory() as folder:
        run(BIN / "kinora-prep", "pattern", f"{folder}/big.mjpeg", "--size", "3840x2160", "--frames", "50", "--fps", "25")
        run(BIN / "kinora-prep", "pattern", f"{folder}/small.mjpeg", "--size", "640x480", "--frames", "50", "--fps", "25",
            "--format", "lab")
        with Daemon(folder) as daemon:
            check_probe(probe(daemon.url + "big.mjpeg", "--transport", "udp"), 50, 25)
            check_probe(probe(daemon.url + "small.mjpeg", "--transport", "udp"), 50, 25)


run_tests(globals())
