// The index of a reel while a reader walks the file. Between reel.c and reel_builder.c; readers use reader.h.
#ifndef KIN_MEDIA_REEL_BUILDER_H
#define KIN_MEDIA_REEL_BUILDER_H

#include "media/reader.h"

struct kin_reel_builder {
    const struct kin_reel_options *options; // borrowed, not NULL
    uint64_t total;                         // bytes of the file, for progress
    uint64_t done;                          // of them, as reported
    uint64_t begin;                         // behind the rest of a frame with which the file begins; 0: none
    struct kin_reel_frame *frames;          // owned; ts is the time when timed, else the place
    uint32_t count, capacity;
    uint32_t places; // in time: frames, what is left out, and what shows a frame once more
    uint32_t left_out, first_left_out, records;
    uint32_t placed, shift; // frames that have been compared with the container's index; places hidden before the next
    bool too_long;          // a frame was left out because of its length; why says it
    struct kin_jpeg_table_set *initial; // owned; tables of the container, NULL when it has none
    uint64_t junk_bytes, frame_bytes;
    uint32_t junk_runs, largest;
    bool truncated;
    bool timed;                       // frames came by _add_at
    uint32_t first_place, last_place; // of the first and the last frame, when timed
    uint64_t end_ts;                  // 0 when nobody said
    uint32_t rate_num, rate_den;      // stated by the container; 0 when not
    char why[KIN_MEDIA_WHY_MAX];      // "" until somebody says why
};

// KIN_OK, or KIN_EINVAL when the options' rate is out of range. options may be NULL.
int kin_reel_builder_init(struct kin_reel_builder *b, const struct kin_reel_options *options, uint64_t total);

// Makes the reel of what was collected, unless err says that collecting failed; then, and on failure of its own, why
// (may be NULL) gets the sentence. format is static text. References source; always empties the builder.
int kin_reel_from_builder(struct kin_source *source, const char *format, int err, struct kin_reel_builder *b,
                          struct kin_reel **ret, char why[KIN_MEDIA_WHY_MAX]);

void kin_reel_builder_deinit(struct kin_reel_builder *b);

// Finds out which tables are in force for which frames, unless some frames show that each says its own. KIN_OK,
// KIN_ENOMEM, KIN_EIO, KIN_ELIMIT, KIN_ECANCELED.
int kin_reel_find_tables(struct kin_reel *reel, struct kin_reel_builder *b);
// The tables in force for frame i; NULL when it says its own.
const struct kin_jpeg_table_set *kin_reel_tables_at(const struct kin_reel *reel, uint32_t i);

// A reel from facts that were found before (index_file.c): its frames are adopted on success, its source is referenced,
// and the first frame is read for what is not among the facts. KIN_OK; KIN_ECHANGED when that is no JPEG any more;
// KIN_ENOMEM; KIN_EIO.
int kin_reel_restore(const struct kin_reel *facts, struct kin_reel **ret);

// Times by which more than KIN_RATE_MAX_FPS frames would be shown in a second, mostly all of them at one time, are
// none: the frames then have their places, as if they had come by _add_chunk.
void kin_reel_builder_drop_false_times(struct kin_reel_builder *b);

// Gives the frames away, cut to their number. NULL when there are none.
struct kin_reel_frame *kin_reel_builder_take(struct kin_reel_builder *b);

#endif
