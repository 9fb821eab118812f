// Inside of the QuickTime and MP4 reader: what is known of a track, shared by reader_mov.c (boxes), mov_codec.c (sample
// descriptions), mov_samples.c (sample tables) and mov_fragment.c (movie fragments). ISO/IEC 14496-12.
#ifndef KIN_MEDIA_MOV_H
#define KIN_MEDIA_MOV_H

#include "media/reader.h"
#include "media/window.h"

#define KIN_MOV_STSD_BYTES 4096u // of a sample description that are looked at

// A table in the file: entries from `at` on.
struct kin_mov_table {
    uint64_t at;
    uint32_t count;
};

struct kin_mov_track {
    uint32_t id;
    uint32_t timescale; // ticks a second; 0 = not seen, or not said
    bool is_video;      // hdlr
    bool is_mjpeg;
    uint8_t codec[4];                // of a video track, for the reason
    struct kin_mov_table stts, stsc; // pairs (count, delta); triples (first chunk, samples, description)
    struct kin_mov_table stsz, stco; // sizes; chunk offsets
    uint32_t sample_size;            // of all samples when not 0
    bool wide_offsets;               // co64: 64-bit offsets
    struct kin_mov_table prefix;     // jpgC: the bytes of a JPEG with the tables of all samples (ISO/IEC 23008-12 H.2)
};

// The body of an stsd box, which stands at `at`: fills codec, is_mjpeg and prefix.
void kin_mov_parse_stsd(struct kin_mov_track *t, struct kin_span body, uint64_t at);

// A time in 90 kHz; 0, which says nothing, where there is no timescale.
uint64_t kin_mov_ts(uint64_t time, uint32_t timescale);

// Adds every sample of the tables; *ret_time is when the last one ends, in timescale. KIN_OK or what the builder says;
// KIN_EBAD with a reason when tables contradict.
int kin_mov_add_samples(struct kin_source *source, struct kin_reel_builder *b, const struct kin_mov_track *t,
                        uint64_t *ret_time);

// Movie fragments (section 8.8): defaults of the movie, then of the fragment at hand.
struct kin_mov_fragments {
    uint32_t track_id, timescale; // of our track
    uint32_t trex_duration, trex_size;
    uint64_t moof_at;   // offset of the moof box
    uint64_t base;      // where this fragment's data begins
    uint64_t next_data; // behind the run before
    uint64_t time;      // decode time of the next sample, in timescale
    uint32_t duration, size;
    bool ours;             // this fragment is of our track
    uint32_t outside;      // samples beyond the end of the file, since the last one within it
    uint64_t outside_time; // when they begin
};
void kin_mov_parse_trex(struct kin_mov_fragments *f, struct kin_span body);
void kin_mov_parse_tfhd(struct kin_mov_fragments *f, struct kin_span body);
void kin_mov_parse_tfdt(struct kin_mov_fragments *f, struct kin_span body);
// A trun box whose body lies at [at, end). As kin_mov_add_samples.
int kin_mov_add_run(struct kin_mov_fragments *f, struct kin_window *w, struct kin_reel_builder *b, uint64_t at,
                    uint64_t end);

#endif
