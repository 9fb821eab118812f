// Cuts a scan with restart markers into packets that can be decoded one by one (RFC 2435 section 3.1.7): each begins
// with an interval, with the marker in front of it, and ends with one. An interval longer than a packet has several of
// its own. What the body has before the scan belongs to the first interval.
#include <stdlib.h>

#include "base/err.h"
#include "engine/rtp/rtp_plan_internal.h"
#include "jpeg/markers.h"
#include "proto/rtp_jpeg.h"

#define COST 4 // packets are not cut so where that takes more than a quarter more of them

struct cutting {
    const struct plan_shape *shape;
    struct plan_chunk *chunks;
    unsigned count, max;
    uint32_t from;     // of the packet at hand
    uint32_t interval; // with which it begins
};

static size_t room(const struct cutting *c)
{
    return c->count == 0 ? c->shape->first_body : c->shape->rest_body;
}

static bool put(struct cutting *c, uint32_t to, uint16_t flags)
{
    if (c->count == c->max)
        return false;
    c->chunks[c->count++] = (struct plan_chunk){c->from, (uint16_t)(flags | c->interval)};
    c->from = to;
    return true;
}

// An interval of its own packets, if it is longer than one.
static bool put_long(struct cutting *c, uint32_t to)
{
    uint16_t first = KIN_RTP_JPEG_CHUNK_FIRST;
    while (to - c->from > room(c)) {
        if (!put(c, c->from + (uint32_t)room(c), first))
            return false;
        first = 0;
    }
    return put(c, to, first | KIN_RTP_JPEG_CHUNK_LAST);
}

// The interval [at, to) goes into the packet at hand, or that one is complete before it.
static bool add_interval(struct cutting *c, uint32_t number, uint32_t at, uint32_t to)
{
    if (to - c->from <= room(c))
        return true;
    if (at > c->from && !put(c, at, KIN_RTP_JPEG_CHUNK_FIRST | KIN_RTP_JPEG_CHUNK_LAST))
        return false;
    c->interval = number;
    if (to - c->from <= room(c))
        return true;
    if (!put_long(c, to))
        return false;
    c->interval = number + 1;
    return true;
}

// Where the next restart marker is, or n.
static size_t find_restart(const uint8_t *p, size_t at, size_t n)
{
    while (at < n) {
        at += kin_span_find(kin_span_make(p + at, n - at), 0xff);
        if (at + 1 < n && (p[at + 1] & 0xf8) == KIN_JPEG_RST0)
            return at;
        at = at + 1 < n && p[at + 1] == 0xff ? at + 1 : at + 2;
    }
    return n;
}

// All intervals of the scan. False: they are too many, not as many as there should be, or not numbered so.
static bool cut(struct cutting *c, const struct plan_intervals *intervals)
{
    struct kin_span scan = intervals->scan;
    uint32_t number = 0, at = 0, body = (uint32_t)c->shape->body;
    size_t from = 0;
    bool last = false;
    for (; !last && number < intervals->count; number++) {
        size_t next = find_restart(scan.p, from, scan.n);
        last = next == scan.n;
        if (!last && (scan.p[next + 1] & 7) != (number & 7))
            return false;
        uint32_t to = last ? body : (uint32_t)(intervals->scan_at + next);
        if (!add_interval(c, number, at, to))
            return false;
        at = to;
        from = next + 2;
    }
    bool complete = last && number == intervals->count;
    return complete && (c->from >= body || put(c, body, KIN_RTP_JPEG_CHUNK_FIRST | KIN_RTP_JPEG_CHUNK_LAST));
}

int plan_chunks(const struct plan_shape *shape, const struct plan_intervals *intervals, struct plan_chunk **ret,
                unsigned *ret_count)
{
    unsigned least = plan_packets_for(shape);
    struct cutting c = {.shape = shape, .max = least + (least < COST ? 1 : least / COST)};
    *ret = NULL;
    *ret_count = 0;
    if (intervals->count < 2 || intervals->count >= KIN_RTP_JPEG_CHUNK_COUNT || shape->body > UINT32_MAX)
        return KIN_OK;
    c.chunks = calloc(c.max, sizeof *c.chunks);
    if (c.chunks == NULL)
        return KIN_ENOMEM;
    if (!cut(&c, intervals)) {
        free(c.chunks);
        return KIN_OK;
    }
    *ret = c.chunks;
    *ret_count = c.count;
    return KIN_OK;
}
