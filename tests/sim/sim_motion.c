// The picture never stands still: how soon it moves after a key, how the cache fills meanwhile, and that neither loses,
// doubles or delays a frame, over lines of every kind.
#include <stdio.h>

#include "fixture.h"

#define FRAMES (60 * 24)
#define INTERVAL (SEC / 24)
#define TARGET 30
#define SOON (100 * MS)

static const enum kin_rtsp_client_transport transports[] = {KIN_RTSP_CLIENT_UDP, KIN_RTSP_CLIENT_TCP};

static const struct line {
    const char *name;
    struct link_conditions conditions;
    bool good;
} lines[] = {
    {"clear", {.delay = 2 * MS}, true},
    {"far", {.delay = 100 * MS}, false},
    {"jittery", {.delay = 10 * MS, .jitter = 25 * MS}, false},
    {"very jittery", {.delay = 10 * MS, .jitter = 45 * MS}, false},
    {"lossy", {.delay = 20 * MS, .loss = 1}, false},
    {"bad", {.delay = 50 * MS, .jitter = 40 * MS, .loss = 10, .duplicate = 10}, false},
    {"holding", {.delay = 3 * MS, .hold_every = 1700 * MS, .hold = 150 * MS}, false},
    {"holding long", {.delay = 3 * MS, .hold_every = 7 * SEC, .hold = 600 * MS}, false},
};
#define LINES (sizeof lines / sizeof lines[0])

static struct fixture *open_line(const struct line *line, struct fixture_options o)
{
    struct fixture *w = NULL;
    o.frames = o.frames > 0 ? o.frames : FRAMES;
    o.target = o.target > 0 ? o.target : TARGET;
    o.auto_play = true;
    if (fixture_make(&w, &o) != KIN_OK) {
        fixture_free(w);
        return NULL;
    }
    w->link_conditions = line->conditions;
    w->control_delay = line->conditions.delay;
    watch(w);
    return w;
}

static const struct kin_playout_stats *cache_stats(const struct fixture *w)
{
    return kin_playout_stats(w->player.media.playout);
}

static unsigned ahead(const struct fixture *w)
{
    return kin_playout_ahead(w->player.media.playout);
}

// From the key, or from PLAY at the start, to the second picture.
static kin_us moves_after(const struct fixture *w, kin_us since)
{
    return w->motion.second > 0 ? w->motion.second - since : KIN_US_NEVER;
}

// The picture goes on at its pace, frame by frame, and the server delivers at its own with a full cache.
static bool is_smooth(const struct fixture *w, kin_us interval)
{
    return w->motion.skipped == 0 && w->motion.repeated <= 1 && w->motion.longest <= interval + 2 * MS &&
           w->player.fill.speed == KIN_FILL_SPEED_NORMAL && ahead(w) + 1 >= TARGET && ahead(w) <= TARGET + 3;
}

TEST(a_start_moves_at_once_and_the_cache_fills_meanwhile)
{
    struct fixture *w = NULL;
    for (unsigned i = 0; i < 2; i++) {
        w = open_line(&lines[0], (struct fixture_options){.transport = transports[i]});
        CHECK(w != NULL);
        fixture_run(w, 3 * SEC);
        CHECK(moves_after(w, w->player.asked_at) <= SOON);
        CHECK(w->player.filled_us >= 0 && w->player.filled_us <= SEC);
        CHECK(is_smooth(w, INTERVAL));
        CHECK(w->plays == 2 && w->paces == 1); // there and back
        fixture_run(w, 70 * SEC);
        CHECK(ended(w));
        CHECK_INT(complete(w), FRAMES);
        CHECK_INT(counts(w).frames.expected, FRAMES);
        CHECK_INT(shown(w), FRAMES);
        CHECK_INT(w->misplaced + w->out_of_order, 0);
        CHECK_INT(cache_stats(w)->underruns + cache_stats(w)->late, 0);
        CHECK_INT(packets(w).lost, 0);
        CHECK(packets(w).jitter_us < 2000); // that of the line, not of the pace
        CHECK_INT(w->paces, 1);
        fixture_free(w);
        w = NULL;
    }
out:
    fixture_free(w);
}

static bool key_moves(struct fixture *w, kin_us interval)
{
    kin_us key = w->now;
    fixture_run(w, 3 * SEC);
    return moves_after(w, key) <= SOON && is_smooth(w, interval);
}

TEST(every_key_moves_the_picture_at_once)
{
    static const int32_t scales[] = {2000, -1000, 4000, 1000, 750};
    struct fixture *w = NULL;
    for (unsigned i = 0; i < 2; i++) {
        w = open_line(&lines[0], (struct fixture_options){.transport = transports[i]});
        CHECK(w != NULL);
        fixture_run(w, 2 * SEC);
        for (int k = 1; k <= 3; k++) { // outside the cache
            fixture_seek(w, k * 9 * SEC);
            watch(w);
            CHECK(key_moves(w, INTERVAL));
        }
        for (size_t k = 0; k < sizeof scales / sizeof scales[0]; k++) {
            uint32_t size = (uint32_t)(scales[k] < 0 ? -scales[k] : scales[k]);
            fixture_scale(w, scales[k]);
            watch(w);
            w->frame_ts = size < 1000 ? FRAME_TS * 1000 / size : FRAME_TS;
            CHECK(key_moves(w, kin_us_from_ts(w->frame_ts)));
            w->frame_ts = FRAME_TS;
        }
        fixture_scale(w, 1000);
        fixture_run(w, SEC);
        fixture_pause(w);
        fixture_run(w, 3 * SEC);
        fixture_play(w); // goes on
        watch(w);
        CHECK(key_moves(w, INTERVAL));
        fixture_step(w, -1);
        fixture_run(w, SEC);
        fixture_play(w);
        watch(w);
        CHECK(key_moves(w, INTERVAL));
        CHECK_INT(w->misplaced, 0);
        CHECK_INT(packets(w).lost + partial(w) + frames_lost(w), 0);
        fixture_free(w);
        w = NULL;
    }
out:
    fixture_free(w);
}

// A slow reel waits for no frame that is not due.
TEST(a_slow_reel_shows_each_frame_when_it_is_due)
{
    struct fixture *w = open_line(&lines[0], (struct fixture_options){.frames = 20, .frame_ts = 90000});
    CHECK(w != NULL);
    fixture_run(w, 3 * SEC);
    CHECK(w->motion.first - w->player.asked_at <= SOON);
    CHECK(w->motion.second - w->motion.first <= SEC + 20 * MS);
    fixture_run(w, 20 * SEC);
    CHECK_INT(shown(w), 20);
    CHECK_INT(cache_stats(w)->underruns, 0);
out:
    fixture_free(w);
}

// A server without Speed is asked once. The cache fills all the same, since the picture goes a little slower.
TEST(a_server_without_speed_is_not_asked_again)
{
    struct fixture *w = open_line(&lines[0], (struct fixture_options){.no_fill = false});
    CHECK(w != NULL);
    w->no_speed = true;
    fixture_run(w, 2 * SEC);
    CHECK(moves_after(w, w->player.asked_at) <= SOON);
    CHECK(!w->player.fill.usable);
    fixture_run(w, 15 * SEC);
    CHECK(ahead(w) + 1 >= TARGET && w->motion.longest <= INTERVAL + INTERVAL / KIN_PLAYOUT_EASE + 2 * MS);
    CHECK_INT(w->plays, 1);
    fixture_seek(w, 40 * SEC);
    fixture_run(w, 2 * SEC);
    CHECK_INT(w->plays, 2);
    CHECK_INT(w->paces, 0);
    CHECK_INT(cache_stats(w)->underruns, 0);
out:
    fixture_free(w);
}

// As many frames as the viewer wants, whatever the line is like.
TEST(a_fixed_mark_is_waited_for)
{
    struct fixture *w = open_line(&lines[0], (struct fixture_options){.prebuffer = TARGET, .no_fill = true});
    CHECK(w != NULL);
    fixture_run(w, 5 * SEC);
    CHECK(moves_after(w, w->player.asked_at) >= TARGET * INTERVAL);
    CHECK_INT(w->plays, 1);
    CHECK(ahead(w) + 1 >= TARGET);
    CHECK_INT(cache_stats(w)->underruns, 0);
out:
    fixture_free(w);
}

// What is lost while the cache fills ends that.
TEST(a_loss_ends_the_filling)
{
    struct fixture *w = open_line(&lines[0], (struct fixture_options){.target = 240});
    CHECK(w != NULL);
    fixture_run(w, 500 * MS);
    CHECK(w->player.fill.speed > KIN_FILL_SPEED_NORMAL);
    w->link_conditions.outage_from = w->now;
    w->link_conditions.outage_to = w->now + 15 * MS;
    fixture_run(w, 300 * MS);
    CHECK_INT(w->player.fill.speed, KIN_FILL_SPEED_NORMAL);
    CHECK_INT(w->paces, 1);
    fixture_run(w, 20 * SEC); // later it tries again, more slowly
    CHECK(w->paces == 3 && ahead(w) + 1 >= 240 && w->player.filled_us > 0);
    CHECK_INT(packets(w).lost, w->media.dropped);
    CHECK_INT(cache_stats(w)->underruns, 0);
out:
    fixture_free(w);
}

struct tally { // of several sessions
    uint64_t underruns, holes, late;
    kin_us first, filled; // the slowest
    unsigned unfilled;
};

static bool play_through(const struct line *line, uint32_t seed, struct fixture_options o, struct tally *ret)
{
    struct fixture *w = open_line(line, o);
    if (w == NULL)
        return false;
    w->prng += seed * 7919;
    for (int k = 0; k < 4; k++) {
        kin_us key = k == 0 ? 0 : w->now;
        fixture_run(w, 12 * SEC);
        ret->first = kin_us_max(ret->first, moves_after(w, k == 0 ? w->player.asked_at : key));
        fixture_seek(w, (kin_us)(45 - 13 * k) * SEC);
        watch(w);
    }
    ret->underruns += cache_stats(w)->underruns;
    ret->holes += cache_stats(w)->holes;
    ret->late += cache_stats(w)->late;
    ret->filled = kin_us_max(ret->filled, w->player.filled_us);
    ret->unfilled += w->player.filled_us < 0;
    bool exact = w->misplaced == 0 && w->out_of_order == 0;
    fixture_free(w);
    return exact;
}

// On no line does the cache run dry more often than with a picture that waits until it is full.
TEST(the_picture_stops_no_more_often_than_if_it_waited)
{
    if (!unit_plain())
        return;
    for (unsigned i = 0; i < 2 * LINES; i++) {
        struct tally waits = {0}, moves = {0}, alone = {0};
        const struct line *line = &lines[i / 2];
        struct fixture_options o = {.transport = transports[i % 2]};
        struct fixture_options classic = {.transport = transports[i % 2], .prebuffer = TARGET, .no_fill = true};
        struct fixture_options slow = {.transport = transports[i % 2], .no_fill = true};
        for (uint32_t seed = 0; seed < 6; seed++) {
            CHECK(play_through(line, seed, classic, &waits));
            CHECK(play_through(line, seed, o, &moves));
            CHECK(play_through(line, seed, slow, &alone));
        }
        printf(
            "%-12s %s  waits: %4d ms, %u underruns; fills: %4d ms, %u, full after %d ms (%u not); alone: %4d ms, %u\n",
            line->name, i % 2 == 0 ? "udp" : "tcp", (int)(waits.first / MS), (unsigned)waits.underruns,
            (int)(moves.first / MS), (unsigned)moves.underruns, (int)(moves.filled / MS), moves.unfilled,
            (int)(alone.first / MS), (unsigned)alone.underruns);
        CHECK(moves.underruns <= waits.underruns);
        CHECK(moves.first < waits.first);
        CHECK(!line->good || (moves.first <= SOON && moves.unfilled == 0 && moves.filled <= SEC));
    }
out:;
}
