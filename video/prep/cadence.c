// A frame at time t belongs to slot round(t * rate); it is written in every slot from its own to the next frame's.
// Containers round times (Matroska to milliseconds), and at half the film's rate every other frame lies exactly between
// two slots. The border lies a little before that middle, so that rounding does not decide the slot of such frames.
#include "cadence.h"

#include <libavutil/mathematics.h>

#include "media/reel.h"

#define SLOT_PARTS 16
#define SLOT_BORDER 7

struct cadence cadence_init(int64_t tick_num, int64_t tick_den, uint32_t rate_num, uint32_t rate_den)
{
    return (struct cadence){.tick_num = tick_num,
                            .tick_den = tick_den,
                            .rate_num = rate_num,
                            .rate_den = rate_den,
                            .length = INT64_MAX,
                            .max_frames = KIN_REEL_MAX_FRAMES};
}

void cadence_limit(struct cadence *c, uint64_t max_frames)
{
    if (max_frames < c->max_frames)
        c->max_frames = max_frames;
}

void cadence_begin(struct cadence *c, int64_t time, int64_t origin)
{
    c->last = time;
    c->origin = origin;
}

int64_t cadence_period(const struct cadence *c)
{
    int64_t period = av_rescale(c->rate_den, c->tick_den, c->rate_num * c->tick_num);
    return period > 0 ? period : 1;
}

// Times before the origin have slots of at most 0.
static int64_t slot_of(const struct cadence *c, int64_t time)
{
    int64_t since = time - c->origin, to_border = SLOT_PARTS - SLOT_BORDER;
    int64_t parts = av_rescale_rnd(since * SLOT_PARTS, c->tick_num * c->rate_num, c->tick_den * c->rate_den,
                                   AV_ROUND_DOWN);
    if (parts == INT64_MIN || parts > INT64_MAX - to_border) // does not fit
        return since > 0 ? INT64_MAX : INT64_MIN;
    return (parts + to_border) / SLOT_PARTS;
}

// Where films were joined or a clock wraps, the count continues one frame after the current one.
static void follow_jump(struct cadence *c, int64_t time)
{
    int64_t far = av_rescale(CADENCE_JUMP_S, c->tick_den, c->tick_num);
    bool back = time<c->last - far, ahead = time> c->last + far;
    if (back || (ahead && (c->jumps || time - c->origin - far > c->length)))
        c->origin += time - (c->last + cadence_period(c));
}

uint64_t cadence_next(struct cadence *c, int64_t time)
{
    if (cadence_full(c))
        return 0;
    follow_jump(c, time);
    c->last = time;
    if (time - c->origin > 2 * CADENCE_MAX_TIME) { // after many jumps, as no real film makes them
        c->max_frames = c->written;
        return 0;
    }
    int64_t slot = slot_of(c, time);
    if (slot <= (int64_t)c->written)
        return 0;
    uint64_t until = (uint64_t)slot < c->max_frames ? (uint64_t)slot : c->max_frames;
    uint64_t count = until - c->written;
    c->written = until;
    return count;
}

bool cadence_full(const struct cadence *c)
{
    return c->written >= c->max_frames;
}
