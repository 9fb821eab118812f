// The interface of a container format, and of the builder to which it adds frames. Formats are detected by content.
#ifndef KIN_MEDIA_READER_H
#define KIN_MEDIA_READER_H

#include "media/reel.h"
#include "media/window.h"

#define KIN_READER_PROBE_BYTES 4096

// Collects the index while a reader walks the file. A "place" is a frame's place in time: each frame has one, and so do
// frames that are left out or shown again.
struct kin_reel_builder;

// Adds a frame in the next place. A frame longer than KIN_FRAME_MAX_BYTES is left out. KIN_OK, KIN_ENOMEM, KIN_ELIMIT
// (more than KIN_REEL_MAX_FRAMES, or too many places; with a reason).
int kin_reel_builder_add(struct kin_reel_builder *b, uint64_t offset, uint64_t length);
// The same for a container's chunk. Bytes around its JPEG (padding, a second field) are dropped by kin_reel_read().
int kin_reel_builder_add_chunk(struct kin_reel_builder *b, uint64_t offset, uint64_t length);

// A chunk of a container with timestamps: ts in 90 kHz. A time that does not rise is moved to just after the previous
// frame and whatever was left out since. Either all frames of a file are added with times, or none. As _add; KIN_EBAD
// for a time beyond KIN_REEL_MAX_TS.
int kin_reel_builder_add_at(struct kin_reel_builder *b, uint64_t offset, uint64_t length, uint64_t ts);
void kin_reel_builder_end(struct kin_reel_builder *b, uint64_t ts);                 // end of the last frame
void kin_reel_builder_rate(struct kin_reel_builder *b, uint32_t num, uint32_t den); // stated; ignored when not valid

// A place whose frame is broken: `junk` bytes are skipped. KIN_OK, or KIN_ELIMIT (too many places; with a reason).
int kin_reel_builder_leave_out(struct kin_reel_builder *b, uint64_t junk);
// Estimates how many frames these bytes held: one if some frame so far was as long, else by the mean length; 0 if they
// are less than half of that, or if no frame is known yet.
uint32_t kin_reel_builder_frames_in(const struct kin_reel_builder *b, uint64_t bytes);
// A place in which the previous frame is shown again. Errors as _leave_out.
int kin_reel_builder_repeat(struct kin_reel_builder *b);
// The container's index gives the chunk at [from, to) this place. Later frames move along, and the places before it
// that become free count as left out. To be called in the order of the file, after _add and _add_chunk.
void kin_reel_builder_place(struct kin_reel_builder *b, uint64_t from, uint64_t to, uint32_t place);
void kin_reel_builder_placed(struct kin_reel_builder *b, uint32_t places); // the index ends after this many places
// The number of records so far, where a record may hold several JPEGs, each of which is a frame.
void kin_reel_builder_records(struct kin_reel_builder *b, uint32_t records);
// The container's tables for frames without: `jpeg` is the abbreviated JPEG that defines them. KIN_OK or KIN_ENOMEM.
int kin_reel_builder_tables(struct kin_reel_builder *b, struct kin_span jpeg);

void kin_reel_builder_junk(struct kin_reel_builder *b, uint64_t bytes); // one run of skipped bytes
void kin_reel_builder_truncated(struct kin_reel_builder *b);
// The file begins in the middle of a frame, which is left out; the reel begins at `offset`. _begin() is that, or 0.
void kin_reel_builder_begin_at(struct kin_reel_builder *b, uint64_t offset);
uint64_t kin_reel_builder_begin(const struct kin_reel_builder *b);
void kin_reel_builder_restart(struct kin_reel_builder *b); // forgets frames and damage, so that another reader can try
uint32_t kin_reel_builder_count(const struct kin_reel_builder *b);        // frames so far
int kin_reel_builder_progress(struct kin_reel_builder *b, uint64_t done); // KIN_OK or KIN_ECANCELED
// The same for a walk that is at this offset: reports once per KIN_WINDOW_BYTES.
int kin_reel_builder_walked(struct kin_reel_builder *b, uint64_t at);

// Sets the reason why indexing fails, a sentence for people, in which frames are counted from 1.
void kin_reel_builder_why(struct kin_reel_builder *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct kin_reader {
    const char *name;
    // Confidence 0..100, given the first bytes of the file (up to KIN_READER_PROBE_BYTES). Pure.
    int (*probe)(struct kin_span head);
    // Walks the whole file, of which it is given a window, and adds every complete frame.
    int (*index)(struct kin_window *window, struct kin_reel_builder *b);
};

extern const struct kin_reader kin_reader_lab;
extern const struct kin_reader kin_reader_raw;
extern const struct kin_reader kin_reader_avi;
extern const struct kin_reader kin_reader_mov;
extern const struct kin_reader kin_reader_mkv;
extern const struct kin_reader kin_reader_multipart;
extern const struct kin_reader *const kin_readers[]; // NULL-terminated

// The last resort for a file whose beginning, `head`, no reader knows: finds a capture that begins in the middle of a
// frame. The evidence is two whole JPEGs of one size within the first 2 * KIN_FRAME_MAX_BYTES, the second directly
// behind the first or behind the head of its part; kin_reel_builder_begin() is then the offset of the first. KIN_OK;
// KIN_EUNSUPPORTED: there are none; KIN_ENOMEM, KIN_EIO, KIN_ECANCELED.
int kin_raw_find_middle(struct kin_source *source, struct kin_span head, struct kin_reel_builder *b,
                        const struct kin_reader **ret);

#endif
