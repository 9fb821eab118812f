// Writes a reel frame by frame, in any of the formats that kinora-prep writes. The file appears whole or not at all.
#ifndef PREP_WRITER_H
#define PREP_WRITER_H

#include "avi.h"
#include "media/output.h"

enum writer_format { WRITER_AUTO, WRITER_RAW, WRITER_LAB, WRITER_AVI, WRITER_FORMAT_COUNT };

// Their names as an option's choices.
extern const char *const writer_formats[];
#define WRITER_FORMAT_METAVAR "auto|raw|lab|avi"

#define WRITER_LAB_MAX_BYTES 99999u // of a frame: five digits

struct writer_facts {
    enum writer_format format;
    uint16_t width, height;
    uint32_t rate_num, rate_den; // within the limits of media/rate.h
};

struct writer {
    struct kin_output output;
    enum writer_format format; // never WRITER_AUTO
    uint64_t frames;
    struct avi avi;
    char why[KIN_OUTPUT_WHY_MAX]; // the reason after a failure, or empty
};

// Resolves WRITER_AUTO by the ending of the file's name.
enum writer_format writer_format_of(enum writer_format requested, const char *path);

// True when the container states the frame rate; else the first frame must (kin_rate_format_comment()).
bool writer_states_rate(enum writer_format format);

// All return KIN_OK or an error, mostly with a reason in w->why. After a failed _open nothing is left to free.
// Otherwise writer_commit() puts the file in its place, and writer_discard() (harmless after a commit) removes it.
int writer_open(struct writer *w, const char *path, const struct writer_facts *facts);
int writer_frame(struct writer *w, struct kin_span jpeg);
int writer_commit(struct writer *w);
void writer_discard(struct writer *w);

#endif
