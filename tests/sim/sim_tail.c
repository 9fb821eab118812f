// Packets lost after the newest one: the sender's count reveals them, and none that were not sent.
#include "fixture.h"

// The media stop coming, but reports do not. A bug once counted no packet as lost, though half of the frames were.
TEST(a_lost_tail_is_lost)
{
    const kin_us at[] = {200 * MS, 2511 * MS, 7 * SEC};
    struct fixture *w = NULL;
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        CHECK_INT(fixture_new(&w, 240, KIN_RTSP_CLIENT_UDP, true), KIN_OK);
        w->link_conditions.reports_pass = true;
        w->link_conditions.outage_from = FIXTURE_START + at[i];
        w->link_conditions.outage_to = KIN_US_NEVER;
        fixture_run(w, 12 * SEC);
        CHECK(ended(w));
        CHECK(w->media.dropped > 0);
        CHECK_INT(packets(w).lost, w->media.dropped);
        CHECK_INT(packets(w).received + packets(w).lost, w->media.sent - w->reports_sent);
        CHECK(w->player.media.rtp != NULL);
        kin_rtp_receiver_restart(w->player.media.rtp);
        CHECK_INT(packets(w).lost, w->media.dropped);
        fixture_free(w);
        w = NULL;
    }
out:
    fixture_free(w);
}

// The losses that a report reveals during an outage are those that sequence numbers show after it.
TEST(nothing_is_lost_twice)
{
    struct fixture *w = NULL;
    CHECK_INT(fixture_new(&w, 40 * 24, KIN_RTSP_CLIENT_UDP, true), KIN_OK);
    w->link_conditions.reports_pass = true;
    w->link_conditions.outage_from = FIXTURE_START + 8 * SEC;
    w->link_conditions.outage_to = FIXTURE_START + 22 * SEC;
    fixture_run(w, 8 * SEC);
    uint64_t before = packets(w).lost;
    for (int i = 0; i < 160; i++) {
        fixture_run(w, 100 * MS);
        CHECK(packets(w).lost >= before);
        CHECK(packets(w).lost <= w->media.dropped);
        before = packets(w).lost;
        CHECK(i < 80 || before > 0); // 16 s: there was a report
    }
    fixture_run(w, 30 * SEC);
    CHECK(ended(w));
    CHECK_INT(packets(w).lost, w->media.dropped);
    CHECK_INT(packets(w).received + packets(w).lost, w->media.sent - w->reports_sent);
out:
    fixture_free(w);
}

static bool storm_loses_nothing(enum kin_rtsp_client_transport transport, uint32_t prng,
                                struct link_conditions link_conditions, uint64_t counted_before)
{
    struct fixture *w = NULL;
    bool done = false;
    CHECK_INT(fixture_new(&w, 960, transport, true), KIN_OK);
    w->prng = prng;
    w->link_conditions = link_conditions;
    w->sender.rtp.packets += (uint32_t)counted_before;
    fixture_run(w, SEC);
    for (int i = 0; i < 60; i++) {
        kin_us to = (kin_us)(roll(w) % 35000) * MS;
        if (roll(w) % 4 == 0)
            to = 40 * SEC - (kin_us)(1 + roll(w) % 3) * 42 * MS; // the last frames
        if (roll(w) % 4 == 0)
            fixture_pause(w);
        else if (roll(w) % 3 == 0)
            fixture_play(w);
        else
            fixture_play_from(w, to);
        kin_us span = roll(w) % 8 == 0 ? 7 * SEC : (kin_us)(roll(w) % 300) * MS;
        for (int k = 0; k < 7; k++) {
            fixture_run(w, span / 7);
            CHECK_INT(packets(w).lost, 0);
            CHECK_INT(frames_lost(w), 0);
        }
    }
    fixture_run(w, 100 * MS);
    CHECK_INT(packets(w).lost, 0);
    CHECK(w->player.media.rtp != NULL);
    kin_rtp_receiver_restart(w->player.media.rtp);
    CHECK_INT(packets(w).lost, 0);
    done = true;
out:
    fixture_free(w);
    return done;
}

// The same with a sender whose count began long before, or wraps.
TEST(seeks_on_a_clear_line_lose_nothing)
{
    const uint64_t counts[] = {0, 7, 100000, UINT32_MAX - 5000};
    if (!unit_plain()) // shorter tests show what happens when memory runs out
        return;
    for (uint32_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        CHECK(storm_loses_nothing(KIN_RTSP_CLIENT_UDP, 0x2545f491 + i, (struct link_conditions){.delay = 2 * MS},
                                  counts[i]));
        CHECK(storm_loses_nothing(KIN_RTSP_CLIENT_UDP, 0x77 + i,
                                  (struct link_conditions){.delay = 30 * MS, .duplicate = 20}, counts[i]));
        CHECK(storm_loses_nothing(KIN_RTSP_CLIENT_TCP, 0x99 + i, (struct link_conditions){.delay = 2 * MS}, counts[i]));
    }
out:;
}

static uint64_t expected_frames(const struct fixture *w)
{
    return counts(w).frames.expected;
}

// Ten seconds of a reel. The BYE comes 200 ms after the last frame is over, as from kinorad.
static struct fixture *ten_seconds(enum kin_rtsp_client_transport transport)
{
    struct fixture *w = NULL;
    struct fixture_options options = {.frames = 240, .transport = transport, .auto_play = true, .no_fill = true};
    if (fixture_make(&w, &options) != KIN_OK) {
        fixture_free(w);
        return NULL;
    }
    return w;
}

// The server pauses so near the end that only a few frames are left to resume with. A bug once took the run for ended,
// and counted those frames twice.
TEST(a_pause_near_the_end_is_no_end)
{
    const enum kin_rtsp_client_transport transports[] = {KIN_RTSP_CLIENT_UDP, KIN_RTSP_CLIENT_TCP};
    struct fixture *w = NULL;
    for (unsigned i = 0; i < 6; i++) {
        w = ten_seconds(transports[i % 2]);
        CHECK(w != NULL);
        w->stops_from = FIXTURE_START + 8700 * MS + i / 2 * 200 * MS;
        w->stops_to = w->stops_from + 900 * MS;
        fixture_run(w, 15 * SEC);
        CHECK(ended(w) && w->ended_at > 0 && frames_lost(w) > 0);
        CHECK_INT(complete(w), w->sender.stats.frames_sent);
        CHECK_INT(expected_frames(w), 240);
        CHECK_INT(w->misplaced, 0);
        CHECK_INT(packets(w).lost, 0);
        fixture_free(w);
        w = NULL;
    }
out:
    fixture_free(w);
}

// The media are lost for a while near the end, or up to it: the last report reveals all lost packets.
TEST(a_loss_near_the_end_is_counted)
{
    const struct {
        kin_us from, to;
        bool reports_pass;
    } outages[] = {
        {8700 * MS, 9550 * MS, false}, {8600 * MS, 9700 * MS, false},   {8520 * MS, KIN_US_NEVER, true},
        {8700 * MS, 9550 * MS, true},  {9300 * MS, KIN_US_NEVER, true}, {9900 * MS, KIN_US_NEVER, true},
    };
    struct fixture *w = NULL;
    for (size_t i = 0; i < sizeof outages / sizeof outages[0]; i++) {
        w = ten_seconds(KIN_RTSP_CLIENT_UDP);
        CHECK(w != NULL);
        w->link_conditions.reports_pass = outages[i].reports_pass;
        w->link_conditions.outage_from = FIXTURE_START + outages[i].from;
        w->link_conditions.outage_to = outages[i].to == KIN_US_NEVER ? KIN_US_NEVER : FIXTURE_START + outages[i].to;
        fixture_run(w, 15 * SEC);
        CHECK(ended(w) && w->ended_at > 0);
        CHECK_INT(expected_frames(w), 240);
        CHECK_INT(w->misplaced, 0);
        CHECK(w->media.dropped > 0);
        CHECK_INT(packets(w).lost, w->media.dropped);
        CHECK_INT(packets(w).received + packets(w).lost, w->media.sent - w->reports_sent);
        fixture_free(w);
        w = NULL;
    }
out:
    fixture_free(w);
}

// Playback ends also where no BYE comes.
TEST(without_a_bye_the_end_is_soon)
{
    const kin_us outages[] = {8700 * MS, 9300 * MS, 10010 * MS};
    struct fixture *w = NULL;
    for (size_t i = 0; i < sizeof outages / sizeof outages[0]; i++) {
        w = ten_seconds(KIN_RTSP_CLIENT_UDP);
        CHECK(w != NULL);
        w->link_conditions.outage_from = FIXTURE_START + outages[i];
        w->link_conditions.outage_to = KIN_US_NEVER;
        fixture_run(w, 15 * SEC);
        CHECK(!packets(w).bye);
        CHECK_INT(expected_frames(w), 240);
        CHECK(w->ended_at >= FIXTURE_START + 10 * SEC + KIN_STREAM_END_GRACE_US);
        CHECK(w->ended_at <= FIXTURE_START + 10 * SEC + KIN_STREAM_END_GRACE_US + 50 * MS);
        fixture_free(w);
        w = NULL;
    }
out:
    fixture_free(w);
}
