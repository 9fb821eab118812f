#!/bin/bash
# kinorad as installed, under a real systemd in namespaces of its own. kin-test: realtime
# Start and READY, reload good and bad, watchdog, kill -9, socket activation without a refused connection, stop.
set -euo pipefail
. "$(dirname "$0")/../lib/kin.sh"

sdbox=$KIN_SOURCE/tests/lib/sdbox
box=$KIN_TMP/box
conf=/etc/kinora/kinorad.conf
url=rtsp://127.0.0.1:8554/
build=${KIN_BUILD:-$(dirname "$KIN_BIN")}

# --- the box

in_box() { "$sdbox" exec "$box" "$@"; }
write_in_box() { in_box tee "$1" >/dev/null; }

end_box() {
  [[ ! -e $box/outer.pid ]] || "$sdbox" stop "$box" || true
  kin_cleanup
}

begin_box() {
  local status=0 path
  mkdir -p "$box"
  trap end_box EXIT
  for path in "$build" "$KIN_SOURCE"; do
    [[ $path != /tmp/* && $path != /run/* ]] || echo "$path" >>"$box/binds"
  done
  "$sdbox" start "$box" 2>"$KIN_TMP/why" || status=$?
  [[ $status -ne 77 ]] || kin_skip "$(cat "$KIN_TMP/why")"
  [[ $status -eq 0 ]] || kin_fail "the box does not start: $(cat "$KIN_TMP/why")"
}

# fail SENTENCE: with what the journal knows.
fail() {
  in_box journalctl -u kinorad.service -u kinorad.socket -o short-monotonic --no-pager -n 40 >&2 || true
  kin_fail "$*"
}

property() { in_box systemctl show -P "$2" "$1"; }
is_active() { [[ $(property kinorad.service ActiveState) == active ]]; }
main_pid() { property kinorad.service MainPID; }
is_another_than() { is_active && [[ $(main_pid) != "$1" && $(main_pid) != 0 ]]; }
said() { in_box journalctl -u kinorad.service -o cat --no-pager | grep -qF -- "$1"; }
kinora() { in_box "$KIN_BIN/kinora" "$@"; }

# --- the steps

install_program() {
  in_box cmake --install "$build" --prefix /usr >"$KIN_TMP/install.log" || fail "cmake --install: $(tail "$KIN_TMP/install.log")"
  in_box systemd-sysusers
  in_box systemd-tmpfiles --create kinora.conf
  in_box cp -r "$KIN_SOURCE/video/." /srv/kinora/
  in_box mkdir -p /run/systemd/system/kinorad.service.d
  printf '[Service]\nWatchdogSec=2s\n' | write_in_box /run/systemd/system/kinorad.service.d/test.conf
  in_box systemctl daemon-reload
}

check_start() {
  in_box systemctl start kinorad || fail "systemctl start"
  is_active || fail "not active after start"
  kin_wait 5 said "listening on rtsp://" || fail "the journal has no listening line"
  [[ -n $(property kinorad.service StatusText) ]] || fail "no STATUS="
  [[ $(in_box ps -o user= -p "$(main_pid)") == kinora ]] || fail "kinorad does not run as the user kinora"
  kinora probe --duration 2 "${url}bunny.mjpeg" >/dev/null || fail "the probe under systemd"
  echo "ok: start, READY=1, STATUS=, own user, a probe"
}

check_bad_reload() {
  local pid
  pid=$(main_pid)
  printf '[server]\nmax_sesions = 3\n' | write_in_box "$conf"
  in_box systemctl reload kinorad || true
  kin_wait 5 said "$conf:2: [server] max_sesions" || fail "a bad file is not named with line and key"
  { is_active && [[ $(main_pid) == "$pid" ]]; } || fail "a bad file ended the daemon"
  kinora probe --duration 1 "${url}bunny.mjpeg" >/dev/null || fail "the probe after a bad reload"
  echo "ok: a reload with a bad file changes nothing and says file, line and key"
}

check_good_reload() {
  local pid status=0 _
  pid=$(main_pid)
  printf '[server]\nmax_sessions = 50\nsession_timeout = 30s\n' | write_in_box "$conf"
  kinora probe --json --duration 4 "${url}bunny.mjpeg" >"$KIN_TMP/reload.json" &
  for _ in 1 2 3; do
    sleep 0.7
    in_box systemctl reload kinorad || fail "systemctl reload"
  done
  wait $! || status=$?
  [[ $status -eq 0 ]] || fail "the probe during reloads: $(cat "$KIN_TMP/reload.json")"
  in_box python3 -c 'import json, sys; p = json.load(sys.stdin)["packets"]; sys.exit(p["lost"] > p["kernel_dropped"])' <"$KIN_TMP/reload.json" ||
    fail "reloading lost packets: $(cat "$KIN_TMP/reload.json")"
  [[ $(main_pid) == "$pid" ]] || fail "a reload restarted the daemon"
  echo "ok: three reloads under a running probe, no packet lost"
}

check_watchdog() {
  local pid
  pid=$(main_pid)
  in_box kill -STOP "$pid"
  kin_wait 15 is_another_than "$pid" || fail "no restart by the watchdog"
  kinora ls "$url" >/dev/null || fail "no answer after the watchdog's restart"
  echo "ok: the watchdog restarts a daemon that stands still"
}

check_kill() {
  local pid
  pid=$(main_pid)
  in_box kill -KILL "$pid"
  kin_wait 15 is_another_than "$pid" || fail "no restart after kill -9"
  kinora ls "$url" >/dev/null || fail "no answer after kill -9"
  echo "ok: kill -9 is followed by a restart"
}

check_stop() {
  in_box systemctl stop kinorad.socket kinorad.service 2>/dev/null || in_box systemctl stop kinorad.service
  [[ $(property kinorad.service Result) == success ]] || fail "stopped with result $(property kinorad.service Result)"
  echo "ok: stop"
}

# Connects without pause until its standard input ends; prints "CONNECTED REFUSED".
hammer() {
  in_box python3 -c '
import select, socket, sys
counts = [0, 0]
while not select.select([sys.stdin], [], [], 0.002)[0]:
    try:
        socket.create_connection(("127.0.0.1", 8554), timeout=10).close()
        counts[0] += 1
    except ConnectionRefusedError:
        counts[1] += 1
print(*counts)'
}

check_socket_activation() {
  local connected refused _
  in_box install -D -m 644 /usr/share/kinora/sealed.conf /etc/systemd/system/kinorad.service.d/sealed.conf
  in_box systemctl daemon-reload
  in_box systemctl start kinorad.socket || fail "the socket unit does not start"
  ! is_active || fail "the daemon runs before the first connection"
  kinora probe --json --transport tcp --duration 1 "${url}bunny.mjpeg" >/dev/null || fail "the first connection over TCP"
  is_active || fail "the first connection did not start the daemon"
  kinora probe --json --transport udp --duration 2 "${url}bunny.mjpeg" >/dev/null || fail "UDP through inherited sockets"
  mkfifo "$KIN_TMP/end"
  hammer <"$KIN_TMP/end" >"$KIN_TMP/hammered" &
  exec 9>"$KIN_TMP/end"
  for _ in {1..20}; do in_box systemctl restart kinorad.service || fail "restart under the connect loop"; done
  exec 9>&-
  wait $!
  read -r connected refused <"$KIN_TMP/hammered"
  [[ $refused -eq 0 && $connected -gt 100 ]] || fail "of $connected connections during 20 restarts $refused were refused"
  kinora probe --duration 1 "${url}bunny.mjpeg" >/dev/null || fail "the probe after the restarts"
  echo "ok: socket activation: 20 restarts, $connected connections, 0 refused"
}

# exposure UNIT-FILE: tenths of systemd's exposure level.
exposure() {
  systemd-analyze security --offline=true "$1" | sed -n 's/.*exposure level for [^:]*: \([0-9]*\)\.\([0-9]\).*/\1\2/p'
}

check_exposure() {
  local own sealed
  mkdir -p "$KIN_TMP/units/kinorad.service.d"
  cp "$KIN_SOURCE/systemd/kinorad.service" "$KIN_TMP/units/"
  own=$(exposure "$KIN_TMP/units/kinorad.service")
  cp "$KIN_SOURCE/systemd/sealed.conf" "$KIN_TMP/units/kinorad.service.d/"
  sealed=$(exposure "$KIN_TMP/units/kinorad.service")
  [[ $((10#$own)) -le 12 && $((10#$sealed)) -le 4 ]] || kin_fail "exposure is $own tenths, sealed $sealed tenths"
  echo "ok: exposure $own tenths, sealed $sealed tenths"
}

kin_need systemd-analyze systemctl unshare nsenter python3 cmake
check_exposure
begin_box
install_program
check_start
check_bad_reload
check_good_reload
check_watchdog
check_kill
check_stop
check_socket_activation
check_stop
