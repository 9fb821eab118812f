# shellcheck shell=bash
# For test scripts: where things are, how to skip, and a kinorad on a free port that always stops.
#
#   . "$(dirname "$0")/../lib/kin.sh"
#   kin_daemon_start "$KIN_SOURCE/video"    # sets KIN_URL, KIN_PORT and KIN_PID; the log is in $KIN_TMP/kinorad.log
#   kin_daemon_stop                         # SIGTERM; fails the test unless kinorad exits 0

KIN_SOURCE=${KIN_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
KIN_BIN=${KIN_BIN:-$KIN_SOURCE/build/bin}
KIN_TMP=$(mktemp -d)
KIN_PID=
KIN_PORT=
KIN_URL=
export KIN_SOURCE KIN_BIN KIN_TMP KIN_PORT KIN_URL

kin_cleanup() {
  [[ -z $KIN_PID ]] || { kill -KILL "$KIN_PID" && wait "$KIN_PID"; } 2>/dev/null || true
  rm -rf "$KIN_TMP"
}
trap kin_cleanup EXIT

kin_skip() {
  echo "skipped: $*"
  exit 77
}

kin_fail() {
  echo "FAILED: $*" >&2
  [[ ! -s $KIN_TMP/kinorad.log ]] || sed 's/^/  kinorad: /' "$KIN_TMP/kinorad.log" >&2
  exit 1
}

kin_need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || kin_skip "$program is not installed"
  done
}

# kin_wait SECONDS COMMAND...: until the command succeeds.
kin_wait() {
  local tenths=$(($1 * 10)) i
  shift
  for ((i = 0; i < tenths; i++)); do
    ! "$@" || return 0
    sleep 0.1
  done
  return 1
}

kin_daemon_url() { sed -n 's/.*listening on \(rtsp:[^ ]*\).*/\1/p' "$KIN_TMP/kinorad.log" | head -n 1; }
kin_daemon_decided() { [[ -n $(kin_daemon_url) ]] || ! kill -0 "$KIN_PID" 2>/dev/null; }

# kin_daemon_start MEDIA [KINORAD-OPTION...]
kin_daemon_start() {
  "$KIN_BIN/kinorad" --media "$1" --listen 127.0.0.1:0 "${@:2}" 2>"$KIN_TMP/kinorad.log" </dev/null &
  KIN_PID=$!
  kin_wait 20 kin_daemon_decided || kin_fail "kinorad says nothing"
  KIN_URL=$(kin_daemon_url)
  [[ -n $KIN_URL ]] || kin_fail "kinorad ended at once"
  KIN_PORT=${KIN_URL##*:}
  KIN_PORT=${KIN_PORT%/}
}

kin_daemon_stop() {
  local status=0
  kill -TERM "$KIN_PID"
  wait "$KIN_PID" || status=$?
  KIN_PID=
  [[ $status -eq 0 ]] || kin_fail "kinorad exited $status"
}
