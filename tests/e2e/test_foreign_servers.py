#!/usr/bin/env python3
"""Our client against servers of others: gst-rtsp-server, and hostile or broken ones made up here."""
import json
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import BIN, SOURCE, read_raw_reel, realtime, run_tests  # noqa: E402


def kinora(*args, seconds=60):
    return subprocess.run([str(BIN / "kinora"), *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=seconds, check=False)


class GstServer:
    def __init__(self, width, height, frames):
        self.process = subprocess.Popen([sys.executable if "/usr/bin" in sys.executable else "/usr/bin/python3",
                                         str(SOURCE / "tests/lib/gst_server.py"), str(width), str(height), str(frames)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def __enter__(self):
        if not self.url:
            self.process.wait()
            raise AssertionError(self.process.stderr.read())
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def have_gst():
    test = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    return subprocess.run(["/usr/bin/python3", "-c", test], capture_output=True, check=False).returncode == 0


def check_gst(transport, width, height, at_least=60):
    """at_least: frames in three seconds; a full 60 or more prove the pace of 25 a second too."""
    if not have_gst():
        return "gst-rtsp-server is not installed"
    with GstServer(width, height, 100) as server:
        done = kinora("probe", "--json", "--transport", transport, "--duration", "3", server.url)
        report = json.loads(done.stdout)
        assert done.returncode == 0, done.stdout + done.stderr
        assert report["frames"]["complete"] >= at_least, report["frames"]
        assert (report["frames"]["partial"], report["packets"]["lost"]) == (0, 0), report
        assert at_least < 60 or 23 < report["fps"] < 27, report["fps"]
    return None


@realtime
def test_gst_server_udp():
    return check_gst("udp", 640, 480)


@realtime
def test_gst_server_tcp():
    return check_gst("tcp", 640, 480)


@realtime
def test_gst_server_larger_than_2040():
    return check_gst("tcp", 2560, 1440, at_least=20)  # as many as this machine can encode meanwhile


def test_save_from_gst_server_decodes():
    if not have_gst():
        return "gst-rtsp-server is not installed"
    with tempfile.TemporaryDirectory() as folder, GstServer(320, 240, 50) as server:
        path = pathlib.Path(folder, "saved.mjpeg")
        done = kinora("save", "--transport", "tcp", server.url, path)
        assert done.returncode == 0, done.stdout + done.stderr
        frames = read_raw_reel(path)
        assert len(frames) >= 45, len(frames)
        # "-v error": of GStreamer's own JPEGs ffmpeg says "EOI missing" although they end FF D9, so warnings prove nothing.
        check = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "mjpeg", "-i", str(path), "-f", "framemd5", "-"],
                               capture_output=True, text=True, check=False)
        decoded = [line for line in check.stdout.splitlines() if line[0] != "#"]
        assert (len(decoded), check.stderr) == (len(frames), ""), check.stderr
    return None


class FakeServer:
    """Answers each request of one connection with the next of the given byte strings; "%d" becomes the CSeq."""

    def __init__(self, *answers):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self.socket.getsockname()[1]}/x"
        self.thread = threading.Thread(target=self.serve, args=(answers,), daemon=True)
        self.thread.start()

    def serve(self, answers):
        try:
            connection, _ = self.socket.accept()
            connection.settimeout(10)
            for answer in answers:
                request = b""
                while b"\r\n\r\n" not in request:
                    part = connection.recv(4096)
                    if not part:
                        return
                    request += part
                number = request.split(b"CSeq:")[1].split(b"\r\n")[0].strip()
                connection.sendall(answer.replace(b"%d", number))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
        except OSError:
            pass

    def close(self):
        self.socket.close()


OK = b"RTSP/1.0 200 OK\r\nCSeq: %d\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY\r\n\r\n"


def sdp(text):
    return (b"RTSP/1.0 200 OK\r\nCSeq: %%d\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n" % len(text)) + text


JPEG_SDP = sdp(b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 26\r\na=control:track1\r\n")


def plain_failure(answers, *words):
    """The program ends with status 1 and one plain sentence that has the words, without control bytes."""
    server = FakeServer(*answers)
    done = kinora("probe", "--transport", "tcp", "--duration", "2", server.url, seconds=60)
    server.close()
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert all(c.isprintable() or c == "\n" for c in done.stderr), repr(done.stderr)
    assert 0 < len(done.stderr.strip().splitlines()) <= 2, done.stderr
    for word in words:
        assert word.lower() in done.stderr.lower(), (word, done.stderr)


def test_connection_refused_is_one_sentence():
    with socket.create_server(("127.0.0.1", 0)) as s:
        port = s.getsockname()[1]
    done = kinora("probe", f"rtsp://127.0.0.1:{port}/x")
    assert done.returncode == 1 and "refused" in done.stderr.lower(), done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_not_found_is_one_sentence():
    plain_failure([OK, b"RTSP/1.0 404 Not Found\r\nCSeq: %d\r\n\r\n"], "404")


def test_an_http_server_is_named_as_no_rtsp_server():
    plain_failure([b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"], "rtsp")


def test_no_jpeg_in_the_sdp_names_what_is_there():
    plain_failure([OK, sdp(b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n")],
                  "H264")


def test_hostile_session_of_64_kib():
    plain_failure([OK, JPEG_SDP, b"RTSP/1.0 200 OK\r\nCSeq: %d\r\nSession: " + b"A" * 65536 +
                   b"\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"])


def test_hostile_control_bytes_in_every_string():
    evil = b"\x1b[2J\x1b]0;x\x07\xc2\x9b"
    plain_failure([OK, b"RTSP/1.0 453 Not" + evil + b"Enough\r\nCSeq: %d\r\nServer: " + evil + b"\r\n\r\n"], "453")


def test_hostile_content_length():
    for value in (b"-1", b"2147483648", b"4294967296", b"9223372036854775808", b"1e3", b"9" * 1000):
        plain_failure([OK, b"RTSP/1.0 200 OK\r\nCSeq: %d\r\nContent-Type: application/sdp\r\nContent-Length: " + value + b"\r\n\r\n"])


def test_connection_that_ends_in_the_middle():
    plain_failure([OK, b"RTSP/1.0 200 OK\r\nCSeq: %d\r\nContent-Length: 100\r\n\r\nv=0"])
    plain_failure([OK])


run_tests(globals())
