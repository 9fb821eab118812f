// One frame of a reel, ready to be sent: its bytes and how they are cut into packets. Immutable and refcounted.
#ifndef DAEMON_FRAME_H
#define DAEMON_FRAME_H

#ifdef __cplusplus
#include <atomic>
using std::atomic_bool;
#else
#include <stdatomic.h>
#endif

#include "engine/rtp_plan.h"
#include "frames/conversion_memory.h"
#include "frames/repair_store.h"
#include "media/reel.h"

// As what it is to be sent; the name is that of the log.
#define FRAME_FORM_LIST(X)                                                                                             \
    X(FRAME_RFC2435, "jpeg")     /* RFC 2435; the size is 0 above 2040 pixels, and in the SDP */                       \
    X(FRAME_SIZED, "jpeg+onvif") /* the same with the size in the ONVIF extension */                                   \
    X(FRAME_ONVIF, "onvif")      /* all headers of the original in the ONVIF extension */                              \
    X(FRAME_XQT, "xqt")          /* QuickTime's payload: the file */                                                   \
    X(FRAME_HALF, "half")        /* RFC 2435, half the size or as much less as fits into 2040 pixels */                \
    X(FRAME_LAB, "lab")          /* the file, as the lab's programs want it */
enum frame_form {
#define X(form, name) form,
    FRAME_FORM_LIST(X)
#undef X
        FRAME_FORM_COUNT
};

struct frame_want {
    struct kin_reel *reel;
    uint32_t index;
    enum frame_form form;
    size_t packet_bytes; // longest RTP packet, header included: [rtp] payload_size; LAB: that of a whole frame
};

struct frame {
    struct kin_ref refs;
    int error; // KIN_OK; KIN_EUNSUPPORTED, KIN_EBAD (no JPEG, or a damaged one), KIN_EIO, KIN_ECHANGED, KIN_ENOMEM,
               // KIN_EFILES
    enum kin_jpeg_fit fit; // what RFC 2435 has no words for in the file's own JPEG; without an error it was repaired
    const char *why;       // with KIN_EUNSUPPORTED or KIN_EBAD: static text that completes "it cannot be sent: ..."
    struct kin_rtp_plan *plan; // NULL with an error; holds the bytes
    bool is_new;               // these bytes were made from the file's just now, at a cost
};

#define FRAME_TOO_MUCH_MEMORY "converting it takes more memory than the server has for that"

struct frame_tools {
    struct repair_store *store;       // of what was rewritten before; NULL: there is none
    struct conversion_memory *memory; // for rewriting; NULL: as much as it takes
    const atomic_bool *canceled;      // ends a rewrite early; NULL: never
};

// Reads the frame and prepares it, unless it has to be rewritten: then its error is KIN_EAGAIN, and frame_convert()
// does it. What was rewritten before comes from the store. Both block: never on a loop. NULL when out of memory, else
// one reference.
struct frame *frame_read(const struct frame_want *want, const struct frame_tools *tools);
// Reads the frame and prepares it whatever that takes. Its error may be KIN_ECANCELED.
struct frame *frame_convert(const struct frame_want *want, const struct frame_tools *tools);
// Puts the bytes into the store if making them had a cost. Blocks. f may be NULL.
void frame_keep(const struct frame *f, const struct frame_want *want, struct repair_store *store);

const char *frame_form_name(enum frame_form form);

struct frame *frame_ref(struct frame *f);
void frame_unref(struct frame *f); // accepts NULL

size_t frame_memory(const struct frame *f); // bytes held

#endif
