// What the parts of the JPEG assembler share: the frame that grows, what is ready, what persists between frames.
#ifndef KIN_ENGINE_JPEG_ASSEMBLER_INTERNAL_H
#define KIN_ENGINE_JPEG_ASSEMBLER_INTERNAL_H

#include "engine/jpeg_assembler.h"
#include "engine/jpeg_extension.h"
#include "engine/jpeg_size.h"
#include "jpeg/header.h"
#include "proto/rtp_jpeg.h"

#define ASSEMBLER_HEADER_MAX (KIN_JPEG_HEADER_MAX + JPEG_EXTENSION_SEGMENTS_MAX + JPEG_EXTENSION_SOF_MAX)
#define ASSEMBLER_EOI_BYTES 2
#define ASSEMBLER_QUANT_MAX 512 // four tables of 16-bit entries
#define SIZES_CHECKED 8

enum frame_state {
    FRAME_NONE,   // between frames
    FRAME_OPEN,   // all of it came so far
    FRAME_SPOILED // a part is missing or unusable, or (X-QT) its end has come: the rest is skipped
};

struct quant_tables {
    uint8_t precision;
    uint16_t n; // 0: none
    uint8_t bytes[ASSEMBLER_QUANT_MAX];
};

struct frame_in_progress {
    enum frame_state state;
    uint64_t ts, seq;
    kin_us first_at, last_at;
    uint32_t packets;
    struct kin_buf *buf; // kept from frame to frame until it is handed out
    size_t size, len;    // room in buf, bytes in use

    // RFC 2435
    bool has_header;
    uint8_t type; // without the restart bit
    uint8_t q;
    struct jpeg_size header, real;
    bool has_extension, size_is_guess, quant_missing;
    uint16_t restart_interval;
    size_t scan_at; // where the scan begins in buf; 0 while the headers are not written
    size_t sof_at;  // the height and width in the frame header
    size_t sos_at;
};

struct kin_jpeg_assembler {
    struct kin_jpeg_assembler_options options;
    enum kin_payload_format format;
    bool settled; // a frame came out, so the format is known
    bool joining; // nothing before that was sent to us: the rest of a frame is not counted as partial
    size_t max_bytes, last_bytes;
    struct frame_in_progress frame;
    struct quant_tables quant;   // in force, from this frame or an earlier one
    struct kin_buf *cached[256]; // by Q 128-254: precision, then the tables
    struct jpeg_extension extension;
    struct {
        struct jpeg_size header, real;
    } checked[SIZES_CHECKED]; // headers whose frames were counted, newest at checked_next - 1
    unsigned checked_next;
    unsigned check_failures;         // in a row
    bool search_whole_scan;          // the first restart marker that nobody told of lies far into the scan
    bool marks;                      // the sender sets the marker bit
    struct kin_jpeg_scanner scanner; // whole JPEGs
    bool describes;                  // X-QT: frames begin with a description
    struct kin_jpeg_frame ready[KIN_JPEG_READY_MAX];
    unsigned ready_count;
    uint32_t partial_before;
    uint64_t partial_ts; // of the newest of these
    bool new_source;
    enum kin_jpeg_trouble trouble; // why the frame at hand is given up
    uint32_t trouble_detail;
    struct kin_jpeg_assembler_stats stats;
};

// Remembers why the frame at hand cannot be used; returns err. It counts once the frame is given up.
int assembler_set_trouble(struct kin_jpeg_assembler *a, enum kin_jpeg_trouble trouble, uint32_t detail, int err);
void assembler_count_trouble(struct kin_jpeg_assembler *a);
// Do these look like the headers of a packet of RFC 2435, with data behind them?
bool assembler_is_rtp(struct kin_span payload, struct kin_rtp_jpeg *ret);
// No frame of any kind has begun yet: what is no rest of one is no JPEG, and counts as that.
void assembler_feed_unknown(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival);

// One feed function for each payload format.
void assembler_end_rtp(struct kin_jpeg_assembler *a);
int assembler_feed_rtp(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival);
int assembler_feed_xqt(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival);
int assembler_feed_whole(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival, struct kin_span data);

// The frame that grows.
// Packets come here in their order, which is not that of their arrival.
void frame_count_packet(struct frame_in_progress *f, const struct kin_rtp_arrival *arrival);
void frame_begin(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival);
// Room for n more bytes. KIN_OK, KIN_ENOMEM, KIN_ELIMIT.
int frame_reserve(struct kin_jpeg_assembler *a, size_t n);
int frame_append(struct kin_jpeg_assembler *a, struct kin_span bytes);
// The frame of this timestamp is lost and counted; its further packets are skipped.
void frame_spoil(struct kin_jpeg_assembler *a, uint64_t ts);
// The frame is complete: it goes to the ready ones.
void frame_finish(struct kin_jpeg_assembler *a, uint16_t width, uint16_t height);

// Once the scan is whole: the restart interval that was not told, the end marker, the size. KIN_OK, or KIN_EUNSUPPORTED
// when the size cannot be known, KIN_EBAD.
int frame_complete_rtp(struct kin_jpeg_assembler *a);

#endif
