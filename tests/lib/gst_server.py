#!/usr/bin/env python3
"""A gst-rtsp-server on 127.0.0.1 that serves a moving test picture as RTP/JPEG: gst_server.py WIDTH HEIGHT FRAMES
[recorded]. Live, unless `recorded` says that it has an end."""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402  pylint: disable=wrong-import-position

width, height, frames = sys.argv[1:4]
live = "false" if "recorded" in sys.argv[4:] else "true"
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1")
server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(f"( videotestsrc num-buffers={frames} pattern=ball is-live={live} ! "
                   f"video/x-raw,format=I420,width={width},height={height},framerate=25/1 ! "
                   "jpegenc quality=80 ! rtpjpegpay name=pay0 pt=26 )")
server.get_mount_points().add_factory("/test", factory)
server.attach(None)
print(f"rtsp://127.0.0.1:{server.get_bound_port()}/test", flush=True)
GLib.MainLoop().run()
