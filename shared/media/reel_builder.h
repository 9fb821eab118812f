// The index of a reel while a reader walks the file. For reel*.c, stills.c and index_file.c; readers use reader.h.
#ifndef KIN_MEDIA_REEL_BUILDER_H
#define KIN_MEDIA_REEL_BUILDER_H

#include "media/reader.h"

struct kin_reel_builder {
    const struct kin_reel_options *options; // borrowed, not NULL
    uint64_t total;                         // bytes of the file, for progress
    uint64_t done;                          // bytes reported so far
    uint64_t walked;                        // likewise, of the walk
    uint64_t begin;                         // offset after the partial frame at the file's beginning; 0: none
    struct kin_reel_frame *frames;          // owned; ts is a time if `timed`, else a place
    uint32_t count, capacity;
    uint32_t places; // in time: frames, frames left out, and repetitions
    uint32_t left_out, first_left_out, records;
    uint32_t placed, shift; // frames compared with the container's index; hidden places found before the next one
    bool too_long;          // a frame was left out because of its length; `why` has the reason
    struct kin_jpeg_table_set *initial; // owned; tables of the container, NULL when it has none
    uint64_t junk_bytes, frame_bytes;
    uint32_t junk_runs, largest;
    bool truncated;
    bool timed;                       // frames came by _add_at
    uint32_t first_place, last_place; // of the first and the last frame, when timed
    uint64_t end_ts;                  // 0 = unknown
    uint32_t rate_num, rate_den;      // stated by the container; 0 when not
    char why[KIN_MEDIA_WHY_MAX];      // "" until a reason is set
};

// KIN_OK, or KIN_EINVAL when the options' rate is out of range. options may be NULL.
int kin_reel_builder_init(struct kin_reel_builder *b, const struct kin_reel_options *options, uint64_t total);

// Makes the reel from what was collected, unless err says that collecting failed. On either failure why (may be NULL)
// gets the reason. format is static text. Takes its own reference to source; always empties the builder.
int kin_reel_from_builder(struct kin_source *source, const char *format, int err, struct kin_reel_builder *b,
                          struct kin_reel **ret, char why[KIN_MEDIA_WHY_MAX]);

void kin_reel_builder_deinit(struct kin_reel_builder *b);

// Finds which tables are in force for which frames, unless a sample of frames shows that each defines its own. KIN_OK,
// KIN_ENOMEM, KIN_EIO, KIN_ELIMIT, KIN_ECANCELED.
int kin_reel_find_tables(struct kin_reel *reel, struct kin_reel_builder *b);
// The tables in force for frame i; NULL when it defines its own.
const struct kin_jpeg_table_set *kin_reel_tables_at(const struct kin_reel *reel, uint32_t i);

// Restores a reel from saved facts (index_file.c). On success adopts their frames and tables and references their
// source. Reads the first frame for what is not saved. KIN_OK; KIN_ECHANGED when that is no longer a JPEG; KIN_ENOMEM;
// KIN_EIO.
int kin_reel_restore(const struct kin_reel *facts, struct kin_reel **ret);

// Discards times that are implausible, because they would show more than KIN_RATE_MAX_FPS frames per second (usually
// all are equal). The frames then have places, as if added by _add_chunk.
void kin_reel_builder_drop_false_times(struct kin_reel_builder *b);

// Moves the frames out, in an array of exact size that the caller frees. NULL when there are none.
struct kin_reel_frame *kin_reel_builder_take(struct kin_reel_builder *b);

#endif
