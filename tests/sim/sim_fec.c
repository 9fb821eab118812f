// Parity brings lost packets back where there is no time to ask for them again.
#include "fixture.h"

#define SPACING_TS 7500 // 12 frames/s
#define LARGE 12000     // bytes more: some 60 packets a frame

// A viewer with a short cache. again: lost packets are sent again, too.
static int begin(struct fixture **ret, uint32_t frames, unsigned loss, kin_us delay, bool fec, bool again)
{
    struct fixture_options options = {.frames = frames,
                                      .transport = KIN_RTSP_CLIENT_UDP,
                                      .auto_play = true,
                                      .frame_ts = SPACING_TS,
                                      .scan_more = LARGE};
    struct kin_player_options po = {.media.cache = {.target = 4}, .prebuffer = 4, .auto_play = true, .ssrc = 7};
    int err = fixture_make(ret, &options);
    if (err != KIN_OK)
        return err;
    struct fixture *w = *ret;
    kin_player_deinit(&w->player);
    err = kin_player_init(&w->player, &po);
    if (err != KIN_OK)
        return err;
    kin_player_attach(&w->player, w->now, w->client);
    w->repair = KIN_RTP_REPAIR_RTX;
    w->fec = fec;
    w->link_conditions.delay = w->control_delay = delay;
    w->link_conditions.loss = w->link_conditions.report_loss = loss;
    server_new_sender(w);
    if (!again)
        kin_rtp_history_init(&w->history, 0, 0);
    return KIN_OK;
}

static void play(struct fixture *w)
{
    fixture_run(w, (kin_us)w->reel.frame_count * SEC / 12 + 5 * SEC);
}

static int view(struct fixture **ret, uint32_t frames, unsigned loss, kin_us delay, bool fec, bool again)
{
    int err = begin(ret, frames, loss, delay, fec, again);
    if (err == KIN_OK)
        play(*ret);
    return err;
}

static double parity_share(const struct fixture *w)
{
    return (double)w->sender.stats.parity_bytes / (double)w->sender.stats.bytes;
}

#define FAR (300 * MS) // a round trip is longer than the cache
#define NEAR (10 * MS)

// The level follows the loss: no more is spent than that needs.
static void check_far(uint32_t frames, unsigned loss, double share)
{
    struct fixture *w = NULL;
    CHECK_INT(view(&w, frames, loss, FAR, true, false), KIN_OK);
    CHECK(complete(w) >= frames - frames / 1000);
    CHECK(packets(w).rebuilt > frames * loss / 50);
    CHECK(parity_share(w) < share);
    CHECK_INT(packets(w).duplicate, 0);
    CHECK_INT(w->out_of_order, 0);
    CHECK_INT(w->sender.stats.again_packets, 0);
out:
    fixture_free(w);
}

TEST(one_percent_far_away_loses_nothing)
{
    check_far(unit_plain() ? 120 : 24, 10, 0.30);
}

TEST(five_percent_far_away_loses_one_frame_in_1000_at_most)
{
    check_far(unit_plain() ? 360 : 24, 50, 0.50);
}

TEST(without_parity_frames_are_lost)
{
    uint32_t frames = unit_plain() ? 60 : 24;
    struct fixture *w = NULL;
    CHECK_INT(view(&w, frames, 10, NEAR, false, false), KIN_OK);
    CHECK(complete(w) < frames * 8 / 10);
    CHECK_INT(w->media.sent - w->reports_sent, w->sender.stats.packets); // not one packet more
    CHECK_INT(packets(w).parity, 0);
out:
    fixture_free(w);
}

// Where nothing is lost, little is spent, once that is known.
TEST(without_loss_the_share_falls)
{
    uint32_t frames = unit_plain() ? 240 : 24;
    struct fixture *w = NULL;
    CHECK_INT(view(&w, frames, 0, NEAR, true, false), KIN_OK);
    CHECK_INT(complete(w), frames);
    CHECK_INT(packets(w).rebuilt, 0);
    CHECK(parity_share(w) < 0.12 || frames < 100);
out:
    fixture_free(w);
}

// Near by, both together: little is asked for, and what parity cannot bring back comes again.
TEST(near_by_little_is_asked_for_and_nothing_is_lost)
{
    uint32_t frames = unit_plain() ? 300 : 24;
    struct fixture *w = NULL;
    CHECK_INT(view(&w, frames, 50, NEAR, true, true), KIN_OK);
    CHECK_INT(complete(w), frames);
    CHECK(packets(w).requested < packets(w).rebuilt / 20 + 10);
out:
    fixture_free(w);
}

// Where packets overtake each other, parity brings back what was not lost, and is not counted as such.
TEST(jitter_is_not_counted_as_loss)
{
    uint32_t frames = unit_plain() ? 60 : 24;
    struct fixture *w = NULL;
    for (unsigned loss = 0; loss <= 10; loss += 10) {
        fixture_free(w);
        CHECK_INT(begin(&w, frames, loss, NEAR, true, true), KIN_OK);
        w->link_conditions.jitter = 10 * MS;
        play(w);
        CHECK_INT(complete(w), frames);
        CHECK(packets(w).reordered > 0);
        CHECK(packets(w).rebuilt <= packets(w).recovered && packets(w).recovered <= w->media.dropped);
        CHECK((packets(w).rebuilt > 0) == (loss > 0) || !unit_plain());
        CHECK_INT(packets(w).duplicate, 0);
    }
out:
    fixture_free(w);
}
