// What the files of the JPEG assembler share: the frame in progress, finished frames, state kept between frames.
#ifndef KIN_ENGINE_JPEG_ASSEMBLER_INTERNAL_H
#define KIN_ENGINE_JPEG_ASSEMBLER_INTERNAL_H

#include "engine/rtp/jpeg_assembler.h"
#include "engine/rtp/jpeg_extension.h"
#include "engine/rtp/jpeg_size.h"
#include "jpeg/header.h"
#include "proto/rtp_jpeg.h"

#define ASSEMBLER_HEADER_MAX (KIN_JPEG_HEADER_MAX + KIN_JPEG_TABLE_SET_BYTES + JPEG_EXTENSION_SOF_MAX)
#define ASSEMBLER_EOI_BYTES 2
#define ASSEMBLER_QUANT_MAX 512 // four tables of 16-bit entries
#define SIZES_CHECKED 8

enum frame_state {
    FRAME_NONE,   // between frames
    FRAME_OPEN,   // nothing is missing so far
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
    uint16_t chunk; // restart count of the newest packet (section 3.1.7)
};

// A frame of which packets are missing; none while there is no buffer.
struct frame_remains {
    struct kin_buf *buf;
    size_t size, len;
    struct kin_jpeg_torn torn;
    size_t passed;                // bytes of the scan up to the end of the newest packet, with those missing
    uint16_t chunk;               // of the newest packet
    struct kin_jpeg_frame packet; // without its JPEG
};

struct kin_jpeg_assembler {
    struct kin_jpeg_assembler_options options;
    enum kin_payload_format format;
    bool settled; // the format is given, or a frame came out in it
    bool joining; // the stream may have begun in the middle of a frame, whose rest does not count as partial
    size_t max_bytes, last_bytes;
    struct frame_in_progress frame;
    struct quant_tables quant;   // in force, from this frame or an earlier one
    struct kin_buf *cached[256]; // by Q 128-254: precision, then the tables
    struct jpeg_extension extension;
    struct {
        struct jpeg_size header, real;
    } checked[SIZES_CHECKED]; // headers whose MCUs were counted, newest at checked_next - 1
    unsigned checked_next;
    unsigned check_failures;         // in a row
    bool search_whole_scan;          // an undeclared RSTn was once found far into the scan: search all of it
    bool marks;                      // the sender sets the marker bit
    struct kin_jpeg_scanner scanner; // whole JPEGs
    bool describes;                  // X-QT: frames begin with a description
    struct kin_jpeg_frame ready[KIN_JPEG_READY_MAX];
    unsigned ready_count;
    uint32_t partial_before;
    uint64_t partial_ts; // of the newest of these
    struct frame_remains remains;
    struct kin_jpeg_partial partial; // to be taken, if it has a JPEG
    size_t payload_max;              // longest payload of this source, without its header
    bool ended_interval;             // X-QT: the newest packet is known to end with a restart interval
    uint32_t interval;               // X-QT: with which it, or one before it in its frame, began
    bool new_source;
    enum kin_jpeg_trouble trouble; // why the frame at hand is given up
    uint32_t trouble_detail;
    struct kin_jpeg_assembler_stats stats;
};

// Sets why the current frame cannot be used; returns err. assembler_count_trouble() counts it when the frame is given
// up.
int assembler_set_trouble(struct kin_jpeg_assembler *a, enum kin_jpeg_trouble trouble, uint32_t detail, int err);
void assembler_count_trouble(struct kin_jpeg_assembler *a);
// Does the payload look like headers of RFC 2435 with data after them?
bool assembler_is_rtp(struct kin_span payload, struct kin_rtp_jpeg *ret);
// For packets before the first frame begins: one that cannot be the rest of a frame counts as KIN_JPEG_TROUBLE_NO_JPEG.
void assembler_feed_unknown(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival);

// One feed function for each payload format.
void assembler_end_rtp(struct kin_jpeg_assembler *a);
int assembler_feed_rtp(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival);
int assembler_feed_xqt(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival);
int assembler_feed_whole(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival, struct kin_span data);

// The frame in progress.
// Counts a packet. Packets come here in sequence order, which need not be that of their arrival.
void assembler_count_packet(struct frame_in_progress *f, const struct kin_rtp_arrival *arrival);
void assembler_begin_frame(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival);
// Room for n more bytes. KIN_OK, KIN_ENOMEM, KIN_ELIMIT.
int assembler_reserve(struct kin_jpeg_assembler *a, size_t n);
int assembler_append(struct kin_jpeg_assembler *a, struct kin_span bytes);
// Counts the frame of this timestamp as partial; its further packets are skipped.
void assembler_spoil_frame(struct kin_jpeg_assembler *a, uint64_t ts);
// The frame is complete: queues it for kin_jpeg_assembler_event().
void assembler_finish_frame(struct kin_jpeg_assembler *a, uint16_t width, uint16_t height);

// With keeps_partial, before a packet is fed: an open frame that it shows to be torn is spoiled, and kept by.
void assembler_feed_remains(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival);
void assembler_drop_remains(struct kin_jpeg_assembler *a);

// Where the size in the header of the frame is a guess, puts in the one that was found for earlier frames with the same
// header. False when there is none.
bool assembler_use_known_size(struct kin_jpeg_assembler *a);

// When the scan is complete: adds an undeclared restart interval and the end marker, and finds the size. KIN_OK;
// KIN_EUNSUPPORTED when the size cannot be known; KIN_EBAD.
int assembler_complete_rtp(struct kin_jpeg_assembler *a);

#endif
