// What the parts of film.h share: film_open.c opens, film_rate.c finds the frame rate, film.c decodes.
#ifndef PREP_FILM_PARTS_H
#define PREP_FILM_PARTS_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "cadence.h"
#include "film.h"

#define FILM_MAX_PIXELS (16384 * 8192)
#define FILM_MAX_TIME CADENCE_MAX_TIME // ticks; times beyond are invalid

#define FILM_AHEAD_PACKETS 128

struct film {
    struct film_facts facts;
    AVFormatContext *format; // owned; NULL: packets come from the reel
    struct kin_reel *reel;
    uint32_t next;                       // index of the next frame in the reel
    int stream;                          // index of the video stream in format
    AVPacket *ahead[FILM_AHEAD_PACKETS]; // owned; packets read in advance to measure the rate
    unsigned ahead_next, ahead_count;
    bool measured; // the rate was measured: libavformat's rate and its lengths of frames are wrong
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    int64_t duration; // ticks, 0 = unknown
    int64_t time;     // of the last frame
    bool timed;       // there was a frame, so `time` is valid
    bool ended;       // the decoder has been sent the end of the stream
    uint64_t damaged;
    bool interlaced, hdr; // true of some frame so far
};

// Reads the next packet of our stream from the container: 0 or an AVERROR.
int film_read_packet(struct film *f, AVPacket *packet);

// The orientation by the container.
struct turn film_stream_turn(const AVStream *s);

// Sets facts.rate_*, if need be by reading packets ahead. KIN_OK, KIN_ENOMEM or KIN_ECANCELED.
int film_find_rate(struct film *f);
void film_drop_ahead(struct film *f);

// Maps an AVERROR to one of our errors, with the reason in `why`.
int film_error(int averror, char why[FILM_WHY_MAX]);

#endif
