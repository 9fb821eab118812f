#!/usr/bin/env bash
# A picture that rests is exact, whatever was drawn over it or in its place: in tmux, by its colours. Where a terminal
# has direct colours, one of the 256 stands for another that it only resembles.
set -euo pipefail
. "$(dirname "$0")/../lib/tmux.sh"

colours() { "${tmux[@]}" capture-pane -ep | grep -oE "$1" | sort -u | wc -l; }
is_exact() { [[ $(colours '[34]8;5;[0-9]+') == 0 && $(colours '48;2;[0-9;]+') -gt $1 ]]; }
becomes_exact() { kin_wait 10 is_exact "$1" || lost "$(colours '[34]8;5;[0-9]+') colours are nearly right: $2"; }
has_thumbnail() { screen | grep -qE '▀{4}'; }

mkdir -p "$KIN_TMP/media"
cp "$KIN_SOURCE/video/bunny.mjpeg" "$KIN_TMP/media/alpha.mjpeg"
cp "$KIN_SOURCE/video/bunny-720p.mjpeg" "$KIN_TMP/media/beta.mjpeg"
kin_daemon_start "$KIN_TMP/media"
"${tmux[@]}" new-session -d -x 110 -y 40 "COLORTERM=truecolor exec $KIN_BIN/kinora --render half $KIN_URL"

echo "thumbnails"
kin_wait 20 has_thumbnail || lost "no thumbnail"
becomes_exact 300 "the first thumbnail"
keys Down
wait_for "1280x720, 24 fps"
becomes_exact 300 "the next one"
keys Up
wait_for "854x480, 24 fps"
becomes_exact 300 "the first one again"
keys C-l
becomes_exact 300 "a screen drawn anew"

echo "a paused picture"
keys Enter
wait_for PLAYING
kin_wait 15 frame_past 10 || lost "no frame is shown"
keys Space
wait_for paused
becomes_exact 1000 "a picture that stands"
keys '?'
wait_for "play or pause"
keys q
wait_for "READY, paused"
wait_for "frame "
becomes_exact 1000 "behind a page that is closed"
keys C-l
becomes_exact 1000 "a screen drawn anew"
"${tmux[@]}" resize-window -x 100 -y 36
becomes_exact 1000 "another size"
keys i
wait_for jitter
keys i i
becomes_exact 1000 "behind figures that are gone"
keys q q
