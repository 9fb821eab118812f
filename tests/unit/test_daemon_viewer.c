// daemon/viewer: a reel over UDP, interleaved TCP and in the lab's form, received on the same loop and put together.
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/seq.h"
#include "delivery/rtp_port.h"
#include "delivery/viewer_internal.h"
#include "film.h"
#include "frames/frame_cache.h"
#include "ground/settings.h"
#include "ground/worker.h"
#include "io/timer.h"
#include "proto/rtcp_fb.h"
#include "proto/rtp.h"
#include "proto/rtp_jpeg.h"
#include "unit.h"

#define RATE FILM_RATE
#define TS_STEP (90000 / RATE)
#define PULSE_US (KIN_US_PER_S / RATE)

static uint8_t copy[1u << 20];
static struct settings settings = {.rtp_payload_size = 1400, .rtp_pacing = 70, .rtp_retransmit = 25};

static const struct viewer_lab whole_frames = {.datagram_bytes = 20480};

// What a player sees.
struct player {
    bool any;
    uint16_t first_seq, seq;
    uint32_t ssrc, first_ts, ts;
    size_t len; // of the frame being put together
    uint8_t frame[65536];
    bool started;
    unsigned packets, complete, broken, seq_gaps, markers;
    uint32_t frame_ts[512];
    unsigned reports, byes, junk;
    unsigned byes_again; // the same BYE once more
    uint8_t bye[128];
    size_t bye_bytes;
    kin_us last_packet_at, bye_at;
    struct kin_rtcp_sr sr;
    int scale, first;            // how RTP time becomes frame numbers; 0: the normal way
    unsigned again, again_wrong; // packets sent again; of these, those that are not the packets that came first
    size_t again_bytes;
};

#define PT_RTX 97
#define KEPT_MAX 1024
static struct { // packets that came first, by number since first_seq
    uint8_t bytes[1500];
    size_t n;
} kept[KEPT_MAX];

struct fixture {
    enum kin_payload_format format; // UNKNOWN: JPEG
    enum kin_rtp_repair repair;
    size_t cache_bytes; // 0: all frames fit
    struct worker worker;
    struct delivery delivery;
    bool have_worker;
    struct frame_cache *cache;
    struct rtp_port *port;
    struct kin_reel *reel;
    struct viewer *viewer;
    struct kin_datagram *sockets[2]; // the player's
    struct kin_stream *streams[2];   // TCP: the daemon's, the player's
    struct send_account *account;
    struct player player;
    struct kin_timer *guard, *pulse;
    kin_us pulse_due;
    bool done;
    int ends;
    enum kin_media_end why;
    bool free_inside;
    unsigned stop_after;                // frames
    void (*on_stop)(struct fixture *s); // then
};

struct play_start {   // what the reply to PLAY says
    uint16_t seq;     // of the first packet
    uint32_t rtptime; // of the first frame
    uint32_t frame;
};

// Plays frames [first, end) forward; end 0 is that of the reel.
static struct play_start play_frames(struct viewer *v, uint32_t first, uint32_t end)
{
    struct kin_play_range range = {.first = first, .end = end > 0 ? end : FILM_FRAMES};
    viewer_play(v, &range);
    return (struct play_start){
        .seq = viewer_next_seq(v), .rtptime = viewer_next_rtptime(v), .frame = viewer_position(v)};
}

// --- the player

static void player_frame_done(struct fixture *s, uint32_t number)
{
    struct player *p = &s->player;
    struct kin_span file = film_frame(film_shot(), number);
    // Scan and EOI are the end of the file.
    bool same = p->started && p->len <= file.n && memcmp(file.p + file.n - p->len, p->frame, p->len) == 0;
    if (!same || p->len < file.n / 2)
        p->broken++;
    else if (p->complete < 512)
        p->frame_ts[p->complete++] = p->ts;
    p->started = false;
    p->len = 0;
    if (s->stop_after > 0 && p->complete + p->broken == s->stop_after && s->on_stop != NULL)
        s->on_stop(s);
}

static uint32_t frame_number(const struct player *p, uint32_t since)
{
    int scale = p->scale != 0 ? p->scale : 1;
    int n = (p->first + (int)(since / TS_STEP) * scale) % FILM_FRAMES;
    return (uint32_t)(n < 0 ? n + FILM_FRAMES : n);
}

static void player_payload(struct fixture *s, const struct kin_rtp_packet *packet)
{
    struct player *p = &s->player;
    struct kin_rtp_jpeg h = {.offset = 0, .data = packet->payload};
    bool lab = kin_span_starts(packet->payload, "\xff\xd8");
    if (!lab && kin_rtp_jpeg_parse(packet->payload, &h) != KIN_OK)
        p->junk++;
    if (h.offset == 0)
        p->started = true;
    if (h.offset == 0 || h.offset == p->len) {
        p->len = h.offset;
        memcpy(p->frame + p->len, h.data.p, h.data.n);
        p->len += h.data.n;
    } else {
        p->started = false;
    }
    if (packet->h.marker || lab) {
        p->markers++;
        uint32_t since = packet->h.ts - p->first_ts;
        player_frame_done(s, lab ? p->complete % FILM_FRAMES : frame_number(p, since));
    }
}

static void player_keep(const struct player *p, uint16_t seq, struct kin_span bytes)
{
    uint16_t i = (uint16_t)(seq - p->first_seq);
    if (i >= KEPT_MAX || bytes.n > sizeof kept[i].bytes)
        return;
    memcpy(kept[i].bytes, bytes.p, bytes.n);
    kept[i].n = bytes.n;
}

// True when it is a packet that is sent again, in the form that was agreed.
static bool player_again(struct fixture *s, const struct kin_rtp_packet *packet, struct kin_span bytes)
{
    struct player *p = &s->player;
    struct kin_rtp_header of = {.payload_type = KIN_RTP_PT_JPEG, .ssrc = p->ssrc};
    uint8_t restored[1500];
    uint16_t seq = packet->h.seq;
    if (s->repair == KIN_RTP_REPAIR_RTX && packet->h.payload_type == PT_RTX) {
        p->again_bytes += bytes.n;
        bytes = kin_span_make(restored, kin_rtp_rtx_restore(bytes, &of, restored, sizeof restored));
        seq = (uint16_t)(restored[2] << 8 | restored[3]);
    } else if (s->repair == KIN_RTP_REPAIR_ORIGINAL && p->any && (int16_t)(uint16_t)(seq - p->seq) <= 0) {
        p->again_bytes += bytes.n;
    } else {
        return false;
    }
    uint16_t i = (uint16_t)(seq - p->first_seq);
    p->again++;
    p->again_wrong += i >= KEPT_MAX || !kin_span_eq(bytes, kin_span_make(kept[i].bytes, kept[i].n));
    return true;
}

static void player_rtp(struct fixture *s, struct kin_span bytes)
{
    struct player *p = &s->player;
    struct kin_rtp_packet packet;
    if (kin_rtp_parse(bytes, &packet) != KIN_OK) {
        p->junk++;
        return;
    }
    if (player_again(s, &packet, bytes))
        return;
    if (!p->any) {
        p->first_seq = packet.h.seq;
        p->first_ts = packet.h.ts;
    } else {
        p->seq_gaps += packet.h.seq != (uint16_t)(p->seq + 1);
        p->broken += packet.h.ssrc != p->ssrc;
    }
    p->any = true;
    p->last_packet_at = kin_clock_mono_us();
    p->packets++;
    p->seq = packet.h.seq;
    p->ts = packet.h.ts;
    p->ssrc = packet.h.ssrc;
    player_keep(p, packet.h.seq, bytes);
    player_payload(s, &packet);
}

static void player_rtcp(struct fixture *s, struct kin_span compound)
{
    struct kin_rtcp_packet r;
    struct kin_span whole = compound;
    struct player *p = &s->player;
    if (p->byes > 0 && kin_span_eq(compound, kin_span_make(p->bye, p->bye_bytes))) {
        p->byes_again++;
        return;
    }
    while (kin_rtcp_next(&compound, &r) == KIN_OK) {
        if (r.type == KIN_RTCP_BYE) {
            memcpy(p->bye, whole.p, p->bye_bytes = whole.n < sizeof p->bye ? whole.n : sizeof p->bye);
            p->byes++;
            s->player.bye_at = kin_clock_mono_us();
        }
        if (r.type == KIN_RTCP_SR) {
            s->player.reports++;
            s->player.sr = r.sr;
        }
    }
}

static void on_rtp(void *ctx, const struct kin_datagram_in *packets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        player_rtp((struct fixture *)ctx, packets[i].bytes);
}

static void on_rtcp(void *ctx, const struct kin_datagram_in *packets, size_t count)
{
    struct fixture *s = ctx;
    for (size_t i = 0; i < count; i++)
        player_rtcp(s, packets[i].bytes);
    if (s->ends > 0 && s->player.byes > 0)
        s->done = true;
}

static size_t on_blocks(void *ctx, struct kin_span in)
{
    struct fixture *s = ctx;
    size_t used = 0;
    while (in.n >= 4) {
        size_t n = (size_t)in.p[2] << 8 | in.p[3];
        if (in.n < 4 + n)
            break;
        struct kin_span body = kin_span_make(in.p + 4, n);
        if (in.p[0] != '$' || in.p[1] > 5 || in.p[1] < 4)
            s->player.junk++;
        else if (in.p[1] == 4)
            player_rtp(s, body);
        else
            player_rtcp(s, body);
        in = kin_span_skip(in, 4 + n);
        used += 4 + n;
    }
    if (s->ends > 0 && s->player.byes > 0)
        s->done = true;
    return used;
}

static size_t on_requests(void *ctx, struct kin_span in)
{
    (void)ctx;
    return in.n;
}

static void on_stream_end(void *ctx, int error)
{
    (void)error;
    ((struct fixture *)ctx)->done = true;
}

// --- the stage

static void on_end(void *ctx, enum kin_media_end why)
{
    struct fixture *s = ctx;
    s->ends++;
    s->why = why;
    if (why != KIN_MEDIA_END_OF_RANGE || s->player.byes > 0 || s->viewer == NULL)
        s->done = true;
    if (s->free_inside) {
        viewer_free(s->viewer, false);
        s->viewer = NULL;
    }
}

static void on_guard(void *ctx, kin_us now)
{
    (void)now;
    ((struct fixture *)ctx)->done = true;
}

// Frames are 5 ms apart: what must happen between two of them did not, when the loop was that late.
static void on_pulse(void *ctx, kin_us now)
{
    struct fixture *s = ctx;
    if (now - s->pulse_due > PULSE_US)
        unit_disturbed();
    s->pulse_due = now + PULSE_US;
    kin_timer_set(s->pulse, s->pulse_due);
}

static int open_worker(struct fixture *s, int odd)
{
    struct film *film = film_shot();
    if (film == NULL)
        return KIN_ENOMEM;
    int err = film_reel(film, copy, odd, &s->reel);
    if (err == KIN_OK)
        err = frame_cache_new(&(struct frame_cache_params){.max_bytes = s->cache_bytes > 0 ? s->cache_bytes : 8u << 20},
                              &s->cache);
    if (err != KIN_OK)
        return err;
    s->delivery = (struct delivery){.worker = &s->worker, .settings = &settings, .frame_cache = s->cache};
    err = worker_init(&s->worker, &(struct worker_params){.index = 0});
    s->have_worker = err == KIN_OK;
    if (err == KIN_OK)
        err = kin_timer_new(&s->worker.loop, on_guard, s, &s->guard);
    if (err == KIN_OK)
        err = kin_timer_new(&s->worker.loop, on_pulse, s, &s->pulse);
    return err;
}

static int open_udp(struct fixture *s)
{
    static const struct kin_datagram_handler handlers[2] = {{on_rtp, NULL}, {on_rtcp, NULL}};
    struct rtp_port_options port = {.inherited = {-1, -1}};
    struct kin_datagram_options o = {.gro = true};
    void *const ctx[2] = {s, s};
    kin_addr_parse("127.0.0.1:0", &o.bind);
    int err = rtp_port_open(&s->worker, &port, &s->port);
    s->delivery.rtp_port = s->port;
    if (err == KIN_OK)
        err = kin_datagram_open_pair(&s->worker.loop, &o, handlers, ctx, s->sockets);
    return err;
}

static int open_tcp(struct fixture *s)
{
    static const struct kin_stream_handler player = {on_blocks, NULL, on_stream_end};
    static const struct kin_stream_handler daemon_side = {on_requests, NULL, on_stream_end};
    struct kin_stream_limits limits = {1u << 20, 8u << 20, 1u << 16, 0};
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0)
        return KIN_EIO;
    int err = KIN_OK;
    for (int i = 0; i < 2; i++) {
        if (err == KIN_OK)
            err = kin_stream_adopt(&s->worker.loop, fds[i], &limits, i == 0 ? &daemon_side : &player, s,
                                   &s->streams[i]);
        if (s->streams[i] == NULL)
            close(fds[i]);
    }
    return err;
}

static int open_viewer(struct fixture *s, enum kin_lower_transport lower_transport, bool loop)
{
    struct viewer_params p = {.delivery = &s->delivery,
                              .reel = s->reel,
                              .lower_transport = lower_transport,
                              .stream = s->streams[0],
                              .account = s->account,
                              .channel_rtp = 4,
                              .channel_rtcp = 5,
                              .content = s->format == KIN_PAYLOAD_WHOLE_FILE ? FRAME_ORIGINAL : FRAME_COMPATIBLE,
                              .format = s->format != KIN_PAYLOAD_UNKNOWN ? s->format : KIN_PAYLOAD_JPEG,
                              .repair = s->repair,
                              .rtx_payload_type = PT_RTX,
                              .lab = whole_frames,
                              .loop = loop,
                              .on_end = on_end,
                              .ctx = s};
    if (lower_transport != KIN_LOWER_TRANSPORT_TCP) {
        p.peer_rtp = *kin_datagram_local(s->sockets[0]);
        p.peer_rtcp = *kin_datagram_local(s->sockets[1]);
        kin_addr_parse("127.0.0.1:0", &p.local);
    }
    return viewer_new(&p, &s->viewer);
}

static int fixture_open(struct fixture *s, enum kin_lower_transport lower_transport, bool loop, int odd)
{
    int err = open_worker(s, odd);
    if (err == KIN_OK)
        err = lower_transport == KIN_LOWER_TRANSPORT_TCP ? open_tcp(s) : open_udp(s);
    return err == KIN_OK ? open_viewer(s, lower_transport, loop) : err;
}

static void fixture_run(struct fixture *s, kin_us limit)
{
    s->done = false;
    on_pulse(s, s->pulse_due = kin_loop_now(&s->worker.loop));
    kin_timer_set(s->guard, kin_loop_now(&s->worker.loop) + limit);
    while (!s->done)
        uv_run(&s->worker.loop.uv, UV_RUN_ONCE);
    kin_timer_set(s->guard, KIN_US_NEVER);
    kin_timer_set(s->pulse, KIN_US_NEVER);
}

static void fixture_close(struct fixture *s)
{
    viewer_free(s->viewer, true);
    for (int i = 0; i < 2; i++) {
        kin_datagram_close(s->sockets[i]);
        if (s->streams[i] != NULL)
            kin_stream_close(s->streams[i], 0, NULL, NULL);
    }
    rtp_port_close(s->port);
    kin_timer_free(s->guard);
    kin_timer_free(s->pulse);
    if (s->have_worker && worker_deinit(&s->worker) != 0)
        unit_fail(__FILE__, __LINE__, "the loop did not end clean");
    frame_cache_free(s->cache);
    kin_reel_unref(s->reel);
}

static void check_whole(const struct fixture *s, unsigned frames)
{
    const struct player *p = &s->player;
    CHECK_INT(p->complete, frames);
    CHECK_INT(p->broken, 0);
    CHECK_INT(p->junk, 0);
    CHECK_INT(p->seq_gaps, 0);
    for (unsigned i = 1; i < p->complete; i++)
        CHECK_INT((uint32_t)(p->frame_ts[i] - p->frame_ts[i - 1]), TS_STEP);
out:;
}

// --- tests

// Tests that take their time run only once: what happens when memory runs out is shown by the others.
#define ONCE                                                                                                           \
    do {                                                                                                               \
        if (!unit_plain())                                                                                             \
            return;                                                                                                    \
    } while (0)

static void play_through(enum kin_lower_transport lower_transport)
{
    struct fixture s = {.ends = 0};
    CHECK_INT(fixture_open(&s, lower_transport, false, -1), KIN_OK);
    uint32_t ssrc = viewer_ssrc(s.viewer);
    struct play_start start = play_frames(s.viewer, 0, 0);
    CHECK(viewer_playing(s.viewer));
    fixture_run(&s, 3 * KIN_US_PER_S);
    check_whole(&s, FILM_FRAMES);
    CHECK_INT(s.ends, 1);
    CHECK_INT(s.why, KIN_MEDIA_END_OF_RANGE);
    CHECK_INT(s.player.first_seq, start.seq);
    CHECK_INT(s.player.first_ts, start.rtptime);
    CHECK_INT(s.player.ssrc, ssrc);
    CHECK_INT(s.player.markers, FILM_FRAMES);
    CHECK_INT(s.player.reports, 2); // after the first packet, and with BYE
    CHECK_INT(s.player.byes, 1);
    if (lower_transport == KIN_LOWER_TRANSPORT_UDP) { // long enough for a player that reads its two sockets in turn
        CHECK(s.player.bye_at - s.player.last_packet_at >= 150 * KIN_US_PER_MS);
        fixture_run(&s, 20 * KIN_US_PER_MS);
    }
    CHECK_INT(s.player.byes_again, lower_transport == KIN_LOWER_TRANSPORT_UDP); // it may be lost, and some wait for it
    CHECK_INT(s.player.sr.packets, s.player.packets);
    const struct kin_media_stats *stats = viewer_stats(s.viewer);
    CHECK_INT(stats->frames_sent, FILM_FRAMES);
    CHECK_INT(stats->packets, s.player.packets);
    CHECK_INT(stats->frames_dropped + stats->frames_skipped, 0);
    CHECK(!viewer_playing(s.viewer));
    CHECK_INT(viewer_position(s.viewer), FILM_FRAMES);
    CHECK_INT(viewer_next_seq(s.viewer), (uint16_t)(s.player.seq + 1));
out:
    fixture_close(&s);
}

TEST(a_reel_plays_over_udp)
{
    play_through(KIN_LOWER_TRANSPORT_UDP);
}

TEST(a_reel_plays_interleaved)
{
    play_through(KIN_LOWER_TRANSPORT_TCP);
}

static void stop_here(struct fixture *s)
{
    viewer_pause(s->viewer);
    s->done = true;
}

static void pause_and_resume(enum kin_lower_transport lower_transport)
{
    struct fixture s = {.stop_after = 5, .on_stop = stop_here};
    CHECK_INT(fixture_open(&s, lower_transport, false, -1), KIN_OK);
    play_frames(s.viewer, 0, 0);
    fixture_run(&s, 3 * KIN_US_PER_S);
    fixture_run(&s, 20 * KIN_US_PER_MS); // what was on its way still comes
    unsigned before = s.player.complete;
    CHECK(before == 5 || before == 6);
    CHECK_INT(viewer_position(s.viewer), before);
    CHECK_INT(viewer_next_seq(s.viewer), (uint16_t)(s.player.seq + 1));
    struct play_start start = play_frames(s.viewer, viewer_position(s.viewer), 0);
    CHECK_INT(start.seq, (uint16_t)(s.player.seq + 1));
    CHECK_INT(start.rtptime, (uint32_t)(s.player.ts + TS_STEP)); // the pause does not count
    fixture_run(&s, 3 * KIN_US_PER_S);
    check_whole(&s, FILM_FRAMES);
    CHECK_INT(s.why, KIN_MEDIA_END_OF_RANGE);
out:
    fixture_close(&s);
}

TEST(a_pause_loses_and_repeats_nothing_over_udp)
{
    ONCE;
    pause_and_resume(KIN_LOWER_TRANSPORT_UDP);
}

TEST(a_pause_loses_and_repeats_nothing_interleaved)
{
    ONCE;
    pause_and_resume(KIN_LOWER_TRANSPORT_TCP);
}

TEST(a_range_is_exact_to_the_frame)
{
    struct fixture s = {.ends = 0};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, true, -1), KIN_OK); // a loop does not widen a range
    struct play_start start = play_frames(s.viewer, 4, 7);
    CHECK_INT(start.frame, 4);
    fixture_run(&s, 3 * KIN_US_PER_S);
    CHECK_INT(s.player.markers, 3);
    CHECK_INT(s.player.seq_gaps, 0);
    CHECK_INT(s.why, KIN_MEDIA_END_OF_RANGE);
    CHECK_INT(viewer_position(s.viewer), 7);
out:
    fixture_close(&s);
}

TEST(a_pause_comes_where_it_was_asked_for)
{
    ONCE;
    struct fixture s = {.ends = 0};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, true, -1), KIN_OK);
    play_frames(s.viewer, 0, 0);
    viewer_pause_at(s.viewer, 4);
    fixture_run(&s, 3 * KIN_US_PER_S);
    fixture_run(&s, 20 * KIN_US_PER_MS);
    CHECK_INT(s.why, KIN_MEDIA_END_PAUSED);
    CHECK_INT(s.player.complete, 4);
    CHECK_INT(s.player.byes, 0); // it is to go on
    CHECK_INT(viewer_position(s.viewer), 4);
    play_frames(s.viewer, 4, 7);
    fixture_run(&s, 3 * KIN_US_PER_S);
    check_whole(&s, 7);
out:
    fixture_close(&s);
}

static void seek_here(struct fixture *s)
{
    s->player.first_ts = play_frames(s->viewer, 0, 0).rtptime; // from here on frames count from 0 again
    s->stop_after = 0;
}

TEST(a_jump_while_playing_goes_on_without_gap)
{
    ONCE;
    struct fixture s = {.stop_after = 3, .on_stop = seek_here};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, -1), KIN_OK);
    play_frames(s.viewer, 0, 0);
    fixture_run(&s, 3 * KIN_US_PER_S);
    unsigned extra = s.player.complete - FILM_FRAMES;
    CHECK(extra == 3 || extra == 4); // one may have been on its way; it is not cut
    CHECK_INT(s.player.seq_gaps, 0);
    for (unsigned i = 1; i < s.player.complete; i++)
        CHECK_INT((uint32_t)(s.player.frame_ts[i] - s.player.frame_ts[i - 1]), TS_STEP);
out:
    fixture_close(&s);
}

TEST(a_loop_continues_time_and_numbers)
{
    ONCE;
    struct fixture s = {.stop_after = 2 * FILM_FRAMES + 3, .on_stop = stop_here};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, true, -1), KIN_OK);
    play_frames(s.viewer, 0, 0);
    kin_us began = kin_loop_now(&s.worker.loop);
    fixture_run(&s, 3 * KIN_US_PER_S);
    kin_us took = kin_loop_now(&s.worker.loop) - began;
    CHECK_INT(s.ends, 0);
    check_whole(&s, 2 * FILM_FRAMES + 3);
    CHECK(took >= (2 * FILM_FRAMES + 2) * KIN_US_PER_S / RATE);
out:
    fixture_close(&s);
}

// Three passes at this scale: each frame is the one that its RTP time says, and times are one interval apart.
static void loop_at(int scale, unsigned pass)
{
    struct fixture s = {.stop_after = 3 * pass, .on_stop = stop_here};
    struct kin_play_range range = {.first = scale < 0 ? FILM_FRAMES - 1 : 0, .end = scale < 0 ? -1 : FILM_FRAMES};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, true, -1), KIN_OK);
    s.player.scale = scale;
    s.player.first = (int)range.first;
    range.scale_milli = scale * 1000;
    viewer_play(s.viewer, &range);
    fixture_run(&s, 3 * KIN_US_PER_S);
    check_whole(&s, 3 * pass);
out:
    fixture_close(&s);
}

TEST(other_scales_keep_the_frame_rate)
{
    ONCE;
    loop_at(2, 6);
    loop_at(4, 3);
    loop_at(-1, 12);
    loop_at(-3, 4);
}

TEST(backward_ends_with_the_first_frame)
{
    ONCE;
    struct fixture s = {.ends = 0};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_TCP, false, -1), KIN_OK);
    struct kin_play_range range = kin_play_range_whole(s.reel, -1000);
    s.player.scale = -1;
    s.player.first = FILM_FRAMES - 1;
    viewer_play(s.viewer, &range);
    CHECK_INT(viewer_position(s.viewer), FILM_FRAMES - 1);
    fixture_run(&s, 3 * KIN_US_PER_S);
    check_whole(&s, FILM_FRAMES);
    CHECK_INT(s.why, KIN_MEDIA_END_OF_RANGE);
    CHECK_INT(viewer_position(s.viewer), 0);
out:
    fixture_close(&s);
}

TEST(speed_delivers_sooner)
{
    ONCE;
    struct fixture s = {.ends = 0};
    struct kin_play_range range = {.first = 0, .end = FILM_FRAMES, .speed_milli = 250};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, -1), KIN_OK);
    kin_us began = kin_loop_now(&s.worker.loop);
    viewer_play(s.viewer, &range);
    fixture_run(&s, 3 * KIN_US_PER_S);
    kin_us took = kin_loop_now(&s.worker.loop) - began;
    check_whole(&s, FILM_FRAMES);
    CHECK(took >= 4 * (FILM_FRAMES - 1) * KIN_US_PER_S / RATE); // a quarter as fast; RTP time is the same
out:
    fixture_close(&s);
}

TEST(lab_clients_get_whole_files_counted_from_one)
{
    ONCE;
    struct fixture s = {.format = KIN_PAYLOAD_WHOLE_FILE, .stop_after = FILM_FRAMES + 5, .on_stop = stop_here};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, true, 0), KIN_OK); // frame 0 "progressive": no matter
    copy[film_shot()->at[0] + kin_span_find_str(film_frame(film_shot(), 0), "\xff\xc0") + 1] = 0xc0;
    play_frames(s.viewer, 0, 0);
    fixture_run(&s, 3 * KIN_US_PER_S);
    CHECK_INT(s.player.complete, FILM_FRAMES + 5);
    CHECK_INT(s.player.broken, 0);
    CHECK_INT(s.player.packets, FILM_FRAMES + 5);
    CHECK_INT(s.player.first_seq, 1);
    CHECK_INT(s.player.seq, FILM_FRAMES + 5); // never starts over
    CHECK_INT(s.player.markers, FILM_FRAMES + 5);
    CHECK_INT(s.player.ssrc, 0);
    CHECK(s.player.ts >= (uint32_t)(kin_clock_unix_us() / KIN_US_PER_S) - 5);
    CHECK_INT(s.player.reports + s.player.byes, 0);
out:
    fixture_close(&s);
}

TEST(a_frame_without_words_is_left_out)
{
    ONCE;
    struct fixture s = {.ends = 0};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, 4), KIN_OK);
    play_frames(s.viewer, 0, 0);
    fixture_run(&s, 3 * KIN_US_PER_S);
    CHECK_INT(s.player.complete, FILM_FRAMES - 1);
    CHECK_INT(s.player.broken, 0);
    CHECK_INT(s.player.seq_gaps, 0);
    CHECK_INT(viewer_stats(s.viewer)->frames_skipped, 1);
    CHECK_INT((uint32_t)(s.player.frame_ts[4] - s.player.frame_ts[3]), 2 * TS_STEP);
out:
    fixture_close(&s);
}

// With restart markers, as after reports of losses: to the player of this test, which knows the scans of the file, such
// frames are broken. Frame 4 has no variant, and cannot be sent as it is either.
TEST(variants_are_sent_and_what_has_none_as_it_is)
{
    ONCE;
    struct fixture s = {.ends = 0};
    unsigned times = 0;
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, 4), KIN_OK);
    while (s.player.broken == 0 && times++ < 10) { // a slow machine sends them plain
        s.viewer->sender.unmended.yes = true;
        play_frames(s.viewer, 0, 0);
        fixture_run(&s, 3 * KIN_US_PER_S);
    }
    CHECK(s.player.broken > 0);
    CHECK_INT(s.player.complete + s.player.broken, times * (FILM_FRAMES - 1));
    CHECK_INT(s.player.seq_gaps, 0);
    CHECK_INT(viewer_stats(s.viewer)->frames_skipped, times);
    CHECK_INT(viewer_stats(s.viewer)->frames_dropped, 0);
out:
    fixture_close(&s);
}

// Or else the player would wait for the frame for ever.
TEST(a_range_that_shows_nothing_ends_too)
{
    ONCE;
    struct fixture s = {.ends = 0};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, 4), KIN_OK);
    for (unsigned i = 1; i <= 2; i++) {
        s.player.byes = 0;
        play_frames(s.viewer, 4, 5);
        fixture_run(&s, 3 * KIN_US_PER_S);
        fixture_run(&s, 20 * KIN_US_PER_MS); // the BYE comes before the viewer says so
        CHECK_INT(s.player.packets, 0);
        CHECK_INT(s.player.byes, 1);
        CHECK_INT(s.ends, (int)i);
    }
out:
    fixture_close(&s);
}

// A disk, or a repair, that is six times too slow: one frame at a time.
#define SLOW_US 60000
#define SLOW_FRAMES 192
#define SLOW_RATE 100
#define SLOW_LEAST 12 // frames that must arrive; two seconds have time for 32

static uint8_t long_film[SLOW_FRAMES / FILM_FRAMES * sizeof copy / 4];
static uv_mutex_t slow_lock;
static bool is_slow;

static ptrdiff_t slow_read(void *ctx, uint64_t offset, void *dst, size_t n)
{
    struct kin_span rest = kin_span_skip(*(struct kin_span *)ctx, (size_t)offset);
    uv_mutex_lock(&slow_lock);
    if (is_slow)
        uv_sleep(SLOW_US / 1000);
    memcpy(dst, rest.p, n < rest.n ? n : rest.n);
    uv_mutex_unlock(&slow_lock);
    return (ptrdiff_t)(n < rest.n ? n : rest.n);
}

static void slow_free(void *ctx)
{
    (void)ctx;
}

static int slow_reel(struct kin_span *bytes, struct kin_reel **ret)
{
    struct kin_source *source = NULL;
    struct kin_source_reader reader = {slow_read, slow_free, bytes};
    struct kin_reel_options options = {.rate_num = SLOW_RATE, .rate_den = 1};
    struct film *film = film_shot();
    if (film == NULL || film->n * (SLOW_FRAMES / FILM_FRAMES) > sizeof long_film)
        return KIN_ENOMEM;
    for (unsigned i = 0; i < SLOW_FRAMES / FILM_FRAMES; i++)
        memcpy(long_film + i * film->n, film->bytes, film->n);
    *bytes = kin_span_make(long_film, film->n * (SLOW_FRAMES / FILM_FRAMES));
    is_slow = false;
    int err = kin_source_from_reader(&reader, bytes->n, &source);
    if (err == KIN_OK)
        err = kin_reel_open(source, &options, ret, NULL);
    is_slow = true;
    kin_source_unref(source);
    return err;
}

TEST(a_slow_disk_thins_the_picture_out_and_does_not_stop_it)
{
    ONCE;
    struct fixture s = {.ends = 0};
    struct kin_span bytes;
    const struct kin_media_stats *stats;
    CHECK_INT(uv_mutex_init(&slow_lock), 0);
    CHECK_INT(open_worker(&s, -1), KIN_OK);
    kin_reel_unref(s.reel);
    s.reel = NULL;
    CHECK_INT(slow_reel(&bytes, &s.reel), KIN_OK);
    CHECK_INT(open_udp(&s), KIN_OK);
    CHECK_INT(open_viewer(&s, KIN_LOWER_TRANSPORT_UDP, false), KIN_OK);
    play_frames(s.viewer, 0, SLOW_FRAMES);
    fixture_run(&s, 30 * KIN_US_PER_S);
    CHECK_INT(s.ends, 1);
    CHECK_INT(s.why, KIN_MEDIA_END_OF_RANGE);
    stats = viewer_stats(s.viewer);
    CHECK_INT(stats->frames_sent + stats->frames_dropped, SLOW_FRAMES);
    CHECK(stats->frames_sent >= SLOW_LEAST);
    CHECK(stats->frames_dropped >= SLOW_FRAMES / 2);
out:
    fixture_close(&s);
    uv_mutex_destroy(&slow_lock);
}

TEST(a_file_that_changes_ends_the_viewer)
{
    struct fixture s = {.free_inside = true};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, -1), KIN_OK);
    s.reel->frames[6].offset += sizeof copy; // cut off
    play_frames(s.viewer, 0, 0);
    fixture_run(&s, 3 * KIN_US_PER_S);
    CHECK_INT(s.ends, 1);
    CHECK_INT(s.why, KIN_MEDIA_END_READ);
out:
    fixture_close(&s);
}

// Regression: one frame that was no JPEG ended the reel as if its file had changed.
TEST(bytes_that_are_no_jpeg_are_passed_over)
{
    struct fixture s = {.ends = 0};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, -1), KIN_OK);
    memset(copy + s.reel->frames[6].offset, 0, 600);
    play_frames(s.viewer, 0, 0);
    fixture_run(&s, 3 * KIN_US_PER_S);
    CHECK_INT(s.ends, 1);
    CHECK_INT(s.why, KIN_MEDIA_END_OF_RANGE);
    CHECK_INT(viewer_stats(s.viewer)->frames_skipped, 1);
    CHECK_INT(viewer_stats(s.viewer)->frames_sent, s.reel->frame_count - 1);
out:
    fixture_close(&s);
}

// --- what the player says

static void send_rtcp(struct fixture *s, struct kin_span compound)
{
    union kin_addr to;
    struct kin_datagram_out out = {.part = {compound}, .parts = 1, .size = compound.n};
    kin_addr_parse("127.0.0.1:0", &to);
    kin_addr_set_port(&to, (uint16_t)(rtp_port_number(s->port) + 1));
    kin_datagram_send(s->sockets[1], &to, NULL, &out, 1);
}

static void report_here(struct fixture *s)
{
    uint8_t bytes[128];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    struct kin_rtcp_report r = {.ssrc = s->player.ssrc,
                                .fraction_lost = 0, // nothing lately
                                .lost = 3,
                                .jitter = 90,
                                .lsr = (uint32_t)(s->player.sr.ntp >> 16)};
    kin_rtcp_write_rr(&w, 1, &r, 1);
    send_rtcp(s, kin_span_str("junk"));
    send_rtcp(s, kin_wr_span(&w));
}

TEST(receiver_reports_are_kept)
{
    ONCE;
    struct fixture s = {.stop_after = 3, .on_stop = report_here};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, -1), KIN_OK);
    CHECK(viewer_stats(s.viewer)->rtt_ms < 0);
    kin_us born = viewer_stats(s.viewer)->last_activity;
    play_frames(s.viewer, 0, 0);
    fixture_run(&s, 3 * KIN_US_PER_S);
    const struct kin_media_stats *stats = viewer_stats(s.viewer);
    CHECK(stats->have_report);
    CHECK_INT(stats->lost, 3);
    CHECK(stats->loss >= 3.0 / (double)stats->packets && stats->loss <= 1); // it was 0 beside three lost
    CHECK_INT(stats->jitter_ms, 1);
    CHECK(stats->rtt_ms >= 0 && stats->rtt_ms < 3000);
    CHECK(stats->last_activity > born);
out:
    fixture_close(&s);
}

// A BYE is believed from an SSRC that has reported before.
static void bye_here(struct fixture *s)
{
    uint8_t bytes[64];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    kin_rtcp_write_rr(&w, 1, NULL, 0);
    send_rtcp(s, kin_wr_span(&w));
    kin_rtcp_write_bye(&w, 1, kin_span_str(""));
    send_rtcp(s, kin_wr_span(&w));
}

TEST(a_players_bye_ends_the_viewer)
{
    struct fixture s = {.stop_after = 3, .on_stop = bye_here, .free_inside = true};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, true, -1), KIN_OK);
    play_frames(s.viewer, 0, 0);
    fixture_run(&s, 3 * KIN_US_PER_S);
    CHECK_INT(s.ends, 1);
    CHECK_INT(s.why, KIN_MEDIA_END_BYE);
out:
    fixture_close(&s);
}

// --- packets that are asked for again

static void ask(struct fixture *s, uint16_t first, unsigned n)
{
    uint8_t bytes[64 + KIN_RTCP_NACK_PACKETS_MAX * KIN_RTCP_NACK_PAIR];
    uint16_t seqs[KIN_RTCP_NACK_PACKETS_MAX];
    struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
    for (unsigned i = 0; i < n; i++)
        seqs[i] = (uint16_t)(first + i);
    kin_rtcp_write_rr(&w, 1, NULL, 0);
    kin_rtcp_write_nack(&w, 1, s->player.ssrc, seqs, n);
    send_rtcp(s, kin_wr_span(&w));
}

static void ask_here(struct fixture *s)
{
    ask(s, s->player.first_seq, 3);
    ask(s, s->player.seq, 3); // two of these have not been sent yet
}

static void ask_and_get(enum kin_rtp_repair repair)
{
    struct fixture s = {.repair = repair, .stop_after = 4, .on_stop = ask_here};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, -1), KIN_OK);
    play_frames(s.viewer, 0, 0);
    fixture_run(&s, 3 * KIN_US_PER_S);
    check_whole(&s, FILM_FRAMES);
    CHECK_INT(s.player.again, repair == KIN_RTP_REPAIR_NONE ? 0 : 4);
    CHECK_INT(s.player.again_wrong, 0);
    CHECK_INT(viewer_stats(s.viewer)->again_packets, s.player.again);
    CHECK_INT(viewer_stats(s.viewer)->again_bytes, s.player.again_bytes);
    CHECK_INT(viewer_stats(s.viewer)->packets, s.player.packets);
    CHECK_INT(s.player.sr.packets, s.player.packets); // reports count no retransmissions
out:
    fixture_close(&s);
}

TEST(a_player_gets_again_what_it_asks_for)
{
    ask_and_get(KIN_RTP_REPAIR_RTX);
}

TEST(a_player_gets_again_what_it_asks_for_as_it_was)
{
    ONCE;
    ask_and_get(KIN_RTP_REPAIR_ORIGINAL);
    ask_and_get(KIN_RTP_REPAIR_NONE);
}

static void ask_late(struct fixture *s)
{
    ask(s, s->player.first_seq, 1);
}

TEST(a_frame_that_has_left_the_cache_is_read_again)
{
    struct fixture s = {
        .repair = KIN_RTP_REPAIR_RTX, .cache_bytes = 1, .stop_after = FILM_FRAMES - 1, .on_stop = ask_late};
    struct frame_cache_stats before, after;
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, -1), KIN_OK);
    play_frames(s.viewer, 0, 0);
    frame_cache_stats(s.cache, &before);
    fixture_run(&s, 3 * KIN_US_PER_S);
    frame_cache_stats(s.cache, &after);
    check_whole(&s, FILM_FRAMES);
    CHECK_INT(s.player.again, 1);
    CHECK_INT(s.player.again_wrong, 0);
    CHECK_INT(after.reads, FILM_FRAMES + 1);
    CHECK(after.evictions > 0);
out:
    fixture_close(&s);
}

// The last frame's packets may be lost like any others, and the player asks when the BYE has told it.
static void ask_at_end(struct fixture *s)
{
    if (s->player.complete == FILM_FRAMES)
        ask(s, s->player.seq, 1);
}

TEST(the_last_packet_is_sent_again_too)
{
    ONCE;
    struct fixture s = {.repair = KIN_RTP_REPAIR_RTX};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, -1), KIN_OK);
    play_frames(s.viewer, 0, 0);
    fixture_run(&s, 3 * KIN_US_PER_S);
    CHECK_INT(s.ends, 1);
    ask_at_end(&s);
    fixture_run(&s, 50 * KIN_US_PER_MS);
    CHECK_INT(s.player.again, 1);
    CHECK_INT(s.player.again_wrong, 0);
    CHECK_INT(s.ends, 1);
out:
    fixture_close(&s);
}

#define FLOOD_NACKS 10000
#define FLOOD_IN_DATAGRAM 70

// Each of them asks for 17 packets that were sent.
static void flood(struct fixture *s)
{
    uint8_t bytes[FLOOD_IN_DATAGRAM * (KIN_RTCP_NACK_HEAD + KIN_RTCP_NACK_PAIR) + 8];
    for (unsigned sent = 0; sent < FLOOD_NACKS;) {
        struct kin_wr w = kin_wr_init(bytes, sizeof bytes);
        kin_rtcp_write_rr(&w, 1, NULL, 0);
        for (unsigned i = 0; i < FLOOD_IN_DATAGRAM; i++, sent++) {
            uint16_t seqs[KIN_RTCP_NACK_PER_PAIR];
            for (unsigned k = 0; k < KIN_RTCP_NACK_PER_PAIR; k++)
                seqs[k] = (uint16_t)(s->player.first_seq + (sent + k) % s->player.packets);
            kin_rtcp_write_nack(&w, 1, s->player.ssrc, seqs, KIN_RTCP_NACK_PER_PAIR);
        }
        send_rtcp(s, kin_wr_span(&w));
    }
}

TEST(a_flood_of_questions_gets_its_share_and_stops_nobody)
{
    ONCE;
    struct fixture s = {.repair = KIN_RTP_REPAIR_RTX, .stop_after = 4, .on_stop = flood};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, -1), KIN_OK);
    play_frames(s.viewer, 0, 0);
    fixture_run(&s, 3 * KIN_US_PER_S);
    check_whole(&s, FILM_FRAMES);
    CHECK(s.player.again > 0);
    CHECK_INT(s.player.again_wrong, 0);
    const struct kin_media_stats *stats = viewer_stats(s.viewer);
    uint64_t burst = film_shot()->n * RATE / FILM_FRAMES / 2; // half a second
    CHECK(stats->again_bytes <= stats->bytes * (uint64_t)settings.rtp_retransmit / 100 + burst + 1500);
out:
    fixture_close(&s);
}

static void leave_here(struct fixture *s)
{
    kin_datagram_close(s->sockets[0]);
    s->sockets[0] = NULL;
}

TEST(a_closed_port_ends_the_viewer)
{
    ONCE;
    struct fixture s = {.stop_after = 3, .on_stop = leave_here};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, true, -1), KIN_OK);
    play_frames(s.viewer, 0, 0);
    kin_us began = kin_loop_now(&s.worker.loop);
    fixture_run(&s, 3 * KIN_US_PER_S);
    CHECK_INT(s.ends, 1);
    CHECK_INT(s.why, KIN_MEDIA_END_UNREACHABLE);
    CHECK(kin_loop_now(&s.worker.loop) - began < KIN_US_PER_S);
out:
    fixture_close(&s);
}

TEST(an_address_belongs_to_one_viewer)
{
    struct fixture s = {.ends = 0};
    struct viewer *second = NULL;
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, -1), KIN_OK);
    struct viewer_params p = {.delivery = &s.delivery,
                              .reel = s.reel,
                              .format = KIN_PAYLOAD_WHOLE_FILE,
                              .lab = whole_frames,
                              .peer_rtp = *kin_datagram_local(s.sockets[0])};
    CHECK_INT(viewer_new(&p, &second), KIN_ELIMIT);
    viewer_free(s.viewer, false);
    s.viewer = NULL;
    CHECK_INT(viewer_new(&p, &second), KIN_OK);
out:
    viewer_free(second, false);
    fixture_close(&s);
}

// A player was killed and started again with the same ports, before its old session timed out.
TEST(an_abandoned_viewer_gives_way)
{
    struct fixture s = {.ends = 0};
    struct viewer *second = NULL;
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, -1), KIN_OK);
    struct viewer_params p = {.delivery = &s.delivery,
                              .reel = s.reel,
                              .format = KIN_PAYLOAD_WHOLE_FILE,
                              .lab = whole_frames,
                              .peer_rtp = *kin_datagram_local(s.sockets[0])};
    play_frames(s.viewer, 0, 0);
    viewer_abandon(s.viewer);
    CHECK_INT(viewer_new(&p, &second), KIN_OK);
    fixture_run(&s, 3 * KIN_US_PER_S);
    CHECK_INT(s.ends, 1);
    CHECK_INT(s.why, KIN_MEDIA_END_REPLACED);
    CHECK_INT(s.player.packets, 0);
    CHECK_INT(s.player.byes, 0);
out:
    viewer_free(second, false);
    fixture_close(&s);
}

// Fault: who was refused for one of its ports had cut off the abandoned peer on the other.
TEST(who_is_refused_displaces_nobody)
{
    struct fixture s = {.ends = 0};
    struct rtp_peer abandoned = {.has_rtcp = true}, other = {.has_rtcp = true}, late = {.has_rtcp = true};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_UDP, false, -1), KIN_OK);
    kin_addr_parse("127.0.0.1:4000", &abandoned.rtp);
    kin_addr_parse("127.0.0.1:4001", &abandoned.rtcp);
    kin_addr_parse("127.0.0.1:5000", &other.rtp);
    kin_addr_parse("127.0.0.1:5001", &other.rtcp);
    late.rtp = abandoned.rtp;
    late.rtcp = other.rtcp;
    CHECK_INT(rtp_port_add(s.port, &abandoned), KIN_OK);
    rtp_port_abandon(s.port, &abandoned);
    CHECK_INT(rtp_port_add(s.port, &other), KIN_OK);
    CHECK_INT(rtp_port_add(s.port, &late), KIN_ELIMIT);
    CHECK(!rtp_port_displaced(s.port, &abandoned));
    late.rtcp = abandoned.rtcp;
    CHECK_INT(rtp_port_add(s.port, &late), KIN_OK);
    CHECK(rtp_port_displaced(s.port, &abandoned));
    CHECK(!rtp_port_displaced(s.port, &other));
    rtp_port_remove(s.port, &late);
    rtp_port_remove(s.port, &other);
out:
    fixture_close(&s);
}

// --- a slow TCP viewer

static void stall_here(struct fixture *s)
{
    kin_stream_pause(s->streams[1]);
}

struct sleeper {
    struct fixture *stage;
    struct kin_timer *timer;
    bool stepping;
    struct play_start step;
    uint64_t sent;
};

// Sleeps until frames were dropped, then watches a little longer.
static void on_wake_up(void *ctx, kin_us now)
{
    struct sleeper *z = ctx;
    struct fixture *s = z->stage;
    if (viewer_stats(s->viewer)->frames_dropped >= 5 && s->stop_after > 0) {
        kin_stream_resume(s->streams[1]);
        s->stop_after = s->player.complete + 40;
        s->on_stop = stop_here;
    } else {
        kin_timer_set(z->timer, now + 10 * KIN_US_PER_MS);
    }
}

TEST(a_slow_viewer_loses_whole_frames_only)
{
    ONCE;
    struct fixture s = {.stop_after = 3, .on_stop = stall_here};
    struct sleeper z = {.stage = &s};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_TCP, true, -1), KIN_OK);
    CHECK_INT(kin_timer_new(&s.worker.loop, on_wake_up, &z, &z.timer), KIN_OK);
    play_frames(s.viewer, 0, 0);
    kin_timer_set(z.timer, kin_loop_now(&s.worker.loop) + 100 * KIN_US_PER_MS);
    fixture_run(&s, 8 * KIN_US_PER_S);
    CHECK(viewer_stats(s.viewer)->frames_dropped >= 5);
    CHECK(s.player.complete > 40);
    CHECK_INT(s.player.broken, 0);
    CHECK_INT(s.player.seq_gaps, 0); // a dropped frame takes no sequence numbers
    CHECK_INT(s.player.junk, 0);
out:
    kin_timer_free(z.timer);
    fixture_close(&s);
}

// Once frames were dropped, asks for a single one; reads on a little later.
static void on_step(void *ctx, kin_us now)
{
    struct sleeper *z = ctx;
    struct fixture *s = z->stage;
    if (z->stepping)
        kin_stream_resume(s->streams[1]);
    else
        kin_timer_set(z->timer, now + 50 * KIN_US_PER_MS);
    if (z->stepping || viewer_stats(s->viewer)->frames_dropped == 0)
        return;
    z->stepping = true;
    z->step = play_frames(s->viewer, 4, 5);
    z->sent = viewer_stats(s->viewer)->frames_sent;
}

TEST(a_frame_that_is_asked_for_is_not_dropped)
{
    ONCE;
    struct fixture s = {.stop_after = 3, .on_stop = stall_here};
    struct sleeper z = {.stage = &s};
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_TCP, true, -1), KIN_OK);
    CHECK_INT(kin_timer_new(&s.worker.loop, on_step, &z, &z.timer), KIN_OK);
    play_frames(s.viewer, 0, 0);
    kin_timer_set(z.timer, kin_loop_now(&s.worker.loop) + 100 * KIN_US_PER_MS);
    fixture_run(&s, 8 * KIN_US_PER_S);
    CHECK(z.stepping);
    CHECK_INT(s.why, KIN_MEDIA_END_OF_RANGE);
    CHECK_INT(viewer_stats(s.viewer)->frames_sent, z.sent + 1);
    CHECK_INT(s.player.ts, z.step.rtptime);
    CHECK_INT(s.player.seq_gaps, 0);
out:
    kin_timer_free(z.timer);
    fixture_close(&s);
}

// --- a viewer that shares the budget with others

static void on_ring(void *ctx)
{
    (void)ctx;
}

struct crowded {
    struct send_budget *budget;
    struct send_bell bell;
    struct send_account *other;
};

// Another connection of the same address takes all the room, or gives it back.
static int crowd(struct crowded *c, struct fixture *s)
{
    union kin_addr peer;
    kin_addr_parse("192.0.2.1:9", &peer);
    *c = (struct crowded){.budget = send_budget_new(16u << 20), .bell = {on_ring, NULL}};
    int err = c->budget != NULL ? send_budget_open(c->budget, &peer, &c->bell, &c->other) : KIN_ENOMEM;
    if (err == KIN_OK)
        err = send_budget_open(c->budget, &peer, &c->bell, &s->account);
    if (err == KIN_OK)
        send_budget_update(c->other, 16u << 20, 0);
    return err;
}

static void disperse(struct crowded *c, struct fixture *s)
{
    send_budget_close(c->other);
    send_budget_close(s->account);
    send_budget_free(c->budget);
}

// Viewers without room for a frame made the daemon read it all the same, only to drop it.
TEST(a_frame_that_finds_no_room_is_not_even_read)
{
    ONCE;
    struct fixture s = {.stop_after = 30, .on_stop = stop_here};
    struct crowded c;
    struct frame_cache_stats cached;
    CHECK_INT(crowd(&c, &s), KIN_OK);
    CHECK_INT(fixture_open(&s, KIN_LOWER_TRANSPORT_TCP, true, -1), KIN_OK);
    play_frames(s.viewer, 0, 0);
    fixture_run(&s, 200 * KIN_US_PER_MS);
    frame_cache_stats(s.cache, &cached);
    CHECK_INT(cached.reads, 0);
    CHECK_INT(viewer_stats(s.viewer)->packets, 0);
    CHECK(viewer_playing(s.viewer));
    send_budget_update(c.other, 0, 0);
    fixture_run(&s, 8 * KIN_US_PER_S);
    CHECK(s.player.complete >= 30);
    CHECK_INT(s.player.broken + s.player.junk + s.player.seq_gaps, 0);
    viewer_free(s.viewer, false);
    s.viewer = NULL;
    CHECK_INT(send_budget_used(c.budget), 0); // what was reserved is given back
out:
    fixture_close(&s);
    disperse(&c, &s);
}

// --- a viewer on another thread than the port's

struct remote {
    struct worker worker;
    struct delivery delivery;
    struct worker_job start;
    struct fixture *stage;
    struct viewer *viewer;
    int err;
};

static void on_remote_end(void *ctx, enum kin_media_end why)
{
    struct remote *r = ctx;
    r->err = why == KIN_MEDIA_END_BYE ? KIN_OK : KIN_EBAD;
    viewer_free(r->viewer, false);
    r->viewer = NULL;
    worker_stop(&r->worker);
}

static void on_remote_start(struct worker_job *job)
{
    struct remote *r = KIN_CONTAINER(job, struct remote, start);
    struct viewer_params p = {.delivery = &r->delivery,
                              .reel = r->stage->reel,
                              .lower_transport = KIN_LOWER_TRANSPORT_UDP,
                              .content = FRAME_COMPATIBLE,
                              .format = KIN_PAYLOAD_JPEG,
                              .peer_rtp = *kin_datagram_local(r->stage->sockets[0]),
                              .peer_rtcp = *kin_datagram_local(r->stage->sockets[1]),
                              .loop = true,
                              .on_end = on_remote_end,
                              .ctx = r};
    kin_addr_parse("127.0.0.1:0", &p.local);
    r->err = viewer_new(&p, &r->viewer);
    if (r->err == KIN_OK)
        play_frames(r->viewer, 0, 0);
    else
        worker_stop(&r->worker);
}

static void bye_and_done(struct fixture *s)
{
    bye_here(s);
    s->done = true;
}

static void on_remote_stop(void *ctx)
{
    struct remote *r = ctx;
    viewer_free(r->viewer, true);
    r->viewer = NULL;
}

TEST(rtcp_reaches_a_viewer_on_another_worker)
{
    ONCE;
    struct fixture s = {.stop_after = 20, .on_stop = bye_and_done};
    struct remote r = {.start = {.run = on_remote_start}, .stage = &s, .err = KIN_EAGAIN};
    CHECK_INT(open_worker(&s, -1), KIN_OK);
    CHECK_INT(open_udp(&s), KIN_OK);
    kin_list_init(&r.start.node);
    r.delivery = s.delivery;
    r.delivery.worker = &r.worker;
    struct worker_params p = {.index = 1, .on_stop = on_remote_stop, .ctx = &r};
    CHECK_INT(worker_init(&r.worker, &p), KIN_OK);
    int started = worker_start(&r.worker);
    if (started == KIN_OK)
        worker_post(&r.worker, &r.start);
    fixture_run(&s, KIN_US_PER_S / 2);
    kin_us until = kin_loop_now(&s.worker.loop) + KIN_US_PER_S / 2;
    while (uv_loop_alive(&s.worker.loop.uv) != 0 && worker_heartbeat(&r.worker) > 0 && kin_clock_mono_us() < until) {
        uv_run(&s.worker.loop.uv, UV_RUN_NOWAIT); // the port hands the BYE over
        if (atomic_load(&r.worker.stop_requested))
            break;
    }
    worker_stop(&r.worker);
    worker_join(&r.worker);
    int left = worker_deinit(&r.worker);
    CHECK_INT(started, KIN_OK);
    CHECK_INT(left, 0);
    CHECK_INT(r.err, KIN_OK);
    CHECK(s.player.complete >= 20);
    CHECK_INT(s.player.seq_gaps, 0);
out:
    fixture_close(&s);
}
