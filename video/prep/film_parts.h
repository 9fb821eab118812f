// What the files of a film share: film.c decodes, film_open.c opens, film_rate.c finds out how fast it is.
#ifndef PREP_FILM_PARTS_H
#define PREP_FILM_PARTS_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "cadence.h"
#include "film.h"

#define FILM_MAX_PIXELS (16384 * 8192)
#define FILM_MAX_TIME CADENCE_MAX_TIME // what is beyond is no time

#define FILM_AHEAD_PACKETS 128

struct film {
    struct film_facts facts;
    AVFormatContext *format; // NULL: packets come from the reel
    struct kin_reel *reel;
    uint32_t next;                       // frame of the reel
    int stream;                          // of the format
    AVPacket *ahead[FILM_AHEAD_PACKETS]; // read already, for the rate; owned
    unsigned ahead_next, ahead_count;
    bool measured; // the rate: what libavformat thinks of it, and of the lengths of frames, is wrong
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    int64_t duration; // ticks, 0 = unknown
    int64_t time;     // of the last frame
    bool timed;       // there was one
    bool ended;       // the decoder has been told that nothing follows
    uint64_t damaged;
    bool interlaced, hdr; // a frame was
};

// The next packet of the stream from the container itself: 0 or an error of libav's.
int film_read_packet(struct film *f, AVPacket *packet);

// What the container says about standing upright.
struct turn film_stream_turn(const AVStream *s);

// Fills facts.rate_*, if need be by reading ahead. KIN_OK, KIN_ENOMEM or KIN_ECANCELED.
int film_find_rate(struct film *f);
void film_drop_ahead(struct film *f);

// An error of libav's as one of ours, with a sentence.
int film_error(int averror, char why[FILM_WHY_MAX]);

#endif
