#!/bin/bash
# kinora-prep convert: films of many kinds become reels of every format, with the right frames, colours and shape, and
# play through; what cannot be done is said in one line, and no half file stays.
set -euo pipefail
. "$(dirname "$0")/../lib/kin.sh"
kin_need ffmpeg ffprobe python3

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
silent() { [[ ! -s out && ! -s err ]] || kin_fail "it talks: $(cat out err)"; }
one_line() { [[ $(wc -l <err) -eq 1 ]] || kin_fail "not one line: $(cat err)"; }
absent() { [[ ! -e $1 && ! -e $1.part ]] || kin_fail "$1 or $1.part was left behind"; }
film() { ffmpeg -v error -nostdin -y "$@" || kin_fail "ffmpeg cannot make a film: $*"; }
convert() { status 0 "$prep" convert "$@"; }

# facts REEL CONTAINER FRAMES WIDTH HEIGHT RATE
facts() {
  status 0 "$prep" info --json "$1"
  says "\"container\":\"$2\",\"frames\":$3,\"width\":$4,\"height\":$5,"
  says "\"rate\":\"$6\",\"rate_stated\":true"
  says '"sampling":"4:2:0","huffman":"standard"'
  says '"broken_frames":0,"resized_frames":0,"unfit_frames":0,"streamable":true'
}

# alike DECIBELS FILM REEL MATRIX [FILTERS]: the same pictures, compared as RGB.
alike() {
  local psnr how=flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp
  psnr=$(ffmpeg -hide_banner -nostdin -i "$2" -i "$3" -lavfi "[0:v]settb=1/25,setpts=N,${5:+$5,}scale=in_color_matrix=$4:$how,format=gbrp[a];
    [1:v]settb=1/25,setpts=N,scale=in_range=full:in_color_matrix=bt601:$how,format=gbrp[b];[a][b]psnr=shortest=1" -f null - 2>&1 |
    sed -n 's/.*PSNR.*average:\([0-9a-z.]*\).*/\1/p') || true
  python3 -c 'import sys; sys.exit(float(sys.argv[1]) < float(sys.argv[2]))' "${psnr:-0}" "$1" ||
    kin_fail "$2 and $3 are not alike: PSNR ${psnr:-unknown} dB, not $1"
}

# same_frames LAB-REEL LAB-REEL EXPRESSION: frame i of the second is frame EXPRESSION of the first, byte for byte (but
# for the comment in the first one).
same_frames() {
  PYTHONPATH=$KIN_SOURCE/tests/lib python3 - "$@" <<'EOF' || kin_fail "frames of $2 are not those of $1 by $3"
import re, sys
from kin import read_lab_reel
plain = lambda reel: [re.sub(rb"\xff\xfe..kinora:fps=[0-9/]+", b"", f, flags=re.S) for f in read_lab_reel(reel)]
a, b = plain(sys.argv[1]), plain(sys.argv[2])
wrong = [i for i in range(len(b)) if b[i] != a[eval(sys.argv[3], {"i": i})]]
print("wrong frames:", wrong) if wrong else None
sys.exit(bool(wrong))
EOF
}

echo "usage"
status 0 "$prep" convert --help && says "--quality" && says "INPUT OUTPUT"
status 2 "$prep" convert && one_line && says "missing"
status 2 "$prep" convert a && one_line && says "OUTPUT is missing"
status 2 "$prep" convert a b c && one_line
for wrong in --size=12 --size=-x- --size=0x0 --size=9000x10 --size=x --fps=0 --fps=fast --quality=0 --quality=101 \
  --format=mov --start=5 --speed=2; do
  status 2 "$prep" convert "$wrong" nothing.mp4 nothing.mjpeg && one_line && says "${wrong%%=*}"
done

echo "films of many kinds"
test2=(-f lavfi -i "testsrc2=size=320x240:rate=25:duration=2")
film "${test2[@]}" -c:v libx264 -pix_fmt yuv420p -bf 2 h264.mp4
film "${test2[@]}" -f lavfi -i "sine=duration=2" -c:v mpeg2video -b:v 4M -c:a mp2 mpeg2.ts
film "${test2[@]}" -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 2M vp9.webm
film "${test2[@]}" -vf "scale=160:-1,fps=10" moving.gif
film "${test2[@]}" -c:v libx264 -profile:v high10 -pix_fmt yuv420p10le -crf 10 ten.mkv
film "${test2[@]}" -c:v prores_ks -pix_fmt yuv422p10le prores.mov
film "${test2[@]}" -c:v ffv1 -pix_fmt yuv444p ffv1.mkv
film "${test2[@]}" -vf scale=321:241 -c:v ffv1 -pix_fmt yuv420p odd.mkv
film "${test2[@]}" -frames:v 12 still%03d.png
film "${test2[@]}" -c:v mjpeg -huffman default -pix_fmt yuvj420p -q:v 3 mjpeg.avi
mkdir reels
for name in h264.mp4 mpeg2.ts vp9.webm ten.mkv prores.mov ffv1.mkv; do
  convert "$name" "reels/$name.mjpeg" --quality 95 && silent
  facts "reels/$name.mjpeg" raw 50 320 240 25/1
  alike 35 "$name" "reels/$name.mjpeg" bt601
done
convert moving.gif reels/gif.avi && facts reels/gif.avi avi 20 160 120 10/1
convert odd.mkv reels/odd.lab --format lab && facts reels/odd.lab lab 50 321 241 25/1
alike 30 odd.mkv reels/odd.lab bt601
convert "still%03d.png" reels/png.mjpeg && facts reels/png.mjpeg raw 12 320 240 25/1
convert h264.mp4 reels/h264.lab --format lab && facts reels/h264.lab lab 50 320 240 25/1
convert h264.mp4 reels/h264.avi && facts reels/h264.avi avi 50 320 240 25/1
ffmpeg -v warning -nostdin -i reels/h264.avi -f null - >out 2>&1
[[ ! -s out ]] || kin_fail "ffmpeg on h264.avi: $(cat out)"
"$prep" convert - - --quality 95 <h264.mp4 >piped.mjpeg || kin_fail "standard input to standard output"
cmp piped.mjpeg reels/h264.mp4.mjpeg || kin_fail "standard input makes another reel"
# shellcheck disable=SC2002 # a pipe it must be
cat vp9.webm | "$prep" convert - - --quality 95 | cmp - reels/vp9.webm.mjpeg || kin_fail "a pipe makes another reel"

echo "size and shape"
convert h264.mp4 sized.mjpeg --size 200x100 --quality 95 && facts sized.mjpeg raw 50 200 100 25/1
alike 32 h264.mp4 sized.mjpeg bt601 "scale=200:100:flags=bicubic+accurate_rnd,format=yuv420p"
convert h264.mp4 sized.mjpeg --size 161x- && facts sized.mjpeg raw 50 161 121 25/1
convert h264.mp4 sized.mjpeg --size 0x480 --quality 90 && facts sized.mjpeg raw 50 640 480 25/1
film -i h264.mp4 -c copy -aspect 8:3 wide.mp4
convert wide.mp4 wide.mjpeg && facts wide.mjpeg raw 50 640 240 25/1
film -i h264.mp4 -c copy -metadata:s:v rotate=90 turned.mp4
convert turned.mp4 turned.mjpeg --quality 95 && facts turned.mjpeg raw 50 240 320 25/1
alike 35 turned.mp4 turned.mjpeg bt601
film -i h264.mp4 -c copy -metadata:s:v rotate=180 turned.mp4
convert turned.mp4 turned.mjpeg --quality 95 && alike 35 turned.mp4 turned.mjpeg bt601
film "${test2[@]}" -vf "scale=1280:720:out_color_matrix=bt709,setsar=1" -colorspace bt709 -frames:v 5 -c:v ffv1 hd.mkv
convert hd.mkv hd.mjpeg --quality 95 && alike 38 hd.mkv hd.mjpeg bt709
film "${test2[@]}" -vf "scale=out_range=full,format=yuvj420p" -c:v libx264 -crf 5 full.mp4
convert full.mp4 full.mjpeg --quality 95 && alike 38 full.mp4 full.mjpeg bt601
film -f lavfi -i color=red:size=64x64:rate=10:duration=1 red.gif
convert red.gif red.mjpeg
[[ $(ffmpeg -v error -nostdin -i red.mjpeg -frames:v 1 -vf "scale=1:1:in_range=full:in_color_matrix=bt601,format=rgb24" \
  -f rawvideo - | od -An -tu1 | awk '{print ($1 > 245 && $2 < 8 && $3 < 8)}') == 1 ]] || kin_fail "red is not red"

echo "frames by time"
film "${test2[@]}" -c:v ffv1 -r 24 -t 2 film.mkv
for rate in 24 12 48 30 23.976 7; do convert film.mkv "at$rate.lab" --fps $rate --format lab; done
facts at24.lab lab 48 320 240 24/1
facts at12.lab lab 24 320 240 12/1 && same_frames at24.lab at12.lab "2 * i"
facts at48.lab lab 96 320 240 48/1 && same_frames at24.lab at48.lab "i // 2"
facts at30.lab lab 60 320 240 30/1 && same_frames at24.lab at30.lab "max(k for k in range(48) if round(k * 1.25 + 0.01) <= i)"
facts at23.976.lab lab 48 320 240 24000/1001 && same_frames at24.lab at23.976.lab i
facts at7.lab lab 14 320 240 7/1
convert film.mkv piece.lab --format lab --start 500ms --duration 1s
facts piece.lab lab 24 320 240 24/1 && same_frames at24.lab piece.lab "12 + i"
film -i film.mkv -vf "select='not(between(n,10,29))'" -fps_mode passthrough -c:v ffv1 gap.mkv
convert gap.mkv gap.lab --fps 24 --format lab
facts gap.lab lab 48 320 240 24/1 && same_frames at24.lab gap.lab "9 if 9 <= i < 30 else i"
# Of what a browser records, libavformat knows only that its clock counts milliseconds.
film -f lavfi -i "testsrc2=size=320x240:rate=1000:duration=2" \
  -vf "select='not(mod(n,33+mod(floor(n/100),2)))'" -fps_mode vfr -c:v libvpx -deadline realtime -cpu-used 8 browser.webm
[[ $(ffprobe -v error -show_entries stream=r_frame_rate -of csv=p=0 browser.webm) == 1000/1 ]] || kin_fail "it has a rate"
convert browser.webm browser.mjpeg && facts browser.mjpeg raw 60 320 240 30/1
# shellcheck disable=SC2002 # a pipe it must be
cat browser.webm | "$prep" convert - piped.mjpeg || kin_fail "a film without a rate from a pipe"
cmp piped.mjpeg browser.mjpeg || kin_fail "a pipe makes another reel"
# shellcheck disable=SC2002
cat browser.webm | "$prep" convert - piped.mjpeg --start 1s || kin_fail "the second half from a pipe"
facts piped.mjpeg raw 30 320 240 30/1
film -f lavfi -i testsrc2=size=64x64:rate=1/7200:duration=28800 -c:v ffv1 slow.mkv
convert slow.mkv slow.mjpeg && facts slow.mjpeg raw 8 64 64 1/3600
status 1 "$prep" convert film.mkv late.mjpeg --start 1min && one_line && says "ends before --start"
absent late.mjpeg

echo "Motion-JPEG is copied"
convert mjpeg.avi copy.lab --format lab && one_line && says "copied"
facts copy.lab lab 50 320 240 25/1
film -i mjpeg.avi -c copy -f mjpeg direct.mjpeg
convert direct.mjpeg stated.lab --fps 25 --format lab && facts stated.lab lab 50 320 240 25/1
same_frames stated.lab copy.lab i
convert copy.lab copy.avi && facts copy.avi avi 50 320 240 25/1
convert copy.avi again.lab --format lab && cmp copy.lab again.lab
convert copy.lab half.lab --fps 12.5 --format lab && facts half.lab lab 25 320 240 25/2
same_frames copy.lab half.lab "2 * i"
convert copy.lab coded.lab --quality 20 --format lab && silent && facts coded.lab lab 50 320 240 25/1
[[ $(stat -c %s coded.lab) -lt $(($(stat -c %s copy.lab) / 2)) ]] || kin_fail "--quality 20 is as large"
convert copy.lab small.avi --size 80x- && facts small.avi avi 50 80 60 25/1
film -i mjpeg.avi -c copy mjpeg.mov
convert mjpeg.mov mov.lab --format lab && facts mov.lab lab 50 320 240 25/1 && same_frames copy.lab mov.lab i
film -i mjpeg.mov -c copy -metadata:s:v rotate=90 turned.mov # to be turned, it must be coded again
convert turned.mov turned.mjpeg --quality 95 && silent && facts turned.mjpeg raw 50 240 320 25/1
convert turned.mov turned.mjpeg && silent && facts turned.mjpeg raw 50 240 320 25/1
film -i mjpeg.mov -c copy -aspect 8:3 wide.mov
convert wide.mov wide.mjpeg && silent && facts wide.mjpeg raw 50 640 240 25/1
"$prep" pattern whole.mjpeg --size 320x240 --frames 10
head -c -500 whole.mjpeg >cut.mjpeg
convert cut.mjpeg cut.lab --format lab && says "is cut off: its last frame" && facts cut.lab lab 9 320 240 25/1
{ cat whole.mjpeg && echo junk && cat whole.mjpeg; } >junk.mjpeg
convert junk.mjpeg junk.avi && says "5 bytes between its frames were left out" && facts junk.avi avi 20 320 240 25/1
mkdir stills
film -i mjpeg.avi -frames:v 12 -c:v copy -f image2 stills/%d.jpg
convert stills stills.avi --fps 5 && facts stills.avi avi 12 320 240 5/1

echo "played through"
kin_daemon_start reels
for reel in h264.mp4.mjpeg h264.lab h264.avi gif.avi odd.lab; do
  "$KIN_BIN/kinora" probe --json "$KIN_URL$reel" >report 2>err || kin_fail "probe of $reel: $(cat report err)"
  frames=$("$prep" info --json "reels/$reel" | sed -n 's/.*"frames":\([0-9]*\).*/\1/p')
  grep -q "\"expected\":$frames,\"complete\":$frames,\"partial\":0,\"lost\":0" report || kin_fail "$reel: $(cat report)"
done
kin_daemon_stop

echo "what cannot be done"
echo "no picture" >text.mp4
: >empty.mp4
head -c 20000 h264.mp4 >headless.mp4 # the index was at the end
film -f lavfi -i sine=duration=1 sound.wav
mkdir folder
for bad in text.mp4 empty.mp4 headless.mp4 sound.wav missing.mp4 folder /dev/null nothing://x; do
  status 1 "$prep" convert "$bad" bad.mjpeg && one_line && says "kinora-prep: $bad: "
  absent bad.mjpeg
done
status 1 "$prep" convert missing.mp4 bad.mjpeg && says "No such file"
status 1 "$prep" convert sound.wav bad.mjpeg && says "no video"
head -c $(($(stat -c %s ffv1.mkv) / 2)) ffv1.mkv >cut.mkv
convert cut.mkv cut.mjpeg
frames=$("$prep" info --json cut.mjpeg | sed -n 's/.*"frames":\([0-9]*\).*/\1/p')
[[ $frames -gt 10 && $frames -lt 40 ]] || kin_fail "a film cut in half has $frames frames of 50"
python3 - <<'EOF'
data = bytearray(open("h264.mp4", "rb").read())
for at in range(3000, 30000, 97):
    data[at] ^= 0x55
open("damaged.mp4", "wb").write(data)
EOF
convert damaged.mp4 damaged.mjpeg && one_line && says "is damaged"
film -f lavfi -i "testsrc2=size=1920x1080:rate=25:duration=1,noise=alls=60" -c:v libx264 -preset ultrafast -crf 5 big.mp4
echo keep >kept.lab
status 1 "$prep" convert big.mp4 kept.lab --format lab && one_line && says "99999" && says "--quality" && says "--format raw"
[[ $(cat kept.lab) == keep && ! -e kept.lab.part ]] || kin_fail "a failed run destroyed the file that was there"
says "(at --quality "
quality=$(sed -n 's/.*(at --quality \([0-9]*\) this frame fits;.*/\1/p' err)
status 1 "$prep" convert big.mp4 kept.lab --format lab --quality $((quality + 1)) --duration 40ms
convert big.mp4 fits.lab --format lab --quality "$quality" --duration 40ms
convert big.mp4 fits.lab --format lab --fit && one_line && says "25 frames were lowered in quality to fit the lab format"
facts fits.lab lab 25 1920 1080 25/1
[[ $(stat -c %s fits.lab) -gt $((25 * 60000)) ]] || kin_fail "--fit lowers the quality more than it must"
cp still001.png "100%d of:them.png"
convert "100%d of:them.png" one.mjpeg && facts one.mjpeg raw 1 320 240 25/1
film -i h264.mp4 -c:v mpeg2video -flags +ilme+ildct -b:v 4M woven.mpg
convert woven.mpg woven.mjpeg && one_line && says "woven.mpg is interlaced"
film -i h264.mp4 -frames:v 5 -c:v libx265 -x265-params log-level=none -pix_fmt yuv420p10le -color_primaries bt2020 \
  -color_trc smpte2084 -colorspace bt2020nc hdr.mp4
convert hdr.mp4 hdr.mjpeg && one_line && says "hdr.mp4 is HDR"
status 1 "$prep" convert h264.mp4 no/such/folder.mjpeg && one_line && says "No such file or directory"
status 1 "$prep" convert h264.mp4 /dev/full && one_line && says "No space left on device"
status 1 "$prep" convert h264.mp4 - --format avi && one_line && says "--format raw"
film -f lavfi -i "color=size=16000x64:duration=0.1" -c:v ffv1 long.mkv
status 1 "$prep" convert long.mkv long.mjpeg && one_line && says "--size"
absent long.mjpeg

echo "stopped"
film -f lavfi -i "testsrc2=size=1920x1080:rate=25:duration=20" -c:v libx264 -preset ultrafast -threads 2 endless.mp4
for signal in TERM HUP; do
  "$prep" convert endless.mp4 stopped.mjpeg 2>err </dev/null &
  pid=$!
  kin_wait 20 test -s stopped.mjpeg.part || kin_fail "it does not write stopped.mjpeg.part: $(cat err)"
  kill -$signal $pid
  got=0
  wait $pid 2>/dev/null || got=$?
  [[ $got -eq $((128 + $(kill -l $signal))) && ! -s err ]] || kin_fail "SIG$signal: exit status $got: $(cat err)"
  absent stopped.mjpeg
done
# A shell without job control starts its background jobs with SIGINT ignored, so ^C comes from timeout.
status 124 timeout --signal=INT --kill-after=10 1 "$prep" convert endless.mp4 stopped.mjpeg
silent
absent stopped.mjpeg
mkfifo never
sleep 60 >never &
sleeper=$!
status 124 timeout --signal=INT --kill-after=10 1 "$prep" convert never stopped.mjpeg
kill $sleeper
silent
absent stopped.mjpeg

echo "progress"
if command -v script >/dev/null; then
  script -qec "stty columns 80; '$prep' convert endless.mp4 shown.mjpeg --duration 2s" typescript >shown </dev/null
  grep -q "shown.mjpeg \[#*\.*\] .* %  ETA " shown || kin_fail "no bar on a terminal: $(cat -v shown)"
fi
echo "ok"
