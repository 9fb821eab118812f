// A reel: the index of a Motion-JPEG file (offset, length, time of every frame). Immutable once opened, refcounted,
// shared by all viewers. Opening and reading block: never on a loop.
//
// Every format guarantees about its frames:
// - A broken frame (no bytes, too few, not a JPEG, beyond the end of the file) is left out, wherever it is; the reel
//   continues after it. It is not in the index if indexing finds it; else kin_reel_read() returns KIN_EBAD, and whoever
//   plays the reel continues with the next frame.
// - It keeps its place in time: the frames after it keep their times, and the one before it is shown longer.
// - It is counted: `left_out` and `first_left_out`, which the daemon logs once with the reel's name.
// - What decoders accept is played: bytes before SOI or between the segments of a header, a second SOI, and tables that
//   only an earlier frame or the container defines, are repaired when a frame is read (jpeg/mend.h).
// - KIN_ECHANGED is different: the file is no longer the one that was indexed.
#ifndef KIN_MEDIA_REEL_H
#define KIN_MEDIA_REEL_H

#include "base/buf.h"
#include "base/time.h"
#include "jpeg/compat.h"
#include "jpeg/markers.h"
#include "jpeg/table_set.h"
#include "media/source.h"

#define KIN_REEL_MAX_FRAMES 4000000u              // 44 h at 25 frames/s: 96 MB of index
#define KIN_FRAME_MAX_BYTES (16u * 1024u * 1024u) // longest JPEG that is indexed

#define KIN_REEL_MAX_TS (UINT64_C(1) << 52) // 90 kHz: 1600 years

// Limits the bytes read to build an index, whatever the file claims. KIN_ELIMIT beyond.
#define KIN_REEL_READS_PER_BYTE 3u
#define KIN_REEL_READS_FREE (16u * 1024u * 1024u) // a window for each of several tables, even in a short file

#define KIN_REEL_TABLE_RUNS_MAX 64u // times that the tables in force change; see kin_reel_tables

#define KIN_REEL_FRAME_CHUNK 1u // a container's chunk: bytes after the JPEG are dropped on reading

struct kin_reel_frame {
    uint64_t offset; // of the SOI in the file
    uint64_t ts;     // 90 kHz, from the start of the reel
    uint32_t length; // bytes of the JPEG
    uint32_t flags;  // KIN_REEL_FRAME_...
};

// Tables in force, from frame `from` on, for frames that do not define their own (T.81 annex B.5).
struct kin_reel_tables {
    uint32_t from;
    struct kin_jpeg_table_set set;
};

struct kin_reel {
    struct kin_ref refs;
    uint64_t id; // unique among all reels of this process, past ones included
    struct kin_source *source;
    const char *format; // static text: "lab", "raw", "avi", "mov", "mkv", "multipart", "stills"
    struct kin_reel_frame *frames;
    uint32_t frame_count;        // >= 1
    uint32_t rate_num, rate_den; // frames per second = num/den; the mean if durations vary
    uint64_t duration_ts;        // 90 kHz: end of the last frame
    uint16_t width, height;      // of the first frame
    struct kin_jpeg_info first;  // of the first frame; its spans are not valid (cleared)
    enum kin_jpeg_compat compat; // of the first frame
    uint64_t junk_bytes;         // skipped between frames
    uint32_t junk_runs;
    uint32_t left_out;              // broken frames that are not in the index
    uint32_t first_left_out;        // the first of these, counted from 1 among all places in time; 0: none
    uint32_t records;               // lab format, if some records hold several JPEGs, each a frame; else 0
    struct kin_reel_tables *tables; // owned; `from` rises
    uint32_t table_count;           // 0 if each frame defines its own, as nearly always
    uint32_t largest_frame;         // bytes
    uint64_t frame_bytes;           // sum of lengths
    bool truncated;                 // the last frame was cut off and is not in the index
    bool rate_stated;               // rate_num/rate_den come from the file itself, not from the options
    bool uneven;                    // some frame lasts so long that its duration alone suggests a missing frame
    bool separate_files;            // each frame is a file of its own, so a change of one does not affect others
};

struct kin_reel_options {
    uint32_t rate_num, rate_den; // for files that state no rate of their own; 0 = 25/1
    // Called regularly with the bytes done and in total; returns false to cancel. May be NULL.
    bool (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
};

#define KIN_MEDIA_WHY_MAX 160

// Detects the format by content and builds the index. KIN_OK; KIN_EUNSUPPORTED: not a known format; KIN_EBAD: broken;
// KIN_EIO; KIN_ELIMIT: too many frames or one above KIN_FRAME_MAX_BYTES; KIN_EINVAL: options' rate out of range;
// KIN_ECANCELED; KIN_ENOMEM. why (may be NULL) gets the reason on failure. options may be NULL. Takes its own
// reference to source.
int kin_reel_open(struct kin_source *source, const struct kin_reel_options *options, struct kin_reel **ret,
                  char why[KIN_MEDIA_WHY_MAX]);

struct kin_reel *kin_reel_ref(struct kin_reel *reel);
void kin_reel_unref(struct kin_reel *reel); // accepts NULL

// Reads frame i into a new buffer: the file's own bytes from SOI on, repaired if necessary (see above). KIN_OK (caller
// owns *ret), KIN_ERANGE, KIN_ENOMEM, KIN_EIO; KIN_EBAD: there is no JPEG; KIN_ECHANGED: the file was written to or
// cut, and no longer has the frame.
int kin_reel_read(struct kin_reel *reel, uint32_t i, struct kin_buf **ret);

// The frame shown at media time ts (90 kHz): the last one with frames[i].ts <= ts; frame_count when ts >= duration.
uint32_t kin_reel_find(const struct kin_reel *reel, uint64_t ts);

// The name of the format if the file begins like a reel, else NULL. Reads KIN_READER_PROBE_BYTES; if no reader
// recognises them, little more than two frames.
const char *kin_reel_probe(struct kin_source *source);

// Time of frame i of a constant-rate reel, rounded to nearest: i * 90000 * den / num. Exact 64-bit arithmetic.
uint64_t kin_reel_frame_ts(uint32_t i, uint32_t rate_num, uint32_t rate_den);

#endif
