"""Plays an RTSP URL by GStreamer, seeks, and writes the luma of the 320x240 pictures that are shown then to stdout.

gst_seek.py URL RATE START STOP COUNT: seconds; STOP -1 is the end. Exits 77 without GStreamer's Python bindings.
"""
import sys

try:
    import gi
    gi.require_version("Gst", "1.0")
    from gi.repository import Gst
except (ImportError, ValueError):
    sys.exit(77)

PATIENCE = 20 * 10**9


def fail(message):
    print(message, file=sys.stderr)
    sys.exit(1)


def main(url, rate, start, stop, count):
    Gst.init(None)
    pipeline = Gst.parse_launch(
        f"rtspsrc location={url} protocols=tcp latency=200 ! rtpjpegdepay ! jpegdec ! "
        "video/x-raw,format=I420 ! appsink name=sink sync=false")
    sink = pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)
    if sink.emit("try-pull-sample", PATIENCE) is None:
        fail("nothing came before the seek")
    at = [int(t * Gst.SECOND) if t >= 0 else -1 for t in (start, stop)]
    kinds = [Gst.SeekType.SET, Gst.SeekType.SET if stop >= 0 else Gst.SeekType.NONE]
    if not pipeline.seek(rate, Gst.Format.TIME, Gst.SeekFlags.FLUSH, kinds[0], at[0], kinds[1], at[1]):
        fail("the seek was refused")
    for _ in range(count):
        sample = sink.emit("try-pull-sample", PATIENCE)
        if sample is None:
            fail("nothing came after the seek")
        ok, data = sample.get_buffer().map(Gst.MapFlags.READ)
        if not ok:
            fail("a frame cannot be read")
        sys.stdout.buffer.write(bytes(data.data)[:320 * 240])
    pipeline.set_state(Gst.State.NULL)


main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
