// One frame of a reel in memory: its bytes, and a plan of packets for each payload format that it is wanted in.
//
// The bytes are read and held once for all formats. Only a frame that RFC 2435 cannot express is held twice: as it is
// in the file, and converted; and each variant of it that viewers on bad networks get, for all of them. Refcounted;
// immutable but for its plans, which are made when they are first needed.
#ifndef DAEMON_FRAME_H
#define DAEMON_FRAME_H

#include "base/atomic.h"
#include "engine/rtp/rtp_plan.h"
#include "frames/conversion_memory.h"
#include "frames/converted_store.h"
#include "jpeg/vary.h"
#include "media/reel.h"
#include "proto/rtp_payload.h"

enum frame_content {
    FRAME_ORIGINAL,   // the file's own bytes
    FRAME_COMPATIBLE, // what RFC 2435 can express: the file's own bytes where possible, else converted
    FRAME_REDUCED,    // likewise, at half the size or as much less as fits into 2040 pixels
    FRAME_CONTENT_COUNT
};

struct frame_want {
    struct kin_reel *reel;
    uint32_t index;
    enum frame_content content;
    struct kin_jpeg_variant variant; // of that content
    enum kin_payload_format format;
    size_t packet_bytes; // longest RTP packet, header included. WHOLE_FILE: longest that may hold a whole frame
};

#define FRAME_PLANS_MAX 8 // of one frame: one for each format, and some while a reload changes the packets' length

// How a frame leaves in one payload format. Lives as long as its frame.
struct frame_plan {
    struct frame *frame;
    enum kin_payload_format format;
    size_t packet_bytes;          // effective, see frame_plan()
    int error;                    // the frame's, or why it cannot leave in this format: KIN_EUNSUPPORTED, KIN_EBAD
    const char *why;              // with KIN_EUNSUPPORTED or KIN_EBAD: completes "it cannot be sent: ..."; static text
    struct kin_rtp_plan *packets; // NULL with an error
    struct frame_plan *next;
};

struct frame {
    struct kin_ref refs;
    enum frame_content content; // ORIGINAL too when COMPATIBLE was wanted and no conversion was needed
    int error; // KIN_OK; KIN_EUNSUPPORTED, KIN_EBAD (no JPEG, or a damaged one), KIN_EIO, KIN_ECHANGED, KIN_ENOMEM,
               // KIN_EFILES, KIN_EAGAIN (it has to be converted), KIN_ECANCELED
    const char *why;             // see frame_plan.why
    enum kin_jpeg_compat compat; // of the file's own JPEG, also after a conversion
    struct kin_buf *jpeg;        // not to be used with an error; may be NULL then
    int walk_error;              // of kin_jpeg_walk(): KIN_OK and info; KIN_EBAD: only WHOLE_FILE takes such bytes
    struct kin_jpeg_info info;   // of `jpeg`
    bool was_read;               // from the reel's file just now
    bool was_converted;          // just now, at a cost
    struct frame_plan *plans;    // a list, at most FRAME_PLANS_MAX
};

struct frame_tools {
    struct converted_store *store;    // frames that were converted before; NULL: none
    struct conversion_memory *memory; // for conversions; NULL: no bound
    const atomic_bool *canceled;      // ends a conversion early; NULL: never
};

// Reads a frame: ORIGINAL from the reel's file, other contents from the store. If the store does not have it, the error
// is KIN_EAGAIN, and frame_convert() can make it. Both block: never on a loop. NULL when out of memory, else the
// caller's reference.
struct frame *frame_read(const struct frame_want *want, const struct frame_tools *tools);
// True for an original that has usable bytes and is not COMPATIBLE as it is. content: not ORIGINAL.
bool frame_can_be_converted(const struct frame *original, enum frame_content content);
// Makes a COMPATIBLE or REDUCED frame. original: one that can be converted to that; NULL: it is read, and returned as
// it is where it is COMPATIBLE already or its bytes are not usable. NULL when out of memory, else the caller's
// reference. Blocks.
struct frame *frame_convert(const struct frame_want *want, const struct frame_tools *tools, struct frame *original);
// Makes the wanted variant. plain: a frame of the wanted content as it is; NULL: it is read, or converted. The error is
// that of the plain frame, or why there is no variant of it; KIN_ENOMEM also where there is no room for the work just
// now, on which others have the first call. NULL when out of memory, else the caller's reference. Blocks.
struct frame *frame_vary(const struct frame_want *want, const struct frame_tools *tools, struct frame *plain);
// Puts the bytes into the store if they were converted just now. Blocks. f may be NULL.
void frame_keep(const struct frame *f, const struct frame_want *want, struct converted_store *store);

// The plan of the frame for the wanted format and packets, made now if it is not there: a few microseconds. WHOLE_FILE
// has two plans at most, since any packet_bytes leads to one packet or to chunks. KIN_OK; KIN_ENOMEM; KIN_ELIMIT: the
// frame has FRAME_PLANS_MAX others. *ret lives as long as the frame. Never on two threads at once.
int frame_plan(struct frame *f, const struct frame_want *want, const struct frame_plan **ret);

struct frame *frame_ref(struct frame *f);
void frame_unref(struct frame *f); // accepts NULL

size_t frame_memory(const struct frame *f); // bytes held, plans included

#endif
