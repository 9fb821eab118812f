#!/usr/bin/env bash
# The player in tmux against a real daemon: the library, the picture, the keys, resizing, and the terminal afterwards.
set -euo pipefail
. "$(dirname "$0")/../lib/tmux.sh"

picture() { screen | sed -n '2,20p'; }
counts_pictures() { screen | grep -oE '[0-9.]+ shown' | awk '$1 >= 4 { found = 1 } END { exit !found }'; }
# pgrep -x: the guardian goes by another name.
player() { pgrep -x kinora -s "$("${tmux[@]}" display -p '#{pane_pid}')" | head -n 1; }
copied() { "${tmux[@]}" show-buffer 2>/dev/null | grep -q "^url .*bunny.mjpeg$"; }
gone_all() { ! shows "frame " && ! shows "small" && ! shows "kinora"; }
saves() {
  keys S
  sleep 0.2
  shows "$KIN_TMP/bunny-$1.jpg"
}
no_player() { [[ -z $(player) ]]; }

check_restored() {
  local state
  kin_wait 10 no_player || kin_fail "kinora is still there after $1"
  kin_wait 5 restored || {
    state=$("${tmux[@]}" display -p 'alt=#{alternate_on} cursor=#{cursor_flag} mouse=#{mouse_any_flag} keypad=#{keypad_flag}')
    kin_fail "after $1 the terminal is left with $state"
  }
  keys "stty -g > $KIN_TMP/stty.after; echo do''ne" Enter
  wait_for 'done'
  cmp -s "$KIN_TMP/stty.before" "$KIN_TMP/stty.after" || kin_fail "after $1 stty differs"
  keys clear Enter
}
restored() {
  [[ $("${tmux[@]}" display -p '#{alternate_on}#{cursor_flag}#{mouse_any_flag}#{keypad_flag}') == 0100 ]]
}

on_screen() { [[ $("${tmux[@]}" display -p '#{alternate_on}') == 1 ]]; }

start() {
  keys "$KIN_BIN/kinora ${2:-} $KIN_URL$1" Enter
}

kin_daemon_start "$KIN_SOURCE/video"
"${tmux[@]}" new-session -d -x 100 -y 30 'exec bash --norc'
keys "cd $KIN_TMP; PS1='$ '; bind 'set enable-bracketed-paste off'; stty -g > $KIN_TMP/stty.before; clear; echo rea''dy" Enter
wait_for ready

echo "library"
start ""
wait_for bunny.mjpeg
wait_for bunny-720p.mjpeg
shows 854x480 || kin_fail "the library does not show the size"
shows "quit" || kin_fail "no key hints"

echo "play"
keys Home
keys Down Down # behind the directory
keys Enter
wait_for PLAYING
kin_wait 15 frame_past 1 || kin_fail "no frame is shown"
first_frame=$(frame) first_picture=$(picture)
kin_wait 10 frame_past $((first_frame + 12)) || kin_fail "the frame number does not rise"
[[ $(picture) != "$first_picture" ]] || kin_fail "the picture does not change"
for text in "Cache [" "Frames lost 0" "not shown" "Loss 5 s 0 %" "worst second" "bit/s" "SETUP" "PAUSE" "UDP" "jitter" "fps"; do
  shows "$text" || lost "the player does not show: $text"
done

echo "keys"
keys l
wait_for "Loop on"
keys Space
wait_for READY
kin_wait 10 stands_still || kin_fail "a pause does not hold the picture"
paused=$(frame)
keys .
kin_wait 5 frame_is $((paused + 1)) || kin_fail "no step forward from $paused to $(frame)"
keys ,
kin_wait 5 frame_is "$paused" || kin_fail "no step back"
"${tmux[@]}" set -s set-clipboard on
keys y
wait_for "sent to the terminal's clipboard"
kin_wait 5 copied || kin_fail "tmux has not got what y copies"
kin_wait 30 saves "$paused" || lost "S does not save frame $paused" # which is drawn some time after its number
python3 -c 'import sys; jpeg, reel = (open(path, "rb").read() for path in sys.argv[1:])
sys.exit(not (len(jpeg) > 1000 and jpeg in reel))' "$KIN_TMP/bunny-$paused.jpg" "$KIN_SOURCE/video/bunny.mjpeg" ||
  kin_fail "what S saves is not the frame of the reel"
keys Space
wait_for PLAYING
keys i
wait_for "recovered"
shows "Cache [" || lost "the statistics cover more than the picture"
keys i
wait_for "Last 2 minutes"
keys NPage NPage
sleep 3 # the rate is that of two seconds: the page that covers the picture once made it 0.0
kin_wait 5 counts_pictures || lost "the statistics page lowers the rate that it shows"
keys p
wait_for "RTSP/1.0"
keys '?'
wait_for "play or pause"
keys Escape
kin_wait 5 shows "RTSP/1.0" || kin_fail "Esc does not go back"
keys q q
wait_for "Cache ["
keys c
wait_for "Picture: symbols"
keys t
wait_for INIT
wait_for " 00:00.0" # where it begins anew: the bar stayed at the old place
keys s
wait_for READY
keys Space
wait_for PLAYING
keys '>'
keys '<'
wait_for PLAYING

echo "resize"
"${tmux[@]}" resize-window -x 39 -y 5
wait_for "window too small (20x6 needed)"
"${tmux[@]}" resize-window -x 40 -y 12
kin_wait 10 gone_all || lost "the picture is not alone in a small window"
"${tmux[@]}" resize-window -x 120 -y 36
wait_for "Cache ["
"${tmux[@]}" resize-window -x 100 -y 30

echo "stop and continue"
keys C-z
wait_for Stopped
kin_wait 5 restored || kin_fail "^Z leaves the screen to the player"
keys fg Enter
wait_for "Cache ["
for ((cycle = 0; cycle < 5; cycle++)); do
  keys C-z
  kin_wait 5 restored || kin_fail "^Z leaves the screen to the player"
  keys fg Enter
  kin_wait 5 on_screen || kin_fail "fg does not bring the player back"
done
wait_for "Cache ["

echo "quit"
keys q
wait_for "quit"
keys q
kin_wait 10 no_player || kin_fail "kinora is still there after q"
! screen | grep -q 'Cache \[\|▀\|▄\|█' || lost "the picture is on the shell's screen"
check_restored "q"

for signal in TERM HUP INT KILL ABRT; do
  echo "SIG$signal"
  start bunny.mjpeg
  wait_for PLAYING
  kill "-$signal" "$(player)"
  check_restored "SIG$signal"
done

echo "SIGKILL to the guardian"
start bunny.mjpeg
wait_for PLAYING
kill -KILL "$(pgrep -x kin-guard -s "$("${tmux[@]}" display -p '#{pane_pid}')")"
check_restored "the guardian's death"

echo "^C"
start bunny.mjpeg
wait_for PLAYING
keys C-c
check_restored "^C"

echo "errors leave the program usable"
start nothing-here.mjpeg
wait_for 404
keys o C-u "${KIN_URL}bunny.mjpeg" Enter
wait_for PLAYING
keys q
check_restored "q"
kin_daemon_stop
echo "passed"
