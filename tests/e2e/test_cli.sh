#!/bin/bash
# What a shell sees of the three programs: help, version, wrong options, wrong configuration, exit statuses.
set -euo pipefail
. "$(dirname "$0")/../lib/kin.sh"

# expect STATUS TEXT COMMAND...: the exit status, and a text in what is said (one line when it went wrong).
expect() {
  local want=$1 text=$2 status=0
  shift 2
  "$@" >"$KIN_TMP/out" 2>"$KIN_TMP/err" </dev/null || status=$?
  [[ $status -eq $want ]] || kin_fail "$*: exit status $status, not $want: $(cat "$KIN_TMP/err")"
  [[ -z $text ]] || grep -qF -- "$text" "$KIN_TMP/out" "$KIN_TMP/err" || kin_fail "$*: does not say \"$text\": $(cat "$KIN_TMP/err")"
  [[ $want -eq 0 || $(wc -l <"$KIN_TMP/err") -eq 1 ]] || kin_fail "$*: not one line: $(cat "$KIN_TMP/err")"
}

for program in kinorad kinora kinora-prep; do
  expect 0 "usage: $program" "$KIN_BIN/$program" --help
  expect 0 "$program " "$KIN_BIN/$program" --version
  expect 2 "--no-such-option" "$KIN_BIN/$program" --no-such-option
  if "$KIN_BIN/$program" --help >/dev/full 2>/dev/null; then kin_fail "$program --help ignores a full disk"; fi
done
expect 2 "" "$KIN_BIN/kinora"
expect 2 "" "$KIN_BIN/kinora" probe
expect 2 "" "$KIN_BIN/kinora-prep"
expect 2 "" "$KIN_BIN/kinora-prep" info
expect 2 "" "$KIN_BIN/kinora" probe --transport pigeon rtsp://127.0.0.1:1/
expect 2 'unknown command "prob" (did you mean probe?)' "$KIN_BIN/kinora" prob rtsp://127.0.0.1:1/
expect 2 'unknown command "record" (play, ls, probe, save and terminal are known)' "$KIN_BIN/kinora" record rtsp://127.0.0.1:1/
expect 2 "did you mean --transport?" "$KIN_BIN/kinora" --transprot tcp rtsp://127.0.0.1:1/
expect 2 "did you mean convert?" "$KIN_BIN/kinora-prep" conver a b
expect 2 "did you mean --frames?" "$KIN_BIN/kinora-prep" pattern --frame5 1 a
expect 2 "did you mean --media?" "$KIN_BIN/kinorad" --meda .
expect 1 "" "$KIN_BIN/kinora" ls rtsp://127.0.0.1:1/
expect 1 "" "$KIN_BIN/kinora-prep" info /nonexistent.mjpeg

settings=$KIN_TMP/settings/kinora/kinora.conf
mkdir -p "${settings%/*}"
kinora=(env "XDG_CONFIG_HOME=$KIN_TMP/settings" "$KIN_BIN/kinora")
expect 0 "cache = 30" "${kinora[@]}" --print-config # no file is no mistake
printf 'cache = 60\nbudget = 2Mbit\n' >"$settings"
expect 0 "cache = 60" "${kinora[@]}" --print-config
expect 0 "budget = 2Mbit" "${kinora[@]}" --print-config
expect 0 "cache = 7" "${kinora[@]}" --cache 7 --print-config
expect 0 "cache = 30" "${kinora[@]}" --no-config --print-config
expect 0 "cache = 30" "${kinora[@]}" --config /dev/null --print-config
expect 0 "#cache = 30" "${kinora[@]}" --default-config
printf 'cache = 60\n[keys]\nsave = x\nquit = x\n' >"$settings"
expect 78 "$settings:4: [keys] quit: the key x is also that of save" "${kinora[@]}" ls rtsp://127.0.0.1:1/
expect 0 "usage: kinora" "${kinora[@]}" --help # however wrong the file
expect 0 "#quit = q" "${kinora[@]}" --default-config
printf 'cahce = 60\n' >"$settings"
expect 78 "$settings:1: cahce: unknown key (did you mean cache?)" "${kinora[@]}" probe rtsp://127.0.0.1:1/
expect 78 "/nonexistent.conf: cannot be opened" "${kinora[@]}" --config /nonexistent.conf rtsp://127.0.0.1:1/
"${kinora[@]}" --default-config >"$KIN_TMP/sample.conf"
"${kinora[@]}" --config "$KIN_TMP/sample.conf" --print-config >"$KIN_TMP/effective.conf"
"${kinora[@]}" --config "$KIN_TMP/effective.conf" --print-config >"$KIN_TMP/again.conf"
cmp "$KIN_TMP/effective.conf" "$KIN_TMP/again.conf" || kin_fail "--print-config does not read back as itself"
if "${kinora[@]}" --no-config --print-config >/dev/full 2>/dev/null; then kin_fail "--print-config ignores a full disk"; fi

kinorad=$KIN_BIN/kinorad
conf=$KIN_TMP/kinorad.conf
expect 78 "/nonexistent.conf" "$kinorad" -c /nonexistent.conf
printf '[server]\nlisten = 127.0.0.1:0\nmax_sesions = 3\n' >"$conf"
expect 78 "$conf:3: [server] max_sesions: unknown key (did you mean max_sessions?)" "$kinorad" -c "$conf"
expect 78 "$conf:3:" "$kinorad" -c "$conf" --check-config
printf '[server]\nsession_timeout = 90\n' >"$conf"
expect 78 "$conf:2: [server] session_timeout: \"90\" has no unit" "$kinorad" -t -c "$conf"
printf '[server]\nsession_timeout = 90s\n[media]\ncache_size = 8MiB\n' >"$conf"
expect 0 "" "$kinorad" -t -c "$conf" --media "$KIN_TMP"
[[ ! -s $KIN_TMP/out && ! -s $KIN_TMP/err ]] || kin_fail "--check-config says something about a good file"
expect 0 "session_timeout = 90s" "$kinorad" -c "$conf" --print-config
expect 0 "cache_size = 8MiB" "$kinorad" -c "$conf" --print-config
expect 0 "level = debug" "$kinorad" -c "$conf" -o log.level=debug --print-config
"$kinorad" -c "$conf" --print-config >"$KIN_TMP/effective.conf"
"$kinorad" -c "$KIN_TMP/effective.conf" --print-config >"$KIN_TMP/again.conf"
cmp "$KIN_TMP/effective.conf" "$KIN_TMP/again.conf" || kin_fail "--print-config does not read back as itself"
"$kinorad" --default-config >"$conf"
expect 0 "" "$kinorad" -t -c "$conf" --media "$KIN_TMP"
