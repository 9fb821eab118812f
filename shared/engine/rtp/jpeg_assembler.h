// Packets of one source, in order, become complete JPEG files: RFC 2435 with the ONVIF extension, X-QT, and the whole
// JPEGs of the lab dialect. Pure.
//
//     kin_jpeg_assembler_feed(a, &arrival);
//     while (kin_jpeg_assembler_event(a, &frame))
//         keep frame.jpeg or kin_buf_unref() it
//
// A lost packet costs its own frame and no other. Whatever arrives, each file that comes out begins with SOI, has
// consistent headers and ends with EOI; whether its entropy-coded data can be decoded is not checked.
#ifndef KIN_ENGINE_JPEG_ASSEMBLER_H
#define KIN_ENGINE_JPEG_ASSEMBLER_H

#include "base/buf.h"
#include "engine/rtp/rtp_receiver.h"
#include "jpeg/bands.h"
#include "proto/rtp_payload.h"

#define KIN_JPEG_FRAME_MAX_BYTES (16u * 1024 * 1024) // of scan data, or of a whole JPEG; headers come on top

struct kin_jpeg_assembler_options {
    // JPEG, XQT or WHOLE_FILE; or UNKNOWN: detected from the first frame, WHOLE_FILE when a payload begins with FF D8,
    // else JPEG. JPEG_SIZED and JPEG_ONVIF are not used here: JPEG reads the extension wherever there is one.
    enum kin_payload_format format;
    uint16_t width, height; // pixels, from a=x-dimensions or a=framesize of the SDP; 0 when unknown
    size_t max_bytes;       // of a frame; 0 or more than the limit = KIN_JPEG_FRAME_MAX_BYTES
    bool keeps_partial;     // for kin_jpeg_assembler_partial()
};

struct kin_jpeg_frame {
    struct kin_buf *jpeg;    // a JPEG file; the reference is the caller's
    uint16_t width, height;  // pixels
    uint64_t ts;             // RTP timestamp, extended (see struct kin_rtp_arrival)
    uint64_t seq;            // sequence number of its last packet, extended
    kin_us first_at;         // arrival of the packet that came first
    kin_us last_at;          // and of the one that came last
    uint32_t packets;        // number of its packets
    uint32_t partial_before; // frames spoiled by loss since the previous frame handed out
    bool new_source;         // the source began or jumped since the previous frame handed out
};

// A frame of which packets are missing, with gray where its bands are: it has restart markers.
struct kin_jpeg_partial {
    struct kin_jpeg_frame frame; // counts as partial; partial_before and new_source are not used
    struct kin_jpeg_gaps gaps;
};

// Why a frame that came could not be used. `detail` is the offending value in the packet.
enum kin_jpeg_trouble {
    KIN_JPEG_TROUBLE_OTHER,     // none of the following
    KIN_JPEG_TROUBLE_Q,         // Q `detail` is reserved (RFC 2435 section 4.2)
    KIN_JPEG_TROUBLE_TYPE,      // type `detail` is unknown (section 4.1)
    KIN_JPEG_TROUBLE_NO_TABLES, // the quantization tables for Q `detail` never came (section 3.1.8)
    KIN_JPEG_TROUBLE_TABLES,    // `detail` bytes of quantization tables are not one to four tables
    KIN_JPEG_TROUBLE_OFFSET,    // a fragment offset of `detail` where another was expected
    KIN_JPEG_TROUBLE_SHORT,     // the headers of a payload of `detail` bytes are cut off
    KIN_JPEG_TROUBLE_EMPTY,     // no scan data
    KIN_JPEG_TROUBLE_SIZE,      // neither packets nor description give the size of the picture
    KIN_JPEG_TROUBLE_TOO_LONG,  // longer than the limit of `detail` bytes
    KIN_JPEG_TROUBLE_NO_JPEG,   // payloads that begin with neither a JPEG file nor a header of RFC 2435
    KIN_JPEG_TROUBLE_COUNT
};

struct kin_jpeg_assembler_stats {
    uint64_t complete;      // frames handed out
    uint64_t partial;       // frames of which a part came and a part is missing or unusable
    uint32_t partial_since; // of these, after the last frame handed out
    struct {                // the newest frame after that of which a part came
        bool known;
        bool partial; // counted as partial; else it is still incomplete
        uint64_t ts;
    } newest;
    uint64_t bad_packets; // payloads that are malformed; they spoil their frame
    uint64_t unsupported; // frames of a type that is not supported (types 2-63, 128 and up; tables never sent)
    uint64_t bytes;       // of JPEG files handed out
    enum kin_payload_format format; // UNKNOWN until detected
    struct {
        uint64_t frames;
        uint32_t detail; // of the first
    } troubles[KIN_JPEG_TROUBLE_COUNT];
};

// The most frequent trouble; false when there was none.
bool kin_jpeg_assembler_trouble(const struct kin_jpeg_assembler_stats *stats, enum kin_jpeg_trouble *ret);

struct kin_jpeg_assembler;

// NULL when out of memory.
struct kin_jpeg_assembler *kin_jpeg_assembler_new(const struct kin_jpeg_assembler_options *options);
void kin_jpeg_assembler_free(struct kin_jpeg_assembler *a); // accepts NULL

// Adds a packet. KIN_OK, also when it spoils its frame (see the counters); KIN_ENOMEM: the frame is given up as partial
// and the next one starts afresh.
int kin_jpeg_assembler_feed(struct kin_jpeg_assembler *a, const struct kin_rtp_arrival *arrival);

// No more packets will come, and none is missing at the end: completes the last frame of a sender that never sets the
// marker bit.
void kin_jpeg_assembler_end(struct kin_jpeg_assembler *a);

// The next finished frame; false when there is none. At most KIN_JPEG_READY_MAX wait; beyond that the oldest is
// dropped.
#define KIN_JPEG_READY_MAX 4
bool kin_jpeg_assembler_event(struct kin_jpeg_assembler *a, struct kin_jpeg_frame *ret);

// With keeps_partial: what remains of the newest partial frame, once; false when there is nothing that can be shown.
// Take it after each packet: the next one replaces it.
bool kin_jpeg_assembler_partial(struct kin_jpeg_assembler *a, struct kin_jpeg_partial *ret);

// Drops an unfinished frame without counting it, and forgets the partial frames since the last complete one, but not
// the tables (seek, pause).
void kin_jpeg_assembler_reset(struct kin_jpeg_assembler *a);

void kin_jpeg_assembler_stats(const struct kin_jpeg_assembler *a, struct kin_jpeg_assembler_stats *ret);
void kin_jpeg_assembler_reset_counters(struct kin_jpeg_assembler *a);

#endif
