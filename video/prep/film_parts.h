// What the files of a film share: film.c decodes, film_open.c opens.
#ifndef PREP_FILM_PARTS_H
#define PREP_FILM_PARTS_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include "cadence.h"
#include "film.h"

#define FILM_MAX_PIXELS (16384 * 8192)
#define FILM_MAX_TIME CADENCE_MAX_TIME // what is beyond is no time

struct film {
    struct film_facts facts;
    AVFormatContext *format; // NULL: packets come from the reel
    struct kin_reel *reel;
    uint32_t next; // frame of the reel
    int stream;    // of the format
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    int64_t duration; // ticks, 0 = unknown
    int64_t time;     // of the last frame
    bool timed;       // there was one
    bool ended;       // the decoder has been told that nothing follows
    uint64_t damaged;
};

// An error of libav's as one of ours, with a sentence.
int film_refuse(int averror, char why[FILM_WHY_MAX]);

#endif
