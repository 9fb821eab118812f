# shellcheck shell=bash
# For tests of the player in tmux: a server of their own that always ends, what its screen shows, and the frame number.
#
#   . "$(dirname "$0")/../lib/tmux.sh"
#   "${tmux[@]}" new-session -d -x 100 -y 30 ...

. "${BASH_SOURCE[0]%/*}/kin.sh"
kin_need tmux
unset TMUX
export LC_ALL=C.UTF-8

tmux=(tmux -L "kinora-test-$$" -f /dev/null -u)
tidy() {
  "${tmux[@]}" kill-server 2>/dev/null || true
  kin_cleanup
}
trap tidy EXIT

screen() { "${tmux[@]}" capture-pane -p; }
shows() { screen | grep -qF -- "$1"; }
lost() {
  screen >&2
  kin_fail "$@"
}
wait_for() { kin_wait 30 shows "$1" || lost "the screen never showed: $1"; }
keys() { "${tmux[@]}" send-keys "$@"; }
frame() { screen | sed -n 's/.*frame \([0-9]*\)\/.*/\1/p'; }
stands_still() {
  local at
  at=$(frame)
  sleep 0.7
  frame_is "$at"
}
frame_is() { [[ $(frame) == "$1" ]]; }
frame_past() { [[ $(frame) -gt $1 ]]; }
