// What a container format must be able to do. One table of readers; probing goes by content.
#ifndef KIN_MEDIA_READER_H
#define KIN_MEDIA_READER_H

#include "media/reel.h"

#define KIN_READER_PROBE_BYTES 4096

// Collects frames while a reader walks the file; grows within KIN_REEL_MAX_FRAMES.
struct kin_reel_builder;

// One frame, in the next place in time. One that is longer than KIN_FRAME_MAX_BYTES is left out. KIN_OK, KIN_ENOMEM,
// KIN_ELIMIT (too many frames or places; why is then set).
int kin_reel_builder_add(struct kin_reel_builder *b, uint64_t offset, uint64_t length);
// The same of a container's chunk: bytes may stand before its JPEG and follow it (padding, a second field);
// kin_reel_read leaves them out.
int kin_reel_builder_add_chunk(struct kin_reel_builder *b, uint64_t offset, uint64_t length);

// One chunk of a container that has times of its own: ts in 90 kHz. Times rise: one that does not is put right behind
// the one before and what was left out since. All frames of a file have times of their own, or none has. As _add;
// KIN_EBAD for a time beyond KIN_REEL_MAX_TS.
int kin_reel_builder_add_at(struct kin_reel_builder *b, uint64_t offset, uint64_t length, uint64_t ts);
void kin_reel_builder_end(struct kin_reel_builder *b, uint64_t ts);                 // the last frame lasts until then
void kin_reel_builder_rate(struct kin_reel_builder *b, uint32_t num, uint32_t den); // stated; ignored when not valid

// A place whose frame is broken: `junk` bytes are skipped. KIN_OK, or KIN_ELIMIT (too many places; why is then set).
int kin_reel_builder_leave_out(struct kin_reel_builder *b, uint64_t junk);
// How many frames these bytes look like: one when a frame was as long before, else as many of the mean length; none
// when they are less than half of one, or no frame is known yet.
uint32_t kin_reel_builder_frames_in(const struct kin_reel_builder *b, uint64_t bytes);
// A place that shows the frame before it once more. As _leave_out.
int kin_reel_builder_repeat(struct kin_reel_builder *b);
// The container's own index says which place the chunk has that lies at [from, to). In the order of the file; the
// frames behind it move with it, and what lies between is left out. For frames that came by _add and _add_chunk.
void kin_reel_builder_place(struct kin_reel_builder *b, uint64_t from, uint64_t to, uint32_t place);
void kin_reel_builder_placed(struct kin_reel_builder *b, uint32_t places); // the index ends, after so many
// Several JPEGs of one record are frames of their own; `records` is how many there are so far.
void kin_reel_builder_records(struct kin_reel_builder *b, uint32_t records);
// Tables of the container for frames that have none: the JPEG, abbreviated, that defines them. KIN_OK or KIN_ENOMEM.
int kin_reel_builder_tables(struct kin_reel_builder *b, struct kin_span jpeg);

void kin_reel_builder_junk(struct kin_reel_builder *b, uint64_t bytes); // one run of skipped bytes
void kin_reel_builder_truncated(struct kin_reel_builder *b);
// The file begins in the middle of a frame, which is left out: the reel begins here. 0 when that is not so.
void kin_reel_builder_begin_at(struct kin_reel_builder *b, uint64_t offset);
uint64_t kin_reel_builder_begin(const struct kin_reel_builder *b);
void kin_reel_builder_restart(struct kin_reel_builder *b);         // forgets frames and damage: another reader tries
uint32_t kin_reel_builder_count(const struct kin_reel_builder *b); // frames so far
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
extern const struct kin_reader kin_reader_avi;
extern const struct kin_reader kin_reader_mov;
extern const struct kin_reader kin_reader_mkv;
extern const struct kin_reader kin_reader_multipart;
extern const struct kin_reader *const kin_readers[]; // NULL-terminated

// The last resort for a file whose beginning, `head`, no reader knows: does a capture begin in the middle of a frame?
// Two whole JPEGs of one size show that, of which the second stands right behind the first, or behind the head of its
// part, within the first 2 * KIN_FRAME_MAX_BYTES; kin_reel_builder_begin() is then the first of them. KIN_OK;
// KIN_EUNSUPPORTED: no; KIN_ENOMEM, KIN_EIO, KIN_ECANCELED.
int kin_raw_find_middle(struct kin_source *source, struct kin_span head, struct kin_reel_builder *b,
                        const struct kin_reader **ret);

#endif
