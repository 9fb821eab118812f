#!/usr/bin/env bash
# The player in tmux, in a network of its own that fails: what a jump in the middle leaves of the figures and the notices.
set -euo pipefail
. "$(dirname "$0")/../lib/tmux.sh"
kin_need unshare ip nft
if [[ -z ${KIN_OWN_NETWORK:-} ]]; then
  unshare --net nft list tables >/dev/null 2>&1 || kin_skip "no network namespace can be made"
  KIN_OWN_NETWORK=1 exec unshare --net "$0"
fi
ip link set lo up

frames_lost() { screen | sed -n 's/.*Frames lost \([0-9]*\).*/\1/p'; }
lost_at_least() { [[ $(frames_lost) -ge $1 ]]; }
gone() { ! shows "$1"; }
plays_on() { shows "PLAYING" && gone "waiting" && gone "buffering" && gone "Nothing arrives"; }
everything='meta l4proto { udp, tcp }'
dark() { # [WHAT]
  nft "add table inet dark; add chain inet dark in { type filter hook input priority -300; };
    add rule inet dark in ${1:-$everything} drop"
}
light() { nft delete table inet dark; }

mkdir -p "$KIN_TMP/reels"
"$KIN_BIN/kinora-prep" pattern "$KIN_TMP/reels/long.mjpeg" --size 640x480 --fps 24 --frames 1200 --quality 80 >/dev/null
kin_daemon_start "$KIN_TMP/reels"
"${tmux[@]}" new-session -d -x 110 -y 30 "$KIN_BIN/kinora --transport udp ${KIN_URL}long.mjpeg"
wait_for PLAYING
kin_wait 15 frame_past 24 || lost "no frame is shown"

echo "frames missed before a jump stay lost"
dark
kin_wait 20 lost_at_least 60 || lost "nothing is lost"
wait_for "Loss 5 s -"
wait_for "Nothing arrives"
keys Right
sleep 0.5
light
kin_wait 30 plays_on || lost "it does not go on"
kin_wait 10 lost_at_least 60 || lost "the frames that were lost are forgotten"

echo "nothing waits for the place that was left"
dark "udp length > 0"
wait_for "Nothing arrives"
keys Right
kin_wait 20 gone "Nothing arrives" || lost "it waits for what it left"
light
kin_wait 30 plays_on || lost "it does not go on"

echo "nothing waits for a reel that is over"
keys 8
kin_wait 15 frame_past 960 || lost "no jump"
dark "udp length > 400"
wait_for "Nothing arrives"
wait_for ENDED
gone "Nothing arrives" || lost "it waits for the end of a reel that has ended"
shows "packets lost 0" && lost "no packet of the end is lost"
light

echo "nothing waits for a server that is gone"
keys 1
wait_for READY
keys Space
wait_for PLAYING
kin_wait 15 frame_past 150 || lost "it does not play again"
dark
wait_for "Nothing arrives"
kill -KILL "$KIN_PID"
light
kin_wait 30 gone "PLAYING" || lost "the end of the connection is not noticed"
kin_wait 2 gone "Nothing arrives" || lost "it waits for a server that is gone"
