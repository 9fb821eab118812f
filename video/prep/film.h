// A film of any kind, decoded frame by frame: by libavformat and libavcodec, and where it is a reel of Motion-JPEG by
// our own readers, which also know the lab format, the comment with the rate, and directories of stills.
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
    int64_t start;               // ticks: the time that the film begins at
    uint32_t rate_num, rate_den; // frames per second, more or less: their times are what counts
    bool jumps;                  // the container is one whose clock may jump
    int64_t length;              // ticks: how long the container says that it is; INT64_MAX where it does not
};

// Opens a file, a directory of stills, "-" (standard input), or a URL where no file has that name. rate_num/rate_den
// (or 0) is for reels that state no rate. KIN_OK, or an error and a sentence without the name; KIN_ECANCELED when a
// signal asked to stop.
int film_open(const char *path, uint32_t rate_num, uint32_t rate_den, struct film **ret, char why[FILM_WHY_MAX]);
void film_close(struct film *f); // accepts NULL

const struct film_facts *film_facts(const struct film *f);

// Goes to the last place before `time` (ticks) where decoding can begin; stays at the beginning where it cannot.
void film_seek(struct film *f, int64_t time);

struct film_frame {
    struct AVFrame *picture;
    int64_t time, length;            // ticks; length is a guess where the film does not say
    uint32_t width, height;          // of the coded picture
    uint32_t aspect_num, aspect_den; // of a pixel, width to height; 0 = unknown
    struct turn turn;                // what sets it upright
};

// The next frame, *ret->picture borrowed until the next call. 1; 0 at the end; KIN_EIO (why says what), KIN_ENOMEM,
// KIN_ECANCELED. What cannot be decoded is left out.
int film_next(struct film *f, struct film_frame *ret, char why[FILM_WHY_MAX]);

bool film_interlaced(const struct film *f);  // a frame so far consists of two fields
bool film_hdr(const struct film *f);         // a frame so far has the brightness of PQ or HLG
uint64_t film_damaged(const struct film *f); // frames so far that are left out, or not whole

// How far it is, in whatever unit is known; *ret_total is 0 when nothing is.
void film_progress(const struct film *f, uint64_t *ret_done, uint64_t *ret_total);

#endif
