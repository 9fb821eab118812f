// A server that plays its reel over and over: there is no end, whatever an outage takes.
#include "fixture.h"

#define TARGET 30
#define BEYOND 40 // frames by which the cache may exceed that: a pace is not changed where the reel may end soon
#define TOO_OLD 2 // frames of an outage of two seconds that the server has no more when the rest is sent again
#define AROUND_END (3 * SEC)

static int begin(struct fixture **ret, unsigned seconds)
{
    struct fixture_options o = {.frames = seconds * 24,
                                .transport = KIN_RTSP_CLIENT_UDP,
                                .auto_play = true,
                                .target = TARGET,
                                .repairs = true,
                                .loops = true};
    int err = fixture_make(ret, &o);
    if (err != KIN_OK)
        return err;
    (*ret)->control_delay = (*ret)->link_conditions.delay = 20 * MS;
    return KIN_OK;
}

// With a control_delay of its own, the server is asked for a sign of life, which it gives after the outage.
static void go_dark(struct fixture *w, kin_us outage, kin_us control_delay)
{
    w->link_conditions.outage_from = w->now;
    w->link_conditions.outage_to = w->now + outage;
    w->control_delay = control_delay;
    w->player.options.may_tcp = control_delay > w->link_conditions.delay;
    w->player.options.reconnect_us = 60 * SEC;
    fixture_run(w, outage);
    w->control_delay = 20 * MS;
}

// Hardly anything is lost, the cache is as full as it should be, and no fuller, and the picture moves.
static bool plays_on(struct fixture *w)
{
    fixture_run(w, 6 * SEC);
    for (int i = 0; i < 10; i++) {
        uint64_t before = shown(w);
        fixture_run(w, SEC);
        CHECK_INT(w->player.state, KIN_PLAYER_PLAYING);
        CHECK(shown(w) >= before + 20);
        CHECK_INT(w->player.fill.speed, KIN_FILL_SPEED_NORMAL);
        CHECK(kin_playout_ahead(w->player.media.playout) >= TARGET / 2);
        CHECK(kin_playout_ahead(w->player.media.playout) <= kin_playout_target(w->player.media.playout) + BEYOND);
    }
    CHECK(frames_lost(w) + partial(w) <= TOO_OLD);
    CHECK_INT(kin_playout_stats(w->player.media.playout)->holes, 0);
    CHECK_INT(w->misplaced, 0);
    CHECK_INT(w->out_of_order, 0);
    return true;
out:
    return false;
}

static bool sees_through(unsigned seconds, kin_us at, kin_us outage, kin_us control_delay)
{
    struct fixture *w = NULL;
    bool done = false;
    CHECK_INT(begin(&w, seconds), KIN_OK);
    fixture_run(w, at);
    go_dark(w, outage, control_delay);
    done = plays_on(w);
out:
    fixture_free(w);
    return done;
}

// On the first round nothing tells that the server loops.
static bool sees_through_all(unsigned seconds, unsigned round)
{
    kin_us end = (kin_us)(seconds * round) * SEC;
    if (!unit_plain())
        return sees_through(seconds, end - 2 * SEC, 3 * SEC, 20 * MS);
    for (unsigned i = 0; i <= 2 * (AROUND_END + SEC) / SEC; i++)
        if (!sees_through(seconds, end - AROUND_END + i * SEC / 2, (1 + (i + round) % 5) * SEC, 20 * MS))
            return false;
    return true;
}

TEST(an_outage_around_the_end_of_a_short_reel)
{
    CHECK(sees_through_all(5, 1));
    CHECK(sees_through_all(5, 2));
out:;
}

TEST(an_outage_around_the_end_of_a_longer_reel)
{
    CHECK(sees_through_all(12, 1));
    CHECK(sees_through_all(12, 2));
out:;
}

// The sign of life comes so late that the end of the reel seems near at any time: for a change of pace it was too late
// for ever, and the cache grew and grew.
TEST(a_full_cache_is_filled_no_further)
{
    CHECK(sees_through(12, 9 * SEC, 3 * SEC, 800 * MS));
out:;
}

// An outage that is longer than anyone waits for the end.
TEST(a_long_outage_is_no_end_either)
{
    CHECK(sees_through(5, 3 * SEC, 30 * SEC, 20 * MS));
    CHECK(sees_through(12, 23 * SEC, 30 * SEC, 20 * MS));
out:;
}
