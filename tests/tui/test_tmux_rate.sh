#!/usr/bin/env bash
# The player in tmux: faster, slower, backward, and frame by frame, seen in the numbers of the frames.
set -euo pipefail
. "$(dirname "$0")/../lib/tmux.sh"

frame_before() { [[ $(frame) -lt $1 ]]; }
becomes() { kin_wait 10 frame_is "$1" || lost "frame $(frame) instead of $1: $2"; }
# Frames gone through in two seconds, whichever way: measured over the time that really passed between two looks.
pace() {
  local first begin=$EPOCHREALTIME gone took
  first=$(frame)
  sleep 2
  gone=$(($(frame) - first))
  took=$((${EPOCHREALTIME/[.,]/} - ${begin/[.,]/}))
  gone=$((gone * 2000000 / took))
  [[ $gone -ge $1 && $gone -le $2 ]] || lost "$gone frames in two seconds, not $1 to $2"
}

mkdir -p "$KIN_TMP/reels"
"$KIN_BIN/kinora-prep" pattern "$KIN_TMP/reels/long.mjpeg" --size 320x240 --fps 25 --frames 3000 --quality 50 \
  --format lab >/dev/null
kin_daemon_start "$KIN_TMP/reels" -o media.frame_rate=25
"${tmux[@]}" new-session -d -x 100 -y 30 "$KIN_BIN/kinora --cache 10 ${KIN_URL}long.mjpeg"
wait_for PLAYING
kin_wait 15 frame_past 1 || lost "no frame is shown"

echo "faster"
keys 5
kin_wait 10 frame_past 1500 || lost "no seek"
keys '}'
wait_for "2x"
keys '}'
wait_for "4x"
sleep 1
pace 140 260

echo "backward"
keys b
wait_for "-4x"
sleep 1
pace -260 -140

echo "backward at normal speed"
keys '{'
keys '['
wait_for "-1.5x"
keys BSpace
wait_for "Speed: 1."
sleep 1
pace 35 65

echo "slower"
keys '['
keys '['
wait_for "0.5x"
sleep 1
pace 15 35

echo "steps"
keys BSpace
keys b
wait_for "-1x"
sleep 1
keys Space
wait_for READY
kin_wait 10 stands_still || lost "a pause does not hold the picture"
at=$(frame)
keys .
becomes $((at + 1)) "a step forward"
keys .
becomes $((at + 2)) "a second step"
keys ,
becomes $((at + 1)) "a step back"
keys ,
keys ,
becomes $((at - 1)) "three steps back"
keys Space
kin_wait 10 frame_before $((at - 5)) || lost "it does not go on backward"

echo "to the first frame"
keys 0
keys Right
keys BSpace
sleep 1
keys b
kin_wait 30 frame_is 1 || lost "backward does not come to the first frame"
wait_for ENDED
keys q
