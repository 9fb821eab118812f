// Lost packets are asked for again: what that makes of networks that lose, delay, reorder and double.
#include "fixture.h"

#define FRAMES (unit_plain() ? 3600u * 24 : 20u * 24) // an hour; less where allocations fail
#define FEWER (unit_plain() ? 900u * 24 : 20u * 24)   // of networks where most of the work is repair

struct network {
    struct link_conditions link;
    kin_us control_delay;
    bool may_tcp;
};

// A viewer of a reel over the network; the cache is that of the player.
static int begin(struct fixture **ret, const struct network *n, enum kin_rtp_repair repair, uint32_t frames)
{
    int err = fixture_new(ret, frames, KIN_RTSP_CLIENT_UDP, true);
    if (err != KIN_OK)
        return err;
    struct fixture *w = *ret;
    struct kin_player_options po = {.media.cache = {.target = 30},
                                    .fill = true,
                                    .reconnect_us = 60 * SEC,
                                    .may_tcp = n->may_tcp,
                                    .auto_play = true,
                                    .ssrc = 7};
    kin_player_deinit(&w->player);
    err = kin_player_init(&w->player, &po);
    if (err != KIN_OK)
        return err;
    kin_player_attach(&w->player, w->now, w->client);
    w->repair = repair;
    w->link_conditions = n->link;
    w->control_delay = n->control_delay;
    server_new_sender(w);
    return KIN_OK;
}

// The viewer watches the whole reel.
static int view(struct fixture **ret, const struct network *n, enum kin_rtp_repair repair, uint32_t frames)
{
    int err = begin(ret, n, repair, frames);
    if (err == KIN_OK)
        fixture_run(*ret, (kin_us)frames * SEC / 24 + 5 * SEC);
    return err;
}

static double again_share(const struct fixture *w)
{
    return (double)w->sender.stats.again_packets / (double)(w->media.sent - w->reports_sent);
}

#define RTT_40 .link.delay = 20 * MS, .control_delay = 20 * MS
#define RTT_200 .link.delay = 100 * MS, .control_delay = 100 * MS

TEST(one_percent_loses_nothing)
{
    struct network n = {RTT_40, .link.loss = 10, .link.report_loss = 10};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &n, KIN_RTP_REPAIR_RTX, FRAMES), KIN_OK);
    CHECK(w->media.dropped > FRAMES / 1000);
    CHECK_INT(complete(w), FRAMES);
    CHECK_INT(shown(w), FRAMES);
    CHECK_INT(partial(w) + frames_lost(w), 0);
    CHECK_INT(kin_playout_stats(w->player.media.playout)->underruns, 0);
    CHECK_INT(packets(w).spurious, 0);
    CHECK(again_share(w) < 0.02);
out:
    fixture_free(w);
}

TEST(five_percent_loses_nothing)
{
    struct network n = {RTT_40, .link.loss = 50, .link.report_loss = 50};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &n, KIN_RTP_REPAIR_RTX, FRAMES), KIN_OK);
    CHECK_INT(complete(w), FRAMES);
    CHECK_INT(kin_playout_stats(w->player.media.playout)->underruns, 0);
    CHECK(again_share(w) < 0.08);
out:
    fixture_free(w);
}

TEST(five_percent_far_away_loses_nothing)
{
    struct network n = {RTT_200, .link.loss = 50, .link.report_loss = 50};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &n, KIN_RTP_REPAIR_RTX, FEWER), KIN_OK);
    CHECK_INT(complete(w), FEWER);
    CHECK(again_share(w) < 0.08);
out:
    fixture_free(w);
}

TEST(twenty_percent_loses_one_frame_in_200_at_most)
{
    struct network n = {RTT_40, .link.loss = 200, .link.report_loss = 200};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &n, KIN_RTP_REPAIR_RTX, FEWER), KIN_OK);
    CHECK(complete(w) + FEWER / 200 >= FEWER);
out:
    fixture_free(w);
}

TEST(bursts_lose_nothing)
{
    struct network n = {RTT_40, .link.burst = 30, .link.burst_every = 500};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &n, KIN_RTP_REPAIR_RTX, FEWER), KIN_OK);
    CHECK(w->media.dropped > FEWER / 100);
    CHECK_INT(complete(w), FEWER);
out:
    fixture_free(w);
}

TEST(what_is_merely_reordered_is_not_asked_for)
{
    struct network n = {.link.delay = 10 * MS, .link.jitter = 20 * MS, .link.duplicate = 10, .control_delay = 20 * MS};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &n, KIN_RTP_REPAIR_RTX, FRAMES), KIN_OK);
    CHECK_INT(complete(w), FRAMES);
    CHECK_INT(packets(w).requested, 0);
    CHECK_INT(packets(w).duplicate, w->media.doubled);
    CHECK(packets(w).reordered > FRAMES / 100);
out:
    fixture_free(w);
}

TEST(plain_resends_heal_as_well)
{
    struct network n = {RTT_40, .link.loss = 50, .link.report_loss = 50};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &n, KIN_RTP_REPAIR_ORIGINAL, FEWER), KIN_OK);
    CHECK_INT(complete(w), FEWER);
    CHECK(packets(w).recovered > FEWER / 100);
out:
    fixture_free(w);
}

TEST(without_retransmission_frames_are_lost)
{
    struct network n = {RTT_40, .link.loss = 50};
    struct fixture *w = NULL;
    CHECK_INT(view(&w, &n, KIN_RTP_REPAIR_NONE, FRAMES / 10), KIN_OK);
    CHECK(complete(w) < FRAMES / 10 * 9 / 10);
    CHECK_INT(w->sender.stats.again_packets, 0);
out:
    fixture_free(w);
}

// What is lost at the very end is known from the report that comes with the BYE.
TEST(the_last_packets_come_too)
{
    struct network n = {RTT_200};
    struct fixture *w = NULL;
    CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_RTX, 48), KIN_OK);
    for (int i = 0; i < 5000 && w->sender.stats.frames_sent < 45; i++)
        fixture_run(w, MS);
    w->link_conditions.outage_from = w->now; // the last frames
    w->link_conditions.outage_to = w->now + 150 * MS;
    w->link_conditions.reports_pass = true;
    fixture_run(w, 6 * SEC);
    CHECK(w->media.dropped > 0);
    CHECK_INT(complete(w), 48);
    CHECK_INT(frames_lost(w) + partial(w), 0);
    CHECK_INT(packets(w).lost, 0);
    CHECK(ended(w));
    CHECK_INT(shown(w), 48);
out:
    fixture_free(w);
}

// After an outage the reel goes on where the picture stopped: nothing is lost.
static int see_through(struct fixture **ret, kin_us outage)
{
    struct network n = {RTT_40};
    int err = begin(ret, &n, KIN_RTP_REPAIR_RTX, 60 * 24);
    if (err != KIN_OK)
        return err;
    struct fixture *w = *ret;
    fixture_run(w, 20 * SEC);
    w->link_conditions.outage_from = w->now;
    w->link_conditions.outage_to = w->now + outage;
    watch(w);
    fixture_run(w, 60 * SEC + outage);
    return KIN_OK;
}

TEST(an_outage_of_three_seconds_loses_nothing)
{
    struct fixture *w = NULL;
    CHECK_INT(see_through(&w, 3 * SEC), KIN_OK);
    CHECK(w->media.dropped > 0);
    CHECK_INT(complete(w), 60 * 24);
    CHECK_INT(frames_lost(w) + partial(w), 0);
    CHECK_INT(shown(w), 60 * 24);
    CHECK_INT(kin_playout_stats(w->player.media.playout)->underruns, 1);
    CHECK_INT(kin_playout_stats(w->player.media.playout)->holes, 0);
    CHECK(w->motion.longest < 2 * SEC); // the cache bridges half of it, and what senders do not keep is not waited for
    CHECK_INT(w->misplaced, 0);
    CHECK_INT(w->out_of_order, 0);
    CHECK(ended(w));
out:
    fixture_free(w);
}

TEST(an_outage_of_twelve_seconds_loses_nothing)
{
    struct fixture *w = NULL;
    CHECK_INT(see_through(&w, 12 * SEC), KIN_OK);
    CHECK_INT(complete(w), 60 * 24);
    CHECK_INT(frames_lost(w) + partial(w), 0);
    CHECK_INT(shown(w), 60 * 24);
    CHECK_INT(w->misplaced, 0);
    CHECK(ended(w));
out:
    fixture_free(w);
}

// The server goes away at once.
static void lose_connection(struct fixture *w)
{
    w->media.count = 0;
    kin_rtsp_client_disconnected(w->client, w->now, 0);
    client_pump(w);
}

// The server goes away and comes back: the reel goes on with the frame after the picture.
TEST(a_lost_connection_is_made_again)
{
    struct network n = {RTT_40};
    struct fixture *w = NULL;
    CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_RTX, 30 * 24), KIN_OK);
    fixture_run(w, 10 * SEC);
    CHECK(w->player.state == KIN_PLAYER_PLAYING);
    lose_connection(w);
    CHECK(w->player.state == KIN_PLAYER_CONNECTING);
    CHECK_INT(w->notices[KIN_PLAYER_NOTICE_LOST], 1);
    fixture_run(w, 40 * SEC);
    CHECK(ended(w));
    CHECK_INT(complete(w), 30 * 24);
    CHECK_INT(frames_lost(w) + partial(w), 0);
    CHECK_INT(shown(w), 30 * 24);
    CHECK_INT(kin_playout_stats(w->player.media.playout)->underruns, 0);
out:
    fixture_free(w);
}

static bool is_counted_once(bool fec, kin_us offset)
{
    struct network n = {RTT_40};
    struct fixture *w = NULL;
    bool done = false;
    CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_RTX, 20 * 24), KIN_OK);
    w->fec = fec;
    fixture_run(w, 5 * SEC + offset);
    w->link_conditions.outage_from = w->now;
    w->link_conditions.outage_to = w->now + 3 * SEC;
    fixture_run(w, 4 * SEC);
    lose_connection(w);
    fixture_run(w, 30 * SEC);
    CHECK(ended(w));
    CHECK_INT(complete(w), 20 * 24);
    CHECK_INT(frames_lost(w) + partial(w), 0);
    CHECK_INT(shown(w), 20 * 24);
    done = true;
out:
    fixture_free(w);
    return done;
}

// An outage that begins within a frame and is played again, then a new connection: what came twice counts once. A bug
// once uncounted the frames dropped at the outage again at each later loss, to below zero.
TEST(an_outage_before_a_lost_connection_is_counted_once)
{
    for (kin_us offset = 0; offset < 42 * MS; offset += 14 * MS) {
        CHECK(is_counted_once(false, offset));
        CHECK(is_counted_once(true, offset));
    }
out:;
}

// The counters are reset while frames are ahead and a stretch is played again: those are not uncounted.
TEST(a_reset_before_a_lost_connection_leaves_no_counter_below_zero)
{
    struct network n = {RTT_40};
    struct fixture *w = NULL;
    for (kin_us after = 0; after < SEC; after += 110 * MS) {
        CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_RTX, 20 * 24), KIN_OK);
        fixture_run(w, 5 * SEC);
        w->link_conditions.outage_from = w->now;
        w->link_conditions.outage_to = w->now + 3 * SEC;
        fixture_run(w, 3 * SEC + after);
        kin_media_receiver_reset_counters(&w->player.media, 0);
        lose_connection(w);
        for (int i = 0; i < 100; i++) {
            fixture_run(w, 10 * MS);
            CHECK(complete(w) <= 20 * 24 && frames_lost(w) + partial(w) == 0);
        }
        CHECK(complete(w) > 0);
        fixture_free(w);
        w = NULL;
    }
out:
    fixture_free(w);
}

// Only UDP is dead: the session goes on over TCP.
TEST(when_udp_dies_tcp_takes_over)
{
    struct network n = {RTT_40, .may_tcp = true};
    struct fixture *w = NULL;
    CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_RTX, 30 * 24), KIN_OK);
    fixture_run(w, 10 * SEC);
    w->link_conditions.outage_from = w->now;
    w->link_conditions.outage_to = KIN_US_NEVER;
    fixture_run(w, 40 * SEC);
    CHECK_INT(w->notices[KIN_PLAYER_NOTICE_LOST_UDP], 1);
    CHECK(w->player.media.in_order);
    CHECK(ended(w));
    CHECK_INT(complete(w), 30 * 24);
    CHECK_INT(frames_lost(w) + partial(w), 0);
    CHECK_INT(shown(w), 30 * 24);
out:
    fixture_free(w);
}

// The end of the reel was sent during an outage, of which the sign of life tells only afterwards: that nothing comes is
// no fault of UDP.
TEST(an_outage_over_the_end_leaves_udp_alone)
{
    struct network n = {RTT_40, .may_tcp = true};
    struct fixture *w = NULL;
    CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_RTX, 12 * 24), KIN_OK);
    fixture_run(w, 8 * SEC);
    w->link_conditions.outage_from = w->now;
    w->link_conditions.outage_to = w->now + 4 * SEC;
    w->control_delay = 2 * SEC;
    fixture_run(w, 4 * SEC);
    w->control_delay = n.control_delay;
    fixture_run(w, 20 * SEC);
    CHECK_INT(w->notices[KIN_PLAYER_NOTICE_LOST_UDP], 0);
    CHECK(!w->player.media.in_order);
    CHECK(ended(w));
    CHECK_INT(complete(w), 12 * 24);
    CHECK_INT(frames_lost(w) + partial(w), 0);
    CHECK_INT(shown(w), 12 * 24);
out:
    fixture_free(w);
}

// Packets come before the reply to their PLAY, overtake each other and are doubled: all of it is counted.
TEST(the_beginning_is_counted_too)
{
    struct network n = {.link.delay = 10 * MS, .link.jitter = 20 * MS, .link.duplicate = 100, .control_delay = 60 * MS};
    struct fixture *w = NULL;
    for (uint32_t seed = 1; seed <= 20; seed++) {
        CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_RTX, 24), KIN_OK);
        w->prng = seed * 2654435761u;
        fixture_run(w, 4 * SEC);
        CHECK_INT(complete(w), 24);
        CHECK_INT(packets(w).received, w->media.sent - w->reports_sent);
        CHECK_INT(packets(w).duplicate, w->media.doubled);
        CHECK_INT(packets(w).requested + packets(w).recovered, 0);
        fixture_free(w);
        w = NULL;
    }
out:
    fixture_free(w);
}

// A pause does not give up what is still being repaired.
TEST(a_pause_loses_nothing)
{
    struct network n = {RTT_40, .link.loss = 50, .link.report_loss = 50};
    struct fixture *w = NULL;
    CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_RTX, 60 * 24), KIN_OK);
    for (int i = 0; i < 12; i++) {
        fixture_run(w, 2 * SEC + i * 17 * MS);
        fixture_pause(w);
        fixture_run(w, 3 * SEC);
        fixture_play(w);
    }
    fixture_run(w, 60 * SEC);
    CHECK(ended(w));
    CHECK_INT(complete(w), 60 * 24);
    CHECK_INT(frames_lost(w) + partial(w), 0);
    CHECK_INT(shown(w), 60 * 24);
    CHECK_INT(w->misplaced, 0);
out:
    fixture_free(w);
}

// After so long TCP is as dead as the media for `outage`, and what is sent meanwhile comes `stuck` after it.
static int outage_of_all(struct fixture **ret, kin_us after, kin_us outage, kin_us stuck)
{
    struct network n = {RTT_40, .may_tcp = true};
    int err = begin(ret, &n, KIN_RTP_REPAIR_RTX, 60 * 24);
    if (err != KIN_OK)
        return err;
    struct fixture *w = *ret;
    fixture_run(w, after);
    w->link_conditions.outage_from = w->now;
    w->link_conditions.outage_to = w->now + outage;
    w->control_delay = outage + stuck;
    fixture_run(w, outage);
    w->control_delay = 20 * MS;
    watch(w);
    return KIN_OK;
}

// A connection that stays stuck after an outage is replaced, however long the outage was.
TEST(the_picture_moves_soon_after_an_outage_of_any_length)
{
    struct fixture *w = NULL;
    for (kin_us outage = 3 * SEC; outage < 25 * SEC; outage *= 2) {
        CHECK_INT(outage_of_all(&w, 20 * SEC, outage, 8 * SEC), KIN_OK);
        fixture_run(w, 60 * SEC);
        CHECK(w->motion.second > 0 && w->motion.second - w->motion.since < 2 * SEC);
        CHECK_INT(w->notices[KIN_PLAYER_NOTICE_STUCK], 1);
        CHECK_INT(complete(w), 60 * 24);
        CHECK_INT(frames_lost(w) + partial(w), 0);
        CHECK_INT(shown(w), 60 * 24);
        CHECK(ended(w));
        fixture_free(w);
        w = NULL;
    }
out:
    fixture_free(w);
}

// The cache is being filled, and the reply to what ends that is still missing when media come again: what the outage
// took is asked for behind it.
TEST(an_outage_with_a_change_of_pace_in_it_loses_nothing)
{
    struct fixture *w = NULL;
    CHECK_INT(outage_of_all(&w, 400 * MS, 1500 * MS, 500 * MS), KIN_OK);
    CHECK(!kin_rtsp_client_idle(w->client));
    fixture_run(w, 70 * SEC);
    CHECK_INT(w->notices[KIN_PLAYER_NOTICE_STUCK] + w->notices[KIN_PLAYER_NOTICE_LOST], 0);
    CHECK_INT(complete(w), 60 * 24);
    CHECK_INT(frames_lost(w) + partial(w), 0);
    CHECK_INT(shown(w), 60 * 24);
    CHECK_INT(w->misplaced, 0);
    CHECK(ended(w));
out:
    fixture_free(w);
}

// The control connection is as dead as the media, and a keepalive falls into the outage.
TEST(an_outage_with_a_keepalive_in_it_loses_nothing)
{
    struct network n = {RTT_40};
    struct fixture *w = NULL;
    CHECK_INT(begin(&w, &n, KIN_RTP_REPAIR_RTX, 60 * 24), KIN_OK);
    fixture_run(w, 22 * SEC);
    w->link_conditions.outage_from = w->now;
    w->link_conditions.outage_to = w->now + 12 * SEC;
    w->control_delay = 4 * SEC; // of what is sent meanwhile: the reply comes long after the media
    fixture_run(w, 12 * SEC);
    w->control_delay = 20 * MS;
    fixture_run(w, 60 * SEC);
    CHECK_INT(complete(w), 60 * 24);
    CHECK_INT(frames_lost(w) + partial(w), 0);
    CHECK_INT(shown(w), 60 * 24);
    CHECK_INT(w->misplaced, 0);
    CHECK(ended(w));
out:
    fixture_free(w);
}
