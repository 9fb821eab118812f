#!/usr/bin/env python3
"""HTTP on the RTSP port: browsers and tunnels get an answer that they read, and the daemon goes on."""
import http.client
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from kin import Daemon, VIDEO, run_tests  # noqa: E402


def ask(daemon, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=10)
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    text = reply.read().decode()
    assert reply.getheader("Connection") == "close" and reply.getheader("Content-Type") == "text/plain", reply.getheaders()
    connection.close()
    return reply.status, text


def test_a_browser_reads_where_to_go():
    with Daemon() as daemon:
        status, text = ask(daemon, "GET", "/bunny.mjpeg")
        assert status == 404 and daemon.url + "bunny.mjpeg\n" in text, (status, text)
        assert ask(daemon, "HEAD", "/") == (404, "")
        assert ask(daemon, "PUT", "/x")[0] == 405


def test_a_tunnel_is_not_kept_waiting():
    with Daemon() as daemon:
        headers = {"x-sessioncookie": "abc", "Accept": "application/x-rtsp-tunnelled"}
        assert ask(daemon, "GET", "/bunny.mjpeg", **headers)[0] == 501
        with daemon.connect() as s:
            s.sendall(b"POST /bunny.mjpeg HTTP/1.0\r\nx-sessioncookie: abc\r\nContent-Length: 32767\r\n\r\nT1BUSU9OUw==")
            assert s.recv(1024).startswith(b"HTTP/1.1 501 ")


def test_what_follows_the_request_is_not_read():
    with Daemon() as daemon:
        with daemon.connect() as s:
            s.sendall(b"GET / HTTP/1.1\r\nHost: box\r\n\r\nOPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            got = b""
            while part := s.recv(4096):
                got += part
            assert got.startswith(b"HTTP/1.1 404 ") and b"RTSP/1.0" not in got, got
        with daemon.connect() as s:  # and the next one is served
            s.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
            assert s.recv(4096).startswith(b"RTSP/1.0 200 ")


def test_a_request_that_never_ends_is_408():
    with Daemon(VIDEO, "-o", "server.request_timeout=1s") as daemon:
        with daemon.connect() as s:
            s.sendall(b"GET / HTTP/1.1\r\n")
            assert s.recv(4096).startswith(b"HTTP/1.1 408 ")
            try:
                assert s.recv(4096) == b""
            except ConnectionResetError:
                pass


run_tests(globals())
