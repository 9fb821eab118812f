// engine/play/cache_level: the pace of the picture that keeps the cache at its level.
#include "engine/play/cache_level.h"
#include "unit.h"

#define MS KIN_US_PER_MS
#define SEC KIN_US_PER_S
#define FRAME (SEC / 25)
#define AIM (30 * FRAME)

// For `seconds`, frames come as long before their time as they do at `level`.
static kin_us run(struct kin_cache_level *l, kin_us now, unsigned seconds, kin_us level)
{
    for (unsigned i = 0; i < seconds * 25; i++)
        kin_cache_level_frame(l, now + i * FRAME, level + (i % 2 == 0 ? 100 * MS : -100 * MS), AIM, FRAME);
    return now + seconds * SEC;
}

TEST(within_the_band_nothing_is_corrected)
{
    struct kin_cache_level l = {.count = 0};
    kin_us now = run(&l, SEC, 10, AIM);
    CHECK_INT(kin_cache_level_pace(&l, 0), 0);
    CHECK_INT(kin_cache_level_pace(&l, -300), -300);
    now = run(&l, now, 10, AIM + FRAME - 5 * MS);
    run(&l, now, 10, AIM - FRAME + 5 * MS);
    CHECK_INT(kin_cache_level_pace(&l, 0), 0);
out:;
}

TEST(the_further_away_the_more)
{
    struct kin_cache_level l = {.count = 0};
    kin_us now = run(&l, SEC, 10, AIM + FRAME + 10 * MS);
    CHECK(l.ppm >= 400 && l.ppm <= 600);
    now = run(&l, now, 20, AIM - FRAME - 40 * MS);
    CHECK(l.ppm >= -2200 && l.ppm <= -1800);
    now = run(&l, now, 20, AIM + SEC);
    CHECK_INT(kin_cache_level_pace(&l, 300), KIN_CACHE_LEVEL_MAX_PPM);
    run(&l, now, 20, AIM - 60 * SEC);
    CHECK_INT(kin_cache_level_pace(&l, 300), 300 - KIN_CACHE_LEVEL_MAX_PPM);
    CHECK_INT(kin_cache_level_pace(&l, -20000), -KIN_CACHE_LEVEL_MAX_PPM);
out:;
}

TEST(a_few_frames_say_nothing)
{
    struct kin_cache_level l = {.count = 0};
    for (int i = 0; i < KIN_CACHE_LEVEL_FRAMES - 1; i++)
        kin_cache_level_frame(&l, i * 10 * SEC, 10 * SEC, SEC, FRAME);
    CHECK_INT(kin_cache_level_pace(&l, 0), 0);
    kin_cache_level_frame(&l, 100 * SEC, 10 * SEC, SEC, FRAME);
    CHECK_INT(kin_cache_level_pace(&l, 0), KIN_CACHE_LEVEL_MAX_PPM);
    kin_cache_level_restart(&l);
    CHECK_INT(kin_cache_level_pace(&l, 0), 0);
out:;
}

// A clock that is off by the same all the time, of which nothing is known: the level settles near the band.
TEST(a_drift_alone_moves_the_level_little)
{
    static const int32_t drifts[] = {-3000, -300, 300, 3000};
    for (size_t i = 0; i < sizeof drifts / sizeof drifts[0]; i++) {
        struct kin_cache_level l = {.count = 0};
        double level = AIM;
        for (int k = 0; k < 25 * 3600; k++) {
            level += (drifts[i] - kin_cache_level_pace(&l, 0)) * 40e-3;
            kin_cache_level_frame(&l, k * FRAME, (kin_us)level, AIM, FRAME);
            CHECK(level > AIM - 3.5 * FRAME && level < AIM + 3.5 * FRAME);
        }
    }
out:;
}
