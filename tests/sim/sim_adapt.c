// The server adapts to what the network carries: a line that is too slow for the reel for a while, and networks that
// lose at random, to which nothing must be adapted.
#include "fixture.h"

struct period { // of a network, and what came meanwhile
    uint64_t frames, complete, spoiled, left_out, underruns;
};

static struct period so_far(const struct fixture *w)
{
    struct kin_receive_counts c = counts(w);
    return (struct period){.frames = c.frames.expected,
                           .complete = c.frames.complete,
                           .spoiled = c.frames.partial + c.frames.lost - c.frames.left_out,
                           .left_out = c.frames.left_out,
                           .underruns = kin_playout_stats(w->player.media.playout)->underruns};
}

static struct period run(struct fixture *w, kin_us span)
{
    struct period before = so_far(w);
    fixture_run(w, span);
    struct period now = so_far(w);
    return (struct period){now.frames - before.frames, now.complete - before.complete, now.spoiled - before.spoiled,
                           now.left_out - before.left_out, now.underruns - before.underruns};
}

// Bytes a second of the reel, headers included.
static uint64_t reel_rate(const struct fixture *w)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < kin_rtp_plan_count(w->plan); i++) {
        struct kin_rtp_plan_packet p = kin_rtp_plan_packet(w->plan, i);
        bytes += kin_rtp_plan_packet_bytes(&p) + KIN_RTP_HEADER_BYTES + UDP_IP_BYTES;
    }
    return bytes * 90000 / w->frame_ts;
}

static int begin_with(struct fixture **ret, const struct link_conditions *link, enum kin_rtp_repair repair,
                      size_t scan_more, bool varies)
{
    struct fixture_options options = {.frames = 240u * 24,
                                      .transport = KIN_RTSP_CLIENT_UDP,
                                      .auto_play = true,
                                      .varies = varies,
                                      .scan_more = scan_more};
    int err = fixture_make(ret, &options);
    if (err != KIN_OK)
        return err;
    struct fixture *w = *ret;
    struct kin_player_options po = {.media.cache = {.target = 30}, .fill = true, .auto_play = true, .ssrc = 7};
    kin_player_deinit(&w->player);
    err = kin_player_init(&w->player, &po);
    if (err != KIN_OK)
        return err;
    kin_player_attach(&w->player, w->now, w->client);
    w->repair = repair;
    w->link_conditions = *link;
    w->control_delay = 20 * MS;
    server_new_sender(w);
    return KIN_OK;
}

static int begin(struct fixture **ret, const struct link_conditions *link, enum kin_rtp_repair repair, size_t scan_more)
{
    return begin_with(ret, link, repair, scan_more, false);
}

static void limit(struct fixture *w, unsigned percent)
{
    w->link_conditions.rate = reel_rate(w) * percent / 100;
    w->link_conditions.queue = 50 * MS;
}

#define LARGE 7000 // bytes more in a frame, so that a queue holds many packets of it
#define SMALL 1000
#define FAR .delay = 20 * MS

// A line of so many percent of the reel's rate for half a minute, then without a limit again. It settles within ten
// seconds, and is back within twenty.
static void see(struct fixture *w, unsigned percent, struct period *ret_settled, struct period *ret_back)
{
    run(w, (unit_plain() ? 10 : 1) * SEC);
    limit(w, percent);
    run(w, (unit_plain() ? 10 : 2) * SEC);
    *ret_settled = run(w, 20 * SEC);
    w->link_conditions.rate = 0;
    run(w, 20 * SEC);
    *ret_back = run(w, 10 * SEC);
}

TEST(seventy_percent_is_settled_and_left_again)
{
    struct link_conditions n = {FAR};
    struct fixture *w = NULL;
    struct period settled, back;
    CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_RTX, LARGE), KIN_OK);
    see(w, 70, &settled, &back);
    CHECK(settled.spoiled * 100 <= settled.frames || !unit_plain());
    CHECK(settled.underruns == 0 || !unit_plain());
    CHECK(settled.complete >= settled.frames / 2);
    CHECK_INT(back.complete, back.frames);
    CHECK_INT(w->level.keep, w->level.of);
    CHECK_INT(w->misplaced, 0);
out:
    fixture_free(w);
}

TEST(forty_percent_is_settled_and_left_again)
{
    struct link_conditions n = {FAR};
    struct fixture *w = NULL;
    struct period settled, back;
    CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_RTX, LARGE), KIN_OK);
    see(w, 40, &settled, &back);
    CHECK(settled.spoiled * 100 <= settled.frames || !unit_plain());
    CHECK(settled.underruns == 0 || !unit_plain());
    CHECK(settled.complete >= settled.frames / 4);
    CHECK_INT(back.complete, back.frames);
    CHECK_INT(w->level.keep, w->level.of);
out:
    fixture_free(w);
}

// Parity makes room: as much comes as without it, and it is back when the line carries everything again.
TEST(parity_takes_no_room_on_a_slow_line)
{
    struct link_conditions n = {FAR};
    struct fixture *w = NULL;
    struct period settled[2] = {{0}}, back;
    for (int fec = 0; fec < 2; fec++) {
        fixture_free(w);
        CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_RTX, LARGE), KIN_OK);
        w->fec = fec == 1;
        server_new_sender(w);
        run(w, (unit_plain() ? 10 : 1) * SEC);
        uint64_t before = w->sender.stats.parity_packets;
        limit(w, 50);
        run(w, 10 * SEC);
        uint64_t meanwhile = w->sender.stats.parity_packets;
        settled[fec] = run(w, 20 * SEC);
        CHECK((before > 0) == (fec == 1));
        CHECK_INT(w->sender.stats.parity_packets, meanwhile);
        w->link_conditions.rate = 0;
        run(w, 20 * SEC);
        back = run(w, 10 * SEC);
        CHECK_INT(back.complete, back.frames);
        CHECK((w->sender.stats.parity_packets > meanwhile) == (fec == 1));
    }
    CHECK(settled[1].complete * 20 >= settled[0].complete * 19 || !unit_plain());
out:
    fixture_free(w);
}

// With lower qualities most frames come even so.
TEST(thirty_percent_is_settled_at_a_lower_quality_and_left_again)
{
    struct link_conditions n = {FAR};
    struct fixture *w = NULL;
    struct period settled, back;
    CHECK_INT(begin_with(&w, &n, KIN_RTP_REPAIR_RTX, LARGE, true), KIN_OK);
    see(w, 30, &settled, &back);
    CHECK(settled.spoiled * 100 <= settled.frames || !unit_plain());
    CHECK(settled.underruns == 0 || !unit_plain());
    CHECK(settled.complete * 3 >= settled.frames * 2 || !unit_plain());
    CHECK(w->sender.stats.frames_coarser > 0 || !unit_plain());
    CHECK_INT(back.complete, back.frames);
    CHECK(w->level.keep == w->level.of && w->level.quality == 0);
    CHECK_INT(w->misplaced, 0);
out:
    fixture_free(w);
}

// A machine that is too slow for that leaves out frames instead.
TEST(qualities_that_are_never_there_in_time_are_not_waited_for)
{
    struct link_conditions n = {FAR};
    struct fixture *w = NULL;
    struct period settled, back;
    CHECK_INT(begin_with(&w, &n, KIN_RTP_REPAIR_RTX, LARGE, true), KIN_OK);
    w->too_slow = true;
    see(w, 40, &settled, &back);
    CHECK(settled.spoiled * 20 <= settled.frames || !unit_plain());
    CHECK(settled.complete >= settled.frames / 4);
    CHECK_INT(w->sender.stats.frames_coarser, 0);
    CHECK_INT(back.complete, back.frames);
    CHECK_INT(w->level.keep, w->level.of);
out:
    fixture_free(w);
}

// Loss that nobody mends: frames with restart markers are asked for, and no more when it has gone.
TEST(restart_markers_are_for_who_does_not_ask_again)
{
    struct link_conditions n = {FAR, .loss = 10};
    struct fixture *w = NULL;
    for (int repairs = 0; repairs < 2; repairs++) {
        CHECK_INT(begin_with(&w, &n, repairs == 1 ? KIN_RTP_REPAIR_RTX : KIN_RTP_REPAIR_NONE, SMALL, true), KIN_OK);
        run(w, 30 * SEC);
        CHECK_INT(w->sender.variants.now.bands, repairs == 0);
        CHECK_INT(w->level.quality, 0);
        w->link_conditions.loss = 0;
        run(w, 130 * SEC);
        CHECK(!w->sender.variants.now.bands);
        fixture_free(w);
        w = NULL;
    }
out:
    fixture_free(w);
}

// A viewer without feedback reports every five seconds: it takes longer, and helps all the same.
TEST(plain_reports_settle_it_too)
{
    struct link_conditions n = {FAR};
    struct fixture *w = NULL;
    CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_NONE, LARGE), KIN_OK);
    run(w, 20 * SEC);
    limit(w, 70);
    run(w, 30 * SEC);
    struct period settled = run(w, 20 * SEC);
    CHECK(settled.spoiled * 5 <= settled.frames);
    CHECK(settled.left_out * 4 >= settled.frames);
out:
    fixture_free(w);
}

// What is lost at random is healed, and nothing is left out.
static int lose(struct fixture **ret, unsigned loss, kin_us jitter)
{
    struct link_conditions n = {FAR, .loss = loss, .report_loss = loss, .jitter = jitter};
    int err = begin(ret, &n, KIN_RTP_REPAIR_RTX, SMALL);
    if (err == KIN_OK)
        run(*ret, (unit_plain() ? 120 : 2) * SEC);
    return err;
}

static void expect_all(unsigned loss, unsigned spoiled_in)
{
    struct fixture *w = NULL;
    CHECK_INT(lose(&w, loss, 0), KIN_OK);
    CHECK(w->media.dropped > 0);
    CHECK_INT(w->adaptations, 0);
    CHECK(so_far(w).spoiled * spoiled_in <= so_far(w).frames);
out:
    fixture_free(w);
}

TEST(one_percent_leaves_out_nothing)
{
    expect_all(10, 10000);
}

TEST(five_percent_leaves_out_nothing)
{
    expect_all(50, 10000);
}

TEST(twenty_percent_leaves_out_nothing)
{
    expect_all(200, 100);
}

// The round trip varies as if there were queues: a trial shows that less does not help.
TEST(jitter_and_loss_leave_out_little)
{
    struct fixture *w = NULL;
    CHECK_INT(lose(&w, 50, 30 * MS), KIN_OK);
    CHECK(so_far(w).left_out * 20 <= so_far(w).frames);
out:
    fixture_free(w);
}

TEST(a_viewer_may_decline)
{
    struct fixture_options options = {
        .frames = 240u * 24, .transport = KIN_RTSP_CLIENT_UDP, .auto_play = true, .scan_more = LARGE, .no_adapt = true};
    struct fixture *w = NULL;
    CHECK_INT(fixture_make(&w, &options), KIN_OK);
    run(w, SEC);
    CHECK_INT(w->player.state, KIN_PLAYER_PLAYING);
    limit(w, 70);
    run(w, 20 * SEC);
    CHECK(w->media.dropped > 0);
    CHECK_INT(w->adaptations, 0);
    CHECK_INT(so_far(w).left_out, 0);
out:
    fixture_free(w);
}
