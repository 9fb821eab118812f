// Internals of the QuickTime and MP4 reader (ISO/IEC 14496-12): what is known of a track. Shared by reader_mov.c
// (boxes), mov_codec.c (sample descriptions), mov_samples.c (sample tables) and mov_fragment.c (movie fragments).
#ifndef KIN_MEDIA_MOV_H
#define KIN_MEDIA_MOV_H

#include "media/reader.h"
#include "media/window.h"

#define KIN_MOV_STSD_BYTES 4096u // of a sample description that are read

// A table in the file, whose entries begin at offset `at`.
struct kin_mov_table {
    uint64_t at;
    uint32_t count;
};

struct kin_mov_track {
    uint32_t id;
    uint32_t timescale; // ticks per second; 0 = not seen, or not stated
    bool is_video;      // hdlr
    bool is_mjpeg;
    uint8_t codec[4];                // of a video track, for error messages
    struct kin_mov_table stts, stsc; // pairs (count, delta); triples (first chunk, samples, description)
    struct kin_mov_table stsz, stco; // sizes; chunk offsets
    uint32_t sample_size;            // of all samples when not 0
    bool wide_offsets;               // co64: 64-bit offsets
    struct kin_mov_table prefix; // jpgC: the beginning of a JPEG, with the tables of all samples (ISO/IEC 23008-12 H.2)
};

// Sets codec, is_mjpeg and prefix from the body of an stsd box, which is at offset `at`.
void kin_mov_parse_stsd(struct kin_mov_track *t, struct kin_span body, uint64_t at);

// A time in 90 kHz; 0 without a timescale.
uint64_t kin_mov_ts(uint64_t time, uint32_t timescale);

// Adds every sample of the tables; *ret_time is the end of the last one, in timescale. KIN_OK or an error of the
// builder; KIN_EBAD with a reason when the tables contradict each other.
int kin_mov_add_samples(struct kin_source *source, struct kin_reel_builder *b, const struct kin_mov_track *t,
                        uint64_t *ret_time);

// Movie fragments (section 8.8): the defaults of the movie, and the state of the current fragment.
struct kin_mov_fragments {
    uint32_t track_id, timescale; // of our track
    uint32_t trex_duration, trex_size;
    uint64_t moof_at;   // offset of the moof box
    uint64_t base;      // where this fragment's data begins
    uint64_t next_data; // end of the previous run's data
    uint64_t time;      // decode time of the next sample, in timescale
    uint32_t duration, size;
    bool ours;             // this fragment belongs to our track
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
