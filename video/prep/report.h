// The facts about one reel, gathered by reading the headers of every frame.
#ifndef PREP_REPORT_H
#define PREP_REPORT_H

#include "jpeg/conversion.h"
#include "media/reel.h"

enum report_huffman { HUFFMAN_STANDARD, HUFFMAN_OPTIMIZED, HUFFMAN_NONE, HUFFMAN_COUNT };

struct report {
    const char *path;                    // borrowed
    struct kin_reel *reel;               // owned
    uint64_t bytes;                      // of the file
    uint32_t broken;                     // frames whose headers cannot be read
    uint32_t first_broken;               // index of the first of them
    uint32_t resized;                    // frames of another size than the first
    uint32_t incompatible;               // frames that RFC 2435 cannot express
    uint32_t first_incompatible;         // index of the first of them
    uint32_t incompatibilities;          // of all frames together: bits as from kin_jpeg_incompatibilities()
    enum kin_jpeg_conversion conversion; // the most drastic one that a frame needs
    uint32_t measured;                   // frames converted as a trial: a few, spread over the reel
    double conversion_ms;                // CPU time for all measured frames
    uint64_t bytes_before, bytes_after;
    uint32_t first_refused; // index of the first frame that cannot be converted
    const char *refusal;    // why, static text; NULL when there is none
    uint32_t huffman[HUFFMAN_COUNT];
    const char *sampling; // of the first frame, static text
    bool progressive;     // the first frame
};

#define REPORT_WHY_MAX 200

// Opens and indexes the reel and inspects every frame. progress as in kin_reel_options, may be NULL. KIN_OK, and *ret
// must be freed; or an error with its reason in `why`.
int report_make(const char *path, bool (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
                struct report *ret, char why[REPORT_WHY_MAX]);
void report_free(struct report *r); // accepts a zeroed one

// "standard", "optimized", "none" (no tables in the file: the standard ones are implied) or "mixed".
const char *report_huffman_str(const struct report *r);

double report_conversion_ms(const struct report *r);  // per frame; requires measured > 0
double report_core_percent(const struct report *r);   // of one core, to convert at the frame rate; measured > 0
double report_growth_percent(const struct report *r); // of the length of frames; measured > 0

double report_fps(const struct report *r);
double report_seconds(const struct report *r);
double report_bits_per_second(const struct report *r);

// Whether a standard player can get the reel over RTP as it is; if not, why, what a server must do, and what is lost.
struct verdict {
    bool streamable;
    char reason[KIN_JPEG_INCOMPATIBILITIES_MAX];
    const char *action;                    // static texts
    const char *loss;                      // "none", "lossless", "converted", "refused"
    const char *size_reason, *size_action; // the same for pictures that are too large for RFC 2435; else NULL
};
struct verdict report_verdict(const struct report *r);

#endif
