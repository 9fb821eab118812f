#!/bin/bash
# kinora-prep as a user meets it: test reels of every kind, files that appear whole or not at all, and what info says.
set -euo pipefail
. "$(dirname "$0")/../lib/kin.sh"

prep=$KIN_BIN/kinora-prep
cd "$KIN_TMP"

# status WANT COMMAND...: the exit status; what it said is in out and err.
status() {
  local want=$1 got=0
  shift
  "$@" >out 2>err </dev/null || got=$?
  [[ $got -eq $want ]] || kin_fail "$*: exit status $got, not $want: $(cat err)"
}
says() { grep -qF -- "$1" out err || kin_fail "does not say \"$1\": $(cat out err)"; }
one_line() { [[ $(wc -l <err) -eq 1 ]] || kin_fail "not one line: $(cat err)"; }
absent() { [[ ! -e $1 && ! -e $1.part ]] || kin_fail "$1 or $1.part was left behind"; }

echo "usage"
status 0 "$prep" --help && says "kinora-prep pattern OUTPUT"
status 0 "$prep" pattern --help && says "--quality"
status 2 "$prep" && one_line
status 2 "$prep" paterns && one_line && says "did you mean pattern?"
status 2 "$prep" pattern && one_line && says "OUTPUT is missing"
status 2 "$prep" pattern a b && one_line
status 2 "$prep" info && one_line && says "FILE is missing"
for wrong in --size=12 --size=0x64 --size=8193x100 --size=x --fps=0 --fps=1/3601 --fps=fast --frames=0 --quality=0 --quality=101 \
  --format=mov --speed=2; do
  status 2 "$prep" pattern "$wrong" nothing.mjpeg && one_line && says "${wrong%%=*}"
  absent nothing.mjpeg
done

echo "test reels"
status 0 "$prep" pattern default.mjpeg --frames 5
absent default.mjpeg.part
[[ ! -s out && ! -s err ]] || kin_fail "pattern talks when no terminal listens: $(cat out err)"
status 0 "$prep" info --json default.mjpeg
for fact in '"container":"raw"' '"frames":5,' '"width":1280,"height":720' '"rate":"25/1"' '"rate_stated":true' \
  '"sampling":"4:2:0"' '"huffman":"standard"' '"streamable":true' '"junk_bytes":0' '"broken_frames":0'; do
  says "$fact"
done
status 0 "$prep" pattern odd.mjpeg --size 641x479 --frames 7 --fps 23.976 --format lab
status 0 "$prep" info --json odd.mjpeg
says '"container":"lab","frames":7,"width":641,"height":479' && says '"rate":"24000/1001"'
head -c 7 odd.mjpeg | od -An -c | grep -qE '^ *[0-9]   [0-9]   [0-9]   [0-9]   [0-9] 377 330' || kin_fail "no lab header"
status 0 "$prep" pattern ntsc.mjpeg --size 128x96 --frames 2 --fps 30000/1001
status 0 "$prep" info ntsc.mjpeg && says "at 29.97 frames/s"
status 0 "$prep" pattern uhd.mjpeg --size 3840x2160 --frames 3
status 0 "$prep" info uhd.mjpeg && says "3840x2160" && says "larger than 2040 pixels"
for size in 1x1 2040x16 8192x4320; do
  status 0 "$prep" pattern sized.avi --size $size --frames 2 --fps 1/3600
  status 0 "$prep" info --json sized.avi && says "\"width\":${size%x*},\"height\":${size#*x}," && says '"rate":"1/3600"'
done
status 0 "$prep" pattern again.mjpeg --frames 5
cmp default.mjpeg again.mjpeg || kin_fail "the same options do not make the same bytes"
"$prep" pattern - --frames 5 </dev/null | cmp - default.mjpeg || kin_fail "standard output differs from a file"

status 0 "$prep" pattern small.avi --size 321x241 --frames 9 --fps 30000/1001 --format avi
status 0 "$prep" info --json small.avi
says '"container":"avi","frames":9,"width":321,"height":241' && says '"rate":"30000/1001"' && says '"junk_bytes":0'
status 1 "$prep" pattern - --frames 2 --format avi && one_line && says "--format raw"
mkdir stills
for i in 1 2 10; do "$prep" pattern "stills/shot$i.jpg" --size 64x64 --frames 1; done
status 0 "$prep" info --json stills && says '"container":"stills","frames":3'

echo "whole or not at all"
status 1 "$prep" pattern toobig.mjpeg --size 1920x1080 --quality 100 --format lab
one_line && says "99999" && says "--quality" && says "--format raw"
absent toobig.mjpeg
echo keep >kept.mjpeg
status 1 "$prep" pattern kept.mjpeg --size 1920x1080 --quality 100 --format lab
[[ $(cat kept.mjpeg) == keep ]] || kin_fail "a failed run destroyed the file that was there"
ln -s kept.mjpeg link.mjpeg
status 0 "$prep" pattern link.mjpeg --size 64x64 --frames 1
[[ -L link.mjpeg && $(head -c 2 kept.mjpeg | od -An -tx1) == " ff d8" ]] || kin_fail "the link was replaced"
status 1 "$prep" pattern no/such/folder.mjpeg && one_line && says "No such file or directory"
status 1 "$prep" pattern "$KIN_TMP" && one_line && says "Is a directory"
status 1 "$prep" pattern /dev/full --frames 3 && one_line && says "No space left on device"
[[ -c /dev/full ]] || kin_fail "/dev/full was replaced"
status 1 bash -c "ulimit -f 100; exec '$prep' pattern large.mjpeg" && one_line && says "File too large"
absent large.mjpeg
for signal in TERM HUP USR1 ALRM XCPU; do
  "$prep" pattern stopped.mjpeg --size 1920x1080 --frames 100000 2>err </dev/null &
  pid=$!
  for ((i = 0; i < 100; i++)); do
    [[ ! -s stopped.mjpeg.part ]] || break
    sleep 0.1
  done
  [[ -s stopped.mjpeg.part ]] || kin_fail "it does not write stopped.mjpeg.part"
  kill -$signal $pid
  got=0
  wait $pid 2>/dev/null || got=$?
  [[ $got -eq $((128 + $(kill -l $signal))) && ! -s err ]] || kin_fail "SIG$signal: exit status $got: $(cat err)"
  absent stopped.mjpeg
done
# A shell without job control starts its background jobs with SIGINT ignored, so ^C comes from timeout.
status 124 timeout --signal=INT --kill-after=10 1 "$prep" pattern stopped.mjpeg --size 1920x1080 --frames 100000
[[ ! -s err ]] || kin_fail "SIGINT: $(cat err)"
absent stopped.mjpeg

echo "two at once"
"$prep" pattern both.mjpeg --size 1920x1080 --frames 100000 2>err </dev/null &
pid=$!
kin_wait 20 test -s both.mjpeg.part || kin_fail "it does not write both.mjpeg.part: $(cat err)"
status 1 "$prep" pattern both.mjpeg --frames 1 && one_line && says "another run is writing it"
kill -TERM $pid
wait $pid 2>/dev/null || true
absent both.mjpeg
status 0 "$prep" pattern both.mjpeg --frames 1

echo "progress"
if command -v script >/dev/null; then
  script -qec "stty columns 80; '$prep' pattern shown.mjpeg --size 1920x1080 --frames 60" typescript >shown </dev/null
  grep -q "shown.mjpeg \[#*\.*\] .* %  ETA " shown || kin_fail "no bar on a terminal: $(cat -v shown)"
fi

echo "info"
status 0 "$prep" info "$KIN_SOURCE/video/bunny.mjpeg" "$KIN_SOURCE/video/bunny-720p.mjpeg"
says "854x480" && says "240, 10.000 s at 24 frames/s" && says "1280x720" && says "yes: can be sent as it is"
{
  printf -- '--boundary\r\n\r\n'
  cat default.mjpeg
  printf 'junk'
  head -c 5000 again.mjpeg
} >damaged.mjpeg
status 0 "$prep" info damaged.mjpeg && says "18 bytes in 2 places" && says "the last frame is not complete"
status 0 "$prep" info --json damaged.mjpeg && says '"junk_bytes":18,"junk_runs":2,"truncated":true'
status 0 "$prep" info --json "$KIN_SOURCE/tests/data/optimized.jpg" "$KIN_SOURCE/tests/data/444.jpg"
says '"streamable":false,"reason":"optimized Huffman tables"' && says '"reason":"4:4:4 sampling"'
says '"loss":"lossless","repair_ms":' && says '"loss":"converted"'
says '"repair_core_percent":'
[[ $(head -c 1 out) == "[" && $(tail -n 1 out) == "]" ]] || kin_fail "no JSON array: $(cat out)"
status 0 "$prep" info "$KIN_SOURCE/tests/data/progressive.jpg" && says "progressive" && says "(lossless)" && says "ms and "
if command -v ffmpeg >/dev/null; then
  ffmpeg -v error -nostdin -i uhd.mjpeg -vf scale=2560:-1 -c:v mjpeg -pix_fmt yuvj420p -q:v 8 -f mjpeg large.mjpeg
  status 0 "$prep" info large.mjpeg
  says "not as it is: optimized Huffman tables in 3 of 3" && says "size       larger than 2040 pixels" && says "% of a core"
  status 0 "$prep" info --json large.mjpeg && says '"reason":"optimized Huffman tables; larger than 2040 pixels'
fi
cp default.mjpeg 'quote" and
newline.mjpeg'
status 0 "$prep" info --json quote* && says '"file":"quote\" and\u000anewline.mjpeg"'
echo "no picture" >text.mjpeg
: >empty.mjpeg
printf '00010\377\330\377\331nonsense' >wrong.mjpeg
mkfifo fifo.mjpeg
for bad in text.mjpeg empty.mjpeg wrong.mjpeg fifo.mjpeg missing.mjpeg /dev/null .; do
  status 1 "$prep" info "$bad" ntsc.mjpeg && one_line && says "kinora-prep: $bad: " && says "128x96"
  status 1 "$prep" info --json "$bad"
  [[ $(cat out) == "[]" ]] || kin_fail "$bad: not an empty array: $(cat out)"
done
status 1 "$prep" info missing.mjpeg && says "no such file"
if "$prep" info ntsc.mjpeg >/dev/full 2>err; then kin_fail "info ignores a full disk"; fi

echo "other programs"
kin_need ffmpeg ffprobe
for reel in default.mjpeg uhd.mjpeg ntsc.mjpeg; do
  ffmpeg -v warning -f mjpeg -i "$reel" -f null - >out 2>&1 </dev/null
  [[ ! -s out ]] || kin_fail "ffmpeg on $reel: $(cat out)"
done
ffmpeg -v warning -i small.avi -f null - >out 2>&1 </dev/null
[[ ! -s out ]] || kin_fail "ffmpeg on small.avi: $(cat out)"
[[ $(ffprobe -v error -count_frames -show_entries stream=nb_read_frames,r_frame_rate,nb_frames -of csv=p=0 small.avi) == \
  "30000/1001,9,9" ]] || kin_fail "ffprobe does not agree about small.avi"
[[ $(ffprobe -v error -f mjpeg -count_frames -show_entries stream=nb_read_frames,pix_fmt -of csv=p=0 default.mjpeg) == \
  "yuvj420p,5" ]] || kin_fail "ffprobe does not count 5 frames of yuvj420p"
echo "ok"
