// The fixture of simulations: the client's engines and the server's engines, joined by virtual links, in virtual time.
// No socket, no clock, no thread: hours pass in milliseconds, and every run is identical.
//
//   client: rtsp_client, player
//   server: rtsp_server, media_sender, play_range
//   control: two byte pipes in order, with delay; media: datagrams with delay, jitter, loss, duplicates
#ifndef SIM_FIXTURE_H
#define SIM_FIXTURE_H

#include <stdlib.h>

#include "base/err.h"
#include "base/seq.h"
#include "engine/play/media_sender.h"
#include "engine/play/play_range.h"
#include "engine/play/player.h"
#include "engine/rtsp/rtsp_client.h"
#include "engine/rtsp/rtsp_server.h"
#include "media/source.h"
#include "unit.h"

#define SEC KIN_US_PER_S
#define MS KIN_US_PER_MS
#define TURNS_AT_ONCE 16 // more of them do nothing: a machine spins
#define PIPE_BYTES ((size_t)256 * 1024)
#define LINK_PACKETS 512
#define PACKET_BYTES 512
#define UDP_IP_BYTES 28
#define RTX_PAYLOAD_TYPE 97
#define FEC_PAYLOAD_TYPE 98
#define FRAME_TS 3750 // 24 frames/s
#define FIXTURE_START (1000 * SEC)
#define FIXTURE_FRAMES_MAX 131072

struct pipe { // TCP, one direction
    uint8_t bytes[PIPE_BYTES];
    size_t len;     // in flight or waiting to be read
    size_t arrived; // of these, at the far end
    struct {
        kin_us at;
        size_t end; // `arrived` at that time
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
    uint64_t unheard;  // media that found no room in the socket while the client was away
    kin_us busy_until; // with what waits
};

struct link_conditions { // of the media link; per mille
    kin_us delay, jitter;
    unsigned loss, duplicate;
    unsigned report_loss;          // of RTCP
    unsigned burst, burst_every;   // so many packets in a row are lost, of every so many
    kin_us outage_from, outage_to; // everything sent between is lost
    bool reports_pass;             // except RTCP
    uint64_t rate;                 // bytes a second that media get through, 0: any; what is too much waits,
    kin_us queue;                  // for so long at most: the rest is lost
    kin_us hold_every, hold;       // so often the line stands still for so long, also over TCP; nothing is lost
};

struct fixture {
    kin_us now;
    uint32_t prng;
    struct link_conditions link_conditions;
    struct pipe up, down;
    struct link media, reports;
    uint32_t frame_ts;     // between frames of the reel
    bool no_speed;         // the server does not know Speed
    bool no_adapt;         // the client declines
    unsigned plays, paces; // requests for PLAY, and those that changed the pace only
    // client
    struct kin_rtsp_client *client;
    struct kin_player player;
    enum kin_rtsp_client_transport transport;
    kin_us ended_at;                      // when its stream ended for the first time
    bool cut;                             // the connection was cut, and the client is idle
    unsigned seen[32];                    // events of its RTSP machine, by kind
    enum kin_rtsp_client_trouble trouble; // of the last event that had one
    unsigned notices[KIN_PLAYER_NOTICE_COUNT];
    struct kin_media_frame shown;    // last; without its picture
    unsigned misplaced;              // frames whose number by the timeline differs from the server's
    uint64_t shown_partial;          // pictures with holes
    unsigned out_of_order;           // frames shown when due that are not later than the one before
    struct {                         // since watch()
        kin_us since, first, second; // of the first and the second picture of another time; 0 = not yet
        kin_us last, longest; // the last picture that was another one, the longest standstill between two of them
        int64_t ts;
        unsigned pictures, repeated, skipped; // repeated: shown again; skipped: media left out between two pictures
    } motion;
    kin_us control_delay;
    // server
    int32_t server_ppm; // by which its clock is faster; set before anything is sent
    struct kin_rtsp_server *server;
    struct kin_media_sender sender;
    struct kin_rtp_history history;
    enum kin_rtp_repair repair; // what it offers
    bool fec;                   // it sends parity too
    struct kin_reel reel;
    struct kin_rtp_plan *plan;                            // the same for every frame
    struct kin_rtp_plan *coarser[KIN_JPEG_QUALITY_STEPS]; // likewise, at lower qualities
    bool varies, too_slow;                                // such frames can be had; but never in time
    bool loops;                                           // it plays the reel over and over
    bool udp_refused, server_tcp;
    bool server_closed; // the server has closed the connection
    bool client_knows;  // and the client has noticed
    unsigned sessions_ended;
    unsigned turns_at_once;               // that followed each other because something was due
    unsigned spins;                       // those after which it should have been done
    uint64_t bytes_received;              // RTCP from the client
    uint32_t sent_ts[FIXTURE_FRAMES_MAX]; // RTP time of each frame when it was last sent
    kin_us stops_from, stops_to;          // the server does nothing between, then skips what is late
    kin_us away_from, away_to;            // the client does nothing between; what comes waits for it,
    size_t room;                          // up to so many packets; 0 = LINK_PACKETS
    size_t reads;                         // packets that it takes out of the socket in a millisecond; 0: any number
    kin_us reads_at;                      // the next ones
    uint64_t reports_sent;
    struct kin_adaptation_level level; // since the last of so many adaptations
    unsigned adaptations;
};

// --- prng and links

static inline uint32_t roll(struct fixture *w)
{
    w->prng ^= w->prng << 13;
    w->prng ^= w->prng >> 17;
    w->prng ^= w->prng << 5;
    return w->prng;
}

static inline bool one_in_thousand(struct fixture *w, unsigned times)
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

static inline void pipe_clear(struct pipe *p)
{
    p->len = p->arrived = p->mark_count = 0;
}

static inline kin_us pipe_deadline(const struct pipe *p)
{
    return p->mark_count > 0 ? p->marks[0].at : KIN_US_NEVER;
}

// When what is sent now leaves a line that stands still.
static inline kin_us leaves_at(const struct fixture *w)
{
    kin_us every = w->link_conditions.hold_every, since = every > 0 ? w->now % every : 0;
    return every > 0 && since < w->link_conditions.hold ? w->now - since + w->link_conditions.hold : w->now;
}

static inline bool client_is_away(const struct fixture *w)
{
    return w->now >= w->away_from && w->now < w->away_to;
}

static inline void link_put(struct fixture *w, struct link *l, bool rtcp, struct kin_span bytes)
{
    size_t room = w->room > 0 ? w->room : LINK_PACKETS;
    if (client_is_away(w) && l == &w->media && !rtcp && l->count >= room) {
        l->unheard++;
        return;
    }
    if (l->count == LINK_PACKETS || bytes.n > PACKET_BYTES)
        return;
    kin_us spread = w->link_conditions.jitter > 0 ? (kin_us)(roll(w) % (uint32_t)w->link_conditions.jitter) : 0;
    kin_us leaves = l == &w->media ? kin_us_max(leaves_at(w), l->busy_until) : leaves_at(w);
    l->packets[l->count].at = leaves + w->link_conditions.delay + spread;
    l->packets[l->count].n = bytes.n;
    l->packets[l->count].rtcp = rtcp;
    memcpy(l->packets[l->count].bytes, bytes.p, bytes.n);
    l->count++;
}

// The line of limited rate that media go through, with a queue before it. False when that is full.
static inline bool link_takes(struct fixture *w, struct link *l, size_t bytes)
{
    uint64_t rate = w->link_conditions.rate;
    if (l != &w->media || rate == 0)
        return true;
    kin_us free_at = kin_us_max(l->busy_until, w->now);
    if (free_at - w->now > w->link_conditions.queue)
        return false;
    l->busy_until = free_at + (kin_us)((bytes + UDP_IP_BYTES) * (uint64_t)SEC / rate);
    return true;
}

static inline void link_write(struct fixture *w, struct link *l, bool rtcp, struct kin_span bytes)
{
    bool outage = w->now >= w->link_conditions.outage_from && w->now < w->link_conditions.outage_to &&
                  !(rtcp && w->link_conditions.reports_pass);
    l->sent++;
    bool burst = w->link_conditions.burst > 0 && l->sent % w->link_conditions.burst_every < w->link_conditions.burst;
    unsigned loss = rtcp ? w->link_conditions.report_loss : w->link_conditions.loss;
    if (outage || (burst && !rtcp) || (loss > 0 && one_in_thousand(w, loss)) || !link_takes(w, l, bytes.n)) {
        l->dropped += !rtcp;
        return;
    }
    link_put(w, l, rtcp, bytes);
    if (!rtcp && one_in_thousand(w, w->link_conditions.duplicate)) {
        link_put(w, l, rtcp, bytes);
        l->doubled++;
    }
}

// The index of the packet that arrives next, or `count`.
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

static inline struct kin_rtp_receiver_stats packets(const struct fixture *w)
{
    return kin_media_receiver_live(&w->player.media).packets;
}

static inline struct kin_receive_counts counts(const struct fixture *w)
{
    struct kin_receive_live live = kin_media_receiver_live(&w->player.media);
    return kin_receive_stats_counts(&w->player.media.received, &live, 0);
}

static inline bool ended(const struct fixture *w)
{
    return w->player.media.ended;
}

static inline uint64_t shown(const struct fixture *w)
{
    return kin_playout_stats(w->player.media.playout)->shown;
}

static inline uint64_t complete(const struct fixture *w)
{
    return counts(w).frames.complete;
}

static inline uint64_t partial(const struct fixture *w)
{
    return counts(w).frames.partial;
}

static inline uint64_t frames_lost(const struct fixture *w)
{
    return counts(w).frames.lost;
}

static inline int fixture_client(struct fixture *w);
static inline int fixture_server(struct fixture *w);

// The connection ends for both sides, and bytes in flight are lost.
static inline void fixture_disconnect(struct fixture *w, bool again)
{
    w->up.len = w->up.arrived = w->up.mark_count = 0;
    w->down.len = w->down.arrived = w->down.mark_count = 0;
    if (w->server != NULL)
        kin_rtsp_server_closed(w->server);
    if (again && (fixture_server(w) != KIN_OK || fixture_client(w) != KIN_OK))
        kin_player_fail(&w->player, w->now, KIN_PLAYER_NOTICE_NO_MEMORY);
}

// Begins to watch the picture for motion.
static inline void watch(struct fixture *w)
{
    memset(&w->motion, 0, sizeof w->motion);
    w->motion.since = w->now;
}

static inline void note_motion(struct fixture *w, int64_t ts)
{
    if (w->motion.pictures > 0 && ts == w->motion.ts) {
        w->motion.repeated++;
        return;
    }
    w->motion.skipped += w->motion.pictures > 0 && ts != w->motion.ts + w->frame_ts;
    if (w->motion.pictures > 1)
        w->motion.longest = kin_us_max(w->motion.longest, w->now - w->motion.last);
    w->motion.first = w->motion.pictures == 0 ? w->now : w->motion.first;
    w->motion.second = w->motion.pictures == 1 ? w->now : w->motion.second;
    w->motion.pictures++;
    w->motion.last = w->now;
    w->motion.ts = ts;
}

static inline void client_show(struct fixture *w, const struct kin_media_frame *f)
{
    w->out_of_order += f->picture.ts < w->shown.picture.ts;
    w->shown_partial += f->picture.gaps.count > 0;
    w->shown = *f;
}

static inline void client_tell(struct fixture *w)
{
    struct kin_player_event e;
    while (kin_player_event(&w->player, w->now, &e)) {
        const struct kin_media_frame *f = &e.frame;
        if (e.kind == KIN_PLAYER_RECEIVED) // does its position agree with the server's?
            w->misplaced += f->number >= FIXTURE_FRAMES_MAX ||
                            w->sent_ts[f->number] != (uint32_t)f->picture.ts - w->player.media.shift;
        else if (e.kind == KIN_PLAYER_SHOW) {
            if (!e.leaving)
                note_motion(w, f->picture.ts);
            client_show(w, f);
        } else if (e.kind == KIN_PLAYER_NOTICE)
            w->notices[e.notice.code]++;
        else if (e.kind == KIN_PLAYER_TRANSPORT)
            kin_player_transport(&w->player, w->now, 5000);
        else if (e.kind == KIN_PLAYER_HANG_UP || e.kind == KIN_PLAYER_RECONNECT) {
            w->transport = e.tcp ? KIN_RTSP_CLIENT_TCP : w->transport;
            fixture_disconnect(w, e.kind == KIN_PLAYER_RECONNECT);
        }
    }
    if (w->player.media.ended && w->ended_at == 0)
        w->ended_at = w->now;
}

static inline void client_media(struct fixture *w, kin_us at, struct kin_span bytes, bool rtcp)
{
    if (rtcp)
        kin_player_feed_rtcp(&w->player, at, w->now, bytes);
    else
        kin_player_feed(&w->player, at, bytes, bytes.n);
    client_tell(w);
}

static inline void client_connects(struct fixture *w)
{
    if (w->server_closed && fixture_server(w) != KIN_OK)
        kin_rtsp_client_disconnected(w->client, w->now, 0);
    else
        kin_rtsp_client_connected(w->client, w->now);
}

static inline void client_event(struct fixture *w, const struct kin_rtsp_client_event *e)
{
    w->seen[e->kind]++;
    if (e->trouble != KIN_RTSP_TROUBLE_NONE)
        w->trouble = e->trouble;
    if (e->kind == KIN_RTSP_CLIENT_CONNECT)
        client_connects(w);
    else if (e->kind == KIN_RTSP_CLIENT_INTERLEAVED)
        client_media(w, w->now, e->bytes, e->channel == 1);
    else
        kin_player_rtsp(&w->player, w->now, e);
    client_tell(w);
}

static inline void client_pump(struct fixture *w)
{
    struct kin_rtsp_client_event e;
    while (w->client != NULL && kin_rtsp_client_event(w->client, &e))
        client_event(w, &e);
    if (w->client == NULL) // there was no memory for another one
        w->cut = true;
    else
        pipe_write(&w->up, w->now + w->control_delay, kin_rtsp_client_output(w->client));
}

static inline void fixture_goes_away(struct fixture *w, kin_us away)
{
    w->away_from = w->now;
    w->away_to = w->now + away;
}

static inline void client_comes_back(struct fixture *w)
{
    if (w->away_to == 0 || w->now < w->away_to)
        return;
    kin_rtsp_client_away(w->client, w->now, w->now - w->away_from);
    kin_player_away(&w->player, w->now, w->now - w->away_from);
    client_tell(w);
    w->away_from = w->away_to = 0;
}

static inline void client_turn(struct fixture *w)
{
    uint8_t report[512];
    struct kin_wr wr = kin_wr_init(report, sizeof report);
    if (w->cut || client_is_away(w))
        return;
    kin_rtsp_client_tick(w->client, w->now);
    client_pump(w);
    while (!w->cut && w->down.arrived > 0) {
        ptrdiff_t n = kin_rtsp_client_feed(w->client, w->now, kin_span_make(w->down.bytes, w->down.arrived));
        client_pump(w);
        if (n <= 0 || w->down.arrived < (size_t)n) // the latter if it hung up
            break;
        pipe_consume(&w->down, (size_t)n);
    }
    if (w->server_closed && !w->client_knows && w->down.len == 0) {
        w->client_knows = true;
        kin_rtsp_client_disconnected(w->client, w->now, 0);
        client_pump(w);
    }
    client_tell(w);
    while (w->player.media.rtp != NULL && kin_rtp_receiver_output(w->player.media.rtp, w->now, roll(w), &wr)) {
        if (w->player.media.in_order)
            kin_rtsp_client_send_block(w->client, 1, kin_wr_span(&wr));
        else
            link_write(w, &w->reports, true, kin_wr_span(&wr));
        wr = kin_wr_init(report, sizeof report);
    }
    kin_player_tick(&w->player, w->now);
    client_tell(w);
    client_pump(w);
}

// --- the viewer

static inline int told(struct fixture *w, int err)
{
    client_tell(w);
    client_pump(w);
    return err;
}

static inline int fixture_play(struct fixture *w)
{
    return told(w, kin_player_play(&w->player, w->now));
}

static inline int fixture_pause(struct fixture *w)
{
    return told(w, kin_player_pause(&w->player, w->now));
}

static inline int fixture_seek(struct fixture *w, kin_us position)
{
    return told(w, kin_player_seek(&w->player, w->now, position));
}

static inline int fixture_step(struct fixture *w, int frames)
{
    return told(w, kin_player_step(&w->player, w->now, frames));
}

static inline int fixture_setup(struct fixture *w)
{
    return told(w, kin_player_setup(&w->player, w->now));
}

static inline int fixture_teardown(struct fixture *w)
{
    return told(w, kin_player_teardown(&w->player, w->now));
}

static inline int fixture_scale(struct fixture *w, int32_t milli)
{
    return told(w, kin_player_set_scale(&w->player, w->now, milli));
}

// Jumps, and plays from there.
static inline void fixture_play_from(struct fixture *w, kin_us position)
{
    fixture_seek(w, position);
    if (w->player.state != KIN_PLAYER_PLAYING)
        fixture_play(w);
}

// --- the server's shell: one reel, one session

// Time by the clock that its frames leave by.
static inline kin_us server_now(const struct fixture *w)
{
    return FIXTURE_START + kin_muldiv(w->now - FIXTURE_START, 1000000 + w->server_ppm, 1000000);
}

// When that clock has come to the deadline of what it sends.
static inline kin_us server_deadline(const struct fixture *w)
{
    kin_us at = kin_media_sender_deadline(&w->sender);
    bool never = at == KIN_US_NEVER;
    return never ? at : FIXTURE_START - kin_muldiv(FIXTURE_START - at, 1000000, 1000000 + w->server_ppm);
}

static inline void server_new_sender(struct fixture *w)
{
    struct kin_media_sender_params params = {
        .reel = &w->reel,
        .loop = w->loops,
        .in_order = w->server_tcp,
        .pacing = 70,
        .adapt = true,
        .vary = w->varies,
        .parity = 50,
        .fec = {.payload_type = w->fec ? FEC_PAYLOAD_TYPE : 0, .ssrc = 0xfec, .seq = 65530},
        .history = w->repair != KIN_RTP_REPAIR_NONE ? &w->history : NULL,
        .rtx = {.payload_type = w->repair == KIN_RTP_REPAIR_RTX ? RTX_PAYLOAD_TYPE : 0, .ssrc = 0xbeef, .seq = 65000},
        .rtp = {.ssrc = 0xabcd,
                .seq = 65500,
                .ts = UINT32_MAX - 40000,
                .random = 1,
                .feedback = w->repair != KIN_RTP_REPAIR_NONE}};
    kin_rtp_history_init(&w->history, 50, 0);
    kin_media_sender_init(&w->sender, server_now(w), &params);
}

static inline void server_send(struct fixture *w, bool rtcp, struct kin_span bytes)
{
    uint8_t block[PACKET_BYTES + 4] = {'$', rtcp ? 1 : 0, (uint8_t)(bytes.n >> 8), (uint8_t)bytes.n};
    if (!w->server_tcp) {
        link_write(w, &w->media, rtcp, bytes);
    } else if (bytes.n <= PACKET_BYTES) {
        memcpy(block + 4, bytes.p, bytes.n);
        pipe_write(&w->down, leaves_at(w) + w->control_delay, kin_span_make(block, bytes.n + 4));
    }
}

static inline void server_report(struct fixture *w)
{
    uint8_t bytes[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr wr = kin_wr_init(bytes, sizeof bytes);
    kin_media_sender_report(&w->sender, server_now(w), server_now(w), w->repair != KIN_RTP_REPAIR_NONE ? roll(w) : 0,
                            &wr);
    w->reports_sent++;
    server_send(w, true, kin_wr_span(&wr));
}

static inline const struct kin_rtp_plan *plan_of(const struct fixture *w, struct kin_jpeg_variant variant)
{
    return variant.quality > 0 ? w->coarser[variant.quality - 1] : w->plan;
}

static inline void server_frame(struct fixture *w, uint32_t index, struct kin_jpeg_variant variant)
{
    if (w->too_slow && !kin_jpeg_variant_is_plain(variant)) {
        kin_media_sender_not_yet(&w->sender);
        return;
    }
    kin_media_sender_frame(&w->sender, server_now(w), server_now(w), KIN_OK, plan_of(w, variant));
    w->sent_ts[index] = w->sender.rtp.frame_ts;
}

static inline void server_packets(struct fixture *w, unsigned count)
{
    size_t on_wire = 0;
    for (unsigned i = 0; i < count; i++) {
        uint8_t bytes[PACKET_BYTES];
        struct kin_media_packet p;
        struct kin_wr wr = kin_wr_init(bytes, sizeof bytes);
        kin_media_sender_packet(&w->sender, i, &p);
        kin_wr_put(&wr, kin_span_make(p.header, sizeof p.header));
        kin_wr_put(&wr, p.head);
        kin_wr_put(&wr, p.body);
        kin_wr_put(&wr, p.tail);
        server_send(w, false, kin_wr_span(&wr));
        on_wire += p.bytes;
    }
    kin_media_sender_sent(&w->sender, count, on_wire, server_now(w));
}

static inline void server_parity(struct fixture *w)
{
    uint8_t bytes[KIN_FEC_PACKET_MAX];
    size_t n = kin_media_sender_parity(&w->sender, w->now, bytes);
    server_send(w, false, kin_span_make(bytes, n));
    kin_media_sender_parity_sent(&w->sender, w->now, n);
}

static inline void server_again(struct fixture *w, const struct kin_rtp_again *again)
{
    uint8_t bytes[PACKET_BYTES];
    struct kin_media_again p;
    struct kin_wr wr = kin_wr_init(bytes, sizeof bytes);
    if (!kin_media_sender_again(&w->sender, again, plan_of(w, again->variant), &p)) {
        kin_media_sender_again_skip(&w->sender);
        return;
    }
    kin_wr_put(&wr, kin_span_make(p.head, p.head_bytes));
    kin_wr_put(&wr, p.body);
    kin_wr_put(&wr, p.tail);
    server_send(w, false, kin_wr_span(&wr));
    kin_media_sender_again_sent(&w->sender, server_now(w), p.bytes);
}

static inline void server_adapted(struct fixture *w, const struct kin_adaptation_level *level)
{
    w->level = *level;
    w->adaptations++;
}

static inline void server_ended(struct fixture *w)
{
    uint8_t bytes[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr wr = kin_wr_init(bytes, sizeof bytes);
    kin_rtsp_server_ended(w->server, 0);
    if (!kin_media_sender_bye(&w->sender, server_now(w), server_now(w), &wr))
        return;
    w->reports_sent++;
    server_send(w, true, kin_wr_span(&wr));
}

static inline bool server_stopped(const struct fixture *w)
{
    return w->now >= w->stops_from && w->now < w->stops_to;
}

static inline void server_run(struct fixture *w)
{
    for (;;) {
        struct kin_media_step_detail what;
        switch (kin_media_sender_next(&w->sender, server_now(w), &what)) {
        case KIN_MEDIA_WAIT:
            return;
        case KIN_MEDIA_AHEAD:
            break;
        case KIN_MEDIA_READ:
            server_frame(w, what.frames[0], what.variant);
            break;
        case KIN_MEDIA_AGAIN:
            server_again(w, &what.again);
            break;
        case KIN_MEDIA_SEND:
            server_packets(w, what.packets);
            break;
        case KIN_MEDIA_PARITY:
            server_parity(w);
            break;
        case KIN_MEDIA_REPORT:
            server_report(w);
            break;
        case KIN_MEDIA_ADAPTED:
            server_adapted(w, &what.level);
            break;
        case KIN_MEDIA_ENDED:
            server_ended(w);
            break;
        }
    }
}

static inline void server_play(struct fixture *w, const struct kin_rtsp_server_event *e)
{
    struct kin_play_request request = {e->has_range, e->range, e->scale_milli, w->no_speed ? 1000 : e->speed_milli};
    struct kin_play_range range = w->sender.schedule.range;
    w->plays++;
    if (e->playing && !e->has_range && e->has_speed && kin_scale_clamp(e->scale_milli) == range.scale_milli) {
        kin_media_sender_pace(&w->sender, server_now(w), request.speed_milli);
        range = w->sender.schedule.range;
        w->paces++;
    } else if (kin_play_range_find(&w->reel, &request, kin_media_sender_position(&w->sender), &range, &range) !=
               KIN_OK) {
        kin_rtsp_server_reply_error(w->server, w->now, 457, NULL);
        return;
    } else {
        kin_media_sender_play(&w->sender, &range);
    }
    struct kin_rtsp_server_play play = {
        .start = kin_play_range_time(&w->reel, kin_media_sender_position(&w->sender)),
        .end = kin_play_range_end(&w->reel, &range),
        .scale_milli = range.scale_milli,
        .speed_milli = range.speed_milli,
        .seq = kin_media_sender_next_seq(&w->sender),
        .rtptime = kin_media_sender_next_rtptime(&w->sender),
    };
    kin_rtsp_server_reply_play(w->server, w->now, &play);
}

static inline void server_setup(struct fixture *w, const struct kin_rtsp_server_event *e)
{
    struct kin_rtsp_server_setup setup = {.server_port = {6000, 6001}, .ssrc = w->sender.rtp.ssrc};
    if (w->udp_refused && e->transport.lower_transport == KIN_LOWER_TRANSPORT_UDP) {
        kin_rtsp_server_reply_error(w->server, w->now, 461, NULL);
        return;
    }
    for (size_t i = 0; i < sizeof setup.random; i++)
        setup.random[i] = (uint8_t)roll(w);
    w->server_tcp = e->transport.lower_transport == KIN_LOWER_TRANSPORT_TCP;
    w->sender.in_order = w->server_tcp;
    w->sender.adapts = !e->no_adapt;
    kin_rtsp_server_reply_setup(w->server, w->now, &setup);
}

static inline void server_event(struct fixture *w, const struct kin_rtsp_server_event *e)
{
    struct kin_sdp_out sdp = {.name = kin_span_str("reel"),
                              .address = kin_span_str("127.0.0.1"),
                              .duration = kin_us_from_ts((int64_t)w->reel.frame_count * w->frame_ts),
                              .rate_milli = (uint32_t)(INT64_C(90000000) / w->frame_ts),
                              .format = KIN_PAYLOAD_JPEG,
                              .payload_type = KIN_RTP_PT_JPEG,
                              .repair = w->repair,
                              .rtx_payload_type = RTX_PAYLOAD_TYPE,
                              .fec_payload_type = w->fec ? FEC_PAYLOAD_TYPE : 0};
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
        kin_media_sender_pause(&w->sender);
        kin_rtsp_server_reply_pause(w->server, w->now,
                                    kin_play_range_time(&w->reel, kin_media_sender_position(&w->sender)), false);
        break;
    case KIN_RTSP_SERVER_TEARDOWN: // also when it timed out
        server_new_sender(w);
        w->sessions_ended++;
        break;
    case KIN_RTSP_SERVER_INTERLEAVED:
        w->bytes_received += e->data.n;
        kin_rtsp_server_session_active(w->server, e->session, w->now);
        break;
    case KIN_RTSP_SERVER_CLOSE:
        w->server_closed = true;
        break;
    }
}

static inline void server_pump(struct fixture *w)
{
    struct kin_rtsp_server_event e;
    while (kin_rtsp_server_event(w->server, &e))
        server_event(w, &e);
    struct kin_span out = kin_rtsp_server_output(w->server);
    pipe_write(&w->down, w->now + w->control_delay, out);
    kin_rtsp_server_sent(w->server, out.n);
}

// The machine of a closed connection is needed as long as its sessions over UDP live on.
static inline bool server_over(const struct fixture *w)
{
    return w->server == NULL || (w->server_closed && kin_rtsp_server_sessions(w->server) == 0);
}

static inline void server_turn(struct fixture *w)
{
    if (server_over(w) || server_stopped(w))
        return;
    kin_rtsp_server_tick(w->server, w->now);
    server_pump(w);
    for (size_t n = 1; n > 0 && w->up.arrived > 0;) {
        n = kin_rtsp_server_feed(w->server, w->now, kin_span_make(w->up.bytes, w->up.arrived));
        server_pump(w);
        pipe_consume(&w->up, n);
    }
    server_run(w);
    server_pump(w);
}

// --- the whole

static inline kin_us media_deadline(const struct fixture *w)
{
    return kin_us_max(link_deadline(&w->media), w->reads_at);
}

static inline void deliver(struct fixture *w)
{
    pipe_advance(&w->up, w->now);
    pipe_advance(&w->down, w->now);
    client_comes_back(w);
    for (size_t n = 1; !client_is_away(w) && media_deadline(w) <= w->now; n++) {
        w->reads_at = w->reads > 0 && n % w->reads == 0 ? w->now + MS : 0;
        size_t i = link_next(&w->media);
        if (!w->player.media.in_order)
            client_media(w, w->media.packets[i].at, kin_span_make(w->media.packets[i].bytes, w->media.packets[i].n),
                         w->media.packets[i].rtcp);
        link_remove(&w->media, i);
    }
    while (link_deadline(&w->reports) <= w->now) {
        size_t i = link_next(&w->reports);
        w->bytes_received += w->reports.packets[i].n;
        kin_media_sender_feed_rtcp(&w->sender, server_now(w), server_now(w),
                                   kin_span_make(w->reports.packets[i].bytes, w->reports.packets[i].n));
        kin_rtsp_server_session_active(w->server, 0, w->now);
        link_remove(&w->reports, i);
    }
}

static inline kin_us client_deadline(const struct fixture *w)
{
    if (client_is_away(w))
        return w->away_to;
    kin_us at = media_deadline(w);
    if (w->cut)
        return at;
    at = kin_us_min(at, kin_us_min(kin_rtsp_client_deadline(w->client), kin_player_deadline(&w->player)));
    return w->player.media.rtp != NULL ? kin_us_min(at, kin_rtp_receiver_deadline(w->player.media.rtp)) : at;
}

static inline kin_us fixture_deadline(const struct fixture *w)
{
    kin_us at = kin_us_min(pipe_deadline(&w->up), pipe_deadline(&w->down));
    at = kin_us_min(at, kin_us_min(client_deadline(w), link_deadline(&w->reports)));
    at = kin_us_min(at, server_over(w) || server_stopped(w) ? KIN_US_NEVER : kin_rtsp_server_deadline(w->server));
    if (server_stopped(w))
        return kin_us_min(at, w->stops_to);
    return server_over(w) ? at : kin_us_min(at, server_deadline(w));
}

// Lets `span` of virtual time pass.
static inline void fixture_run(struct fixture *w, kin_us span)
{
    kin_us end = w->now + span;
    for (;;) {
        deliver(w);
        server_turn(w);
        client_turn(w);
        kin_us due = fixture_deadline(w), at = kin_us_max(due, w->now + 1); // time always moves on
        w->turns_at_once = due <= w->now ? w->turns_at_once + 1 : 0;
        w->spins += w->turns_at_once > TURNS_AT_ONCE;
        if (at > end)
            break;
        w->now = at;
    }
    w->now = end;
}

// The connection ends for both sides, and bytes in flight are lost.
static inline void fixture_cut(struct fixture *w)
{
    w->reports.count = 0;
    kin_rtsp_client_disconnected(w->client, w->now, 0);
    fixture_disconnect(w, false);
    client_pump(w);
    w->cut = true;
}

// The plan of a frame: tests/data/420.jpg, with so many bytes more in its scan; of the whole so many thousandths.
static inline int fixture_plan(size_t more, unsigned share, struct kin_rtp_plan **ret)
{
    struct kin_source *source = NULL;
    struct kin_buf *jpeg = NULL;
    size_t n = 0;
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
    int err = kin_source_from_path("tests/data/420.jpg", &source);
    if (err == KIN_OK) {
        n = (size_t)kin_source_size(source);
        more = (n + more) * share / 1000 > n ? (n + more) * share / 1000 - n : 0;
        jpeg = kin_buf_new(n + more);
        err = jpeg == NULL ? KIN_ENOMEM : KIN_OK;
    }
    if (err == KIN_OK && kin_source_read(source, 0, jpeg->data, n) != (ptrdiff_t)n)
        err = KIN_EIO;
    if (err == KIN_OK) { // in front of the EOI
        memmove(jpeg->data + n - 2 + more, jpeg->data + n - 2, 2);
        memset(jpeg->data + n - 2, 0x55, more);
    }
    if (err == KIN_OK)
        err = kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL);
    if (err == KIN_OK && kin_jpeg_compat(&info, &rtp) != KIN_JPEG_COMPAT_OK)
        err = KIN_EUNSUPPORTED;
    if (err == KIN_OK)
        err = kin_rtp_plan_jpeg(jpeg, &rtp, KIN_RTP_PLAN_PACKET_MIN, ret);
    kin_buf_unref(jpeg);
    kin_source_unref(source);
    return err;
}

static inline int fixture_plans(struct fixture *w, size_t more)
{
    int err = fixture_plan(more, 1000, &w->plan);
    for (unsigned i = 0; err == KIN_OK && w->varies && i < KIN_JPEG_QUALITY_STEPS; i++)
        err = fixture_plan(more, kin_jpeg_quality_share(i + 1), &w->coarser[i]);
    for (uint32_t i = 0; err == KIN_OK && i < w->reel.frame_count; i++)
        w->reel.frames[i].length = (uint32_t)kin_rtp_plan_bytes(w->plan);
    return err;
}

static inline int fixture_reel(struct fixture *w, uint32_t frames)
{
    w->reel = (struct kin_reel){.frame_count = frames,
                                .rate_num = 90000,
                                .rate_den = w->frame_ts,
                                .duration_ts = (uint64_t)frames * w->frame_ts};
    w->reel.frames = (struct kin_reel_frame *)calloc(frames, sizeof w->reel.frames[0]);
    if (w->reel.frames == NULL)
        return KIN_ENOMEM;
    for (uint32_t i = 0; i < frames; i++)
        w->reel.frames[i].ts = (uint64_t)i * w->frame_ts;
    return KIN_OK;
}

static inline int fixture_server(struct fixture *w)
{
    struct kin_rtsp_server_options so = {.limits = kin_rtsp_limits_default,
                                         .session_timeout = 60 * SEC,
                                         .idle_timeout = 60 * SEC,
                                         .request_timeout = 10 * SEC,
                                         .name = "sim",
                                         .peer_host = "10.0.0.1"};
    kin_rtsp_server_free(w->server);
    w->server = NULL;
    w->server_closed = w->client_knows = false;
    pipe_clear(&w->up); // of a new connection
    pipe_clear(&w->down);
    server_new_sender(w);
    return kin_rtsp_server_new(w->now, &so, &w->server);
}

static inline int fixture_client(struct fixture *w)
{
    struct kin_rtsp_client_options co = {
        .url = "rtsp://server/reel", .transport = w->transport, .user_agent = "sim", .no_adapt = w->no_adapt};
    kin_rtsp_client_free(w->client);
    w->client = NULL;
    int err = kin_rtsp_client_new(&co, &w->client);
    if (err == KIN_OK)
        kin_player_attach(&w->player, w->now, w->client);
    return err;
}

struct fixture_options {
    uint32_t frames;
    enum kin_rtsp_client_transport transport;
    bool auto_play;    // the client sets up and plays by itself
    uint32_t frame_ts; // 0 = FRAME_TS
    unsigned target;   // of the cache; 0 = 12
    unsigned target_max;
    bool repairs;       // lost packets are asked for, and sent again
    unsigned prebuffer; // as in kin_player_options
    bool no_fill, no_adapt;
    bool varies;      // the server can send frames at lower qualities
    bool loops;       // the server plays the reel over and over
    size_t scan_more; // bytes that each frame is larger
};

// fixture_free() also after a failure.
static inline int fixture_make(struct fixture **ret, const struct fixture_options *o)
{
    struct kin_player_options po = {
        .media.no_retransmit = !o->repairs, // what an outage takes is lost: sim_repair.c has the rest
        .media.cache = {.target = o->target > 0 ? o->target : 12, .target_max = o->target_max, .look_back = 48},
        .auto_play = o->auto_play,
        .fill = !o->no_fill,
        .prebuffer = o->prebuffer,
        .ssrc = 7};
    struct fixture *w = calloc(1, sizeof *w);
    if (w == NULL)
        return KIN_ENOMEM;
    *ret = w;
    w->now = FIXTURE_START;
    w->prng = 0x2545f491;
    w->control_delay = 2 * MS;
    w->link_conditions.delay = 2 * MS;
    w->transport = o->transport;
    w->no_adapt = o->no_adapt;
    w->varies = o->varies;
    w->loops = o->loops;
    w->repair = o->repairs ? KIN_RTP_REPAIR_RTX : KIN_RTP_REPAIR_NONE;
    w->frame_ts = o->frame_ts > 0 ? o->frame_ts : FRAME_TS;
    int err = fixture_reel(w, o->frames);
    if (err == KIN_OK)
        err = fixture_plans(w, o->scan_more);
    if (err == KIN_OK)
        err = kin_player_init(&w->player, &po);
    if (err == KIN_OK)
        err = fixture_server(w);
    return err == KIN_OK ? fixture_client(w) : err;
}

static inline int fixture_new(struct fixture **ret, uint32_t frames, enum kin_rtsp_client_transport transport,
                              bool auto_play)
{
    struct fixture_options options = {.frames = frames, .transport = transport, .auto_play = auto_play};
    return fixture_make(ret, &options);
}

static inline void fixture_free(struct fixture *w)
{
    if (w == NULL)
        return;
    if (w->spins > 0)
        unit_fail(__FILE__, __LINE__, "a deadline that has come leads to nothing");
    kin_rtsp_client_free(w->client);
    kin_rtsp_server_free(w->server);
    kin_player_deinit(&w->player);
    kin_rtp_plan_free(w->plan);
    for (unsigned i = 0; i < KIN_JPEG_QUALITY_STEPS; i++)
        kin_rtp_plan_free(w->coarser[i]);
    free(w->reel.frames);
    free(w);
}

#endif
