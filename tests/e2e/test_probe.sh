#!/bin/bash
# kinora probe, ls and save against kinorad: figures that add up, bytes that survive, sentences that say what is wrong.
set -euo pipefail
. "$(dirname "$0")/../lib/kin.sh"
kin_need python3

kin_daemon_start "$KIN_SOURCE/video" -o server.max_sessions_per_address=100
kinora=$KIN_BIN/kinora
reel=${KIN_URL}bunny-720p.mjpeg # 120 frames, 5 s

# check EXPRESSION: about the report r.
check() {
  PYTHONPATH=$KIN_SOURCE/tests/lib python3 -c 'import json, sys
from kin import check_received as received
r = json.load(open(sys.argv[1]))
def summed(r): # the seconds are the whole, where none of them is missing
    t = r["timeline"]
    whole = [s["t"] for s in t] == list(range(len(t)))
    return not whole or all(sum(s[key] for s in t) == r[group][of] for key, group, of in (
        ("frames", "frames", "expected"), ("complete", "frames", "complete"), ("partial", "frames", "partial"),
        ("lost", "frames", "lost"), ("left_out", "frames", "left_out"), ("recovered", "packets", "recovered"),
        ("late", "packets", "late")))
sys.exit(0 if eval(sys.argv[2]) else 1)' "$KIN_TMP/report" "$1" || kin_fail "not so: $1: $(cat "$KIN_TMP/report")"
}

# refuse STATUS TEXT COMMAND...: fails with one line that has the text.
refuse() {
  local want=$1 text=$2 status=0
  shift 2
  "$@" >/dev/null 2>"$KIN_TMP/err" </dev/null || status=$?
  [[ $status -eq $want && $(wc -l <"$KIN_TMP/err") -eq 1 ]] || kin_fail "$*: status $status: $(cat "$KIN_TMP/err")"
  grep -qiF -- "$text" "$KIN_TMP/err" || kin_fail "$*: does not say \"$text\": $(cat "$KIN_TMP/err")"
}

for transport in udp tcp; do
  "$kinora" probe --json --no-fill --transport $transport "$reel" >"$KIN_TMP/report" || kin_fail "probe over $transport"
  check "r['status'] == 'ok' and r['transport'] == '$transport' and r['sessions'] == 1"
  check "not received(r, 120)"
  check "abs(r['fps'] - 24) < 1.2 and 4.7 < r['duration_s'] < 8"
  check "0 < r['setup_ms'] < r['first_packet_ms'] <= r['first_frame_ms']"
  check "30 < r['frame_interval_ms']['p50'] < 55 and r['frame_interval_ms']['p99'] <= r['frame_interval_ms']['max']"
  check "r['bytes']['wire'] > r['bytes']['payload'] > 4000000"
  check "30 <= r['cache']['target_frames'] <= r['cache']['max_target_frames'] <= 120 and r['cache']['underruns'] == 0"
  check "r['clock_drift_ppm'] is None" # in so short a time
  check "r['max_burst_packets_1ms'] <= 16"
  check "summed(r) and 0 <= r['cache']['standstill_s'] < 0.5"
  check "all(set(s) == {'t', 'frames', 'complete', 'partial', 'lost', 'left_out', 'coarser', 'recovered', 'late', 'jitter_ms',
                        'rtt_ms', 'throughput_bps', 'cache'} for s in r['timeline'])"
done

# The averages are of the time that the report names, the last frame's own included.
mkdir "$KIN_TMP/slow"
for frames in 1 3; do
  "$KIN_BIN/kinora-prep" pattern "$KIN_TMP/slow/$frames.avi" --size 64x48 --fps 1 --frames $frames >/dev/null
done
kin_daemon_stop
kin_daemon_start "$KIN_TMP/slow"
for frames in 1 3; do
  "$kinora" probe --json --no-fill "${KIN_URL}$frames.avi" >"$KIN_TMP/report" || kin_fail "a slow reel"
  check "abs(r['throughput_bps'] * r['duration_s'] / (r['bytes']['wire'] * 8) - 1) < 0.01"
  check "abs(r['fps'] * r['duration_s'] - $frames) < 0.01 and r['duration_s'] >= 1"
done
kin_daemon_stop
kin_daemon_start "$KIN_SOURCE/video" -o server.max_sessions_per_address=100
reel=${KIN_URL}bunny-720p.mjpeg

"$kinora" probe --json --no-fill --sessions 5 --duration 2 --cache 10 --cache-max 10 "$reel" >"$KIN_TMP/report" || kin_fail "five sessions"
check "r['sessions'] == 5 == len(r['per_session']) and r['cache']['target_frames'] == r['cache']['max_target_frames'] == 10"
check "r['frames']['complete'] == sum(p['frames']['complete'] for p in r['per_session'])"
check "set(r) - {'per_session', 'timeline'} == set(r['per_session'][0])"
check "summed(r) and 2 <= len(r['timeline']) <= 4 and r['timeline'][0]['frames'] > 3 * 24"
check "not any(received(p, p['frames']['expected']) for p in r['per_session'])"
check "all(40 <= p['frames']['expected'] <= 55 + 10 for p in r['per_session'])"

"$kinora" probe --duration 1 "$reel" >"$KIN_TMP/text" || kin_fail "the report for people"
for words in 'lost 0' 'status *ok' 'kinorad/'; do
  grep -q "$words" "$KIN_TMP/text" || kin_fail "no \"$words\" in $(cat "$KIN_TMP/text")"
done

"$kinora" save "$reel" "$KIN_TMP/saved.mjpeg" >"$KIN_TMP/text" || kin_fail "save"
grep -q '120 frames' "$KIN_TMP/text" || kin_fail "$(cat "$KIN_TMP/text")"
"$KIN_BIN/kinora-prep" info --json "$KIN_TMP/saved.mjpeg" >"$KIN_TMP/report" || kin_fail "the saved reel is none"
check "'120' in json.dumps(r) and '24' in json.dumps(r)"

"$kinora" save "$reel" "$KIN_TMP/cut.mjpeg" 2>"$KIN_TMP/err" >/dev/null &
saver=$!
kin_wait 10 test -s "$KIN_TMP/cut.mjpeg.part" || kin_fail "save writes nothing"
kill -INT $saver
status=0
wait $saver || status=$?
[[ $status -eq 1 && -s $KIN_TMP/cut.mjpeg && ! -e $KIN_TMP/cut.mjpeg.part ]] || kin_fail "an interrupted save: $status"
grep -q 'has the first' "$KIN_TMP/err" || kin_fail "an interrupted save says: $(cat "$KIN_TMP/err")"

"$kinora" ls --json "$KIN_URL" >"$KIN_TMP/report" || kin_fail "ls --json"
check "[e['frames'] for e in r['entries'] if e['name'] == 'bunny-720p.mjpeg'] == [120]"

if "$kinora" ls "$KIN_URL" >/dev/full 2>"$KIN_TMP/err"; then kin_fail "ls ignores a full disk"; fi
grep -q 'cannot write the listing: No space left on device' "$KIN_TMP/err" || kin_fail "ls says: $(cat "$KIN_TMP/err")"

refuse 1 "404" "$kinora" probe "${KIN_URL}nothing.mjpeg"
# On a terminal the report says it, and stderr does not say it once more.
script -qec "'$kinora' probe '${KIN_URL}nothing.mjpeg'" /dev/null </dev/null >"$KIN_TMP/text" || true
[[ $(grep -c 404 "$KIN_TMP/text") -eq 1 ]] || kin_fail "said twice: $(cat "$KIN_TMP/text")"
refuse 1 "kinora: this is a directory, not a reel: kinora ls lists it" "$kinora" probe "$KIN_URL"
refuse 1 "kinora: this is a directory, not a reel: kinora ls lists it" "$kinora" save "$KIN_URL" "$KIN_TMP/none.mjpeg"
refuse 1 "the name of the file to write is empty" "$kinora" save "$reel" ""
refuse 2 "did you mean ${KIN_URL}x?" "$kinora" "${KIN_URL#rtsp://}x"
refuse 2 "kinora-prep info" "$kinora" "$KIN_SOURCE/video/bunny.mjpeg"
refuse 2 "kinorad --media $KIN_SOURCE/video and open rtsp://localhost:8554/bunny.mjpeg" "$kinora" "$KIN_SOURCE/video/bunny.mjpeg"
refuse 2 "a directory on this machine" "$kinora" save "$KIN_SOURCE/video" x.mjpeg
refuse 2 "(auto, udp, tcp)" "$kinora" --transport sctp rtsp://127.0.0.1/x
refuse 1 "is a reel" "$kinora" ls "$reel"
refuse 1 "404" "$kinora" save "${KIN_URL}nothing.mjpeg" "$KIN_TMP/none.mjpeg"
[[ ! -e $KIN_TMP/none.mjpeg && ! -e $KIN_TMP/none.mjpeg.part ]] || kin_fail "a failed save leaves a file behind"
refuse 1 "/nonexistent/x" "$kinora" save "$reel" /nonexistent/x
refuse 2 "URL" "$kinora" probe http://127.0.0.1/
refuse 2 "FILE" "$kinora" save "$reel"
refuse 2 "duration" "$kinora" probe --duration soon "$reel"
kin_daemon_stop
