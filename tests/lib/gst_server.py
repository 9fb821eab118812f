#!/usr/bin/env python3
"""A gst-rtsp-server that serves RTP/JPEG: gst_server.py WIDTH HEIGHT FRAMES [recorded] is a moving test picture on
127.0.0.1, live unless `recorded` says that it has an end; gst_server.py FILE.avi ADDRESS PROFILE [shared] a reel there; of
the profile AVPF with retransmission (RFC 4588); `shared` by all viewers, who see what the first one has come to."""
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402  pylint: disable=wrong-import-position

Gst.init(None)
factory = GstRtspServer.RTSPMediaFactory()
if sys.argv[1].endswith(".avi"):
    reel, address, profile = sys.argv[1:4]
    factory.set_launch(f"( filesrc location={reel} ! avidemux ! jpegparse ! rtpjpegpay name=pay0 pt=26 )")
    if profile == "AVPF":
        factory.set_profiles(GstRtsp.RTSPProfile.AVPF)
        factory.set_do_retransmission(True)
        factory.set_retransmission_time(2 * Gst.SECOND)
    factory.set_shared("shared" in sys.argv[4:])
else:
    (width, height, frames), address = sys.argv[1:4], "127.0.0.1"
    live = "false" if "recorded" in sys.argv[4:] else "true"
    factory.set_launch(f"( videotestsrc num-buffers={frames} pattern=ball is-live={live} ! "
                       f"video/x-raw,format=I420,width={width},height={height},framerate=25/1 ! "
                       "jpegenc quality=80 ! rtpjpegpay name=pay0 pt=26 )")
server = GstRtspServer.RTSPServer()
server.set_address(address)
server.set_service("0")
server.get_mount_points().add_factory("/test", factory)
server.attach(None)
print(f"rtsp://{address}:{server.get_bound_port()}/test", flush=True)
GLib.MainLoop().run()
