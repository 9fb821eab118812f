"""The networks of the bench, what is required over each, and how that is judged."""
import dataclasses
import json
import subprocess
import time

from kin import SOURCE
from network_runs import FPS, RTP_PORT, RTSP_PORT, WIRE

UNPLACED = 8        # packets at most that come before the client knows that they are a stream: their order is not counted
SETTLE_S, BACK_S = 10, 20
TIGHT_FRAMES = 0.4  # that come over 30 % of the rate; of those alone that are left out it would be a quarter
END_S = 3           # in which nothing more comes, and what is held is played
STANDSTILL_S = 2
FLOOD = 100000      # NACKs a second
FLOOD_SHARE = 0.52  # rtp.retransmit, and what may be sent again at once


def nothing(_bench, _run):
    """Nothing happens while it plays."""


@dataclasses.dataclass
class Row:
    name: str                   # on the command line
    title: str
    required: str
    judge: object               # of a Run: what is wrong, an empty string when nothing is
    link: dict = dataclasses.field(default_factory=dict)
    during: object = nothing
    reel: str = "720p.mjpeg"
    looped: bool = False
    small_sockets: bool = False  # no larger than Debian's default
    alone: bool = False          # needs the machine
    modes: tuple = ("default", "no-retransmit", "tcp")
    judged: str = "default"      # the mode that must meet what is required


# --- what is wrong; a frame that is not complete is not there

def complaints(*found):
    return "; ".join(text for wrong, text in found if wrong)


def spoiled_beyond(run, share=0.0):
    expected = run.of("frames", "expected", 0)
    return expected == 0 or run.spoiled > share * expected, f"{run.spoiled} frames not complete" if expected else "no frames"


def underruns(run):
    n = run.of("cache", "underruns", 0)
    return n > 0, f"{n} underruns"


def judge_all(run):
    return complaints(spoiled_beyond(run), underruns(run))


def judge_frames(run):
    return complaints(spoiled_beyond(run))


def judge_five(run):
    share = run.retransmitted
    return complaints(spoiled_beyond(run), underruns(run),
                      (share is None, "retransmissions are not counted"),
                      ((share or 0) > 0.08, f"{100 * (share or 0):.1f} % retransmitted"))


def judge_twenty(run):
    return complaints(spoiled_beyond(run, 0.005))


def judge_parity(run):
    share = run.of("bytes", "parity", 0) / max(1, run.of("bytes", "wire", 1))
    return complaints(spoiled_beyond(run, 0.001), (share > 0.34, f"{100 * share:.1f} % of the bytes are parity"))


def judge_jitter(run):
    sent, spurious = run.network, run.of("packets", "spurious")
    doubled = run.of("packets", "duplicate", 0)
    overtaken = sum(run.of("packets", name, 0) for name in ("reordered", "recovered", "late"))
    return complaints(
        spoiled_beyond(run),
        (spurious is None, "spurious NACKs are not counted"),
        ((spurious or 0) > sent["overtaken_longer"], f"{spurious} spurious NACKs"),
        (doubled != sent["duplicated"], f"{doubled} duplicates counted of {sent['duplicated']}"),
        (not 0 <= sent["overtaken"] - overtaken <= UNPLACED, f"{overtaken} counted out of order of {sent['overtaken']}"))


def seconds_from(run, begin, end=1e9):
    return [second for second in run.timeline if begin <= second.get("t", 0) < end]


def network_losses(seconds):
    """Frames, less those that the server left out, which are no loss of the network."""
    return sum(s.get("lost", 0) + s.get("partial", 0) - s.get("left_out", 0) for s in seconds)


def throughput(seconds):
    return sum(s.get("throughput_bps", 0) for s in seconds) / max(1, len(seconds))


def complete_share(seconds):
    return sum(s.get("complete", 0) for s in seconds) / max(1, sum(s.get("frames", 0) for s in seconds))


def judge_limit(run, least_frames=0.0):
    begin, end = limit_times(run.seconds)
    last = run.seconds - END_S
    settled, back = seconds_from(run, begin + SETTLE_S, last), seconds_from(run, end + BACK_S, last)
    if end + BACK_S >= last or end - begin <= SETTLE_S:
        return "too short to be judged"
    if not settled or not back:
        return "no timeline to judge it by"
    full, now = throughput(seconds_from(run, 2, begin)), throughput(back)
    lost, frames = network_losses(settled), sum(s.get("frames", 0) for s in settled)
    dry = [s.get("t") for s in settled if s.get("cache") == 0]
    share = complete_share([s for s in settled if s.get("t", 0) < end])
    run.note = f"{100 * share:.0f} % of the frames, {sum(s.get('coarser', 0) for s in run.timeline)} coarser ones in all"
    return complaints((lost > 0.01 * max(1, frames), f"{lost} frames lost after settling"),
                      (bool(dry), f"the cache is empty at {dry[:3]} s"),
                      (share < least_frames, f"{100 * share:.0f} % of the frames after settling"),
                      (now < 0.95 * full, f"{now / 1e6:.1f} of {full / 1e6:.1f} Mbit/s at the end"))


def judge_tight_limit(run):
    return judge_limit(run, TIGHT_FRAMES)


def judge_resumed(run):
    return complaints((run.report.get("status") != "ok", run.report.get("message", "did not resume")), spoiled_beyond(run))


def judge_short_blackout(run):
    stood = standstill(run)
    return complaints((run.report.get("status") != "ok", run.report.get("message", "did not resume")), spoiled_beyond(run),
                      (stood > STANDSTILL_S, f"{stood:.1f} s of rebuffering"))


def standstill(run):
    """Seconds without a picture after it began; where they are not counted, those in which the cache was empty."""
    said = run.of("cache", "standstill_s")
    if said is not None:
        return said
    return float(sum(1 for s in run.timeline[2:-2] if s.get("cache") == 0))


def judge_flood(run):
    return complaints(spoiled_beyond(run), (not run.good, run.note))


# --- what happens meanwhile

def lose_bursts(bench, run):
    packets = bench.reels.bytes_per_second() * WIRE / 1428 * 5
    bench.pair.lose_bursts(30, round(packets), f"tcp sport {RTSP_PORT}" if run.mode == "tcp" else f"udp sport {RTP_PORT}")


def limit_times(seconds):
    return seconds / 6, seconds / 2


def limit_to(share):
    def during(bench, run):
        begin, end = limit_times(run.seconds)
        bench.until(begin)
        bench.pair.limit_rate(share * WIRE * bench.reels.bytes_per_second())
        bench.until(end)
        bench.pair.unlimit_rate()
    return during


def blackout_of(length):
    def during(bench, run):
        bench.until(run.seconds / 3)
        with bench.pair.blackout():
            time.sleep(length)
    return during


def restart(bench, run):
    bench.until(run.seconds / 3)
    bench.kill_daemon()
    time.sleep(1)
    bench.start_daemon()


def flood(bench, run):
    """A second viewer beside the one that is judged, quiet for a third of the time."""
    flooder = bench.pair.client.popen([SOURCE / "tests/lib/nack_flood.py", f"{bench.daemon.url}{run.row.reel}?rtx=1", FLOOD],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if flooder.stdout.readline() != b"playing\n":
        run.good, run.note = False, "the flooding viewer does not play"
        return
    third, rates = run.seconds / 3, []
    for _ in range(2):
        bench.until(len(rates) * third + 2)
        begin, (before, _packets) = time.monotonic(), bench.pair.server.sent()
        bench.until((len(rates) + 1) * third)
        rates.append((bench.pair.server.sent()[0] - before) / (time.monotonic() - begin))
        if len(rates) == 1:
            flooder.stdin.write(b"flood\n")
            flooder.stdin.flush()
    said = json.loads(flooder.communicate(timeout=30)[0])
    extra = (rates[1] - rates[0]) / (rates[0] / 2)
    run.good = extra <= FLOOD_SHARE and said["nacks_per_s"] >= 0.9 * FLOOD
    run.note = f"{said['nacks_per_s']} NACKs/s over {said['profile']}, {100 * extra:+.1f} % of the flooder's stream"


ROWS = (
    Row("loss1", "1 % loss, RTT 40 ms", "0 lost, 0 partial, 0 underruns", judge_all, {"delay_ms": 20, "loss": 1}),
    Row("loss5", "5 % loss, RTT 40 ms", "0 lost, 0 underruns, 8 % retransmitted at most", judge_five, {"delay_ms": 20, "loss": 5}),
    Row("far5", "5 % loss, RTT 200 ms", "0 lost", judge_frames, {"delay_ms": 100, "loss": 5}),
    Row("loss20", "20 % loss, RTT 40 ms", "0.5 % lost at most, the rest complete", judge_twenty, {"delay_ms": 20, "loss": 20}),
    Row("distant", "3 % loss, RTT 600 ms", "0.1 % lost at most, a third parity", judge_parity, {"delay_ms": 300, "loss": 3},
        modes=("fec", "default", "tcp"), judged="fec"),
    Row("bursts", "30 packets lost every 5 s", "0 lost", judge_frames, {"delay_ms": 20}, lose_bursts),
    Row("jitter", "20 +-10 ms, 1 % doubled", "0 lost, nothing asked for that was to come, counted exactly", judge_jitter,
        {"delay_ms": 20, "jitter_ms": 10, "duplicate": 1, "udp_port": RTP_PORT}),
    Row("limit", "70 % of the rate meanwhile", "settles in 10 s, back 20 s after", judge_limit, {"delay_ms": 20}, limit_to(0.7)),
    Row("limit30", "30 % of the rate meanwhile", "the same, with 40 % of the frames", judge_tight_limit, {"delay_ms": 20},
        limit_to(0.3)),
    Row("dark3", "3 s blackout", "goes on where it stopped, 2 s of rebuffering at most", judge_short_blackout, {"delay_ms": 20},
        blackout_of(3)),
    Row("dark12", "12 s blackout", "goes on where it stopped", judge_resumed, {"delay_ms": 20}, blackout_of(12)),
    Row("restart", "server killed, back 1 s later", "goes on where it stopped", judge_resumed, {"delay_ms": 20}, restart),
    Row("uhd", "3840x2160p24, small buffers", "0 lost", judge_frames, {}, reel="2160p.mjpeg", looped=True, small_sockets=True,
        alone=True, modes=("default", "tcp")),
    Row("flood", f"{FLOOD} NACKs/s beside", "all complete, 50 % extra at most", judge_flood, {}, flood, looped=True, alone=True,
        modes=("default",)),
)
PLAYERS = Row("players", "2 % loss, RTT 40 ms", "99 % of the frames intact on kinorad", None, {"delay_ms": 20, "loss": 2}, modes=())
assert FPS == 24 and all(len(row.title) < 32 for row in ROWS)
