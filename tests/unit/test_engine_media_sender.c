// engine/play/media_sender: which frame leaves when, whatever the shell can and cannot do meanwhile. In virtual time.
#include "base/err.h"
#include "engine/play/media_sender.h"
#include "media/source.h"
#include "proto/rtcp_fb.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S
#define RATE 10
#define INTERVAL (SEC / RATE)
#define FRAME_TS (90000 / RATE)
#define FRAMES 10
#define START (100 * SEC)
#define SSRC 7
#define SEQ 100        // of the first packet
#define KEPT_MAX 512   // packets
#define PACKET_MAX 512 // bytes

// A sender and a shell that does what the test lets it do, and notes what leaves.
struct fixture {
    struct kin_reel_frame frames[FRAMES];
    struct kin_reel reel;
    struct kin_rtp_plan *plan; // of every frame
    struct kin_media_sender sender;
    kin_us now;
    bool is_read[FRAMES]; // the frame is in the cache
    bool no_variants;     // and no variant of any
    bool cannot_vary;     // there never is one
    int error;            // of all frames that are read
    bool behind;          // the connection is: there is no room for frames
    bool full;            // the socket is: there is none for packets
    struct kin_rtp_history history;
    const struct kin_rtp_plan *again_plan; // of frames of which packets are sent again
    bool again_full;                       // the socket is, for those and for parity
    // what happened
    char order[256]; // of steps: "a" ahead, "r3" read, "v3" read in a variant, "f3" the first packet of a frame, "A4" a
                     // packet again, "V4" of a variant, "R" report, "E" the end
    uint16_t seq;    // of the packet sent last
    uint32_t ts, last_ts;
    unsigned packets, gaps, reports;
    unsigned ahead; // most frames in one step
    unsigned spins; // deadlines that had come when there was nothing to do
    kin_us first_at[FRAMES], ended_at;
    enum kin_media_end why;
    struct kept { // whole packets, by number
        uint8_t bytes[PACKET_MAX];
        size_t n;
    } kept[KEPT_MAX], again; // that was sent again last
    unsigned agains;
    struct kept parity[KEPT_MAX]; // packets, in the order in which they left
    unsigned parities;
    unsigned before[KEPT_MAX]; // packets that had left by then
    kin_us parity_at;          // of the last one
};

static void note(struct fixture *f, const char *what, int n)
{
    size_t len = strlen(f->order);
    struct kin_wr w = kin_wr_init(f->order + len, sizeof f->order - len - 1);
    kin_wr_fmt(&w, n >= 0 ? "%s%d " : "%s ", what, n);
    f->order[len + w.len] = '\0';
}

static int make_plan(bool sized, struct kin_rtp_plan **ret)
{
    struct kin_source *source = NULL;
    struct kin_jpeg_info info;
    struct kin_jpeg_rtp rtp;
    struct kin_buf *jpeg = NULL;
    int err = kin_source_from_path("tests/data/420.jpg", &source);
    if (err == KIN_OK && (jpeg = kin_buf_new((size_t)kin_source_size(source))) == NULL)
        err = KIN_ENOMEM;
    if (err == KIN_OK && kin_source_read(source, 0, jpeg->data, jpeg->len) != (ptrdiff_t)jpeg->len)
        err = KIN_EIO;
    if (err == KIN_OK)
        err = kin_jpeg_walk(kin_buf_span(jpeg), &info, NULL);
    if (err == KIN_OK && kin_jpeg_compat(&info, &rtp) == KIN_JPEG_COMPAT_OK)
        err = (sized ? kin_rtp_plan_jpeg_sized : kin_rtp_plan_jpeg)(jpeg, &rtp, KIN_RTP_PLAN_PACKET_MIN, ret);
    kin_buf_unref(jpeg);
    kin_source_unref(source);
    return err;
}

static bool fixture_open_with(struct fixture *f, struct kin_media_sender_params params, bool sized)
{
    *f = (struct fixture){.now = START};
    for (uint32_t i = 0; i < FRAMES; i++) {
        f->frames[i] = (struct kin_reel_frame){.ts = (uint64_t)i * FRAME_TS, .length = 1};
        f->is_read[i] = true;
    }
    f->reel = (struct kin_reel){.frames = f->frames, .frame_count = FRAMES, .duration_ts = FRAMES * FRAME_TS};
    params.reel = &f->reel;
    params.pacing = 70;
    params.rtp = (struct kin_rtp_sender_params){.ssrc = SSRC, .seq = SEQ, .ts = 5000, .random = 1};
    kin_rtp_history_init(&f->history, 100, 0);
    kin_media_sender_init(&f->sender, f->now, &params);
    int err = make_plan(sized, &f->plan);
    f->again_plan = f->plan;
    return err == KIN_OK;
}

static bool fixture_open(struct fixture *f, struct kin_media_sender_params params)
{
    return fixture_open_with(f, params, false);
}

static void fixture_close(struct fixture *f)
{
    kin_rtp_plan_free(f->plan);
}

static void play(struct fixture *f, uint32_t first, int64_t end)
{
    struct kin_play_range range = {.first = first, .end = end};
    kin_media_sender_play(&f->sender, &range);
}

static void read_frame(struct fixture *f, uint32_t i, struct kin_jpeg_variant variant)
{
    bool plain = kin_jpeg_variant_is_plain(variant);
    note(f, plain ? "r" : "v", (int)i);
    if (f->cannot_vary && !plain)
        kin_media_sender_plain(&f->sender);
    else if (f->no_variants && !plain) {
        kin_media_sender_not_yet(&f->sender);
        return;
    }
    if (f->behind)
        kin_media_sender_no_room(&f->sender, f->now);
    else if (!f->is_read[i])
        kin_media_sender_not_yet(&f->sender);
    else
        kin_media_sender_frame(&f->sender, f->now, 0, f->error, f->error == KIN_OK ? f->plan : NULL);
}

static void keep(struct kept *k, struct kin_span header, struct kin_span head, struct kin_span body,
                 struct kin_span tail)
{
    struct kin_wr w = kin_wr_init(k->bytes, sizeof k->bytes);
    kin_wr_put(&w, header);
    kin_wr_put(&w, head);
    kin_wr_put(&w, body);
    kin_wr_put(&w, tail);
    k->n = w.bad ? 0 : w.len;
}

static void send_again(struct fixture *f, const struct kin_rtp_again *again)
{
    struct kin_media_again p;
    note(f, kin_jpeg_variant_is_plain(again->variant) ? "A" : "V", again->seq - SEQ);
    if (!f->is_read[again->frame]) {
        kin_media_sender_again_wait(&f->sender);
    } else if (!kin_media_sender_again(&f->sender, again, f->again_plan, &p)) {
        kin_media_sender_again_skip(&f->sender);
    } else if (f->again_full) {
        kin_media_sender_again_full(&f->sender, f->now);
    } else {
        keep(&f->again, kin_span_make(p.head, p.head_bytes), p.body, p.tail, kin_span_make(NULL, 0));
        f->agains += p.bytes == f->again.n;
        kin_media_sender_again_sent(&f->sender, f->now, p.bytes);
    }
}

static void note_packet(struct fixture *f, const struct kin_media_packet *p)
{
    struct kin_rtp_packet packet;
    uint8_t bytes[KIN_RTP_HEADER_BYTES + 1] = {0};
    memcpy(bytes, p->header, KIN_RTP_HEADER_BYTES);
    bytes[0] &= 0xef; // its extension is in p->head
    kin_rtp_parse(kin_span_make(bytes, sizeof bytes), &packet);
    if (packet.h.ts != f->ts || f->packets == 0) {
        uint32_t frame = (packet.h.ts - 5000) / FRAME_TS % FRAMES;
        note(f, "f", (int)frame);
        f->first_at[frame] = f->now;
    }
    if ((uint16_t)(packet.h.seq - SEQ) < KEPT_MAX)
        keep(&f->kept[packet.h.seq - SEQ], kin_span_make(p->header, sizeof p->header), p->head, p->body, p->tail);
    f->gaps += f->packets > 0 && packet.h.seq != (uint16_t)(f->seq + 1);
    f->packets++;
    f->seq = packet.h.seq;
    f->ts = packet.h.ts;
}

static void send_packets(struct fixture *f, unsigned count)
{
    struct kin_media_packet p[64];
    size_t payload = 0;
    for (unsigned i = 0; i < count; i++) {
        kin_media_sender_packet(&f->sender, i, &p[i]);
        payload += p[i].payload;
    }
    if (f->full) {
        kin_media_sender_undo(&f->sender, count, payload);
        kin_media_sender_retry_at(&f->sender, f->now + MS);
        return;
    }
    for (unsigned i = 0; i < count; i++)
        note_packet(f, &p[i]);
    kin_media_sender_sent(&f->sender, count, payload, f->now);
}

static void send_parity(struct fixture *f)
{
    static uint8_t bytes[KIN_FEC_PACKET_MAX];
    size_t n = kin_media_sender_parity(&f->sender, f->now, bytes);
    if (f->again_full) {
        kin_media_sender_retry_at(&f->sender, f->now + MS);
        return;
    }
    if (f->parities < KEPT_MAX && n <= PACKET_MAX) {
        memcpy(f->parity[f->parities].bytes, bytes, n);
        f->parity[f->parities].n = n;
        f->before[f->parities] = f->packets;
    }
    f->parities++;
    f->parity_at = f->now;
    kin_media_sender_parity_sent(&f->sender, f->now, n);
}

static bool step(struct fixture *f)
{
    uint8_t room[KIN_RTP_SENDER_RTCP_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    struct kin_media_step_detail what;
    switch (kin_media_sender_next(&f->sender, f->now, &what)) {
    case KIN_MEDIA_WAIT:
        return false;
    case KIN_MEDIA_AHEAD:
        f->ahead = what.frame_count > f->ahead ? what.frame_count : f->ahead;
        break;
    case KIN_MEDIA_READ:
        read_frame(f, what.frames[0], what.variant);
        break;
    case KIN_MEDIA_AGAIN:
        send_again(f, &what.again);
        break;
    case KIN_MEDIA_SEND:
        send_packets(f, what.packets);
        break;
    case KIN_MEDIA_PARITY:
        send_parity(f);
        break;
    case KIN_MEDIA_REPORT:
        kin_media_sender_report(&f->sender, f->now, 0, 0, &w);
        f->reports++;
        break;
    case KIN_MEDIA_ADAPTED: // nor adapted
        return false;
    case KIN_MEDIA_ENDED:
        note(f, "E", -1);
        f->why = what.why;
        f->ended_at = f->now;
        break;
    }
    return true;
}

// Lets time pass, as the deadlines say.
static void run(struct fixture *f, kin_us span)
{
    kin_us end = f->now + span;
    for (;;) {
        while (step(f))
            ;
        kin_us at = kin_media_sender_deadline(&f->sender);
        if (at > end)
            break;
        f->spins += at <= f->now;
        f->now = kin_us_max(at, f->now + 1);
    }
    f->now = end;
}

TEST(a_range_leaves_frame_by_frame_when_each_is_due)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.loop = false}));
    play(&f, 2, 6);
    CHECK_INT(kin_media_sender_next_seq(&f.sender), 100);
    CHECK_INT(kin_media_sender_next_rtptime(&f.sender), 5000);
    run(&f, 2 * SEC);
    CHECK_SPAN(kin_span_str(f.order), "r2 f0 r3 f1 r4 f2 r5 f3 E ");
    for (int i = 0; i < 4; i++)
        CHECK_INT(f.first_at[i], START + i * INTERVAL);
    CHECK_INT(f.ended_at, START + 4 * INTERVAL + 200 * MS); // for the BYE, which may overtake packets
    CHECK_INT(f.why, KIN_MEDIA_END_OF_RANGE);
    CHECK_INT(f.gaps, 0);
    CHECK_INT(f.reports, 1);
    CHECK_INT(f.packets, 4 * kin_rtp_plan_count(f.plan));
    CHECK_INT(f.sender.stats.frames_sent, 4);
    CHECK_INT(kin_media_sender_position(&f.sender), 6);
    CHECK_INT(kin_media_sender_deadline(&f.sender), KIN_US_NEVER);
out:
    fixture_close(&f);
}

TEST(a_frame_that_is_not_there_is_waited_for)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.loop = false}));
    f.is_read[0] = f.is_read[2] = false;
    play(&f, 0, 4);
    run(&f, 300 * MS);
    CHECK_SPAN(kin_span_str(f.order), "r0 ");
    f.is_read[0] = true;
    kin_media_sender_frame_ready(&f.sender);
    run(&f, 2 * INTERVAL); // the clock of the run begins now
    CHECK_SPAN(kin_span_str(f.order), "r0 r0 f0 r1 f1 r2 ");
    f.is_read[2] = true;
    kin_media_sender_frame_ready(&f.sender);
    run(&f, SEC);
    CHECK_SPAN(kin_span_str(f.order), "r0 r0 f0 r1 f1 r2 r2 f2 r3 f3 E ");
    CHECK_INT(f.first_at[3], START + 300 * MS + 3 * INTERVAL);
out:
    fixture_close(&f);
}

// A change of pace is nothing else: no frame is left out or sent again, and RTP time goes on.
TEST(a_pace_changes_from_the_next_frame_on)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.loop = false}));
    play(&f, 0, FRAMES);
    run(&f, INTERVAL + MS);
    kin_media_sender_pace(&f.sender, f.now, 4000);
    run(&f, INTERVAL + 3 * INTERVAL / 4);
    kin_media_sender_pace(&f.sender, f.now, 1000);
    run(&f, 2 * SEC);
    CHECK_SPAN(kin_span_str(f.order), "r0 f0 r1 f1 r2 f2 r3 f3 r4 f4 r5 f5 r6 f6 r7 f7 r8 f8 r9 f9 E ");
    for (int i = 0; i < 3; i++)
        CHECK_INT(f.first_at[i], START + i * INTERVAL);
    for (int i = 3; i < 7; i++)
        CHECK_INT(f.first_at[i], f.first_at[2] + (i - 2) * INTERVAL / 4);
    for (int i = 7; i < FRAMES; i++)
        CHECK_INT(f.first_at[i], f.first_at[6] + (i - 6) * INTERVAL);
    CHECK_INT(f.gaps + f.spins, 0);
    CHECK_INT(f.reports, 1);
out:
    fixture_close(&f);
}

// Also once all frames have left: the range does not begin again.
TEST(a_pace_changes_nothing_at_the_end)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.loop = false}));
    play(&f, 8, FRAMES);
    kin_media_sender_pace(&f.sender, f.now, 4000); // before the first frame is read
    run(&f, INTERVAL / 4 + MS);
    kin_media_sender_pace(&f.sender, f.now, 1000);
    run(&f, SEC);
    kin_media_sender_pace(&f.sender, f.now, 4000);
    run(&f, SEC);
    CHECK_SPAN(kin_span_str(f.order), "r8 f0 r9 f1 E ");
    CHECK_INT(f.first_at[1], START + INTERVAL / 4);
out:
    fixture_close(&f);
}

// Ahead of its time no frame is late.
TEST(a_fast_sender_leaves_nothing_out)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.in_order = true}));
    f.is_read[1] = false;
    play(&f, 0, FRAMES);
    kin_media_sender_pace(&f.sender, f.now, 4000);
    run(&f, 2 * SEC); // far behind
    f.is_read[1] = true;
    f.behind = true;
    kin_media_sender_frame_ready(&f.sender);
    run(&f, 100 * MS);
    f.behind = false;
    run(&f, SEC);
    CHECK_INT(f.sender.stats.frames_dropped, 0);
    CHECK_INT(f.sender.stats.frames_sent, FRAMES);
    CHECK_INT(f.first_at[9] - f.first_at[8], INTERVAL / 4);
out:
    fixture_close(&f);
}

// What comes far too late is left out, but for the frame that was waited for.
TEST(a_sender_that_fell_behind_goes_on_with_the_newest_frame)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.loop = false}));
    f.is_read[1] = false;
    play(&f, 0, FRAMES);
    run(&f, 8 * INTERVAL + MS); // past the patience of the pacer
    f.is_read[1] = true;
    kin_media_sender_frame_ready(&f.sender);
    run(&f, SEC);
    CHECK_SPAN(kin_span_str(f.order), "r0 f0 r1 r1 f1 r8 f8 r9 f9 E ");
    CHECK_INT(f.sender.stats.frames_dropped, 6);
    CHECK_INT(f.gaps, 0);
out:
    fixture_close(&f);
}

TEST(a_connection_without_room_loses_whole_frames)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.in_order = true}));
    f.behind = true;
    play(&f, 0, 5);
    run(&f, SEC);
    CHECK_INT(f.packets, 0);
    f.behind = false; // and the run begins with its first frame
    f.order[0] = '\0';
    run(&f, INTERVAL + INTERVAL / 2);
    CHECK_SPAN(kin_span_str(f.order), "r0 f0 r1 f1 ");
    f.behind = true;
    run(&f, INTERVAL);
    f.behind = false;
    run(&f, SEC);
    CHECK_SPAN(kin_span_str(f.order), "r0 f0 r1 f1 r2 r3 f3 r4 f4 E ");
    CHECK_INT(f.sender.stats.frames_dropped, 1);
    CHECK_INT(f.gaps, 0); // a frame that is dropped takes no numbers
out:
    fixture_close(&f);
}

TEST(a_full_socket_gets_the_same_packets_again)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.loop = false}));
    play(&f, 0, 3);
    run(&f, INTERVAL / 2);
    f.full = true;
    run(&f, INTERVAL);
    CHECK_INT(f.packets, kin_rtp_plan_count(f.plan));
    f.full = false;
    run(&f, SEC);
    CHECK_INT(f.gaps, 0);
    CHECK_INT(f.packets, 3 * kin_rtp_plan_count(f.plan));
    CHECK_INT(f.sender.stats.packets, f.packets);
out:
    fixture_close(&f);
}

TEST(a_frame_on_its_way_is_sent_to_its_end)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.loop = false}));
    play(&f, 0, FRAMES);
    run(&f, INTERVAL / 2);
    f.full = true;
    run(&f, INTERVAL);
    CHECK(kin_media_sender_sends(&f.sender));
    uint16_t next = kin_media_sender_next_seq(&f.sender);
    kin_media_sender_pause(&f.sender);
    f.full = false;
    run(&f, SEC);
    CHECK(!kin_media_sender_sends(&f.sender));
    CHECK_INT((uint16_t)(f.seq + 1), next);
    CHECK_INT(f.packets, 2 * kin_rtp_plan_count(f.plan));
    CHECK_INT(kin_media_sender_position(&f.sender), 2);
    CHECK_INT(kin_media_sender_next_rtptime(&f.sender), 5000 + 2 * FRAME_TS); // the pause does not count
    play(&f, 7, FRAMES);
    run(&f, SEC);
    CHECK_SPAN(kin_span_str(f.order), "r0 f0 r1 f1 r7 f2 r8 f3 r9 f4 E ");
    CHECK_INT(f.gaps, 0);
out:
    fixture_close(&f);
}

// Fault: the loop spun until that frame was sent, and then only one frame was read ahead.
TEST(a_jump_in_the_middle_of_a_frame_waits_for_its_end)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.loop = false}));
    play(&f, 0, FRAMES);
    f.full = true;
    run(&f, INTERVAL / 2);
    CHECK(kin_media_sender_sends(&f.sender));
    f.ahead = 0;
    play(&f, 4, FRAMES);
    run(&f, INTERVAL);
    CHECK_INT(f.spins, 0);
    f.full = false;
    run(&f, SEC);
    CHECK_SPAN(kin_span_str(f.order), "r0 f0 r4 f1 r5 f2 r6 f3 r7 f4 r8 f5 r9 f6 E ");
    CHECK(f.ahead >= 3);
    CHECK_INT(f.spins, 0);
out:
    fixture_close(&f);
}

TEST(it_pauses_by_itself_before_a_frame)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.loop = false}));
    play(&f, 0, FRAMES);
    kin_media_sender_pause_at(&f.sender, 3);
    run(&f, SEC);
    CHECK_SPAN(kin_span_str(f.order), "r0 f0 r1 f1 r2 f2 E ");
    CHECK_INT(f.why, KIN_MEDIA_END_PAUSED);
    CHECK_INT(f.ended_at, START + 3 * INTERVAL);
out:
    fixture_close(&f);
}

TEST(a_loop_goes_on_without_a_gap)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.loop = true}));
    play(&f, 0, FRAMES);
    run(&f, 3 * FRAMES * INTERVAL - INTERVAL / 2);
    CHECK_INT(f.sender.stats.frames_sent, 3 * FRAMES);
    CHECK_INT(f.ts, 5000 + (3 * FRAMES - 1) * FRAME_TS);
    CHECK_INT(f.first_at[FRAMES - 1], START + (3 * FRAMES - 1) * INTERVAL);
    CHECK_INT(f.gaps, 0);
out:
    fixture_close(&f);
}

TEST(what_cannot_be_sent_is_skipped_and_what_cannot_be_read_is_the_end)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.loop = false}));
    f.error = KIN_EBAD;
    play(&f, 0, 2);
    run(&f, SEC);
    CHECK_SPAN(kin_span_str(f.order), "r0 r1 E ");
    CHECK_INT(f.sender.stats.frames_skipped, 2);
    f.error = KIN_EIO;
    play(&f, 0, 2);
    run(&f, SEC);
    CHECK_SPAN(kin_span_str(f.order), "r0 r1 E r0 E ");
    CHECK_INT(f.why, KIN_MEDIA_END_READ);
    CHECK_INT(f.packets, 0);
out:
    fixture_close(&f);
}

TEST(it_ends_when_nobody_listens)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.loop = true}));
    play(&f, 0, FRAMES);
    run(&f, 10 * MS);
    kin_media_sender_unreachable(&f.sender, f.now); // perhaps its port is just being opened
    run(&f, 100 * MS);
    kin_media_sender_unreachable(&f.sender, f.now);
    CHECK(f.sender.playing);
    run(&f, 200 * MS);
    kin_media_sender_unreachable(&f.sender, f.now);
    unsigned packets = f.packets;
    run(&f, SEC);
    CHECK_INT(f.why, KIN_MEDIA_END_UNREACHABLE);
    CHECK_INT(f.packets, packets);
out:
    fixture_close(&f);
}

// --- retransmission

// The player asks for n packets from number SEQ + first on.
static void ask(struct fixture *f, unsigned first, unsigned n)
{
    uint8_t room[64 + KIN_RTCP_NACK_PACKETS_MAX * KIN_RTCP_NACK_PAIR];
    uint16_t seqs[KIN_RTCP_NACK_PACKETS_MAX];
    struct kin_wr w = kin_wr_init(room, sizeof room);
    for (unsigned i = 0; i < n; i++)
        seqs[i] = (uint16_t)(SEQ + first + i);
    kin_rtcp_write_rr(&w, 99, NULL, 0);
    kin_rtcp_write_nack(&w, 99, SSRC, seqs, n);
    kin_media_sender_feed_rtcp(&f->sender, f->now, 0, kin_wr_span(&w));
}

static struct kin_span bytes_of(const struct kept *k)
{
    return kin_span_make(k->bytes, k->n);
}

// Two frames have been sent, and nothing happens in the middle of a frame.
static void play_two(struct fixture *f)
{
    play(f, 0, FRAMES);
    run(f, INTERVAL + INTERVAL * 9 / 10);
    f->order[0] = '\0';
}

#define OPEN_AGAIN(f, ...)                                                                                             \
    CHECK(fixture_open(&(f), (struct kin_media_sender_params){.history = &(f).history, __VA_ARGS__}))

TEST(a_packet_is_sent_again_as_it_was)
{
    struct fixture f;
    OPEN_AGAIN(f, .loop = false);
    unsigned count = kin_rtp_plan_count(f.plan);
    play_two(&f);
    uint16_t next = kin_media_sender_next_seq(&f.sender);
    for (unsigned i = 0; i < 2 * count; i++) { // the first of a frame has tables, the last one the marker
        ask(&f, i, 1);
        run(&f, 0);
        CHECK_INT(f.agains, i + 1);
        CHECK(f.kept[i].n > 0 && kin_span_eq(bytes_of(&f.again), bytes_of(&f.kept[i])));
        f.now += MS / 4;
    }
    CHECK_INT(f.sender.stats.again_packets, 2 * count);
    CHECK_INT(f.sender.stats.packets, 2 * count); // which reports count
    CHECK_INT(f.sender.rtp.packets, 2 * count);
    CHECK_INT(kin_media_sender_next_seq(&f.sender), next);
    run(&f, SEC);
    CHECK_INT(f.gaps, 0);
    CHECK_INT(f.spins, 0);
out:
    fixture_close(&f);
}

#define RTX .rtx = {.payload_type = 97, .ssrc = 0x01020304, .seq = 65535}

static void check_rtx(const struct fixture *f, const struct kept *original, uint16_t seq)
{
    struct kin_rtp_header of = {.payload_type = 26, .ssrc = SSRC};
    struct kin_rtp_packet p, o;
    uint8_t restored[PACKET_MAX];
    size_t n = kin_rtp_rtx_restore(bytes_of(&f->again), &of, restored, sizeof restored);
    CHECK(original->n > 0 && kin_span_eq(kin_span_make(restored, n), bytes_of(original)));
    CHECK_INT(kin_rtp_parse(bytes_of(&f->again), &p), KIN_OK);
    CHECK_INT(kin_rtp_parse(bytes_of(original), &o), KIN_OK);
    CHECK(p.h.payload_type == 97 && p.h.ssrc == 0x01020304 && p.h.seq == seq);
    CHECK(p.h.ts == o.h.ts && p.h.marker == o.h.marker && p.has_extension == o.has_extension);
    CHECK(kin_span_eq(p.extension, o.extension));
    CHECK_INT(p.payload.p[0] << 8 | p.payload.p[1], o.h.seq);
    CHECK_INT(f->again.n, original->n + KIN_RTP_RTX_HEADER_BYTES);
out:;
}

TEST(a_retransmission_has_a_stream_of_its_own)
{
    struct fixture f;
    OPEN_AGAIN(f, RTX);
    unsigned count = kin_rtp_plan_count(f.plan);
    play_two(&f);
    for (unsigned i = 0; i < 2 * count; i++) {
        ask(&f, i, 1);
        run(&f, 0);
        CHECK_INT(f.agains, i + 1);
        check_rtx(&f, &f.kept[i], (uint16_t)(65535 + i));
        f.now += MS / 4;
    }
out:
    fixture_close(&f);
}

// Fault: each attempt took a number, so that the receiver saw losses where there were none.
TEST(a_full_socket_gets_the_same_retransmission_again)
{
    struct fixture f;
    OPEN_AGAIN(f, RTX);
    play_two(&f);
    f.again_full = true;
    ask(&f, 3, 2);
    run(&f, 3 * MS);
    CHECK_INT(f.agains, 0);
    CHECK_SPAN(kin_span_str(f.order), "A3 A3 A3 A3 ");
    f.again_full = false;
    run(&f, MS);
    CHECK_INT(f.agains, 2);
    check_rtx(&f, &f.kept[4], 0); // the second one: 65535 and then 0
    CHECK_INT(f.spins, 0);
out:
    fixture_close(&f);
}

TEST(the_original_number_stands_behind_the_extension)
{
    struct fixture f;
    CHECK(fixture_open_with(&f, (struct kin_media_sender_params){.history = &f.history, RTX}, true));
    play_two(&f);
    CHECK((f.kept[0].bytes[0] & 0x10) != 0); // it has an extension
    ask(&f, 0, 1);
    run(&f, 0);
    check_rtx(&f, &f.kept[0], 65535);
    size_t extension = 4 + 4 * (size_t)(f.again.bytes[14] << 8 | f.again.bytes[15]);
    const uint8_t *behind = f.again.bytes + KIN_RTP_HEADER_BYTES + extension;
    CHECK(memcmp(f.again.bytes + KIN_RTP_HEADER_BYTES, f.kept[0].bytes + KIN_RTP_HEADER_BYTES, extension) == 0);
    CHECK_INT(behind[0] << 8 | behind[1], SEQ);
    ask(&f, 1, 1); // and the second packet has none
    run(&f, 0);
    check_rtx(&f, &f.kept[1], 0);
    CHECK((f.again.bytes[0] & 0x10) == 0);
out:
    fixture_close(&f);
}

// Another plan of the frame would cut it otherwise.
TEST(only_the_plan_that_was_sent_is_sent_again)
{
    struct fixture f;
    struct kin_rtp_plan *other = NULL;
    struct kin_buf *file = kin_buf_new(2 * KIN_RTP_PLAN_LAB_MIN);
    OPEN_AGAIN(f, .loop = false);
    CHECK(file != NULL);
    memset(file->data, 0, file->len);
    CHECK_INT(kin_rtp_plan_lab(file, KIN_RTP_PLAN_LAB_MIN, &other), KIN_OK);
    CHECK(kin_rtp_plan_count(other) != kin_rtp_plan_count(f.plan));
    play_two(&f);
    f.again_plan = other;
    ask(&f, 1, 2);
    run(&f, 0);
    CHECK_SPAN(kin_span_str(f.order), "A1 A2 ");
    CHECK_INT(f.agains, 0);
    CHECK_INT(kin_media_sender_deadline(&f.sender) > f.now, 1);
out:
    kin_rtp_plan_free(other);
    kin_buf_unref(file);
    fixture_close(&f);
}

TEST(a_frame_that_must_be_read_again_stops_nothing_else)
{
    struct fixture f;
    OPEN_AGAIN(f, RTX);
    play_two(&f);
    f.is_read[0] = false;
    ask(&f, 3, 1);
    run(&f, INTERVAL);
    CHECK_SPAN(kin_span_str(f.order), "A3 r2 f2 ");
    CHECK_INT(f.spins, 0);
    f.is_read[0] = true;
    kin_media_sender_again_ready(&f.sender);
    run(&f, 0);
    CHECK_INT(f.agains, 1);
    check_rtx(&f, &f.kept[3], 65535);
out:
    fixture_close(&f);
}

// The last packets of a range may be lost as well.
TEST(it_answers_after_the_end_of_a_range)
{
    struct fixture f;
    OPEN_AGAIN(f, RTX);
    unsigned last = 3 * kin_rtp_plan_count(f.plan) - 1;
    play(&f, 0, 3);
    run(&f, 3 * INTERVAL + 50 * MS);
    ask(&f, last, 1); // before the BYE
    run(&f, SEC);
    CHECK_INT(f.why, KIN_MEDIA_END_OF_RANGE);
    ask(&f, last, 1);
    run(&f, 0);
    CHECK_INT(f.agains, 2);
    check_rtx(&f, &f.kept[last], 0);
    CHECK_INT(kin_media_sender_deadline(&f.sender), KIN_US_NEVER);
    run(&f, 2 * SEC);
    ask(&f, last, 1);
    run(&f, 0);
    CHECK_INT(f.agains, 2); // it is too long ago
out:
    fixture_close(&f);
}

TEST(nothing_is_sent_to_who_is_gone)
{
    static const enum kin_media_end ends[] = {KIN_MEDIA_END_BYE, KIN_MEDIA_END_UNREACHABLE, KIN_MEDIA_END_REPLACED,
                                              KIN_MEDIA_END_READ};
    struct fixture f = {.plan = NULL};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        OPEN_AGAIN(f, RTX);
        play_two(&f);
        ask(&f, 0, 3);
        kin_media_sender_end(&f.sender, ends[i]);
        run(&f, SEC);
        CHECK_INT(f.agains, 0);
        CHECK_INT(f.why, ends[i]);
        CHECK_INT(kin_media_sender_deadline(&f.sender), KIN_US_NEVER);
        fixture_close(&f);
        f.plan = NULL;
    }
out:
    fixture_close(&f);
}

TEST(a_pause_forgets_nothing)
{
    struct fixture f;
    OPEN_AGAIN(f, RTX);
    play_two(&f);
    kin_media_sender_pause(&f.sender);
    ask(&f, 1, 1);
    run(&f, 0);
    CHECK_INT(f.agains, 1);
    play(&f, 7, FRAMES); // a jump
    ask(&f, 2, 1);
    run(&f, 0);
    CHECK_INT(f.agains, 2);
    check_rtx(&f, &f.kept[2], 0);
    run(&f, SEC);
    CHECK_INT(f.gaps, 0);
out:
    fixture_close(&f);
}

// --- variants

static void play_varied(struct fixture *f, int64_t end)
{
    f->sender.unmended.yes = true; // reports have said so
    play(f, 0, end);
}

TEST(frames_are_got_in_the_variant_that_is_wanted)
{
    struct fixture f;
    OPEN_AGAIN(f, .vary = true);
    play_varied(&f, 3);
    run(&f, INTERVAL * 2 + INTERVAL * 9 / 10);
    CHECK_SPAN(kin_span_str(f.order), "v0 f0 v1 f1 v2 f2 ");
    CHECK_INT(f.ahead, KIN_MEDIA_AHEAD_MAX < 3 ? KIN_MEDIA_AHEAD_MAX : 3); // as far as those that are converted
    ask(&f, 1, 1);
    run(&f, 0);
    CHECK_SPAN(kin_span_str(f.order), "v0 f0 v1 f1 v2 f2 V1 ");
    CHECK_INT(f.sender.stats.frames_coarser, 0);
    CHECK_INT(f.spins, 0);
out:
    fixture_close(&f);
}

TEST(only_the_first_variant_is_waited_for)
{
    struct fixture f;
    OPEN_AGAIN(f, .vary = true);
    f.no_variants = true;
    play_varied(&f, 3);
    run(&f, KIN_VARIANTS_WAIT_US - MS);
    CHECK_SPAN(kin_span_str(f.order), "v0 ");
    run(&f, INTERVAL * 2 + INTERVAL / 2);
    CHECK_SPAN(kin_span_str(f.order), "v0 r0 f0 v1 r1 f1 v2 r2 f2 ");
    ask(&f, 1, 1);
    run(&f, 0);
    CHECK_SPAN(kin_span_str(f.order), "v0 r0 f0 v1 r1 f1 v2 r2 f2 A1 ");
    CHECK_INT(f.spins, 0);
out:
    fixture_close(&f);
}

TEST(what_comes_while_it_is_waited_for_is_taken)
{
    struct fixture f;
    OPEN_AGAIN(f, .vary = true);
    f.no_variants = true;
    play_varied(&f, 1);
    run(&f, KIN_VARIANTS_WAIT_US / 2);
    f.no_variants = false;
    kin_media_sender_frame_ready(&f.sender);
    run(&f, 0);
    CHECK_SPAN(kin_span_str(f.order), "v0 v0 f0 ");
out:
    fixture_close(&f);
}

TEST(a_reel_that_cannot_be_varied_is_sent_as_it_is)
{
    struct fixture f;
    OPEN_AGAIN(f, .vary = true, .loop = true);
    f.cannot_vary = true;
    play_varied(&f, FRAMES);
    run(&f, (KIN_VARIANTS_MISSED + 2) * INTERVAL);
    CHECK(kin_span_find_str(kin_span_str(f.order), "v0 f0 v1 f1 ") == 0);
    CHECK(kin_span_find_str(kin_span_str(f.order), "v1 f1 r2 f2 r3 f3 ") < strlen(f.order));
    CHECK_INT(f.sender.stats.frames_dropped + f.sender.stats.frames_skipped, 0);
out:
    fixture_close(&f);
}

TEST(without_a_history_nothing_is_sent_again)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){RTX}));
    play_two(&f);
    ask(&f, 0, 3);
    run(&f, 50 * MS);
    CHECK_INT(f.agains, 0);
out:
    fixture_close(&f);
}

// --- parity

#define FEC .fec = {.payload_type = 98, .ssrc = 8, .seq = 30}, .parity = 100

// The first parity of a frame is of its first packets, and comes to nothing with them.
static void check_parity(const struct fixture *f, unsigned frame)
{
    struct kin_rtp_flexfec mask;
    struct kin_rtp_parity sum;
    struct kin_span payload;
    const uint8_t *fields;
    uint8_t bytes[PACKET_MAX], header[KIN_RTP_HEADER_BYTES];
    unsigned first = frame * kin_rtp_plan_count(f->plan), per_frame = f->parities / 2;
    const struct kept *k = &f->parity[frame * per_frame];
    CHECK_INT(kin_rtp_flexfec_read(kin_span_make(k->bytes, k->n), &mask, &fields, &payload), KIN_OK);
    CHECK_INT(mask.base, SEQ + first);
    CHECK_INT(mask.ssrc, SSRC);
    kin_rtp_parity_init(&sum, bytes, sizeof bytes);
    CHECK(kin_rtp_parity_begin(&sum, fields, payload));
    for (unsigned i = 1; i < kin_rtp_flexfec_count(&mask); i++) {
        const struct kept *p = &f->kept[first + kin_rtp_flexfec_offset(&mask, i)];
        struct kin_span rest = kin_span_skip(kin_span_make(p->bytes, p->n), KIN_RTP_HEADER_BYTES);
        CHECK(kin_rtp_parity_add(&sum, p->bytes, &rest, 1));
    }
    size_t n = kin_rtp_parity_restore(&sum, SSRC, mask.base, header);
    CHECK_INT(n, f->kept[first].n);
    CHECK_INT(memcmp(header, f->kept[first].bytes, sizeof header), 0);
    CHECK_INT(memcmp(bytes, f->kept[first].bytes + sizeof header, n - sizeof header), 0);
out:;
}

TEST(parity_follows_each_frame_within_its_interval)
{
    struct fixture f;
    CHECK(fixture_open_with(&f, (struct kin_media_sender_params){FEC}, true)); // with an extension in the first packet
    play(&f, 0, 2);
    run(&f, 2 * SEC);
    CHECK_SPAN(kin_span_str(f.order), "r0 f0 r1 f1 E ");
    CHECK(f.parities > 2 && f.parities % 2 == 0);
    CHECK(f.parity_at >= START + INTERVAL && f.parity_at < START + 2 * INTERVAL);
    CHECK_INT(f.sender.stats.parity_packets, f.parities);
    CHECK_INT(f.packets, 2 * kin_rtp_plan_count(f.plan));
    CHECK_INT(f.gaps, 0);
    check_parity(&f, 0);
    check_parity(&f, 1);
out:
    fixture_close(&f);
}

// A frame of so many packets that its parity must not wait for the last of them.
static int make_large_plan(struct kin_rtp_plan **ret)
{
    struct kin_buf *jpeg = kin_buf_new(600 * KIN_RTP_PLAN_PACKET_MIN * 9 / 10);
    if (jpeg == NULL)
        return KIN_ENOMEM;
    memset(jpeg->data, 0x55, jpeg->len);
    const struct kin_jpeg_info info = {.width = 64, .height = 48};
    int err = kin_rtp_plan_xqt(jpeg, &info, KIN_RTP_PLAN_PACKET_MIN, ret);
    kin_buf_unref(jpeg);
    return err;
}

TEST(parity_follows_each_block_of_a_large_frame)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){FEC}));
    kin_rtp_plan_free(f.plan);
    f.plan = NULL;
    CHECK_INT(make_large_plan(&f.plan), KIN_OK);
    unsigned packets = kin_rtp_plan_count(f.plan), blocks = (packets + KIN_FEC_BLOCK - 1) / KIN_FEC_BLOCK;
    play(&f, 0, 1);
    run(&f, SEC);
    CHECK_INT(f.packets, packets);
    CHECK_INT(f.gaps, 0);
    CHECK_INT(f.before[0], packets / blocks);
    CHECK_INT(f.before[f.parities - 1], packets);
    check_parity(&f, 0);
out:
    fixture_close(&f);
}

TEST(parity_waits_for_room_and_keeps_its_numbers)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){FEC}));
    play(&f, 0, 1);
    f.again_full = true;
    run(&f, 50 * MS);
    CHECK_INT(f.packets, kin_rtp_plan_count(f.plan));
    CHECK_INT(f.parities, 0);
    CHECK(kin_media_sender_sends(&f.sender));
    f.again_full = false;
    run(&f, SEC);
    CHECK(!kin_media_sender_sends(&f.sender));
    for (unsigned i = 0; i < f.parities; i++)
        CHECK_INT(f.parity[i].bytes[3], 30 + i);
out:
    fixture_close(&f);
}

TEST(no_parity_in_order_nor_without_agreement)
{
    struct fixture f = {.plan = NULL};
    CHECK(fixture_open(&f, (struct kin_media_sender_params){FEC, .in_order = true}));
    play(&f, 0, 2);
    run(&f, SEC);
    CHECK_INT(f.parities, 0);
    fixture_close(&f);
    f.plan = NULL;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){.parity = 100}));
    play(&f, 0, 2);
    run(&f, SEC);
    CHECK_INT(f.parities, 0);
out:
    fixture_close(&f);
}

// A queue stands, or frames are left out: none of the next ones has parity, nor for a while after.
TEST(no_parity_while_the_network_does_not_carry_all)
{
    struct fixture f = {.plan = NULL};
    for (int why = 0; why < 2; why++) {
        CHECK(fixture_open(&f, (struct kin_media_sender_params){FEC}));
        f.sender.adaptation.congested = why == 0;
        f.sender.adaptation.level = why == 1 ? 2 : 0;
        play(&f, 0, FRAMES);
        run(&f, INTERVAL - MS);
        f.sender.adaptation.congested = false;
        f.sender.adaptation.level = 0;
        run(&f, 4 * INTERVAL);
        CHECK(f.packets > 4 * kin_rtp_plan_count(f.plan));
        CHECK_INT(f.parities, 0);
        f.sender.fec.held_until = f.now;
        run(&f, SEC);
        CHECK(f.parities > 0);
        fixture_close(&f);
        f.plan = NULL;
    }
out:
    fixture_close(&f);
}

// Nothing is reported as lost where the socket is full: frames are skipped instead.
TEST(no_parity_after_frames_that_were_skipped)
{
    struct fixture f;
    CHECK(fixture_open(&f, (struct kin_media_sender_params){FEC}));
    play(&f, 0, FRAMES);
    run(&f, INTERVAL - MS);
    unsigned each = f.parities;
    f.full = true;
    run(&f, 8 * INTERVAL + MS);
    f.full = false;
    run(&f, SEC);
    CHECK_SPAN(kin_span_str(f.order), "r0 f0 r1 f1 r9 f9 E ");
    CHECK(each > 0);
    CHECK_INT(f.parities, 2 * each); // the second one was begun before
out:
    fixture_close(&f);
}
