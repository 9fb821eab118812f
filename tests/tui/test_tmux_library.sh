#!/usr/bin/env bash
# The library in tmux against a real daemon: one frame of each reel that is listed comes by a session of its own, never
# two at once; searching, sorting, opening and coming back.
set -euo pipefail
. "$(dirname "$0")/../lib/tmux.sh"

has_thumbnail() { screen | grep -qE '[▀▄▌▐▖▗▘▙▚▛▜▝▞▟]{4}'; }
ended() { [[ $(grep -c 'session end' "$KIN_TMP/kinorad.log") -ge $1 ]]; }
shows_no() { ! shows "$1"; }
# The line of the list that a name stands in.
line_of() { screen | grep -nE "^ +$1" | head -n 1 | cut -d: -f1; }
is_before() { [[ $(line_of "$1") -lt $(line_of "$2") ]]; }
most_at_once() {
  awk '/session start/ { if (++open > most) most = open } /session end/ { open-- } END { print most + 0 }' "$KIN_TMP/kinorad.log"
}

mkdir -p "$KIN_TMP/media/more"
for name in alpha beta delta; do
  cp "$KIN_SOURCE/video/bunny.mjpeg" "$KIN_TMP/media/$name.mjpeg"
done
cp "$KIN_SOURCE/video/bunny-720p.mjpeg" "$KIN_TMP/media/gamma.mjpeg"
kin_daemon_start "$KIN_TMP/media"
"${tmux[@]}" new-session -d -x 120 -y 40 'exec bash --norc'
keys "PS1='$ '; clear; COLORTERM=truecolor $KIN_BIN/kinora $KIN_URL" Enter

echo "thumbnails"
wait_for gamma.mjpeg
kin_wait 30 ended 4 || lost "not all thumbnails are fetched"
shows "more/" || lost "the directory is not listed"
has_thumbnail && lost "a directory has a thumbnail"
keys Down
wait_for "240 frames"
kin_wait 10 has_thumbnail || lost "no thumbnail of the selected reel"
[[ $(most_at_once) == 1 ]] || kin_fail "more than one session at a time"
[[ $(grep -c 'session end.* frames=1 .*reason=teardown' "$KIN_TMP/kinorad.log") == 4 ]] || kin_fail "not one frame of each"

echo "search and sort"
keys /
keys G
kin_wait 5 shows_no alpha.mjpeg || lost "the search does not follow what is typed"
wait_for "1280x720, 24 fps"
keys Escape
wait_for delta.mjpeg
is_before delta gamma || lost "not by name"
keys s s
wait_for "by size"
is_before gamma delta || lost "not by size"

echo "open and return"
keys / beta Enter
wait_for PLAYING
kin_wait 15 frame_past 1 || lost "no frame is shown"
keys q
wait_for "by size, \"beta\""
kin_wait 10 has_thumbnail || lost "the thumbnail is gone"
keys Escape
wait_for delta.mjpeg
keys r
kin_wait 10 has_thumbnail || lost "the thumbnail is gone"
keys q
kin_wait 10 shows_no library || lost "the library does not end"
kin_wait 10 ended 5 || kin_fail "a session is left"
ended 6 && kin_fail "a thumbnail was fetched twice"
[[ $(most_at_once) == 1 ]] || kin_fail "more than one session at a time"
kin_daemon_stop
echo "passed"
