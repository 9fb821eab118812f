// The cache over hours: a server whose clock is not the client's, and a network that becomes worse and better again.
#include <limits.h>

#include "fixture.h"

#define HOUR (unit_plain() ? 3600u : 20u) // in seconds; less where allocations fail
#define RATE 12
#define SPACING (90000 / RATE)
#define INTERVAL (SEC / RATE)
#define TARGET 30

struct extremes { // of the frames ahead
    unsigned least, most;
};

static struct fixture *begin(struct fixture_options o, int32_t ppm)
{
    struct fixture *w = NULL;
    o.auto_play = true;
    if (fixture_make(&w, &o) != KIN_OK) {
        fixture_free(w);
        return NULL;
    }
    w->server_ppm = ppm;
    return w;
}

static unsigned ahead(const struct fixture *w)
{
    return kin_playout_ahead(w->player.media.playout);
}

static const struct kin_playout_stats *cache_stats(const struct fixture *w)
{
    return kin_playout_stats(w->player.media.playout);
}

static struct extremes run(struct fixture *w, unsigned seconds)
{
    struct extremes e = {UINT_MAX, 0};
    for (unsigned i = 0; i < seconds; i++) {
        fixture_run(w, SEC);
        e.least = ahead(w) < e.least ? ahead(w) : e.least;
        e.most = ahead(w) > e.most ? ahead(w) : e.most;
    }
    return e;
}

// The clocks differ as that of a bad crystal does, or that of a server which takes 11.96 frames/s for 12: in this time
// by far more than there is in the cache, but for the crystal when it is slow. Every frame is shown in its turn, none
// much later than after the one before, and the cache keeps its level.
static bool keeps_its_level(int32_t ppm, unsigned seconds)
{
    struct fixture_options o = {.frames = (seconds + 60) * RATE, .frame_ts = SPACING, .target = TARGET};
    struct fixture *w = begin(o, ppm);
    if (w == NULL)
        return false;
    w->link_conditions.jitter = 40 * MS;
    fixture_run(w, 10 * SEC);
    watch(w);
    struct extremes e = run(w, seconds);
    CHECK(e.least >= TARGET - 4 && e.most <= TARGET + 4);
    CHECK_INT(w->motion.skipped + w->motion.repeated, 0);
    CHECK(w->motion.longest <= INTERVAL + INTERVAL / 200 + MS);
    CHECK_INT(cache_stats(w)->underruns + cache_stats(w)->skipped + cache_stats(w)->overflow + cache_stats(w)->late, 0);
    CHECK_INT(w->paces, 1); // the server was not asked again
    if (unit_plain()) {
        CHECK(w->player.drift.known);
        CHECK(w->player.drift.ppm > ppm - 60 && w->player.drift.ppm < ppm + 60);
    }
    fixture_free(w);
    return true;
out:
    fixture_free(w);
    return false;
}

TEST(an_hour_with_a_clock_that_is_too_fast)
{
    CHECK(keeps_its_level(300, HOUR));
out:;
}

TEST(an_hour_with_a_clock_that_is_too_slow)
{
    CHECK(keeps_its_level(-300, HOUR));
out:;
}

TEST(a_server_that_is_a_little_too_fast)
{
    CHECK(keeps_its_level(3000, HOUR / 3));
out:;
}

TEST(a_server_that_is_a_little_too_slow)
{
    CHECK(keeps_its_level(-3000, HOUR / 3));
out:;
}

// Frames that did not come in time, and times that the picture stopped for want of one.
static uint64_t troubles(const struct fixture *w)
{
    return frames_lost(w) + partial(w) + cache_stats(w)->late + cache_stats(w)->underruns;
}

// A network whose packets are up to 150 ms late, after 20 s in which they were not. *ret_troubles: 20 s later, in the
// next 100 s.
static struct fixture *through_jitter(unsigned target_max, uint64_t *ret_troubles)
{
    struct fixture_options o = {.frames = 300 * 24, .target = 4, .target_max = target_max, .repairs = true};
    struct fixture *w = begin(o, 0);
    if (w == NULL)
        return NULL;
    w->link_conditions.jitter = 5 * MS;
    run(w, 20);
    w->link_conditions.jitter = 150 * MS;
    run(w, 20);
    uint64_t before = troubles(w);
    run(w, 100);
    *ret_troubles = troubles(w) - before;
    return w;
}

// A cache that cannot bear the jitter becomes as deep as it needs to be. When the network is quiet again it becomes as
// it was, and no frame is left out for that.
TEST(a_cache_grows_with_jitter_and_shrinks_again)
{
    struct fixture *w = NULL;
    uint64_t fixed = 0, adaptive = 0;
    if (!unit_plain())
        return;
    w = through_jitter(0, &fixed);
    CHECK(w != NULL);
    CHECK_INT(kin_playout_target(w->player.media.playout), 4);
    CHECK(fixed > 20);
    fixture_free(w);
    w = through_jitter(16, &adaptive);
    CHECK(w != NULL);
    CHECK_INT(adaptive, 0);
    CHECK(kin_playout_target(w->player.media.playout) >= 7 && ahead(w) >= 6);
    w->link_conditions.jitter = 5 * MS;
    watch(w);
    run(w, 150);
    CHECK_INT(kin_playout_target(w->player.media.playout), 4);
    CHECK(ahead(w) >= 3 && ahead(w) <= 6);
    CHECK_INT(w->motion.skipped + w->motion.repeated + cache_stats(w)->skipped + cache_stats(w)->overflow, 0);
    CHECK_INT(cache_stats(w)->underruns, 0);
out:
    fixture_free(w);
}
