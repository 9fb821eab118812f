#!/bin/bash
# The shortest way through everything: a daemon, a probe over UDP and one over TCP, a clean stop.
set -euo pipefail
. "$(dirname "$0")/../lib/kin.sh"

kin_daemon_start "$KIN_SOURCE/video"
"$KIN_BIN/kinora" ls "$KIN_URL" | grep -q 'bunny\.mjpeg' || kin_fail "the listing lacks bunny.mjpeg"
for transport in udp tcp; do
  "$KIN_BIN/kinora" probe --json --transport "$transport" --duration 2 "${KIN_URL}bunny.mjpeg" >"$KIN_TMP/report" ||
    kin_fail "the probe over $transport says: $(cat "$KIN_TMP/report")"
  grep -qE '"lost": ?0' "$KIN_TMP/report" || kin_fail "frames were lost over $transport: $(cat "$KIN_TMP/report")"
done
kin_daemon_stop
