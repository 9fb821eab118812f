// What a container format must be able to do. One table of readers; probing goes by content.
#ifndef KIN_MEDIA_READER_H
#define KIN_MEDIA_READER_H

#include "media/reel.h"

#define KIN_READER_PROBE_BYTES 4096

// Collects frames while a reader walks the file; grows within KIN_REEL_MAX_FRAMES.
struct kin_reel_builder;

// One frame. KIN_OK, KIN_ENOMEM, KIN_ELIMIT (too many frames, or longer than KIN_FRAME_MAX_BYTES; why is then set).
int kin_reel_builder_add(struct kin_reel_builder *b, uint64_t offset, uint64_t length);
void kin_reel_builder_junk(struct kin_reel_builder *b, uint64_t bytes); // one run of skipped bytes
void kin_reel_builder_truncated(struct kin_reel_builder *b);
uint32_t kin_reel_builder_count(const struct kin_reel_builder *b);        // frames so far
int kin_reel_builder_progress(struct kin_reel_builder *b, uint64_t done); // KIN_OK or KIN_ECANCELED

// Says why indexing fails, in a sentence for people. Frames are counted from 1 there.
void kin_reel_builder_why(struct kin_reel_builder *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct kin_reader {
    const char *name;
    // 0..100: how sure, given the first bytes of the file (up to KIN_READER_PROBE_BYTES). Pure.
    int (*probe)(struct kin_span head);
    // Walks the whole file and adds every complete frame.
    int (*index)(struct kin_source *source, struct kin_reel_builder *b);
};

extern const struct kin_reader kin_reader_lab;
extern const struct kin_reader kin_reader_raw;
extern const struct kin_reader *const kin_readers[]; // NULL-terminated

#endif
