// What fuzz targets of an RTSP client have in common: replies written from a record of a script.
#ifndef FUZZ_RTSP_SCRIPT_H
#define FUZZ_RTSP_SCRIPT_H

#include "base/wr.h"

// "200 OK LF more" as a reply to the request of this CSeq; empty when there is no room. Valid until the next call.
static inline struct kin_span rtsp_script_reply(struct kin_span text, uint32_t cseq)
{
    static uint8_t room[8192];
    size_t line = kin_span_find(text, '\n');
    struct kin_wr w = kin_wr_init(room, sizeof room);
    kin_wr_fmt(&w, "RTSP/1.0 %.*s\r\nCSeq: %u\r\n", KIN_SPAN_ARG(kin_span_trim(kin_span_first(text, line))), cseq);
    kin_wr_put(&w, kin_span_skip(text, line + 1));
    if (kin_span_find_str(kin_wr_span(&w), "\r\n\r\n") == w.len)
        kin_wr_str(&w, "\r\n");
    return w.bad ? kin_span_make(NULL, 0) : kin_wr_span(&w);
}

#endif
