// Decides what a server must do so that a standard player can receive a reel over RTP (RFC 2435).
#include "messages.h"
#include "report.h"

#define RFC2435_MAX_SIDE 2040 // sizes travel as one byte of 8-pixel blocks (RFC 2435 section 3.1.5)

static bool above_rfc2435(const struct report *r)
{
    return r->reel->width > RFC2435_MAX_SIDE || r->reel->height > RFC2435_MAX_SIDE;
}

struct verdict report_verdict(const struct report *r)
{
    struct verdict v = {.streamable = r->incompatibilities == 0, .action = kin_jpeg_conversion_str(r->conversion)};
    v.loss = kin_jpeg_loss_str(r->refusal != NULL ? KIN_JPEG_LOSS_REFUSED : kin_jpeg_conversion_loss(r->conversion));
    kin_jpeg_incompatibilities_str(r->incompatibilities, v.reason, sizeof v.reason);
    if (above_rfc2435(r)) {
        v.size_reason = MSG_SIZE_REASON;
        v.size_action = MSG_SIZE_ACTION;
    }
    return v;
}
