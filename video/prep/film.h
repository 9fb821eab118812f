// A film of any kind, decoded frame by frame. libavformat reads it, or our own readers where it is a reel of
// Motion-JPEG: they also know the lab format, the comment with the rate, and directories of stills. libavcodec decodes.
#ifndef PREP_FILM_H
#define PREP_FILM_H

#include "media/reel.h"
#include "turn.h"

struct AVFrame;
struct film;

#define FILM_WHY_MAX 512

struct film_facts {
    struct kin_reel *reel;       // borrowed; not NULL where the film is a reel whose frames can be copied
    int64_t tick_num, tick_den;  // seconds in a tick, the unit of time here
    int64_t start;               // ticks: the time at which the film begins
    uint32_t rate_num, rate_den; // frames per second, nominal: the times of the frames decide
    bool jumps;                  // the container allows discontinuous timestamps
    int64_t length;              // ticks: duration by the container; INT64_MAX where it states none
};

// Opens a file, a directory of stills, "-" (standard input), or a URL if no file has that name. rate_num/rate_den (or
// 0) is for reels that state no rate. KIN_OK, or an error and its reason in `why`, without the name of the film;
// KIN_ECANCELED when a signal asked to stop.
int film_open(const char *path, uint32_t rate_num, uint32_t rate_den, struct film **ret, char why[FILM_WHY_MAX]);
void film_close(struct film *f); // accepts NULL

const struct film_facts *film_facts(const struct film *f);

// Seeks to the last point before `time` (ticks) where decoding can begin. A film that cannot seek stays at its
// beginning.
void film_seek(struct film *f, int64_t time);

struct film_frame {
    struct AVFrame *picture;
    int64_t time, length;            // ticks; length is a guess where the film states none
    uint32_t width, height;          // of the coded picture
    uint32_t aspect_num, aspect_den; // of a pixel, width to height; 0 = unknown
    struct turn turn;                // turns the picture upright
};

// The next frame; its picture is borrowed until the next call. Returns 1, 0 at the end, KIN_EIO (with the reason in
// `why`), KIN_ENOMEM or KIN_ECANCELED. Frames that cannot be decoded are left out.
int film_next(struct film *f, struct film_frame *ret, char why[FILM_WHY_MAX]);

bool film_interlaced(const struct film *f);  // some frame so far consists of two fields
bool film_hdr(const struct film *f);         // some frame so far has the transfer function of PQ or HLG
uint64_t film_damaged(const struct film *f); // frames so far that were left out, or decoded only in part

// Progress in ticks or bytes, whichever is known; *ret_total is 0 when neither is.
void film_progress(const struct film *f, uint64_t *ret_done, uint64_t *ret_total);

#endif
