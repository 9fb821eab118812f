#!/usr/bin/env python3
"""Requests and sessions of the university lab's clients against kinorad; test_lab_frames.py has what they do to frames."""
import pathlib
import socket
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import Daemon, VIDEO, read_lab_reel, run_tests  # noqa: E402
from lab import FORMS, StockClient  # noqa: E402

REEL = "bunny.mjpeg"
FRAMES = read_lab_reel(VIDEO / REEL)


def test_stock_client_gets_every_frame_byte_for_byte():
    with Daemon() as daemon:
        client = StockClient(daemon, REEL)
        assert client.request("SETUP") == 200
        assert client.request("PLAY") == 200
        for i, want in enumerate(FRAMES):
            assert client.frame() == want, f"frame {i} differs"
        assert client.request("TEARDOWN") == 200
        client.close()


def test_pause_and_play_go_on_where_they_stopped():
    with Daemon() as daemon:
        client = StockClient(daemon, REEL)
        assert client.request("SETUP") == 200
        assert client.request("PLAY") == 200
        first = [client.frame() for _ in range(10)]
        assert client.request("PAUSE") == 200
        client.rtp.settimeout(0.4)
        more = []
        try:
            while True:
                more.append(client.frame())
        except socket.timeout:
            pass
        assert len(more) < 5, f"{len(more)} frames after PAUSE"
        client.rtp.settimeout(3)
        assert client.request("PLAY") == 200
        rest = [client.frame() for _ in range(10)]
        assert first + more + rest == FRAMES[:20 + len(more)]
        assert client.request("TEARDOWN") == 200
        client.close()


def test_every_request_form_of_the_survey():
    with Daemon() as daemon:
        for form in FORMS:
            client = form(daemon, REEL)
            try:
                assert client.request("SETUP") == 200, "SETUP"
                assert client.request("PLAY") == 200, "PLAY"
                got = [client.frame() for _ in range(3)]
                assert got == FRAMES[:3], "frames"
                assert client.request("PAUSE") == 200, "PAUSE"
                assert client.request("PLAY") == 200, "PLAY again"
                assert client.request("TEARDOWN") == 200, "TEARDOWN"
            except Exception as error:
                raise AssertionError(f"{form.__name__}: {type(error).__name__} {error}") from error
            client.close()


def test_names_are_found_without_regard_to_case():
    """Fault: MOVIE.mjpeg was 404 beside movie.Mjpeg."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "Clips").mkdir()
        frames = {name: FRAMES[i:i + 3] for i, name in enumerate(("movie.Mjpeg", "Clips/Film.Mjpeg", "Two.mjpeg", "two.mjpeg"))}
        for name, some in frames.items():
            pathlib.Path(folder, name).write_bytes(b"".join(b"%05d" % len(frame) + frame for frame in some))
        with Daemon(folder) as daemon:
            for asked, name in (("MOVIE.mjpeg", "movie.Mjpeg"), ("clips/film.mjpeg", "Clips/Film.Mjpeg"),
                                ("rtsp://MOVIE.MJPEG", "movie.Mjpeg"), ("two.mjpeg", "two.mjpeg"), ("Two.mjpeg", "Two.mjpeg"),
                                ("movie.mjpeg?seq=packet", "movie.Mjpeg")):
                client = StockClient(daemon, asked)
                assert client.request("SETUP") == 200, asked
                assert client.request("PLAY") == 200, asked
                assert client.frames(3) == frames[name], asked
                client.close()
            client = StockClient(daemon, "TWO.mjpeg")
            assert client.request("SETUP") == 404, "one of two"
            client.close()
            with daemon.connect() as s:  # a proper request is for exactly the name that it says
                s.sendall(f"DESCRIBE {daemon.url}MOVIE.mjpeg RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
                assert s.recv(1024).startswith(b"RTSP/1.0 404 ")


def test_missing_file_is_404_in_three_lines():
    with Daemon() as daemon:
        client = StockClient(daemon, "nothing.Mjpeg")
        assert client.request("SETUP") == 404
        client.close()


def test_teardown_before_play_is_answered():
    with Daemon() as daemon:
        client = StockClient(daemon, REEL)
        assert client.request("SETUP") == 200
        assert client.request("TEARDOWN") == 200
        client.close()


def test_sequence_numbers_rise_over_a_loop():
    with Daemon(VIDEO, "-o", "media.loop=yes") as daemon:
        client = StockClient(daemon, REEL)
        assert client.request("SETUP") == 200
        assert client.request("PLAY") == 200
        for i in range(len(FRAMES) + 5):
            assert client.frame() == FRAMES[i % len(FRAMES)], f"frame {i} differs"
        assert client.request("TEARDOWN") == 200
        client.close()


run_tests(globals())
