// A world for simulations: the client's engines and the server's engines, joined by virtual links, in virtual time.
// No socket, no clock, no thread: hours pass in milliseconds, and every run is the same run.
//
//   client: rtsp_client, rtp_receiver, jpeg_assembler, playout      server: rtsp_server, rtp_sender, pacer, rtp_plan
//   control: two byte pipes in order, with delay                    media: datagrams with delay, jitter, loss, doubles
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdlib.h>

#include "base/err.h"
#include "base/seq.h"
#include "engine/jpeg_assembler.h"
#include "engine/pacer.h"
#include "engine/playout.h"
#include "engine/rtp_plan.h"
#include "engine/rtp_receiver.h"
#include "engine/rtp_sender.h"
#include "engine/rtsp_client.h"
#include "engine/rtsp_server.h"
#include "engine/stream_end.h"
#include "engine/timeline.h"
#include "media/source.h"
#include "unit.h"

#define SEC KIN_US_PER_S
#define MS KIN_US_PER_MS
#define PIPE_BYTES ((size_t)256 * 1024)
#define LINK_PACKETS 512
#define PACKET_BYTES 512
#define FRAME_TS 3750 // 24 frames/s
#define WORLD_START (1000 * SEC)
#define WORLD_FRAMES_MAX 65536
#define EARLY_MAX 8
#define REPORT_EVERY (5 * SEC)

struct pipe { // TCP, one direction
    uint8_t bytes[PIPE_BYTES];
    size_t len;     // on the way or waiting to be taken
    size_t arrived; // of these, at the far end
    struct {
        kin_us at;
        size_t end; // arrived reaches this at that time
    } marks[LINK_PACKETS];
    size_t mark_count;
};

struct link { // UDP, one direction
    struct {
        kin_us at;
        size_t n;
        bool rtcp;
        uint8_t bytes[PACKET_BYTES];
    } packets[LINK_PACKETS];
    size_t count;
    uint64_t sent, dropped, doubled;
};

struct weather { // of the media link; per mille
    kin_us delay, jitter;
    unsigned loss, duplicate;
    kin_us dark_from, dark_to; // everything is lost between
    bool reports_pass;         // but RTCP
};

struct world {
    kin_us now;
    uint32_t dice;
    struct weather weather;
    struct pipe up, down;
    struct link media, reports;
    // client
    struct kin_rtsp_client *client;
    struct kin_rtp_receiver *receiver;
    struct kin_jpeg_assembler *assembler;
    struct kin_playout *playout;
    bool client_tcp, auto_play, bye;
    bool ends; // the client does, as its session does, when the stream is over
    kin_us ended_at;
    bool cut;          // the connection is gone, and the client with it
    unsigned seen[32]; // client events by kind
    char text[KIN_RTSP_CLIENT_TEXT_MAX];
    unsigned complete, shown;
    uint32_t first_rtptime, last_ts;
    struct kin_timeline timeline;
    struct kin_stream_end stream_end;
    bool starting; // PLAY is on its way: what comes before its reply is placed afterwards
    bool jumped;   // it is no resumption: frames from before its start have no place
    struct kin_jpeg_frame early[EARLY_MAX];
    unsigned early_count;
    uint32_t end_partial;  // frames that came in part behind the last complete one, at the end
    uint64_t missing;      // frames, by the timeline
    uint64_t left_guessed, left_partial; // of the run that was left: missing by the clock, and in part
    unsigned misplaced;    // frames whose number by the timeline is not the server's
    unsigned out_of_order; // frames shown that are not later than the one before
    kin_us control_delay;
    // server
    struct kin_rtsp_server *server;
    struct kin_rtp_sender sender;
    struct kin_pacer pacer;
    struct kin_rtp_plan *plan;
    bool udp_refused, server_tcp, sending, server_closed;
    uint32_t frames, next, end; // of the reel; the next one to send; one past the last one
    uint32_t run_first;         // where the run began
    kin_us run_start;           // when frame 0 would have been sent
    unsigned next_packet, frames_sent, sessions_ended;
    uint64_t bytes_heard;               // RTCP from the client
    uint32_t sent_ts[WORLD_FRAMES_MAX]; // RTP times of the frames, as last sent
    kin_us stops_from, stops_to;        // the server does nothing between, and then leaves out what is late
    kin_us report_at;
    kin_us bye_after, bye_at; // behind the last packet
    uint64_t reports_sent;
};

// --- dice and links

static inline uint32_t roll(struct world *w)
{
    w->dice ^= w->dice << 13;
    w->dice ^= w->dice >> 17;
    w->dice ^= w->dice << 5;
    return w->dice;
}

static inline bool one_in_thousand(struct world *w, unsigned times)
{
    return roll(w) % 1000 < times;
}

static inline void pipe_write(struct pipe *p, kin_us at, struct kin_span bytes)
{
    if (bytes.n == 0 || p->len + bytes.n > PIPE_BYTES || p->mark_count == LINK_PACKETS)
        return;
    memcpy(p->bytes + p->len, bytes.p, bytes.n);
    p->len += bytes.n;
    p->marks[p->mark_count].at = at;
    p->marks[p->mark_count++].end = p->len;
}

static inline void pipe_advance(struct pipe *p, kin_us now)
{
    size_t done = 0;
    while (done < p->mark_count && p->marks[done].at <= now)
        p->arrived = p->marks[done++].end;
    p->mark_count -= done;
    memmove(p->marks, p->marks + done, p->mark_count * sizeof p->marks[0]);
}

static inline void pipe_consume(struct pipe *p, size_t n)
{
    memmove(p->bytes, p->bytes + n, p->len - n);
    p->len -= n;
    p->arrived -= n;
    for (size_t i = 0; i < p->mark_count; i++)
        p->marks[i].end -= n;
}

static inline kin_us pipe_deadline(const struct pipe *p)
{
    return p->mark_count > 0 ? p->marks[0].at : KIN_US_NEVER;
}

static inline void link_put(struct world *w, struct link *l, bool rtcp, struct kin_span bytes)
{
    if (l->count == LINK_PACKETS || bytes.n > PACKET_BYTES)
        return;
    kin_us spread = w->weather.jitter > 0 ? (kin_us)(roll(w) % (uint32_t)w->weather.jitter) : 0;
    l->packets[l->count].at = w->now + w->weather.delay + spread;
    l->packets[l->count].n = bytes.n;
    l->packets[l->count].rtcp = rtcp;
    memcpy(l->packets[l->count].bytes, bytes.p, bytes.n);
    l->count++;
}

static inline void link_write(struct world *w, struct link *l, bool rtcp, struct kin_span bytes)
{
    bool dark = w->now >= w->weather.dark_from && w->now < w->weather.dark_to && !(rtcp && w->weather.reports_pass);
    l->sent++;
    if (dark || (!rtcp && one_in_thousand(w, w->weather.loss))) {
        l->dropped += !rtcp;
        return;
    }
    link_put(w, l, rtcp, bytes);
    if (!rtcp && one_in_thousand(w, w->weather.duplicate)) {
        link_put(w, l, rtcp, bytes);
        l->doubled++;
    }
}

// The index of the packet that arrives next, or count.
static inline size_t link_next(const struct link *l)
{
    size_t best = l->count;
    for (size_t i = 0; i < l->count; i++)
        if (best == l->count || l->packets[i].at < l->packets[best].at)
            best = i;
    return best;
}

static inline kin_us link_deadline(const struct link *l)
{
    size_t i = link_next(l);
    return i < l->count ? l->packets[i].at : KIN_US_NEVER;
}

static inline void link_remove(struct link *l, size_t i)
{
    l->count--;
    memmove(&l->packets[i], &l->packets[i + 1], (l->count - i) * sizeof l->packets[0]);
}

// --- the client's shell

// Is the frame where the server has it?
static inline void client_place(struct world *w, const struct kin_jpeg_frame *jpeg)
{
    if (w->starting && w->early_count < EARLY_MAX) {
        w->early[w->early_count++] = *jpeg;
        return;
    }
    bool old = kin_timeline_is_before(&w->timeline, (uint32_t)jpeg->ts);
    if (old && w->jumped)
        return;
    if (!old)
        w->left_guessed = w->left_partial = 0;
    int64_t ts = kin_playout_extend(w->playout, (uint32_t)jpeg->ts);
    struct kin_timeline_step step = kin_timeline_frame(&w->timeline, jpeg->first_at, ts, old, jpeg->new_source);
    uint64_t number = kin_timeline_frames_in(&w->timeline, kin_timeline_media_us(&w->timeline, ts));
    w->missing += kin_timeline_lost(step.missing, jpeg->partial_before);
    w->misplaced += number >= WORLD_FRAMES_MAX || w->sent_ts[number] != (uint32_t)jpeg->ts;
}

static inline void client_started(struct world *w, const struct kin_rtsp_client_event *e)
{
    struct kin_timeline_start start = {
        .position = e->range.start, .has_rtptime = true, .rtptime = e->rtp_info.rtptime, .scale = 1000};
    struct kin_rtp_run run = {true, true, e->rtp_info.seq, e->rtp_info.rtptime};
    w->first_rtptime = e->rtp_info.rtptime;
    kin_timeline_start(&w->timeline, w->now, &start);
    kin_stream_end_start(&w->stream_end, w->now);
    kin_playout_set_interval(w->playout, kin_timeline_spacing_ts(&w->timeline));
    if (kin_rtp_receiver_start(w->receiver, w->now, &run)) {
        uint64_t sent = kin_timeline_sent_behind(&w->timeline, run.rtptime);
        w->missing += kin_timeline_lost(sent, w->left_partial) - w->left_guessed;
        w->left_guessed = w->left_partial = 0;
    }
    w->starting = w->bye = false;
    for (unsigned i = 0; i < w->early_count; i++)
        client_place(w, &w->early[i]);
    w->early_count = 0;
}

static inline void client_frames(struct world *w)
{
    struct kin_rtp_arrival arrival;
    struct kin_jpeg_frame jpeg;
    while (kin_rtp_receiver_event(w->receiver, w->now, &arrival)) {
        kin_jpeg_assembler_feed(w->assembler, &arrival);
        while (kin_jpeg_assembler_event(w->assembler, &jpeg)) {
            struct kin_playout_frame f = {.jpeg = jpeg.jpeg, .width = jpeg.width, .height = jpeg.height};
            client_place(w, &jpeg);
            kin_playout_push(w->playout, w->now, (uint32_t)jpeg.ts, &f);
            kin_buf_unref(jpeg.jpeg);
            w->complete++;
        }
    }
}

static inline void client_media(struct world *w, struct kin_span bytes, bool rtcp)
{
    struct kin_rtp_receiver_stats stats;
    if (w->ended_at > 0)
        return;
    if (!rtcp) {
        kin_rtsp_client_media(w->client, w->now);
        kin_stream_end_packet(&w->stream_end, w->now);
        kin_rtp_receiver_feed(w->receiver, w->now, bytes);
        client_frames(w);
        return;
    }
    kin_rtp_receiver_feed_rtcp(w->receiver, w->now, bytes);
    kin_rtp_receiver_stats(w->receiver, &stats);
    if (stats.bye && !w->bye)
        kin_stream_end_bye(&w->stream_end, w->now);
}

// The run is left: what was due and did not come is lost.
static inline void client_leave_run(struct world *w, bool jumps)
{
    struct kin_jpeg_assembler_stats stats;
    kin_rtp_receiver_flush(w->receiver);
    client_frames(w);
    w->starting = false;
    for (unsigned i = 0; i < w->early_count; i++)
        client_place(w, &w->early[i]);
    w->early_count = 0;
    w->starting = true; // what comes now is of the next run, or late
    w->jumped = jumps;
    kin_jpeg_assembler_stats(w->assembler, &stats);
    uint64_t missing = w->missing;
    if (!w->client_tcp && kin_stream_end_is_quiet(&w->stream_end, w->now))
        w->missing += kin_timeline_lost(kin_timeline_overdue(&w->timeline, w->now), stats.partial_since);
    w->left_guessed += w->missing - missing;
    w->left_partial += stats.partial_since;
    kin_jpeg_assembler_reset(w->assembler);
    kin_timeline_stop(&w->timeline);
    kin_stream_end_stop(&w->stream_end);
}

static inline struct kin_stream_place client_end_place(const struct world *w)
{
    return (struct kin_stream_place){
        .watched = true,
        .last_over = kin_timeline_last_over(&w->timeline),
        .interval = kin_us_from_ts(FRAME_TS),
        .ends_at = kin_timeline_ends_at(&w->timeline),
    };
}

// The reel is over: what is missing up to its end is lost. A client that ends looks at nothing that comes later.
static inline void client_check_end(struct world *w)
{
    struct kin_jpeg_assembler_stats stats;
    struct kin_stream_place place = client_end_place(w);
    bool over = w->ends ? kin_stream_end_check(&w->stream_end, w->now, &place) == KIN_STREAM_ENDED
                        : w->now >= w->stream_end.bye_at;
    if (w->ended_at > 0 || !over)
        return;
    w->ended_at = w->ends ? w->now : 0;
    kin_rtp_receiver_flush(w->receiver);
    client_frames(w);
    kin_jpeg_assembler_stats(w->assembler, &stats);
    w->end_partial = stats.partial_since;
    w->missing += kin_timeline_lost(kin_timeline_tail(&w->timeline), w->end_partial);
    kin_jpeg_assembler_reset(w->assembler);
    kin_rtp_receiver_restart(w->receiver);
    kin_timeline_stop(&w->timeline);
    kin_stream_end_stop(&w->stream_end);
    w->bye = w->starting = true;
    kin_rtsp_client_ended(w->client);
    kin_playout_end(w->playout, w->now);
}

static inline kin_us client_end_deadline(const struct world *w)
{
    struct kin_stream_place place = client_end_place(w);
    if (!w->ends)
        return w->stream_end.bye_at;
    return w->ended_at == 0 ? kin_stream_end_deadline(&w->stream_end, &place) : KIN_US_NEVER;
}

static inline void client_event(struct world *w, const struct kin_rtsp_client_event *e)
{
    struct kin_rtsp_range range = {.start_given = true};
    w->seen[e->kind]++;
    if (e->text != NULL)
        kin_span_copy(kin_span_str(e->text), w->text, sizeof w->text);
    if (e->kind == KIN_RTSP_CLIENT_CONNECT)
        kin_rtsp_client_connected(w->client, w->now);
    else if (e->kind == KIN_RTSP_CLIENT_DESCRIBED && w->auto_play)
        kin_rtsp_client_setup(w->client, w->now, 5000);
    else if (e->kind == KIN_RTSP_CLIENT_SET_UP && w->auto_play && w->seen[KIN_RTSP_CLIENT_STARTED] == 0) {
        w->starting = true;
        kin_rtsp_client_play(w->client, w->now, &range);
    }
    if (e->kind == KIN_RTSP_CLIENT_SET_UP)
        w->client_tcp = e->transport.lower == KIN_RTSP_LOWER_TCP;
    else if (e->kind == KIN_RTSP_CLIENT_STARTED)
        client_started(w, e);
    else if (e->kind == KIN_RTSP_CLIENT_JUMPING || e->kind == KIN_RTSP_CLIENT_STOPPED)
        client_leave_run(w, e->kind == KIN_RTSP_CLIENT_JUMPING);
    if (e->kind == KIN_RTSP_CLIENT_JUMPING)
        kin_playout_clear(w->playout);
    else if (e->kind == KIN_RTSP_CLIENT_BLOCK)
        client_media(w, e->bytes, e->channel == 1);
}

static inline void client_pump(struct world *w)
{
    struct kin_rtsp_client_event e;
    while (kin_rtsp_client_event(w->client, &e))
        client_event(w, &e);
    pipe_write(&w->up, w->now + w->control_delay, kin_rtsp_client_output(w->client));
}

static inline void client_show(struct world *w)
{
    const struct kin_playout_frame *f;
    while ((f = kin_playout_next(w->playout, w->now)) != NULL) {
        w->out_of_order += w->shown > 0 && kin_ts_diff((uint32_t)f->ts, w->last_ts) <= 0;
        w->last_ts = (uint32_t)f->ts;
        w->shown++;
    }
}

static inline void client_turn(struct world *w)
{
    uint8_t report[512];
    struct kin_wr wr = kin_wr_init(report, sizeof report);
    if (w->cut)
        return;
    kin_rtsp_client_tick(w->client, w->now);
    client_pump(w);
    while (w->down.arrived > 0) {
        ptrdiff_t n = kin_rtsp_client_feed(w->client, w->now, kin_span_make(w->down.bytes, w->down.arrived));
        client_pump(w);
        if (n <= 0)
            break;
        pipe_consume(&w->down, (size_t)n);
    }
    client_frames(w);
    client_check_end(w);
    if (kin_rtp_receiver_output(w->receiver, w->now, roll(w), &wr)) {
        if (w->client_tcp)
            kin_rtsp_client_send_block(w->client, 1, kin_wr_span(&wr));
        else
            link_write(w, &w->reports, true, kin_wr_span(&wr));
    }
    client_show(w);
    client_pump(w);
}

// --- the server's shell: one reel, one session

static inline void server_send(struct world *w, bool rtcp, struct kin_span bytes)
{
    uint8_t block[PACKET_BYTES + 4] = {'$', rtcp ? 1 : 0, (uint8_t)(bytes.n >> 8), (uint8_t)bytes.n};
    if (!w->server_tcp) {
        link_write(w, &w->media, rtcp, bytes);
    } else if (bytes.n <= PACKET_BYTES) {
        memcpy(block + 4, bytes.p, bytes.n);
        pipe_write(&w->down, w->now + w->control_delay, kin_span_make(block, bytes.n + 4));
    }
}

static inline void server_report(struct world *w, bool bye)
{
    uint8_t bytes[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr wr = kin_wr_init(bytes, sizeof bytes);
    if (bye)
        kin_rtp_sender_bye(&w->sender, w->now, w->now, "end", &wr);
    else
        kin_rtp_sender_report(&w->sender, w->now, w->now, &wr);
    w->report_at = w->now + REPORT_EVERY;
    w->reports_sent++;
    server_send(w, true, kin_wr_span(&wr));
}

static inline void server_begin_frame(struct world *w)
{
    uint64_t ts = (uint64_t)w->next * FRAME_TS;
    kin_rtp_sender_frame(&w->sender, (uint64_t)(w->next - w->run_first) * FRAME_TS, FRAME_TS, NULL);
    if (w->next < WORLD_FRAMES_MAX)
        w->sent_ts[w->next] = w->sender.frame_ts;
    kin_pacer_begin(&w->pacer, ts, FRAME_TS, kin_rtp_plan_count(w->plan));
    w->next_packet = 0;
}

static inline void server_packet(struct world *w)
{
    uint8_t bytes[PACKET_BYTES];
    struct kin_rtp_plan_packet p = kin_rtp_plan_packet(w->plan, w->next_packet++);
    kin_rtp_sender_packet(&w->sender, p.marker, kin_rtp_plan_packet_bytes(&p), bytes);
    struct kin_wr wr = kin_wr_init(bytes + KIN_RTP_HEADER_BYTES, sizeof bytes - KIN_RTP_HEADER_BYTES);
    kin_wr_put(&wr, p.head);
    kin_wr_put(&wr, p.body);
    kin_wr_put(&wr, p.tail);
    server_send(w, false, kin_span_make(bytes, KIN_RTP_HEADER_BYTES + wr.len));
    kin_pacer_sent(&w->pacer, 1, w->now);
}

static inline bool server_stopped(const struct world *w)
{
    return w->now >= w->stops_from && w->now < w->stops_to;
}

// After a stop, what is late by a whole frame is left out.
static inline void server_leave_out(struct world *w)
{
    while (w->stops_to > 0 && w->next + 1 < w->end &&
           w->run_start + kin_us_from_ts(((int64_t)w->next + 1) * FRAME_TS) <= w->now)
        w->next++;
}

static inline void server_pace(struct world *w)
{
    if (w->sending && w->frames_sent > 0 && w->now >= w->report_at)
        server_report(w, false);
    while (w->sending && kin_pacer_allowed(&w->pacer, w->now) > 0) {
        server_packet(w);
        if (!kin_pacer_done(&w->pacer))
            continue;
        if (w->frames_sent++ == 0)
            server_report(w, false);
        w->next++;
        server_leave_out(w);
        if (w->next < w->end) {
            server_begin_frame(w);
            continue;
        }
        w->sending = false;
        kin_rtsp_server_ended(w->server, 0);
        w->bye_at = w->now + w->bye_after;
    }
    if (w->bye_at > 0 && w->now >= w->bye_at) {
        server_report(w, true);
        w->bye_at = 0;
    }
}

static inline void server_play(struct world *w, const struct kin_rtsp_server_event *e)
{
    if (e->has_range && e->range.start_given)
        w->next = (uint32_t)((kin_ts_from_us(e->range.start) + FRAME_TS - 1) / FRAME_TS);
    if (w->next >= w->frames) {
        kin_rtsp_server_reply_error(w->server, w->now, 457, NULL);
        return;
    }
    w->end = w->frames;
    kin_us start = w->now - kin_us_from_ts((int64_t)w->next * FRAME_TS);
    struct kin_rtsp_server_play play = {
        .start = kin_us_from_ts((int64_t)w->next * FRAME_TS),
        .end = kin_us_from_ts((int64_t)w->end * FRAME_TS),
        .seq = w->sender.seq,
        .rtptime = kin_rtp_sender_next_ts(&w->sender),
    };
    w->run_first = w->next;
    w->run_start = start;
    kin_rtp_sender_run(&w->sender, w->now, 1000);
    kin_pacer_init(&w->pacer, start, 70);
    w->sending = true;
    server_begin_frame(w);
    kin_rtsp_server_reply_play(w->server, w->now, &play);
}

static inline void server_setup(struct world *w, const struct kin_rtsp_server_event *e)
{
    struct kin_rtsp_server_setup setup = {.server_port = {6000, 6001}, .ssrc = w->sender.ssrc};
    if (w->udp_refused && e->transport.lower == KIN_RTSP_SERVER_UDP) {
        kin_rtsp_server_reply_error(w->server, w->now, 461, NULL);
        return;
    }
    for (size_t i = 0; i < sizeof setup.random; i++)
        setup.random[i] = (uint8_t)roll(w);
    w->server_tcp = e->transport.lower == KIN_RTSP_SERVER_TCP;
    kin_rtsp_server_reply_setup(w->server, w->now, &setup);
}

static inline void server_event(struct world *w, const struct kin_rtsp_server_event *e)
{
    struct kin_sdp_out sdp = {.name = kin_span_str("reel"),
                              .address = kin_span_str("127.0.0.1"),
                              .duration = kin_us_from_ts((int64_t)w->frames * FRAME_TS),
                              .rate_milli = 24000};
    switch (e->kind) {
    case KIN_RTSP_SERVER_DESCRIBE:
        kin_rtsp_server_reply_describe(w->server, w->now, &sdp);
        break;
    case KIN_RTSP_SERVER_SETUP:
        server_setup(w, e);
        break;
    case KIN_RTSP_SERVER_PLAY:
        server_play(w, e);
        break;
    case KIN_RTSP_SERVER_PAUSE:
        w->sending = false;
        kin_rtp_sender_reach(&w->sender, (uint64_t)(w->next - w->run_first) * FRAME_TS);
        kin_rtsp_server_reply_pause(w->server, w->now, kin_us_from_ts((int64_t)w->next * FRAME_TS), false);
        break;
    case KIN_RTSP_SERVER_TEARDOWN: // also when it timed out
        w->sending = false;
        w->next = 0;
        w->sessions_ended++;
        break;
    case KIN_RTSP_SERVER_INTERLEAVED:
        w->bytes_heard += e->data.n;
        kin_rtsp_server_heard(w->server, e->session, w->now);
        break;
    case KIN_RTSP_SERVER_CLOSE:
        w->server_closed = true;
        break;
    }
}

static inline void server_pump(struct world *w)
{
    struct kin_rtsp_server_event e;
    while (kin_rtsp_server_event(w->server, &e))
        server_event(w, &e);
    struct kin_span out = kin_rtsp_server_output(w->server);
    pipe_write(&w->down, w->now + w->control_delay, out);
    kin_rtsp_server_sent(w->server, out.n);
}

// A closed connection's machine is needed as long as sessions over UDP live on.
static inline bool server_over(const struct world *w)
{
    return w->server_closed && kin_rtsp_server_sessions(w->server) == 0;
}

static inline void server_turn(struct world *w)
{
    struct kin_span in = kin_span_make(w->up.bytes, w->up.arrived);
    if (server_over(w) || server_stopped(w))
        return;
    pipe_consume(&w->up, kin_rtsp_server_tick(w->server, w->now, in));
    server_pump(w);
    for (size_t n = 1; n > 0 && w->up.arrived > 0;) {
        n = kin_rtsp_server_feed(w->server, w->now, kin_span_make(w->up.bytes, w->up.arrived));
        server_pump(w);
        pipe_consume(&w->up, n);
    }
    server_pace(w);
    server_pump(w);
}

// --- the world

static inline void deliver(struct world *w)
{
    pipe_advance(&w->up, w->now);
    pipe_advance(&w->down, w->now);
    while (link_deadline(&w->media) <= w->now) {
        size_t i = link_next(&w->media);
        if (!w->client_tcp)
            client_media(w, kin_span_make(w->media.packets[i].bytes, w->media.packets[i].n), w->media.packets[i].rtcp);
        link_remove(&w->media, i);
    }
    while (link_deadline(&w->reports) <= w->now) {
        size_t i = link_next(&w->reports);
        w->bytes_heard += w->reports.packets[i].n;
        kin_rtsp_server_heard(w->server, 0, w->now);
        link_remove(&w->reports, i);
    }
}

static inline kin_us world_deadline(const struct world *w)
{
    kin_us at = kin_us_min(pipe_deadline(&w->up), pipe_deadline(&w->down));
    at = kin_us_min(at, kin_us_min(link_deadline(&w->media), link_deadline(&w->reports)));
    at = kin_us_min(at, server_over(w) || server_stopped(w) ? KIN_US_NEVER : kin_rtsp_server_deadline(w->server));
    at = kin_us_min(at, w->cut ? KIN_US_NEVER : kin_rtsp_client_deadline(w->client));
    if (!w->cut)
        at = kin_us_min(at, client_end_deadline(w));
    if (!w->cut)
        at = kin_us_min(at, kin_us_min(kin_rtp_receiver_deadline(w->receiver), kin_playout_deadline(w->playout)));
    if (server_stopped(w))
        return kin_us_min(at, w->stops_to);
    at = w->bye_at > 0 ? kin_us_min(at, w->bye_at) : at;
    return w->sending ? kin_us_min(at, kin_pacer_deadline(&w->pacer)) : at;
}

// Lets `span` of virtual time pass.
static inline void world_run(struct world *w, kin_us span)
{
    kin_us end = w->now + span;
    for (;;) {
        deliver(w);
        server_turn(w);
        client_turn(w);
        kin_us at = kin_us_max(world_deadline(w), w->now + 1); // something always moves
        if (at > end)
            break;
        w->now = at;
    }
    w->now = end;
}

// The connection ends for both sides, and what was on its way is lost.
static inline void world_cut(struct world *w)
{
    w->up.len = w->up.arrived = w->up.mark_count = 0;
    w->down.len = w->down.arrived = w->down.mark_count = 0;
    w->reports.count = 0;
    kin_rtsp_client_disconnected(w->client, w->now, NULL);
    kin_rtsp_server_closed(w->server);
    client_pump(w);
    w->cut = true;
}

static inline int world_plan(struct world *w)
{
    struct kin_source *source = NULL;
    struct kin_buf *jpeg = NULL;
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
    int err = kin_source_from_path("tests/data/420.jpg", &source);
    if (err == KIN_OK) {
        jpeg = kin_buf_new((size_t)kin_source_size(source));
        err = jpeg == NULL ? KIN_ENOMEM : KIN_OK;
    }
    if (err == KIN_OK && kin_source_read(source, 0, jpeg->data, jpeg->len) != (ptrdiff_t)jpeg->len)
        err = KIN_EIO;
    if (err == KIN_OK)
        err = kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL);
    if (err == KIN_OK && kin_jpeg_fit(&info, &rtp) != KIN_JPEG_FIT_OK)
        err = KIN_EUNSUPPORTED;
    if (err == KIN_OK)
        err = kin_rtp_plan_jpeg(jpeg, &rtp, KIN_RTP_PLAN_PACKET_MIN, &w->plan);
    kin_buf_unref(jpeg);
    kin_source_unref(source);
    return err;
}

static inline int world_machines(struct world *w, enum kin_rtsp_client_lower lower)
{
    struct kin_rtsp_client_options co = {.url = "rtsp://server/reel", .lower = lower, .user_agent = "sim"};
    struct kin_rtsp_server_options so = {.limits = kin_rtsp_limits_default,
                                         .session_timeout = 60 * SEC,
                                         .idle_timeout = 60 * SEC,
                                         .request_timeout = 10 * SEC,
                                         .name = "sim",
                                         .peer_host = "10.0.0.1"};
    struct kin_rtp_receiver_options ro = {.ssrc = 7, .cname = "sim", .begins_by_play = true};
    struct kin_jpeg_assembler_options ao = {.carrier = KIN_JPEG_CARRIER_RTP};
    struct kin_playout_options po = {.target = 12, .look_back = 48};
    w->receiver = kin_rtp_receiver_new(w->now, &ro);
    w->assembler = kin_jpeg_assembler_new(&ao);
    if (w->receiver == NULL || w->assembler == NULL)
        return KIN_ENOMEM;
    int err = kin_playout_new(&po, &w->playout);
    if (err == KIN_OK)
        err = kin_rtsp_server_new(w->now, &so, &w->server);
    return err == KIN_OK ? kin_rtsp_client_new(&co, &w->client) : err;
}

// A reel of so many frames; the client sets up and plays by itself when auto_play. world_free() also after a failure.
static inline int world_new(struct world **ret, uint32_t frames, enum kin_rtsp_client_lower lower, bool auto_play)
{
    struct world *w = calloc(1, sizeof *w);
    if (w == NULL)
        return KIN_ENOMEM;
    *ret = w;
    w->now = WORLD_START;
    w->dice = 0x2545f491;
    w->frames = frames;
    w->auto_play = auto_play;
    w->control_delay = 2 * MS;
    w->weather.delay = 2 * MS;
    kin_timeline_init(&w->timeline);
    kin_stream_end_init(&w->stream_end);
    kin_timeline_reel(&w->timeline, kin_us_from_ts((int64_t)frames * FRAME_TS), 24000, true);
    struct kin_rtp_sender_params params = {.ssrc = 0xabcd, .seq = 65500, .ts = UINT32_MAX - 40000, .random = 1};
    kin_rtp_sender_init(&w->sender, &params);
    int err = world_plan(w);
    return err == KIN_OK ? world_machines(w, lower) : err;
}

static inline void world_free(struct world *w)
{
    if (w == NULL)
        return;
    kin_rtsp_client_free(w->client);
    kin_rtsp_server_free(w->server);
    kin_rtp_receiver_free(w->receiver);
    kin_jpeg_assembler_free(w->assembler);
    kin_playout_free(w->playout);
    kin_rtp_plan_free(w->plan);
    free(w);
}

#endif
